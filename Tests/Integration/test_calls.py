"""A Python client that knows nothing of Martlet calls a Python deployment through the router."""

import contextlib
import os
import signal
import time

import grpc
import pytest

from mesh import probe_app, wait_until


@pytest.fixture
def probe(mesh):
    from probe.v1 import probe_pb2_grpc
    mesh.up(
        probe_app(mesh.folder, max_ongoing_requests=64, max_queued_requests=1000, max_message="4Mi"))
    with mesh.channel() as channel:
        yield probe_pb2_grpc.ProbeStub(channel)


def request(**fields):
    from probe.v1 import probe_pb2
    return probe_pb2.EchoRequest(**fields)


def test_unary_with_metadata_both_ways(probe):
    sent = (("x-text", "a value"), ("x-twice", "1"), ("x-twice", "2"), ("x-bytes-bin", b"\x00\xfe"))
    reply, call = probe.Echo.with_call(request(text="hello"), metadata=sent, timeout=10)
    assert reply.text == "hello"
    assert reply.metadata["x-text"] == "a value"
    assert reply.metadata["x-bytes-bin"] == "00fe"
    assert ("probe-initial", "yes") in call.initial_metadata()
    assert ("probe-bin", b"\x00\xff") in call.initial_metadata()
    assert ("probe-trailing", "yes") in call.trailing_metadata()


@pytest.mark.parametrize("code", [c for c in grpc.StatusCode if c is not grpc.StatusCode.OK])
def test_status_and_message_pass_through(probe, code):
    message = f"grüße, 100 % {code.name}\n\ttail"
    with pytest.raises(grpc.RpcError) as caught:
        probe.Echo(request(status_code=code.value[0], status_message=message), timeout=10)
    assert (caught.value.code(), caught.value.details()) == (code, message)
    assert ("probe-trailer", "set") in caught.value.trailing_metadata()


def test_deadline_is_kept_and_the_handler_sees_it(probe, mesh):
    probe.Echo(request(text="warm"), timeout=10)
    late = []
    for _ in range(5):
        began = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            probe.Echo(request(text="late", sleep_ms=5000), timeout=0.2)
        late.append(time.monotonic() - began - 0.2)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert sorted(late)[2] < 0.02, f"seconds past the deadline: {late}"
    wait_until(lambda: mesh.logs().count("cancelled late") == 5, 2, "the handler sees the deadline")


def test_a_replica_that_hangs_does_not_outlast_the_request_timeout(mesh):
    from probe.v1 import probe_pb2_grpc
    mesh.up(probe_app(mesh.folder, request_timeout_s=0.5))
    replica = mesh.wait_running("probe", 1)[0]
    with mesh.channel() as channel:
        probe = probe_pb2_grpc.ProbeStub(channel)
        probe.Echo(request(text="warm"), timeout=10)
        os.kill(replica.pid, signal.SIGSTOP)
        try:
            with pytest.raises(grpc.RpcError) as caught:
                probe.Echo(request(text="late"), timeout=20)
        finally:
            with contextlib.suppress(ProcessLookupError):  # killed for its health meanwhile
                os.kill(replica.pid, signal.SIGCONT)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "probe#1 did not answer before the deadline" in caught.value.details()


def test_cancel_reaches_the_handler(probe, mesh):
    call = probe.Echo.future(request(text="dropped", sleep_ms=20000))
    wait_until(lambda: mesh.deployment("probe").ongoing_requests == 1, 5, "the call is running")
    call.cancel()
    wait_until(lambda: "cancelled dropped" in mesh.logs(), 2, "the handler sees the cancellation")
    wait_until(lambda: mesh.deployment("probe").ongoing_requests == 0, 5, "the slot is free again")


@pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 1_000_000, (4 << 20) - 64])
def test_messages_up_to_four_mebibytes(probe, size):
    payload = bytes(i * 31 % 251 for i in range(1024)) * (size // 1024 + 1)
    assert probe.Echo(request(payload=payload[:size]), timeout=20).payload == payload[:size]


def test_a_message_beyond_the_limit_is_refused_and_the_mesh_serves_on(probe):
    with pytest.raises(grpc.RpcError) as caught:
        probe.Echo(request(payload=bytes(5 << 20)), timeout=20)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "4194304" in caught.value.details()
    assert probe.Echo(request(text="on"), timeout=10).text == "on"


def test_five_hundred_calls_at_once_on_one_connection(probe):
    calls = [probe.Echo.future(request(text=str(i), sleep_ms=50), timeout=30) for i in range(500)]
    assert [call.result().text for call in calls] == [str(i) for i in range(500)]


def test_unknown_methods_are_unimplemented(mesh, probe):
    with mesh.channel() as channel:
        unknown = channel.unary_unary("/probe.v1.Nothing/Here")
        with pytest.raises(grpc.RpcError) as caught:
            unknown(b"", timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "probe.v1.Nothing/Here" in caught.value.details()


def test_a_full_queue_answers_at_once(mesh):
    from probe.v1 import probe_pb2_grpc
    mesh.up(probe_app(mesh.folder, max_ongoing_requests=1, max_queued_requests=2))
    with mesh.channel() as channel:
        probe = probe_pb2_grpc.ProbeStub(channel)
        calls = [probe.Echo.future(request(sleep_ms=500), timeout=20) for _ in range(10)]
        ended = []
        for call in calls:
            call.add_done_callback(lambda call: ended.append(call.code().name))
        wait_until(lambda: len(ended) == 10, 20, "every call has ended")
    assert ended == ["RESOURCE_EXHAUSTED"] * 7 + ["OK"] * 3
