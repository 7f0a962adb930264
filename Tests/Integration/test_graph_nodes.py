"""Every kind of node, over real processes in another language."""

import json
import time

import grpc
import pytest

import graph_app
import served_app
from mesh import wait_until


@pytest.fixture(scope="module")
def graphs(stubs):
    with graph_app.running(stubs) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def ask(graphs):
    from probe.v1 import probe_pb2, probe_pb2_grpc

    with graphs.channel() as channel:
        stub = probe_pb2_grpc.ProbeStub(channel)

        def ask(text, sleep_ms=0, **options):
            request = probe_pb2.EchoRequest(text=text, sleep_ms=sleep_ms)
            return stub.Echo(request, **{"timeout": 20, **options})

        yield ask


def failure(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code(), caught.value.details()


def test_a_fallback_goes_on_to_who_answers(graphs, ask):
    start = time.monotonic()
    assert ask("fallback").version == "fast"
    assert time.monotonic() - start < 0.45, "it did not wait for the slow one"
    wait_until(lambda: "cancelled fallback" in served_app.log(graphs, "slow"), 5, "it is cancelled")
    assert failure(lambda: ask("hopeless")) == (
        grpc.StatusCode.DATA_LOSS, "broken always fails")


def test_a_branch_past_its_share_of_the_deadline_makes_room_for_the_next(ask):
    start = time.monotonic()
    assert ask("share", sleep_ms=20, timeout=0.6).version == "fast"
    assert 0.29 < time.monotonic() - start < 0.5, "half of the time is the first one's"
    assert ask("share").version == "slow", "it has the time that it takes"


def test_a_node_that_is_late_is_named(ask):
    code, details = failure(lambda: ask("late"))
    # The replica heard of the deadline, too, and may be the first to say so.
    assert code == grpc.StatusCode.DEADLINE_EXCEEDED, details


def test_ensembles_that_do_not_need_all(graphs, ask):
    start = time.monotonic()
    # A handler that is cancelled before it has begun says nothing of it.
    assert ask("first", sleep_ms=100).version == "fast"
    assert time.monotonic() - start < 0.45
    wait_until(lambda: "cancelled first" in served_app.log(graphs, "slow"), 5, "it is cancelled")
    assert ask("quorum").version == "slow"  # merged last
    assert ask("left out").version == "fast"


def test_an_answer_for_failures(ask):
    answer = ask("default")
    assert (answer.text, answer.pid) == ("sorry", 7)


def test_a_user_stays_on_one_side(ask):
    sides = {}
    for user in range(12):
        metadata = [("user", f"u{user}")]
        sides[user] = {ask("split", metadata=metadata).version for _ in range(3)}
        assert len(sides[user]) == 1
    assert set.union(*sides.values()) == {"fast", "slow"}


def test_mirrors_hold_up_nobody(ask):
    start = time.monotonic()
    for _ in range(3):
        assert ask("mirror").version == "fast"
    assert time.monotonic() - start < 0.45


def test_a_hedge_answers_though_both_copies_go_to_the_same_replica(ask):
    assert ask("hedge").version == "slow"


def test_a_cascade_asks_the_large_model_what_the_small_one_was_asked(ask):
    answer = ask("cascade", metadata=[("x-trace", "7")])
    assert (answer.version, answer.text) == ("slow", "cascade")
    assert answer.metadata["x-trace"] == "7"


def test_the_default_case(ask):
    assert ask("anything else").version == "fast"


def traced(graphs, text, how="1"):
    """The trace that comes with the answer, or with the failure."""
    from probe.v1 import probe_pb2, probe_pb2_grpc

    with graphs.channel() as channel:
        echo = probe_pb2_grpc.ProbeStub(channel).Echo
        request = probe_pb2.EchoRequest(text=text)
        try:
            _, call = echo.with_call(request, timeout=20, metadata=[("martlet-trace", how)])
        except grpc.RpcError as error:
            call = error
        trailers = dict(call.trailing_metadata())
    return json.loads(trailers["martlet-trace"])


def by_path(trace):
    """Nodes by where they are in the graph."""
    return {
        node["path"].removeprefix("routes[0].graph").removeprefix("."): node
        for node in trace["nodes"]}


def test_a_trace_says_what_each_node_did(graphs):
    trace = traced(graphs, "cascade")
    assert trace["route"] == graph_app.METHOD
    nodes = by_path(trace)
    base = "switch.cases.cascade"
    assert nodes[""]["took"] == "cascade"
    first, last = nodes[f"{base}.sequence[0]"], nodes[f"{base}.sequence[1].switch.default"]
    assert nodes[f"{base}.sequence[1]"]["took"] == "default"
    assert first["replica"].startswith("fast#") and last["replica"].startswith("slow#")
    for leg in (first, last):
        assert (leg["kind"], leg["status"], leg["attempts"]) == ("call", "OK", 1)
        assert leg["in_bytes"] > 0 and leg["out_bytes"] > 0
        assert abs(leg["queue_us"] + leg["wire_us"] - leg["us"]) <= 2
    # The parts are the whole.
    assert trace["us"] > 500_000
    assert first["us"] + last["us"] == pytest.approx(trace["us"], rel=0.03)


def test_a_trace_comes_with_failures_too(graphs):
    nodes = by_path(traced(graphs, "hopeless"))
    base = "switch.cases.hopeless.fallback"
    slow = nodes[f"{base}[0]"]
    assert slow["status"] == "DEADLINE_EXCEEDED"
    assert nodes[f"{base}[1]"]["status"] == "DATA_LOSS"


def test_nobody_asks_and_nothing_comes(ask, graphs):
    from probe.v1 import probe_pb2, probe_pb2_grpc

    with graphs.channel() as channel:
        echo = probe_pb2_grpc.ProbeStub(channel).Echo
        _, call = echo.with_call(probe_pb2.EchoRequest(text="cascade"), timeout=20)
    assert "martlet-trace" not in dict(call.trailing_metadata())


def test_a_trace_for_people(graphs):
    done = graphs.cli("call", graph_app.METHOD, '{"text": "cascade"}', "--trace")
    assert json.loads(done.stdout)["version"] == "slow"
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"{graph_app.METHOD} took ")
    assert lines[1].split()[:3] == ["NODE", "TOOK", "REPLICA"]
    assert any("call slow" in line and "slow#" in line for line in lines)
