"""Messages that a Python client compresses, and answers that come back compressed."""

import contextlib
import os
import socket
import threading

import grpc
import pytest

from mesh import ROOT, probe_app

ENCODINGS = [grpc.Compression.Gzip, grpc.Compression.Deflate]
MIB = 1 << 20
# 1 MiB that compresses to a few KiB.
TEXT = (b"the same words again and again, " * (MIB // 32))[:MIB - 64]


class Wire:
    """A door in front of the mesh that counts the bytes which pass it each way."""

    def __init__(self, address):
        self.sent = self.received = 0
        self.target = address
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = self.connect()
                for pair in ((client, server, "sent"), (server, client, "received")):
                    threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def connect(self):
        if self.target.startswith("unix:"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target.removeprefix("unix:"))
            return server
        host, port = self.target.rsplit(":", 1)
        return socket.create_connection((host, int(port)))

    def pump(self, source, sink, counter):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                setattr(self, counter, getattr(self, counter) + len(data))
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.close()


def connect(address, compression=None):
    return grpc.insecure_channel(address, compression=compression, options=[
        ("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1),
        ("grpc.use_local_subchannel_pool", 1)])


@pytest.fixture
def wire(mesh):
    """The Swift echo app behind a counting door."""
    mesh.up(ROOT / "deploy/echo/martlet.yaml", "--max-message", "4Mi")
    wire = Wire(mesh.address)
    yield wire
    wire.close()


def echo(channel, payload):
    from echo.v1 import echo_pb2, echo_pb2_grpc
    stub = echo_pb2_grpc.EchoStub(channel)
    return stub.Echo(echo_pb2.Message(payload=payload), timeout=20).payload


@pytest.mark.parametrize("compression", ENCODINGS)
def test_both_directions_are_compressed(wire, compression):
    with connect(wire.address, compression) as channel:
        for payload in (TEXT, b"", b"short", TEXT, os.urandom(100_000)):
            assert echo(channel, payload) == payload
    assert 100_000 < wire.sent < 200_000
    assert 100_000 < wire.received < 200_000


def test_who_compresses_nothing_gets_nothing_compressed(wire):
    with connect(wire.address) as channel:
        assert echo(channel, TEXT) == TEXT
    assert wire.sent > len(TEXT)
    assert wire.received > len(TEXT)


@pytest.mark.parametrize("compression", ENCODINGS)
def test_a_bomb_is_refused_and_the_replica_serves_on(wire, compression):
    with connect(wire.address, compression) as channel:
        for size in (4 * MIB + 1, 256 * MIB):
            with pytest.raises(grpc.RpcError) as caught:
                echo(channel, bytes(size))
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert "4194304" in caught.value.details()
        assert echo(channel, TEXT) == TEXT
    assert wire.sent < 2 * MIB


@pytest.mark.parametrize("compression", ENCODINGS)
def test_a_python_replica_hears_and_answers_compressed(mesh, compression):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    mesh.up(probe_app(mesh.folder, user_config={"compression": compression.name}))
    wire = Wire(mesh.address)
    with connect(wire.address, compression) as channel:
        probe = probe_pb2_grpc.ProbeStub(channel)
        assert probe.Echo(probe_pb2.EchoRequest(payload=TEXT), timeout=20).payload == TEXT
    wire.close()
    assert wire.sent < 50_000
    assert wire.received < 50_000


@pytest.mark.parametrize("compression", ENCODINGS)
def test_a_graph_reads_compressed_requests(mesh, compression):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    graph = {"call": "probe", "method": "probe.v1.Probe/Echo"}
    mesh.up(probe_app(
        mesh.folder, user_config={"compression": compression.name},
        routes=[{"method": "probe.v1.Probe/Echo", "graph": graph}]))
    with connect(mesh.address, compression) as channel:
        probe = probe_pb2_grpc.ProbeStub(channel)
        assert probe.Echo(probe_pb2.EchoRequest(payload=TEXT), timeout=20).payload == TEXT
        with pytest.raises(grpc.RpcError) as caught:
            probe.Echo(probe_pb2.EchoRequest(payload=bytes(64 * MIB)), timeout=20)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert probe.Echo(probe_pb2.EchoRequest(text="on"), timeout=20).text == "on"
