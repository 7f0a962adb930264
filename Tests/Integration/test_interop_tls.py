"""gRPC's interoperability test cases over mutual TLS, with and without a router between the two sides."""

import contextlib
import os
import subprocess
import tempfile

import grpc
import pytest
from grpc_health.v1 import health_pb2_grpc

import interop_client
from certificates import Certificates
from mesh import BINARIES, Mesh, wait_until
from tcp_mesh import free_port
from test_interop import CASES, GRPCIO_SERVER, MARTLET_SERVER, app_file, is_serving


@pytest.fixture(scope="module")
def certificates():
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Certificates(folder)
        made.issue("server", "IP:127.0.0.1")
        made.issue("client", "DNS:client.example")
        yield made


def channel(certificates, address):
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(
        *map(certificates.bytes, ("ca", "client-key", "client"))))


@contextlib.contextmanager
def server(command, stubs, certificates):
    """The address of a server on TCP that no mesh is around; its identity is that of a replica."""
    address = f"127.0.0.1:{free_port()}"
    path = certificates.path
    process = subprocess.Popen(command, env={
        **os.environ, "MARTLET_LISTEN": address, "PROBE_STUBS": str(stubs),
        "MARTLET_TLS_CERT": str(path("server")), "MARTLET_TLS_KEY": str(path("server-key")),
        "MARTLET_TLS_CA": str(path("ca"))})
    try:
        with channel(certificates, address) as opened:
            health = health_pb2_grpc.HealthStub(opened)
            wait_until(lambda: is_serving(health), 20, f"{command} serves")
        yield address
    finally:
        process.terminate()
        assert process.wait(20) == 0


@contextlib.contextmanager
def routed(command, stubs, certificates):
    """The address of a router that takes TLS, in front of a server on a unix socket."""
    path = certificates.path
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        try:
            mesh.up(app_file(folder, command), "--tls-cert", path("server"), "--tls-key",
                    path("server-key"), "--client-ca", path("ca"))
            yield mesh.address
        finally:
            left = mesh.down()
        assert not left, f"`down` left processes: {left}"


WAYS = {
    "martlet": (server, MARTLET_SERVER), "martlet-routed": (routed, MARTLET_SERVER),
    "grpcio": (server, GRPCIO_SERVER), "grpcio-routed": (routed, GRPCIO_SERVER),
}


@pytest.fixture(scope="module")
def servers(stubs, certificates):
    """The address of each kind of server; started when a test first asks for it."""
    with contextlib.ExitStack() as stack:
        addresses = {}

        def address(way):
            if way not in addresses:
                start, command = WAYS[way]
                addresses[way] = stack.enter_context(start(command, stubs, certificates))
            return addresses[way]

        yield address


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_martlet_calls(servers, certificates, case, way):
    path = certificates.path
    arguments = ["--no-probe"] if "grpcio" in way else []
    result = subprocess.run(
        [BINARIES / "interop", "client", f"https://{servers(way)}", *arguments, "--ca", path("ca"),
         "--cert", path("client"), "--key", path("client-key"), case],
        capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (0, f"ok {case}\n"), result.stdout + result.stderr


@pytest.mark.parametrize("way", ["martlet", "martlet-routed"])
@pytest.mark.parametrize("case", CASES)
def test_grpcio_calls(servers, certificates, case, way):
    with channel(certificates, servers(way)) as opened:
        getattr(interop_client.Client(opened), case)()


@pytest.mark.parametrize("way", WAYS)
def test_nobody_comes_in_in_plain_text(servers, way):
    result = subprocess.run(
        [BINARIES / "interop", "client", servers(way), "empty_unary"], capture_output=True,
        text=True, timeout=60)
    assert result.returncode == 1 and result.stdout.startswith("FAILED empty_unary")
