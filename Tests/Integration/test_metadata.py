"""Metadata in every form that gRPC allows, through the router to Python and Swift handlers."""

import os
import re
import signal
import subprocess

import grpc
import pytest

import rawhttp2
from interop_client import INITIAL, TRAILING, Client
from mesh import BINARIES, ROOT, probe_app, wait_until

PROBE, INTEROP = "/probe.v1.Probe/Echo", "/grpc.testing.TestService/EmptyCall"
EMPTY = bytes(5)  # one message without a byte


@pytest.fixture
def interop(mesh):
    mesh.up(ROOT / "deploy/interop/martlet.yaml")
    return mesh


@pytest.fixture
def probe(mesh):
    from probe.v1 import probe_pb2_grpc
    mesh.up(probe_app(mesh.folder))
    with mesh.channel() as channel:
        yield probe_pb2_grpc.ProbeStub(channel)


def ask(address, path, *fields):
    """The fields of the answer to an empty request, with those of the trailers."""
    head = rawhttp2.block(
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "mesh"),
        ("te", "trailers"), ("content-type", "application/grpc"), *fields)
    with rawhttp2.Connection(address) as connection:
        connection.greet()
        connection.send(
            rawhttp2.headers(1, head) + rawhttp2.data(1, EMPTY, rawhttp2.END_STREAM))
        assert connection.pump(lambda: connection.answer(1).over, 10), "no answer"
        return connection.answer(1)


def values(answer, name):
    return [value for key, value in answer.fields if key == name]


def reply(answer):
    from probe.v1 import probe_pb2
    assert answer.field("grpc-status") == "0", answer.fields
    return probe_pb2.EchoReply.FromString(answer.data[5:])


# -- values


def test_duplicates_keep_their_order_both_ways(interop):
    sent = [
        (INITIAL[0], "first"), (TRAILING[0], b"\x00"), (INITIAL[0], "second, third"),
        (TRAILING[0], b""), (INITIAL[0], ""), (TRAILING[0], b"\xff" * 100), (INITIAL[0], "first")]
    with interop.channel() as channel:
        client = Client(channel)
        _, call = client.stub.UnaryCall.with_call(
            client.pb.SimpleRequest(), metadata=sent, timeout=10)
    for name, came in ((INITIAL[0], call.initial_metadata()), (TRAILING[0], call.trailing_metadata())):
        assert [v for k, v in came if k == name] == [v for k, v in sent if k == name]


@pytest.mark.parametrize("sent, echoed", [
    (["q6ur"], ["q6ur"]),
    (["AQ=="], ["AQ"]), (["AQ"], ["AQ"]), (["AQI="], ["AQI"]), (["AQI"], ["AQI"]),
    (["AQ==,AQI,q6ur"], ["AQ", "AQI", "q6ur"]),
    (["AQ==,AQI", "q6ur"], ["AQ", "AQI", "q6ur"]),
    ([""], [""]),
])
def test_binary_values_padded_or_not_and_joined(interop, sent, echoed):
    # EmptyCall echoes nothing, so that the request can be without a byte; StreamingInputCall does.
    answer = ask(
        interop.address, "/grpc.testing.TestService/StreamingInputCall",
        *((TRAILING[0], value) for value in sent))
    assert answer.field("grpc-status") == "0", answer.fields
    assert values(answer, TRAILING[0]) == echoed


@pytest.mark.parametrize("field", [
    (INITIAL[0], "gr\xfc\xdfe"), ("x!odd", "1"), (TRAILING[0], "A"), (TRAILING[0], "A*=="),
])
def test_what_http_allows_and_grpc_does_not_is_refused(interop, field):
    path = "/grpc.testing.TestService/StreamingInputCall"
    answer = ask(interop.address, path, (INITIAL[0], "plain"), field)
    assert answer.field("grpc-status") == "3" and field[0] in answer.field("grpc-message")


def test_a_name_that_grpc_may_give_a_meaning_is_no_error(interop):
    answer = ask(
        interop.address, "/grpc.testing.TestService/StreamingInputCall",
        (INITIAL[0], "plain"), ("grpc-future", "1"))
    assert answer.field("grpc-status") == "0", answer.fields
    assert values(answer, INITIAL[0]) == ["plain"]


def test_the_router_moves_binary_values_as_they_are(mesh, probe):
    fields = reply(ask(mesh.address, PROBE, ("x-a-bin", "q6urAQ=="))).metadata
    assert fields["x-a-bin"] == "ababab01"


# -- deadlines


@pytest.mark.parametrize("timeout, seconds", [
    ("2H", 7200), ("3M", 180), ("45S", 45), ("45000m", 45), ("45000000u", 45), ("99999999u", 99),
    ("99999999m", 99_999), ("99999999S", 99_999_999), ("00000045S", 45), ("1666666M", 99_999_960),
])
def test_a_timeout_in_every_unit(mesh, probe, timeout, seconds):
    left = float(reply(ask(mesh.address, PROBE, ("grpc-timeout", timeout))).metadata["time-remaining"])
    assert seconds - 10 < left <= seconds + 1


@pytest.mark.parametrize("fields", [[("grpc-timeout", "99999999H")], []], ids=["longest", "none"])
def test_the_longest_timeout_and_none(mesh, probe, fields):
    # grpcio has a number for «never» as well.
    left = reply(ask(mesh.address, PROBE, *fields)).metadata["time-remaining"]
    assert left == "None" or float(left) > 1e9


@pytest.mark.parametrize("timeout", ["1n", "1u", "0S"])
def test_a_timeout_that_is_over_at_once(mesh, probe, timeout):
    assert ask(mesh.address, PROBE, ("grpc-timeout", timeout)).field("grpc-status") == "4"


@pytest.mark.parametrize("path", [PROBE, "/grpc.health.v1.Health/Check"])
@pytest.mark.parametrize("timeout", ["", "5", "S", "5s", "123456789S", "-5S", "+5S", "5.0S", "5 S"])
def test_what_is_no_timeout_is_refused(mesh, probe, timeout, path):
    answer = ask(mesh.address, path, ("grpc-timeout", timeout))
    assert answer.field("grpc-status") == "3"
    assert "grpc-timeout" in answer.field("grpc-message")


# -- retries


def test_a_retry_tells_the_handler_of_the_attempt_before(mesh):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    mesh.up(probe_app(mesh.folder, num_replicas=2, idempotent=True))
    replicas = {f"probe#{r.number}": r.pid for r in mesh.wait_running("probe", 2)}
    with mesh.channel() as channel:
        stub = probe_pb2_grpc.ProbeStub(channel)
        call = stub.Echo.future(probe_pb2.EchoRequest(sleep_ms=1500), timeout=20)
        victim = wait_until(lambda: busy(mesh), 5, "the call is at a replica")
        os.kill(replicas[victim], signal.SIGKILL)
        answer = call.result()
        assert answer.replica != victim
        assert answer.metadata["grpc-previous-rpc-attempts"] == "1"
        other = stub.Echo(probe_pb2.EchoRequest(), timeout=10)
        assert "grpc-previous-rpc-attempts" not in other.metadata


def busy(mesh):
    return next((f"probe#{r.number}" for r in mesh.replicas("probe") if r.ongoing_requests), None)


def test_a_pushback_reaches_the_client(mesh):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    mesh.up(probe_app(mesh.folder, max_ongoing_requests=1, max_queued_requests=0))
    with mesh.channel() as channel:
        stub = probe_pb2_grpc.ProbeStub(channel)
        # A replica's own.
        with pytest.raises(grpc.RpcError) as caught:
            stub.Echo(probe_pb2.EchoRequest(status_code=14, text="1234"), timeout=10)
        assert pushback(caught.value) == "1234"
        # The router's, when the queue is full.
        slow = stub.Echo.future(probe_pb2.EchoRequest(sleep_ms=20_000))
        wait_until(lambda: busy(mesh), 5, "the call is at a replica")
        with pytest.raises(grpc.RpcError) as caught:
            stub.Echo(probe_pb2.EchoRequest(), timeout=10)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert int(pushback(caught.value)) > 0
        slow.cancel()


def pushback(error):
    return dict(error.trailing_metadata()).get("grpc-retry-pushback-ms")


# -- who asks


def test_the_user_agent_passes(mesh, probe):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    reply = probe.Echo(probe_pb2.EchoRequest(), timeout=10)
    assert re.match(r"grpc-python/\S+ grpc-c/\S+", reply.metadata["user-agent"])
    options = [("grpc.primary_user_agent", "tagger/1.2")]
    with grpc.insecure_channel(mesh.address, options=options) as channel:
        reply = probe_pb2_grpc.ProbeStub(channel).Echo(probe_pb2.EchoRequest(), timeout=10)
    assert reply.metadata["user-agent"].startswith("tagger/1.2 grpc-python/")


def test_a_graph_passes_the_user_agent(mesh):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    graph = {"call": "probe", "method": "probe.v1.Probe/Echo"}
    mesh.up(probe_app(mesh.folder, routes=[{"method": "probe.v1.Probe/Echo", "graph": graph}]))
    options = [("grpc.primary_user_agent", "tagger/1.2")]
    with grpc.insecure_channel(mesh.address, options=options) as channel:
        reply = probe_pb2_grpc.ProbeStub(channel).Echo(probe_pb2.EchoRequest(), timeout=10)
    assert reply.metadata["user-agent"].startswith("tagger/1.2 grpc-python/")


def test_martlets_own_client_says_what_it_is(mesh, stubs):
    heard = []

    class Eavesdropper(grpc.GenericRpcHandler):
        def service(self, details):
            heard.extend(value for name, value in details.invocation_metadata if name == "user-agent")

    from concurrent import futures
    server = grpc.server(futures.ThreadPoolExecutor(1), handlers=[Eavesdropper()])
    address = f"unix:{mesh.folder}/s"
    assert server.add_insecure_port(address)
    server.start()
    try:
        subprocess.run(
            [str(BINARIES / "interop"), "client", address, "unimplemented_method"],
            check=True, capture_output=True, timeout=30)
    finally:
        server.stop(None).wait()
    assert heard and all(re.fullmatch(r"martlet-swift/\d+\.\d+\.\d+", name) for name in heard)
