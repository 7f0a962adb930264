"""`martlet explain`: graphs drawn, with what their nodes did of late."""

import json
import subprocess
import sys
import xml.etree.ElementTree as xml

import grpc
import pytest

import graph_app
import served_app
from mesh import HERE, MARTLET, ROOT, wait_until

UNDERSTANDING = ROOT / "deploy/content-understanding/martlet.yaml"


@pytest.fixture(scope="module")
def graphs(stubs):
    with graph_app.running(stubs) as mesh:
        yield mesh


def drawn(*arguments):
    done = subprocess.run(
        [MARTLET, "explain", *arguments, "--file", UNDERSTANDING], capture_output=True, text=True,
        timeout=30)
    return done.returncode, done.stdout, done.stderr


ANALYZE = "content.v1.Understanding/Analyze"


def test_a_file_is_drawn_as_a_tree():
    code, out, _ = drawn(ANALYZE)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == f"{ANALYZE}  (app content-understanding)"
    assert lines[1] == "sequence"
    assert any(line.startswith("├─ 1 → call downloader  content.v1.Downloader/Fetch") for line in lines)
    assert any("looped → " in line for line in lines)
    assert lines[-1].startswith("└─ ")


def test_a_file_is_drawn_as_dot_svg_and_json():
    code, out, _ = drawn(ANALYZE, "-o", "dot")
    assert code == 0 and out.startswith(f'digraph "{ANALYZE}" {{') and out.rstrip().endswith("}")
    nodes = [line for line in out.splitlines() if line.startswith("  n") and " -> " not in line]
    assert out.count(" -> ") == len([line for line in nodes if "[label=" in line]) - 1, out
    code, out, _ = drawn(ANALYZE, "-o", "svg")
    root = xml.fromstring(out)
    boxes = [e for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.get("rx")]
    assert len(boxes) > 8
    code, out, _ = drawn("-o", "json")
    routes = {route["route"]: route for route in json.loads(out)}
    assert routes[ANALYZE]["graph"]["node"] == "sequence"
    assert routes[ANALYZE]["graph"]["children"][0]["path"].endswith("graph.sequence[0]")


def test_a_wrong_route_is_told_the_nearest():
    code, _, err = drawn("content.v1.Understanding/Analyse")
    assert code == 64 and f"did you mean {ANALYZE}?" in err


def test_figures_are_those_of_the_requests(graphs):
    from probe.v1 import probe_pb2, probe_pb2_grpc

    with graphs.channel() as channel:
        echo = probe_pb2_grpc.ProbeStub(channel).Echo
        for _ in range(20):
            assert echo(probe_pb2.EchoRequest(text="left out"), timeout=20).version == "fast"
        for _ in range(3):
            with pytest.raises(grpc.RpcError):
                echo(probe_pb2.EchoRequest(text="hopeless"), timeout=20)

    def explained():
        done = graphs.cli("explain", graph_app.METHOD, "-o", "json")
        (route,) = json.loads(done.stdout)
        rates = {}

        def walk(node):
            rates[node["path"].removeprefix("routes[0].graph.switch.cases.")] = node.get("figures")
            for child in node.get("children", []):
                walk(child)

        walk(route["graph"])
        return route, rates

    def counted():
        route, _ = explained()
        return "figures" in route and round(
            route["figures"]["requests_per_s"] * route["period_s"]) == 23

    wait_until(counted, 5, "23 requests are counted")
    route, rates = explained()
    assert route["figures"]["error_share"] == pytest.approx(3 / 23)
    broken, fast = rates["left out.ensemble[0]"], rates["left out.ensemble[1]"]
    assert (broken["error_share"], fast["error_share"]) == (1, 0)
    assert 0 < fast["p50_us"] <= fast["p99_us"]
    assert broken["p50_us"] is None
    assert rates["mirror.sequence[2]"] is None, "it did not run"
    text = graphs.cli("explain").stdout
    assert "errors 100 %" in text and "p50" in text


ECHO, DOUBLE = "probe.v1.Probe/Echo", "probe.v1.Other/Double"


def routes_app():
    """A graph that enters another one, one that ends with a stream, and a plain route."""
    text = "tokens.v1.Text"
    return {
        "name": "routes",
        "protos": [str(HERE / f"protos/{name}/v1/{name}.proto") for name in ("probe", "tokens")],
        "deployments": [
            graph_app.deployment("fast"), graph_app.deployment("broken", fails=True),
            {"name": "one", "command": [sys.executable, str(HERE / "tokens_server.py")],
             "services": [text], "num_replicas": 1, "resources": {"cpus": 0.1}}],
        "routes": [
            {"method": DOUBLE, "graph": {"sequence": [
                {"mirror": "broken", "method": ECHO}, {"route": ECHO}]}},
            {"method": ECHO, "graph": {"switch": {
                "on": "text", "cases": {"odd": graph_app.call("broken")},
                "default": graph_app.call("fast")}}},
            {"method": "tokens.v1.Front/Ask", "graph": {"sequence": [
                {"call": "one", "method": f"{text}/Generate"},
                {"call": "one", "method": f"{text}/Polish"}]}},
            {"service": text, "deployment": "one"}]}


@pytest.fixture(scope="module")
def routes(stubs):
    with served_app.running(stubs, routes_app()) as mesh:
        yield mesh


def failing(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    return error.value.code()


def figures(mesh, name):
    """The route's, and those of its nodes by path without the graph's own."""
    (route,) = json.loads(mesh.cli("explain", name, "-o", "json").stdout)
    nodes = {}

    def walk(node):
        nodes[node["path"].split(".graph.")[-1].split(".graph")[-1]] = node
        for child in node.get("children", []):
            walk(child)

    walk(route["graph"])
    return route, nodes


def count(route, node):
    """How many requests a node had."""
    return round(node["figures"]["requests_per_s"] * route["period_s"]) if "figures" in node else 0


def wait_for_count(mesh, name, expected):
    def counted():
        route, nodes = figures(mesh, name)
        return count(route, route) == expected and (route, nodes)

    return wait_until(counted, 8, f"{expected} requests of {name} are counted")


def test_a_graph_within_a_graph_has_figures_and_so_have_mirrors(routes):
    from probe.v1 import probe_pb2, probe_pb2_grpc

    for turn in range(8):
        with routes.channel() as channel:
            double = probe_pb2_grpc.OtherStub(channel).Double
            request = probe_pb2.EchoRequest(text="even" if turn % 4 else "odd")
            if turn % 4:
                double(request, timeout=20)
            else:
                assert failing(lambda: double(request, timeout=20)) == grpc.StatusCode.DATA_LOSS
    route, nodes = wait_for_count(routes, DOUBLE, 8)
    assert route["figures"]["error_share"] == pytest.approx(2 / 8)
    assert route["period_s"] < 61
    inner = nodes["sequence[1].route"]
    assert count(route, inner) == 8
    odd, even = (nodes[f"sequence[1].route.switch.{way}"] for way in ("cases.odd", "default"))
    assert (count(route, odd), odd["taken_share"], odd["figures"]["error_share"]) == (2, 0.25, 1)
    assert (count(route, even), even["taken_share"], even["figures"]["error_share"]) == (6, 0.75, 0)
    assert even["figures"]["p50_us"] > 0
    assert nodes["sequence[1]"]["figures"]["error_share"] == pytest.approx(2 / 8)
    mirror = nodes["sequence[0]"]
    assert count(route, mirror) == 8
    assert (mirror["figures"]["error_share"], mirror["figures"]["dropped_share"]) == (1, 0)
    text = routes.cli("explain", DOUBLE).stdout
    assert "taken 25 %" in text and "dropped 0 %" in text
    assert "figures" not in figures(routes, ECHO)[0], "nobody asked for it by itself"


def test_a_stream_that_fails_is_no_success(routes):
    from tokens.v1 import tokens_pb2, tokens_pb2_grpc

    with routes.channel() as channel:
        ask = tokens_pb2_grpc.FrontStub(channel).Ask
        for _ in range(3):
            prompt = tokens_pb2.Prompt(text="x", count=3, pause_ms=20, generate_fails_at=3)
            assert failing(lambda: list(ask(prompt, timeout=20))) == grpc.StatusCode.DATA_LOSS
        assert len(list(ask(tokens_pb2.Prompt(text="x", count=2, pause_ms=20), timeout=20))) == 2
    route, nodes = wait_for_count(routes, "tokens.v1.Front/Ask", 4)
    assert route["figures"]["error_share"] == 0.75
    # From the request to the end of its stream.
    assert route["figures"]["p50_us"] >= 40_000
    first, second = nodes["sequence[0]"], nodes["sequence[1]"]
    assert (count(route, first), first["figures"]["error_share"]) == (4, 0.75)
    assert (count(route, second), second["figures"]["error_share"]) == (1, 0)


def test_a_plain_route_has_figures(routes):
    from tokens.v1 import tokens_pb2, tokens_pb2_grpc

    for _ in range(5):
        with routes.channel() as channel:
            text = tokens_pb2_grpc.TextStub(channel)
            text.Prepare(tokens_pb2.Prompt(text="x"), timeout=20)
    with routes.channel() as channel:
        generate = tokens_pb2_grpc.TextStub(channel).Generate
        prompt = tokens_pb2.Prompt(text="x", count=1, generate_fails_at=1)
        assert failing(lambda: list(generate(prompt, timeout=20))) == grpc.StatusCode.DATA_LOSS
    # A method has the route of its service.
    route, nodes = wait_for_count(routes, "tokens.v1.Text/Prepare", 6)
    assert route["route"] == "tokens.v1.Text/*"
    assert route["figures"]["error_share"] == pytest.approx(1 / 6)
    assert 0 < route["figures"]["p50_us"] <= route["figures"]["p99_us"]
    (call,) = nodes.values()
    assert call["node"] == "call one" and call["figures"] == route["figures"]


def test_a_hedge_goes_by_what_was_measured(graphs):
    """One answer in so many is late, and is asked for once more."""
    from probe.v1 import probe_pb2, probe_pb2_grpc

    with graphs.channel() as channel:
        echo = probe_pb2_grpc.ProbeStub(channel).Echo
        # No second copy before there are enough answers: it would not help, both would sleep.
        for _ in range(120):
            echo(probe_pb2.EchoRequest(text="measured"), timeout=20)
        request = probe_pb2.EchoRequest(text="measured", sleep_ms=300)
        _, call = echo.with_call(request, timeout=20, metadata=[("martlet-trace", "1")])
        nodes = json.loads(dict(call.trailing_metadata())["martlet-trace"])["nodes"]
        legs = [node for node in nodes if node["kind"] == "call"]
        assert len(legs) == 2 and {leg["status"] for leg in legs} == {"OK", "CANCELLED"}
        assert legs[1]["start_us"] - legs[0]["start_us"] < 150_000
