"""The largest message is a setting of the mesh: its routers keep it, and its Swift replicas."""

import json
import sys

import grpc
import pytest

from mesh import HERE, ROOT

LIMIT = 16 << 20


def app(folder):
    """A Swift deployment and a Python one, each on a plain route and in a graph."""
    resources = {"cpus": 0.1}
    echo = {"name": "echo", "command": ["echo-app", "replica", "echo"], "resources": resources,
            "services": ["echo.v1.Echo"]}
    probe = {"name": "probe", "command": [sys.executable, str(HERE / "probe_server.py")],
             "services": ["probe.v1.Probe"], "resources": resources}
    spec = {
        "name": "large",
        "protos": [str(HERE / "protos/probe/v1/probe.proto"), str(ROOT / "protos/echo/v1/echo.proto")],
        "deployments": [echo, probe],
        "routes": [
            {"service": "probe.v1.Probe", "deployment": "probe"},
            {"method": "echo.v1.Echo/Echo",
             "graph": {"call": "echo", "method": "echo.v1.Echo/Echo"}}],
    }
    path = folder / "app.yaml"
    path.write_text(json.dumps(spec))
    return path


def test_messages_are_as_large_as_the_mesh_says(mesh):
    from echo.v1 import echo_pb2
    from probe.v1 import probe_pb2, probe_pb2_grpc

    mesh.up(app(mesh.folder), "--max-message", "16Mi", "--cpus", "4")
    payload = bytes(i * 31 % 251 for i in range(1024)) * (15 << 10)
    with mesh.channel() as channel:
        probe = probe_pb2_grpc.ProbeStub(channel)
        echo = channel.unary_unary(
            "/echo.v1.Echo/Echo", request_serializer=bytes,
            response_deserializer=echo_pb2.Message.FromString)
        assert probe.Echo(probe_pb2.EchoRequest(payload=payload), timeout=60).payload == payload
        field = echo_pb2.Message.DESCRIPTOR.fields[0].number
        message = bytes([field << 3 | 2]) + varint(len(payload)) + b"a" * len(payload)
        assert echo(message, timeout=60).SerializeToString() == message
        for call, large in [
                (probe.Echo, probe_pb2.EchoRequest(payload=bytes(LIMIT))), (echo, message * 2)]:
            with pytest.raises(grpc.RpcError) as caught:
                call(large, timeout=60)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert str(LIMIT) in caught.value.details()


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


@pytest.mark.parametrize("size", ["1Ki", "2Gi", "many", "-1", "64 Mi"])
def test_what_is_no_size_is_refused(mesh, size):
    for command in [["up"], ["router", "--listen", "127.0.0.1:0"], ["controller"]]:
        done = mesh.cli(*command, f"--max-message={size}", check=False)
        assert done.returncode == 64 and "64Ki to 1Gi" in done.stderr, done.stderr
    assert not mesh.run_dir.exists()
