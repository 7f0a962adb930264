"""`martlet explain`: graphs drawn, with what their nodes did of late."""

import json
import subprocess
import xml.etree.ElementTree as xml

import grpc
import pytest

import graph_app
from mesh import MARTLET, ROOT, wait_until

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
