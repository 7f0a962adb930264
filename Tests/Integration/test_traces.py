"""Traces of plain routes, of streams, and of the calls that code makes."""

import json
import sys
import time
import urllib.request

import grpc
import pytest

import rawhttp2 as h2
from conftest import check_gone
from mesh import HERE, Mesh
from test_example import APP, PAGES
from test_in_process import started
from webclient import ASKS, grpc_web

FULL = [("martlet-trace", "full")]


def trace_of(call):
    """The trace among the trailers of an answer or of a failure, and nothing else of it."""
    trailers = call.trailing_metadata() or ()
    assert "martlet-execute-us" not in dict(trailers)
    (text,) = [value for name, value in trailers if name == "martlet-trace"]
    assert text.isascii() and "\n" not in text
    return json.loads(text)


def depth(nodes, node):
    return depth(nodes, nodes[node["parent"]]) + 1 if "parent" in node else 0


def tree(trace):
    nodes = trace["nodes"]
    return ["  " * depth(nodes, node) + f"{node['kind']} {node.get('deployment', '-')} {node['status']}"
            for node in nodes]


def times_add_up(trace):
    """The parts of each call are the call; what code calls lies within the time of its handler."""
    nodes = trace["nodes"]
    for node in nodes:
        if "queue_us" in node:
            parts = node["queue_us"] + node["wire_us"] + node.get("execute_us", 0)
            assert parts == pytest.approx(node["us"], rel=0.03, abs=3), node
        if "parent" not in node:
            continue
        parent = nodes[node["parent"]]
        assert node["us"] <= parent.get("execute_us", parent["us"]), (node, parent)
        if "start_us" in node and "start_us" in parent:
            start, end = parent["start_us"], parent["start_us"] + parent["us"]
            assert start <= node["start_us"] and node["start_us"] + node["us"] <= end + 3, (node, parent)


# -- code in Swift


@pytest.fixture(scope="module")
def understanding(stubs, tmp_path_factory):
    mesh = Mesh(tmp_path_factory.mktemp("u"), stubs)
    try:
        mesh.up(APP / "martlet.yaml")
        yield mesh
    finally:
        check_gone(mesh)


def test_what_code_calls_is_below_the_call_that_it_answers(understanding):
    from content.v1 import content_pb2, content_pb2_grpc

    request = content_pb2.AnalyzeRequest(url=f"file:{PAGES[0]}")
    with understanding.channel(long_trailers=True) as channel:
        analyze = content_pb2_grpc.ConductorStub(channel).Analyze
        analyze(request, timeout=30)  # every replica has started
        answer, call = analyze.with_call(request, timeout=30, metadata=FULL)
        _, untraced = analyze.with_call(request, timeout=30)
    assert not [name for name, _ in untraced.trailing_metadata() if name.startswith("martlet-")]
    trace = trace_of(call)
    times_add_up(trace)
    conductor, *calls = trace["nodes"]
    assert conductor["deployment"] == "conductor" and conductor["replica"].startswith("conductor#")
    assert 0 <= trace["us"] - conductor["us"] < 1000 and "path" not in conductor
    assert all(node["parent"] == 0 and node["status"] == "OK" for node in calls)
    steps = {node["deployment"]: node for node in calls}
    order = [steps[name]["start_us"] for name in ("downloader", "preprocessor", "detector", "combiner")
             if name in steps]
    assert len(order) >= 3 and order == sorted(order)
    assert len(calls) + trace.get("more", 0) >= 4 + len(answer.objects)
    chain = [steps[name]["us"] for name in ("downloader", "preprocessor", "detector")]
    assert sum(chain) <= conductor["execute_us"]


def test_a_tree_for_people(understanding):
    page = json.dumps({"url": f"file:{PAGES[0]}"})
    done = understanding.cli("call", "content.v1.Conductor/Analyze", page, "--trace")
    lines = done.stderr.splitlines()
    assert lines[0].startswith("content.v1.Conductor/Analyze took ")
    assert lines[1].split()[:3] == ["NODE", "TOOK", "REPLICA"] and "FIRST" not in lines[1]
    assert lines[2].startswith("call conductor ") and "conductor#" in lines[2]
    assert lines[3].startswith("  call downloader ") and lines[3].endswith("OK")


# -- the same app as a mesh and in one process


def relayed(address):
    from graphs.v1 import graphs_pb2, graphs_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        front = graphs_pb2_grpc.FrontStub(channel)
        _, call = front.Relayed.with_call(graphs_pb2.Item(text="x"), timeout=20, metadata=FULL)
        with pytest.raises(grpc.RpcError) as failed:
            front.Relayed(graphs_pb2.Item(text="to broken"), timeout=20, metadata=FULL)
        feed = graphs_pb2_grpc.FeedStub(channel)
        count = feed.Count(graphs_pb2.Item(number=1000), timeout=20, metadata=FULL)
        assert len(list(count)) == 1000
        talk = feed.Talk(iter([graphs_pb2.Item(text="ab")] * 3), timeout=20, metadata=FULL)
        assert len(list(talk)) == 3
    traces = [trace_of(each) for each in (call, failed.value, count, talk)]
    for trace in traces:
        times_add_up(trace)
    return traces


def tells(traces):
    both, failed, count, talk = traces
    assert tree(both)[0] == "call relay OK"
    assert sorted(tree(both)[1:]) == ["  call large OK", "  call small OK"]
    assert tree(failed) == ["call relay DATA_LOSS", "  call broken DATA_LOSS"]
    (node,) = count["nodes"]
    assert (node["in_messages"], node["out_messages"], node["status"]) == (1, 1000, "OK")
    assert 0 < node["first_us"] <= node["us"] and node["execute_us"] <= node["us"]
    assert node["out_bytes"] > 999
    (node,) = talk["nodes"]
    assert (node["in_messages"], node["out_messages"]) == (3, 3)
    assert (node["in_bytes"], node["out_bytes"]) == (12, 12)


def test_a_mesh_of_processes_and_one_process_tell_the_same(mesh):
    with started("--in-process") as (_, address):
        tells(relayed(address))
    with started("--run-dir", mesh.run_dir) as (_, address):
        tells(relayed(address))


# -- code in Python


@pytest.fixture(scope="module")
def python(stubs, tmp_path_factory):
    mesh = Mesh(tmp_path_factory.mktemp("p"), stubs)

    def deployment(name, program):
        return {
            "name": name, "command": [sys.executable, str(HERE / program)],
            "services": ["probe.v1.Probe"], "num_replicas": 1, "resources": {"cpus": 0.1}}

    app = {
        "name": "calling", "protos": [str(HERE / "protos/probe/v1/probe.proto")],
        "deployments": [
            deployment("caller", "calling_server.py"), deployment("fast", "probe_server.py")],
        "routes": [
            {"service": "probe.v1.Probe", "deployment": "caller"},
            {"method": "probe.v1.Other/Double",
             "graph": {"call": "fast", "method": "probe.v1.Probe/Echo"}}]}
    file = mesh.folder / "app.yaml"
    file.write_text(json.dumps(app))
    try:
        mesh.up(file)
        for name in ("caller", "fast"):
            mesh.wait_running(name, 1)
        yield mesh
    finally:
        check_gone(mesh)


@pytest.fixture(scope="module")
def echo(python):
    from probe.v1 import probe_pb2, probe_pb2_grpc

    with python.channel() as channel:
        stub = probe_pb2_grpc.ProbeStub(channel)
        yield lambda text, **options: stub.Echo.with_call(
            probe_pb2.EchoRequest(text=text, sleep_ms=20), timeout=20, **options)


def test_another_language_passes_metadata_and_trailers_on(echo):
    answer, call = echo("x", metadata=[("martlet-trace", "1")])
    trace = trace_of(call)
    assert tree(trace) == ["call caller OK", "  call fast OK", "  call fast OK"]
    times_add_up(trace)
    caller, plain, graph = trace["nodes"]
    assert caller["execute_us"] >= plain["us"] + graph["us"] >= 40_000
    assert (plain["method"], graph["method"]) == ("probe.v1.Probe/Echo", "probe.v1.Other/Double")
    assert "path" not in plain and graph["path"].startswith("routes[1].graph")
    # Who calls for it may take no longer trailers than usual.
    assert answer.metadata["martlet-trace"] == "1"
    answer, _ = echo("x", metadata=FULL)
    assert answer.metadata["martlet-trace"] == "1"


def test_nobody_asks_and_nothing_comes(echo):
    answer, call = echo("x")
    assert "martlet-trace" not in answer.metadata
    assert not [name for name, _ in call.trailing_metadata() if name.startswith("martlet-")]


def test_nonsense_does_not_break_the_answer(echo):
    answer, call = echo("nonsense", metadata=[("martlet-trace", "1")])
    assert answer.version == "caller"
    trace = trace_of(call)
    assert len(json.dumps(trace, separators=(",", ":"))) <= 6_000
    caller, *nonsense = trace["nodes"]
    assert caller["deployment"] == "caller" and caller["status"] == "OK" and caller["execute_us"] == 0
    assert nonsense and all(node.get("us", 0) <= caller["us"] for node in nonsense)
    assert trace["more"] > 1_500


def test_a_call_in_json_gets_it_as_a_field(python):
    request = urllib.request.Request(
        f"http://{python.address}/probe.v1.Probe/Echo", b'{"text": "x"}',
        {"content-type": "application/json", "martlet-trace": "1"})
    with urllib.request.urlopen(request, timeout=20) as reply:
        trace = json.loads(reply.headers["trailer-martlet-trace"])
    assert tree(trace) == ["call caller OK", "  call fast OK", "  call fast OK"]


def test_the_parts_of_a_call_in_json_are_the_whole(python):
    """From its head on: the body's way and JSON's share included. Through a graph, whose node is the call."""
    body = json.dumps({"text": "x", "payload": "A" * (1 << 20)}).encode()
    with h2.dial(python.address) as sock:
        sock.sendall(
            f"POST /probe.v1.Other/Double HTTP/1.1\r\nhost: mesh\r\ncontent-type: application/json\r\n"
            f"martlet-trace: 1\r\ncontent-length: {len(body)}\r\n\r\n".encode())
        time.sleep(0.3)
        sock.sendall(body)
        sock.settimeout(20)
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(1 << 16)
    lines = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
    assert lines[0].split()[1] == "200"
    trace = json.loads(dict(line.split(": ", 1) for line in lines[1:])["trailer-martlet-trace"])
    (call,) = trace["nodes"]
    assert trace["receive_us"] > 290_000
    assert trace["decode_us"] > 0 and trace["encode_us"] > 0
    assert call["start_us"] >= trace["receive_us"] + trace["decode_us"] - 3
    parts = [trace[name] for name in ("receive_us", "decode_us", "encode_us")] + [call["us"]]
    assert sum(parts) == pytest.approx(trace["us"], rel=0.03)


def test_a_call_by_grpc_web_tells_of_its_body_too(python):
    from probe.v1 import probe_pb2

    message = probe_pb2.EchoRequest(text="x").SerializeToString()
    reply = grpc_web(
        ASKS["http/2"], python.address, "/probe.v1.Other/Double", message, [("martlet-trace", "1")])
    trace = json.loads(dict(reply.trailing)["martlet-trace"])
    assert {"receive_us", "decode_us"} <= set(trace) and "encode_us" not in trace
