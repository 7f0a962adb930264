"""gRPC's interoperability test cases: Martlet and grpcio as client and server of each other, with and
without a router between them.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import interop_client
from mesh import BINARIES, HERE, ROOT, Mesh, wait_until
from test_compression import Wire

CASES = """
    empty_unary large_unary client_streaming server_streaming ping_pong empty_stream
    client_compressed_unary client_compressed_streaming server_compressed_unary
    server_compressed_streaming custom_metadata status_code_and_message special_status_message
    unimplemented_method unimplemented_service cancel_after_begin cancel_after_first_response
    timeout_on_sleeping_server
""".split()

# What crosses the wire in a case by the compressed half of its messages and the other half.
ZEROS_SENT = {"client_compressed_unary": 271828 * 2, "client_compressed_streaming": 27182}
ZEROS_RECEIVED = {"server_compressed_unary": 314159, "server_compressed_streaming": 92653}


@contextlib.contextmanager
def server(command, stubs):
    """The address of a server that no mesh is around."""
    with tempfile.TemporaryDirectory(prefix="i") as folder:
        address = f"unix:{folder}/s"
        environment = {**os.environ, "MARTLET_LISTEN": address, "PROBE_STUBS": str(stubs)}
        process = subprocess.Popen(command, env=environment)
        try:
            with grpc.insecure_channel(address) as channel:
                health = health_pb2_grpc.HealthStub(channel)
                wait_until(lambda: is_serving(health), 20, f"{command} serves")
            yield address
        finally:
            process.terminate()
            assert process.wait(20) == 0


def is_serving(health):
    with contextlib.suppress(grpc.RpcError):
        response = health.Check(health_pb2.HealthCheckRequest(), timeout=5, wait_for_ready=True)
        return response.status == health_pb2.HealthCheckResponse.SERVING
    return False


MARTLET_SERVER = [str(BINARIES / "interop"), "replica", "interop"]
GRPCIO_SERVER = [sys.executable, str(HERE / "interop_server.py")]


def app_file(folder, command):
    """The committed app file, or the same with another program."""
    if command is MARTLET_SERVER:
        return ROOT / "deploy/interop/martlet.yaml"
    path = pathlib.Path(folder) / "app.yaml"
    path.write_text(json.dumps({
        "name": "interop",
        "protos": [str(ROOT / "protos/grpc/testing/test.proto")],
        "deployments": [{
            "name": "interop", "command": command, "services": ["grpc.testing.TestService"],
            "num_replicas": 1, "resources": {"cpus": 0.1}}],
        "routes": [{"service": "grpc.testing.TestService", "deployment": "interop"}],
    }))
    return path


@contextlib.contextmanager
def routed(command, stubs):
    """The address of a router in front of a server."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        try:
            mesh.up(app_file(folder, command))
            yield mesh.address
        finally:
            left = mesh.down()
        assert not left, f"`down` left processes: {left}"


WAYS = {
    "martlet": (server, MARTLET_SERVER), "martlet-routed": (routed, MARTLET_SERVER),
    "grpcio": (server, GRPCIO_SERVER), "grpcio-routed": (routed, GRPCIO_SERVER),
}


@pytest.fixture(scope="module")
def servers(stubs):
    """The address of each kind of server; started when a test first asks for it."""
    with contextlib.ExitStack() as stack:
        addresses = {}

        def address(way):
            if way not in addresses:
                start, command = WAYS[way]
                addresses[way] = stack.enter_context(start(command, stubs))
            return addresses[way]

        yield address


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_martlet_calls(servers, case, way):
    arguments = ["--no-probe"] if "grpcio" in way else []
    result = subprocess.run(
        [str(BINARIES / "interop"), "client", servers(way), *arguments, case],
        capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (0, f"ok {case}\n"), result.stdout + result.stderr


@pytest.mark.parametrize("way", ["martlet", "martlet-routed"])
@pytest.mark.parametrize("case", CASES)
def test_grpcio_calls(servers, case, way):
    with counted(servers(way)) as wire:
        with grpc.insecure_channel(wire.address) as channel:
            getattr(interop_client.Client(channel), case)()
    check_bytes(case, wire)


@pytest.mark.parametrize("way", ["grpcio", "grpcio-routed"])
@pytest.mark.parametrize("case", [case for case in CASES if "compressed" in case])
def test_what_martlet_compresses_is_short_on_the_wire(servers, case, way):
    with counted(servers(way)) as wire:
        subprocess.run(
            [str(BINARIES / "interop"), "client", wire.address, "--no-probe", case],
            capture_output=True, timeout=60, check=True)
    # Without the probe, one message of each size is sent as it is.
    check_bytes(case, wire, {"client_compressed_unary": 271828, "client_compressed_streaming": 45904})


@contextlib.contextmanager
def counted(address):
    wire = Wire(address)
    try:
        yield wire
    finally:
        wire.close()


def check_bytes(case, wire, sent=ZEROS_SENT):
    """Messages of zeros compress to next to nothing, so the rest is what was not compressed."""
    if case in sent:
        assert sent[case] < wire.sent < sent[case] + 10_000
    if case in ZEROS_RECEIVED:
        assert ZEROS_RECEIVED[case] < wire.received < ZEROS_RECEIVED[case] + 10_000


def test_the_client_tells_what_went_wrong(servers):
    # A service that is not there: every case but one must fail.
    with tempfile.TemporaryDirectory(prefix="i") as folder:
        result = subprocess.run(
            [str(BINARIES / "interop"), "client", f"unix:{folder}/none", *CASES],
            capture_output=True, text=True, timeout=60)
    lines = result.stdout.splitlines()
    assert result.returncode == 1 and len(lines) == len(CASES)
    assert all(line.startswith("FAILED ") for line in lines if "timeout_on" not in line)


def test_the_two_sides_know_the_same_cases(servers):
    usage = subprocess.run([str(BINARIES / "interop"), "client"], capture_output=True, text=True)
    assert usage.returncode == 64
    assert set(usage.stdout.split("cases: ")[1].split()) == set(CASES)


def test_the_app_runs_a_mesh_by_itself(stubs):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        command = [str(BINARIES / "interop"), "run", "--listen", "127.0.0.1:0"]
        process = subprocess.Popen(
            [*command, "--run-dir", str(mesh.run_dir)], stderr=subprocess.PIPE, text=True)
        try:
            first = process.stderr.readline()
            assert f"serves on {mesh.find_address()}" in first, first
            result = subprocess.run(
                [str(BINARIES / "interop"), "client", mesh.find_address(), "ping_pong"],
                capture_output=True, text=True, timeout=60)
            assert result.stdout == "ok ping_pong\n"
        finally:
            process.terminate()
            left = process.wait(20), mesh.down()
        assert left == (0, [])


def test_a_method_that_the_service_does_not_have(servers):
    for way in ("martlet", "martlet-routed"):
        with grpc.insecure_channel(servers(way)) as channel:
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary("/grpc.testing.TestService/NoSuchCall")(b"", timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
