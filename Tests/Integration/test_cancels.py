"""A client that cancels many calls at once keeps its connection and the calls that it did not cancel."""

import time

import pytest

from mesh import probe_app
from rawhttp2 import END_STREAM, Code, Connection, block, data, headers, reset


def head(timeout="20S"):
    return block(
        (":method", "POST"), (":scheme", "http"), (":path", "/probe.v1.Probe/Echo"),
        (":authority", "mesh"), ("te", "trailers"), ("content-type", "application/grpc"),
        ("grpc-timeout", timeout))


def ask(number, sleep_ms):
    from probe.v1 import probe_pb2
    encoded = probe_pb2.EchoRequest(sleep_ms=sleep_ms).SerializeToString()
    framed = b"\0" + len(encoded).to_bytes(4, "big") + encoded
    return headers(number, head()) + data(number, framed, END_STREAM)


@pytest.mark.parametrize("rounds", [(1000, 500), (1000,) * 4], ids=["1500", "4000"])
def test_cancels_at_once_end_nothing_else(mesh, rounds):
    mesh.up(probe_app(mesh.folder, max_queued_requests=4000))
    mesh.wait_running("probe", 1)
    with Connection(mesh.address) as connection:
        connection.greet()
        connection.send(ask(1, 1500))
        number = 3
        for count in rounds:
            numbers = range(number, number + 2 * count, 2)
            connection.send(b"".join(ask(n, 5000) for n in numbers))
            connection.send(b"".join(reset(n) for n in numbers))
            number += 2 * count
        # New calls are refused for a moment, which says that they may be sent again, and then served.
        end = time.monotonic() + 10
        while time.monotonic() < end:
            connection.send(ask(number, 0))
            answer = connection.answer(number)
            assert connection.pump(lambda: answer.over, 10) and connection.goaway is None
            if answer.reset is None:
                break
            assert answer.reset == Code.REFUSED_STREAM
            number += 2
            time.sleep(0.05)
        assert answer.field("grpc-status") == "0"
        first = connection.answer(1)
        assert connection.pump(lambda: first.over, 10)
        assert first.field("grpc-status") == "0" and connection.goaway is None
