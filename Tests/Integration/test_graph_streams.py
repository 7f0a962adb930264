"""Streams through graphs: first, last, and from one deployment to the next."""

import json
import subprocess
import sys
import threading
import time

import grpc
import pytest

from conftest import check_gone
from mesh import HERE, MARTLET, Mesh, wait_until


def call(deployment, method, **options):
    return {"call": deployment, "method": f"tokens.v1.Text/{method}", **options}


PREPARE, GENERATE = call("one", "Prepare"), call("one", "Generate")
POLISH, JOIN = call("two", "Polish"), call("two", "Join")
GRAPHS = {
    "Ask": {"sequence": [PREPARE, GENERATE, POLISH]},
    "Choose": {"switch": {
        "on": "text",
        "cases": {"bare": GENERATE,
                  "one": {"map": {"text": "text", "number": "count"}, "as": "tokens.v1.Token"}},
        "default": {"sequence": [PREPARE, GENERATE]}}},
    "Whole": {"sequence": [PREPARE, GENERATE, POLISH, JOIN]},
    "Repeat": {"sequence": [JOIN, PREPARE, GENERATE]},
    "Chat": {"sequence": [POLISH, call("one", "Polish")]},
    "Count": {"sequence": [JOIN, PREPARE]},
}


@pytest.fixture(scope="module")
def mesh(stubs, tmp_path_factory):
    mesh = Mesh(tmp_path_factory.mktemp("s"), stubs)
    app = {
        "name": "tokens", "protos": [str(HERE / "protos/tokens/v1/tokens.proto")],
        "deployments": [
            {"name": name, "command": [sys.executable, str(HERE / "tokens_server.py")],
             "services": ["tokens.v1.Text"], "num_replicas": 1, "max_ongoing_requests": 100,
             "resources": {"cpus": 0.1}} for name in ("one", "two")],
        "routes": [
            {"method": f"tokens.v1.Front/{method}", "graph": graph}
            for method, graph in GRAPHS.items()]}
    file = mesh.folder / "app.yaml"
    file.write_text(json.dumps(app))
    try:
        mesh.up(file)
        for name in ("one", "two"):
            mesh.wait_running(name, 1)
        yield mesh
    finally:
        check_gone(mesh)


@pytest.fixture(scope="module")
def front(mesh):
    from tokens.v1 import tokens_pb2_grpc

    with mesh.channel() as channel:
        yield tokens_pb2_grpc.FrontStub(channel)


def prompt(text, **fields):
    from tokens.v1 import tokens_pb2

    return tokens_pb2.Prompt(text=text, **fields)


def tokens(*texts):
    from tokens.v1 import tokens_pb2

    return iter([tokens_pb2.Token(text=text, number=n) for n, text in enumerate(texts, 1)])


def lines(mesh, text):
    """What the deployments said about a prompt."""
    found = []
    for path in (mesh.run_dir / "logs").glob("*"):
        for line in path.read_text(errors="replace").splitlines():
            if line.startswith("{") and text in line:
                found.append(json.loads(line))
    return found


def cancelled(mesh, text):
    return {line["cancelled"] for line in lines(mesh, text) if "cancelled" in line}


def test_the_last_steps_stream(front):
    answer = [token.text for token in front.Ask(prompt(" Ab ", count=3), timeout=20)]
    assert answer == ["AB1", "AB2", "AB3"]
    assert list(front.Ask(prompt("none"), timeout=20)) == []


def test_a_switch_may_end_with_streams_and_with_single_messages(front):
    def ask(text):
        return [token.text for token in front.Choose(prompt(text, count=2), timeout=20)]

    assert ask("bare") == ["bare1", "bare2"]
    assert ask("one") == ["one"]
    assert ask(" Else ") == ["else1", "else2"]


def test_a_stream_within_a_unary_route(front):
    answer = front.Whole(prompt("w", count=3), timeout=20)
    assert (answer.text, answer.count) == ("W1 W2 W3", 3)


def test_the_first_step_takes_the_clients_stream(front):
    answer = front.Count(tokens("a", "B", "c"), timeout=20)
    assert (answer.text, answer.count) == ("a b c", 3)
    answer = [token.text for token in front.Repeat(tokens("x", "y"), timeout=20)]
    assert answer == ["x y1", "x y2"]


def test_streams_both_ways_keep_their_pace(front):
    """Each answer comes before the next question is asked."""
    asked = threading.Semaphore(1)

    def questions():
        for token in tokens("a", "b", "c"):
            assert asked.acquire(timeout=10)
            yield token

    answers = []
    for token in front.Chat(questions(), timeout=20):
        answers.append(token.text)
        asked.release()
    assert answers == ["A", "B", "C"]


def test_tokens_come_as_they_are_made(front):
    begin = time.monotonic()
    arrived = [time.monotonic() - begin
               for _ in front.Ask(prompt("pace", count=10, pause_ms=50), timeout=20)]
    assert arrived[0] < 0.3 < 0.5 <= arrived[-1]


def test_a_slow_client_holds_the_generator_back(mesh, front):
    big = prompt("slow", count=4000, padding=16 << 10)
    stream = front.Ask(big, timeout=60)
    next(stream)
    time.sleep(1)
    made = max(line["made"] for line in lines(mesh, "slow") if "made" in line)
    # Windows and buffers of two processes of Python, of the router and of the client.
    assert made < 1500, "64 MB would have been made without anybody to read them"
    stream.cancel()
    wait_until(lambda: cancelled(mesh, "slow") == {"Generate", "Polish"}, 5, "both are cancelled")


def test_a_client_that_leaves_stops_both(mesh, front):
    stream = front.Ask(prompt("leave", count=1000, pause_ms=20), timeout=60)
    next(stream)
    stream.cancel()
    wait_until(lambda: "Generate" in cancelled(mesh, "leave"), 5, "the generator is cancelled")


def test_a_deadline_stops_both(mesh, front):
    with pytest.raises(grpc.RpcError) as caught:
        list(front.Ask(prompt("late", count=1000, pause_ms=20), timeout=0.5))
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    wait_until(lambda: "Generate" in cancelled(mesh, "late"), 5, "the generator is cancelled")


def test_a_failure_comes_after_what_was_made(front):
    got = []
    with pytest.raises(grpc.RpcError) as caught:
        for token in front.Ask(prompt("f", count=9, pause_ms=20, generate_fails_at=4), timeout=20):
            got.append(token.text)
    assert caught.value.code() == grpc.StatusCode.DATA_LOSS
    assert caught.value.details() == "no token 4"
    # What the polisher still had is lost with its call.
    assert got and got == ["F1", "F2", "F3"][:len(got)]


def test_a_failure_behind_stops_who_is_before(mesh, front):
    with pytest.raises(grpc.RpcError) as caught:
        list(front.Ask(prompt("behind", count=1000, pause_ms=20, polish_fails_at=3), timeout=20))
    assert caught.value.code() == grpc.StatusCode.OUT_OF_RANGE
    wait_until(lambda: "Generate" in cancelled(mesh, "behind"), 5, "the generator is cancelled")


def test_a_failure_of_the_first_step_fails_the_route(front):
    def broken():
        yield from tokens("a")
        raise RuntimeError("the client breaks off")

    with pytest.raises(grpc.RpcError):
        front.Count(broken(), timeout=5)
    # The next one is served.
    assert front.Count(tokens("a"), timeout=20).text == "a"


def traced(call):
    """The trace of a call, when its stream has ended: its whole, and its nodes by where they are."""
    trace = json.loads(dict(call.trailing_metadata())["martlet-trace"])
    assert trace["route"].startswith("tokens.v1.Front/") and "more" not in trace
    nodes = {node["path"].split("graph", 1)[1].lstrip("."): node for node in trace["nodes"]}
    for node in nodes.values():
        if "first_us" in node:
            assert (node["kind"], node["attempts"]) == ("call", 1)
            assert node["replica"].startswith(node["deployment"] + "#")
            parts = node["queue_us"] + node["first_us"] + node["stream_us"]
            assert abs(parts - node["us"]) <= 3, node
    return trace, nodes


def amounts(node):
    return tuple(node[key] for key in ("status", "in_messages", "out_messages"))


TRACED = [("martlet-trace", "1")]


def test_a_trace_says_what_streams_did(front):
    call = front.Ask(prompt(" Tr ", count=4, pause_ms=50), timeout=20, metadata=TRACED)
    tokens = list(call)
    trace, nodes = traced(call)
    prepare, generate, polish = (nodes[f"sequence[{index}]"] for index in range(3))
    assert [node.get("parent") for node in trace["nodes"]] == [None, 0, 0, 0]
    assert (nodes[""]["kind"], nodes[""]["status"]) == ("sequence", "OK")
    assert amounts(generate) == ("OK", 1, 4) and amounts(polish) == ("OK", 4, 4)
    assert polish["out_bytes"] == sum(token.ByteSize() for token in tokens)
    assert generate["out_bytes"] == polish["in_bytes"]
    assert generate["in_bytes"] == prepare["out_bytes"]
    # Each token takes 50 ms, and the first one waits for nothing else.
    assert 45_000 < generate["first_us"] < 120_000 and generate["stream_us"] > 140_000
    # The parts are the whole.
    assert trace["us"] > 190_000
    assert prepare["us"] + polish["us"] == pytest.approx(trace["us"], rel=0.03)
    assert polish["start_us"] + polish["us"] == pytest.approx(trace["us"], abs=1000)


def test_a_trace_of_a_client_s_stream(front):
    chat = front.Chat(tokens("a", "b", "c"), timeout=20, metadata=TRACED)
    assert len(list(chat)) == 3
    trace, nodes = traced(chat)
    assert [amounts(node) for node in trace["nodes"]] == [("OK", 3, 3)] * 2
    repeat = front.Repeat(tokens("x", "y"), timeout=20, metadata=TRACED)
    assert len(list(repeat)) == 2
    trace, nodes = traced(repeat)
    join, prepare, generate = (nodes[f"sequence[{index}]"] for index in range(3))
    assert trace["nodes"][0] == join and amounts(join) == ("OK", 2, 1)
    assert prepare["status"] == "OK" and amounts(generate) == ("OK", 1, 2)
    assert join["us"] + prepare["us"] + generate["us"] == pytest.approx(trace["us"], abs=3000)


def test_a_trace_of_a_switch_that_streams(front):
    call = front.Choose(prompt("bare", count=2), timeout=20, metadata=TRACED)
    assert len(list(call)) == 2
    _, nodes = traced(call)
    assert (nodes[""]["took"], nodes[""]["status"]) == ("bare", "OK")
    assert amounts(nodes["switch.cases.bare"]) == ("OK", 1, 2)


def test_a_trace_comes_with_streams_that_fail(front):
    call = front.Ask(
        prompt("b", count=1000, pause_ms=20, polish_fails_at=3), timeout=20, metadata=TRACED)
    with pytest.raises(grpc.RpcError):
        list(call)
    _, nodes = traced(call)
    assert nodes[""]["status"] == "OUT_OF_RANGE"
    assert nodes["sequence[1]"]["status"] == "CANCELLED"
    assert amounts(nodes["sequence[2]"]) == ("OUT_OF_RANGE", 3, 2)
    failing = front.Ask(
        prompt("g", count=9, pause_ms=20, generate_fails_at=2), timeout=20, metadata=TRACED)
    with pytest.raises(grpc.RpcError):
        list(failing)
    _, nodes = traced(failing)
    assert amounts(nodes["sequence[1]"]) == ("DATA_LOSS", 1, 1)
    assert nodes["sequence[2]"]["status"] == "DATA_LOSS"


def test_nobody_asks_and_no_trace_comes(front):
    call = front.Ask(prompt("quiet", count=1), timeout=20)
    assert len(list(call)) == 1
    assert "martlet-trace" not in dict(call.trailing_metadata())


def test_streams_and_their_trace_for_people(mesh):
    done = mesh.cli(
        "call", "tokens.v1.Front/Ask", '{"text": "p", "count": 2}', "--trace")
    lines = done.stderr.splitlines()
    assert lines[0].startswith("tokens.v1.Front/Ask took ")
    header = lines[1].split()
    assert header[header.index("EXECUTE"):][:3] == ["EXECUTE", "FIRST", "STREAM"]
    assert any("call two" in line and "two#" in line and "B in 2 " in line for line in lines)


def test_call_sends_lines_and_prints_what_is_streamed(mesh):
    def call(method, json, *more, **options):
        return mesh.cli("call", f"tokens.v1.Front/{method}", json, "--compact", *more, **options)

    done = call("Ask", '{"text": "p",\n "count": 2}')
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["P1", "P2"]
    done = call("Count", '{"text": "a"}\n\n{"text": "B"}\n')
    assert json.loads(done.stdout) == {"text": "a b", "count": 2}
    done = call("Chat", "-", input='{"text": "x"}\n{"text": "y"}')
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["X", "Y"]
    done = call("Ask", '{"text": "q", "count": 9, "generateFailsAt": 1}', check=False)
    assert done.returncode == 1 and "no token 1" in done.stderr and done.stdout == ""
    done = call("Count", '{"text": "a"}\n{"tex": "B"}', check=False)
    assert done.returncode == 64 and "tex" in done.stderr


@pytest.mark.parametrize("route, graph, problem", [
    ("Ask", {"sequence": [GENERATE, PREPARE]},
     "sequence[1].method: a stream comes here, but tokens.v1.Text/Prepare takes one message"),
    ("Ask", {"ensemble": [GENERATE, GENERATE], "combine": "merge"},
     "only the last step of a graph may stream"),
    ("Ask", {"sequence": [PREPARE, {**GENERATE, "timeout_s": 1}]},
     "only the last step of a graph may stream, without options"),
    ("Whole", {"sequence": [PREPARE, GENERATE]}, "the graph answers tokens.v1.Token"),
    ("Count", PREPARE, "a stream comes here, but tokens.v1.Text/Prepare takes one message"),
    ("Chat", {"sequence": [POLISH, {"map": {}, "as": "tokens.v1.Token"}]},
     "a stream comes here, and only calls of methods that take one may follow"),
])
def test_streams_where_they_cannot_be(mesh, route, graph, problem):
    app = json.loads((mesh.folder / "app.yaml").read_text())
    app["routes"] = [{"method": f"tokens.v1.Front/{route}", "graph": graph}]
    file = mesh.folder / "wrong.yaml"
    file.write_text(json.dumps(app))
    done = subprocess.run([MARTLET, "validate", file], capture_output=True, text=True, timeout=30)
    assert done.returncode == 78
    assert problem in done.stderr, done.stderr
