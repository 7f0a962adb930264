"""Mistakes of graphs that `martlet validate` finds before anything starts, each at its line and column."""

import subprocess

import pytest

from mesh import HERE, MARTLET

# What stands around a graph. `sure` may be asked twice, `once` may not.
APP = """\
name: checks
protos: [{protos}]
deployments:
  - {{name: sure, command: [work], services: [work.v1.Work], idempotent: true}}
  - {{name: once, command: [work], services: [work.v1.Work]}}
routes:
{routes}"""
DO = "call: sure, method: work.v1.Work/Do"


def graph(text):
    """The one route's graph."""
    lines = "\n".join(f"      {line}" for line in text.splitlines())
    return f"  - method: work.v1.Work/Do\n    graph:\n{lines}\n"


# The place of each mistake is marked with a ¶: of a value, its beginning.
CASES = {
    "unknown node key": (
        graph("call: sure\nmethod: work.v1.Work/Do\n¶timeout: 3"),
        "routes[0].graph.timeout", ["unknown key; did you mean timeout_s?"]),
    "unknown node": (
        graph("¶esemble: []"), "routes[0].graph", ["did you mean ensemble?"]),
    "wrong type between steps": (
        graph(f"sequence:\n- {{call: sure, method: work.v1.Work/Name}}\n- {{call: sure, method: ¶work.v1.Work/Do}}"),
        "routes[0].graph.sequence[1].method",
        ["work.v1.Work/Do takes work.v1.Item", "what comes here is work.v1.Label"]),
    "wrong type at the end": (
        graph("¶call: sure\nmethod: work.v1.Work/Name"), "routes[0].graph",
        ["the graph answers work.v1.Label", "work.v1.Work/Do answers work.v1.Item"]),
    "case of another type": (
        graph(f"switch:\n  on: number\n  cases:\n    many: ¶{{{DO}}}"),
        "routes[0].graph.switch.cases.many", ["many is not a value of work.v1.Item.number", "int32"]),
    "case that the oneof does not have": (
        graph(f"switch:\n  on: choice\n  cases:\n    words: ¶{{{DO}}}"),
        "routes[0].graph.switch.cases.words", ["has no member words", "did you mean word?"]),
    "no cases": (
        graph("switch:\n  on: number\n  cases: ¶{}"), "routes[0].graph.switch.cases",
        ["at least one case"]),
    "cycle between routes": (
        "  - {method: work.v1.Work/Do, graph: {route: ¶work.v1.Work/Other}}\n"
        "  - {method: work.v1.Work/Other, graph: {sequence: [{route: work.v1.Work/Do}]}}\n",
        "routes[0].graph.route.sequence[0].route",
        ["never end", "work.v1.Work/Do → work.v1.Work/Other → work.v1.Work/Do"]),
    "unbounded loop": (
        graph(f"¶while: number\nis: '< 3'\ndo: {{{DO}}}"), "routes[0].graph", ["max"]),
    "loop of too many rounds": (
        graph(f"while: number\nis: '< 3'\ndo: {{{DO}}}\nmax: ¶1001"), "routes[0].graph.max",
        ["1 to 1000 rounds", "1001"]),
    "weights": (
        graph(f"splitter:\n¶- {{weight: 60, do: {{{DO}}}}}\n- {{weight: 60, do: {{{DO}}}}}"),
        "routes[0].graph.splitter", ["the weights add up to 120", "100 in all"]),
    "stream that one message answers": (
        graph("¶call: sure\nmethod: work.v1.Work/Watch"), "routes[0].graph",
        ["the graph ends with a stream, but work.v1.Work/Do answers one message"]),
    "streaming method within a node": (
        graph("fallback: [{call: sure, method: ¶work.v1.Work/Watch}]"),
        "routes[0].graph.fallback[0].method", ["work.v1.Work/Watch is a streaming method"]),
    "mean of what is no number": (
        graph(f"ensemble: [{{{DO}}}, {{{DO}}}]\ncombine: {{mean: [¶text]}}"),
        "routes[0].graph.combine.mean[0]", ["work.v1.Item.text is string", "mean takes numbers"]),
    "max_by of what is no number": (
        graph(f"ensemble: [{{{DO}}}, {{{DO}}}]\ncombine: {{max_by: ¶note}}"),
        "routes[0].graph.combine.max_by", ["work.v1.Item.note", "max_by takes a number"]),
    "unknown field": (
        graph(f"ensemble: [{{{DO}}}, {{{DO}}}]\ncombine: {{vote: ¶txt}}"),
        "routes[0].graph.combine.vote", ["work.v1.Item has no field \"txt\"", "did you mean text?"]),
    "unknown field below a field": (
        graph(f"switch: {{on: ¶order.sleep_m, cases: {{1: {{{DO}}}}}}}"),
        "routes[0].graph.switch.on", ["work.v1.Order has no field \"sleep_m\"", "did you mean sleep_ms?"]),
    "quorum that cannot be": (
        graph(f"ensemble: [{{{DO}}}]\ncombine: merge\nquorum: ¶2"), "routes[0].graph.quorum",
        ["1 to 1", "found 2"]),
    "map between types": (
        graph("sequence:\n- map: {number: ¶text}\n  as: work.v1.Item"),
        "routes[0].graph.sequence[0].map.number", ["work.v1.Item.number", "int32", "string"]),
    "unknown branch in a map": (
        graph(f"ensemble: [{{{DO}, name: first}}, {{{DO}, name: second}}]\n"
              "combine: {map: {text: ¶third.text}, as: work.v1.Item}"),
        "routes[0].graph.combine.map.text", ["no branch has the name third", "first, second"]),
    "unknown type of a map": (
        graph("map: {text: text}\nas: ¶work.v1.Itm"), "routes[0].graph.as",
        ["no message work.v1.Itm", "did you mean work.v1.Item?"]),
    "unknown route": (
        graph("route: ¶work.v1.Work/Thrd"), "routes[0].graph.route",
        ["no route work.v1.Work/Thrd"]),
    "unknown deployment": (
        graph("call: ¶shure\nmethod: work.v1.Work/Do"), "routes[0].graph.call",
        ["no deployment shure", "did you mean sure?"]),
    "unknown method": (
        graph("call: sure\nmethod: ¶work.v1.Work/Doo"), "routes[0].graph.method",
        ["work.v1.Work has no method Doo", "did you mean Do?"]),
    "hedge over a deployment that is not idempotent": (
        graph("hedge: {call: ¶once, method: work.v1.Work/Do}\nafter_s: 0.1"),
        "routes[0].graph.hedge.call", ["a hedge may send a message twice", "idempotent: true"]),
    "retry of a deployment that is not idempotent": (
        graph("call: ¶once\nmethod: work.v1.Work/Do\nretry: {attempts: 2}"),
        "routes[0].graph.call", ["retry may send a message twice", "idempotent: true"]),
    "default that is no message": (
        graph(f"{DO.replace(', ', chr(10))}\non_error: {{default: ¶{{number: many}}}}"),
        "routes[0].graph.on_error.default", ["not a work.v1.Item", "number"]),
    "for_each over one message": (
        graph(f"for_each: ¶order\ndo: {{{DO}}}"), "routes[0].graph.for_each",
        ["work.v1.Item.order is work.v1.Order, not a repeated message", "items"]),
    "retry of what another route calls": (
        graph("route: ¶work.v1.Work/Other\nretry: {attempts: 2}")
        + "  - {method: work.v1.Work/Other, graph: {call: once, method: work.v1.Work/Do}}\n"
        "  - {method: work.v1.Work/Third, graph: {route: work.v1.Work/Other, retry: {attempts: 2}}}\n",
        "routes[0].graph.route.call", ["retry may send a message twice", "idempotent: true"]),
    "hedge within a hedge of another route": (
        graph("hedge: {route: ¶work.v1.Work/Other}\nafter_s: 0.1")
        + "  - {method: work.v1.Work/Other, graph: "
        f"{{hedge: {{{DO}}}, after_s: 0.1}}}}\n",
        "routes[0].graph.hedge.route.hedge", ["a hedge within a hedge"]),
    "step after one that always returns": (
        graph(f"sequence:\n- sequence: [{{{DO}}}, return]\n- ¶{{{DO}}}"),
        "routes[0].graph.sequence[1]", ["nothing comes here", "always ends with return"]),
    "default of a node that always returns": (
        graph(f"sequence: [{{{DO}}}, return]\non_error: {{default: ¶{{nonsense: 1}}}}"),
        "routes[0].graph.on_error.default", ["not a work.v1.Item", "nonsense"]),
    "empty range": (
        graph(f"switch:\n  on: number\n  cases:\n    3..<3: ¶{{{DO}}}"),
        "routes[0].graph.switch.cases.3..<3", ["holds for no value of number"]),
    "case that an earlier one has": (
        graph(f"switch:\n  on: number\n  cases:\n    < 5: {{{DO}}}\n    3: ¶{{{DO}}}"),
        "routes[0].graph.switch.cases.3", ["never taken", "case < 5"]),
    "branch behind one that never fails": (
        graph(f"fallback: [{{{DO}, on_error: ¶skip}}, {{{DO}}}]"),
        "routes[0].graph.fallback[0].on_error", ["never fails", "never asked"]),
    "control character in a name": (
        graph(f"{DO.replace(', ', chr(10))}\nname: ¶\"\\e[31m\""), "routes[0].graph.name",
        ["a name has no control characters"]),
    "case that a terminal would obey": (
        graph(f"switch:\n  on: number\n  cases:\n    \"\\e[31m\": ¶{{{DO}}}"),
        "routes[0].graph.switch.cases.\\u001b[31m", ["\\u001b[31m is not a value of"]),
    "value of a return": (
        graph("return: ¶early"), "routes[0].graph.return", ["return takes no value"]),
    "request outside of a sequence": (
        graph("call: sure\nmethod: work.v1.Work/Do\ndata: ¶$request"), "routes[0].graph.data",
        ["$request"]),
}


def validate(folder, text):
    file = folder / "app.yaml"
    file.write_text(text)
    return file, subprocess.run(
        [MARTLET, "validate", str(file)], capture_output=True, text=True, timeout=30)


def app(routes):
    return APP.format(protos=HERE / "protos/work/v1/work.proto", routes=routes)


@pytest.mark.parametrize("routes, path, parts", CASES.values(), ids=CASES)
def test_a_mistake_is_named_at_its_line_and_column(tmp_path, routes, path, parts):
    text = app(routes)
    before = text[:text.index("¶")]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    file, done = validate(tmp_path, text.replace("¶", ""))
    assert (done.returncode, done.stdout) == (78, ""), done.stderr
    lines = done.stderr.splitlines()
    start = f"{file}:{line}:{column}: {path}: "
    found = [text for text in lines if text.startswith(start)]
    assert len(found) == 1, f"no {start} in\n{done.stderr}"
    for part in parts:
        assert part in found[0]


def test_what_is_around_the_mistakes_is_fine(tmp_path):
    _, done = validate(tmp_path, app(graph(DO.replace(", ", "\n"))))
    assert done.returncode == 0, done.stderr


def test_all_mistakes_of_a_file_are_found_at_once(tmp_path):
    _, done = validate(tmp_path, app(
        "  - {method: work.v1.Work/Do, graph: {call: sure, method: work.v1.Work/Doo}}\n"
        "  - {method: work.v1.Work/Other, graph: {route: work.v1.Work/Nowhere}}\n"
        "  - {method: work.v1.Work/Third, graph: {hedge: {call: once, method: work.v1.Work/Name}, after_s: 1}}\n"))
    places = [line.split(": ")[1] for line in done.stderr.splitlines()]
    assert places == [
        "routes[0].graph.method", "routes[1].graph.route", "routes[2].graph",
        "routes[2].graph.hedge.call"]
