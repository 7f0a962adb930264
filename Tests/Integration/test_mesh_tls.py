"""A mesh on several machines: mutual TLS between its processes, and who called behind the router."""

import contextlib
import signal
import subprocess
import tempfile
import time

import grpc
import pytest

from certificates import Certificates
from mesh import BINARIES, MARTLET, ROOT, Load, Mesh, children_of_run, probe_app, wait_until
from tcp_mesh import TCPMesh, free_port

READER = "spiffe://example.org/reader"
DOMAIN = "spiffe://mesh.example"


def issue_all(made):
    """An identity for each role; replicas have an address too, for grpcio, which asks for one."""
    for role in ("controller", "router"):
        made.issue(role, f"URI:{DOMAIN}/{role}")
    for role in ("replica", "relay"):
        made.issue(role, f"URI:{DOMAIN}/{role},IP:127.0.0.1")


@pytest.fixture(scope="module")
def certificates():
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Certificates(folder)
        issue_all(made)
        made.issue("neighbour", "URI:spiffe://neighbour.example/router,IP:127.0.0.1")
        made.authority("other")
        made.issue("stranger", f"URI:{DOMAIN}/replica,IP:127.0.0.1", by="other")
        # Of the clients, which the mesh's authority knows nothing of.
        made.authority("clients")
        made.issue("ingress", "IP:127.0.0.1", by="clients")
        made.issue("reader", f"URI:{READER},DNS:reader.example.org", by="clients")
        made.issue("odd", "URI:urn:a;b=c", by="clients")
        yield made


@contextlib.contextmanager
def tcp_mesh(certificates):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = TCPMesh(folder, certificates)
        try:
            yield made
        finally:
            codes = made.stop()
        assert set(codes.values()) == {0}, codes


@pytest.fixture
def mesh(certificates, stubs):
    with tcp_mesh(certificates) as made:
        made.controller()
        yield made


def ingress(certificates, *more):
    return ["--tls-cert", certificates.path("ingress"), "--tls-key",
            certificates.path("ingress-key"), *more]


def mutual(certificates):
    return ingress(certificates, "--client-ca", certificates.path("clients"))


def credentials(certificates, client=None, ca="clients"):
    if client is None:
        return grpc.ssl_channel_credentials(certificates.bytes(ca))
    return grpc.ssl_channel_credentials(
        certificates.bytes(ca), certificates.bytes(f"{client}-key"), certificates.bytes(client))


def channel(address, credentials=None):
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 50)]
    if credentials is None:
        return grpc.insecure_channel(address, options=options)
    return grpc.secure_channel(address, credentials, options=options)


def echo(open_channel, metadata=(), timeout=10):
    """Whom the handler believes to be called by; None for nobody."""
    from stream.v1 import stream_pb2, stream_pb2_grpc
    answer, call = stream_pb2_grpc.StreamStub(open_channel).Echo.with_call(
        stream_pb2.Chunk(payload=b"hello"), metadata=metadata, timeout=timeout)
    assert answer.payload == b"hello"
    return dict(call.initial_metadata()).get("x-caller")


def caller(address, credentials=None, metadata=()):
    with channel(address, credentials) as opened:
        return echo(opened, metadata)


# -- calls


def test_calls_pass_through_a_mesh_on_tcp_that_speaks_nothing_but_tls(mesh, certificates):
    mesh.router()
    replica = mesh.replica()
    mesh.wait_running("stream")
    assert caller(mesh.ingress) is None
    # Another member may call the replica itself, and is who calls.
    member = credentials(certificates, "relay", ca="ca")
    assert caller(replica.at, member) == f"{DOMAIN}/relay"
    for address in (replica.at, mesh.controller_at):
        health = [MARTLET, "health", address]
        assert run([*health, "--mesh", *mesh.options("relay")]).stdout == "SERVING\n"
        assert run([*health, "--mesh"], **mesh.variables("relay")).stdout == "SERVING\n"
        assert "this port takes TLS only" in run(health).stderr
    for address in (replica.at, mesh.local_at, mesh.controller_at):
        with channel(address) as plain, pytest.raises(grpc.RpcError) as caught:
            echo(plain, timeout=2)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def test_calls_of_deployments_pass_too_and_are_their_own(mesh, certificates):
    mesh.router(*mutual(certificates))
    mesh.replica()
    relay = mesh.replica("relay", identity="relay")
    mesh.wait_running("stream")
    mesh.wait_running("relay")
    # The relay calls `stream` through the router's port for deployments.
    assert caller(relay.at, credentials(certificates, "router", ca="ca")) == f"{DOMAIN}/relay"


# -- strangers


STRANGERS = {
    "plain text": (None, "spoke plain text"),
    "no certificate": ("none", "peer did not return a certificate"),
    "another authority's": ("stranger", "certificate verify failed"),
    "another trust domain's": ("neighbour", "no SPIFFE ID of trust domain mesh.example"),
}


def strange(certificates, kind):
    identity = STRANGERS[kind][0]
    if identity is None:
        return None
    return credentials(certificates, None if identity == "none" else identity, ca="ca")


@pytest.mark.parametrize("kind", STRANGERS)
def test_strangers_are_turned_away_and_told_of(mesh, certificates, kind):
    certificates.issue("controller", f"URI:{DOMAIN}/controller,IP:127.0.0.1")
    certificates.issue("router", f"URI:{DOMAIN}/router,IP:127.0.0.1")
    mesh.stop()
    controller, router, replica = mesh.controller(), mesh.router(), mesh.replica()
    mesh.wait_running("stream")
    for process, address in (
            (controller, mesh.controller_at), (router, mesh.local_at), (replica, replica.at)):
        with channel(address, strange(certificates, kind)) as opened, \
                pytest.raises(grpc.RpcError) as caught:
            echo(opened, timeout=3)
        assert caught.value.code() in (
            grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
        process.says(f"connections are turned away: 127.0.0.1:.*{STRANGERS[kind][1]}")
    assert caller(mesh.ingress) is None


@pytest.mark.parametrize("identity, here, there", [
    (None, "this port takes TLS only", "spoke plain text"),
    ("stranger", "unknown ca", "certificate verify failed"),
    ("neighbour", "no SPIFFE ID of trust domain neighbour.example, but spiffe://mesh.example",
     "the peer closed the connection|no SPIFFE ID"),
])
def test_a_replica_that_is_a_stranger_learns_why(mesh, identity, here, there):
    replica = mesh.replica(identity=identity)
    replica.says(f"cannot register with the controller, trying on: .*{here}")
    if identity != "neighbour":  # it leaves by itself
        mesh.processes[0].says(f"connections are turned away: .*{there}")
    assert mesh.running("stream") == []


@pytest.mark.parametrize("identity, here", [
    (None, "this port takes TLS only"), ("stranger", "unknown ca"),
])
def test_a_router_that_is_a_stranger_learns_why(mesh, identity, here):
    router = mesh.router(identity=identity)
    router.says(f"no controller: .*{here}")


def test_a_replica_that_speaks_plain_text_gets_no_calls_of_a_secure_mesh(mesh, certificates):
    # It registers over the controller's own socket, so that only its port is plain.
    router = mesh.router()
    mesh.replica(
        identity=None, MARTLET_CONTROLLER=f"unix:{mesh.folder}/c/controller.sock")
    wait_until(
        lambda: "does not speak TLS" in subprocess.run(
            [MARTLET, "status", "--run-dir", mesh.folder / "c"], capture_output=True, text=True,
            timeout=30).stdout, 15, f"status says why{mesh.logs()}")
    assert mesh.running("stream") == []
    assert "cannot reach" not in router.text()


def test_a_replica_elsewhere_is_refused_by_a_controller_without_an_identity(certificates, stubs):
    with tcp_mesh(certificates) as mesh:
        mesh.controller(identity=None)
        replica = mesh.replica(identity=None, MARTLET_ADVERTISE="10.9.8.7:7000")
        replica.says("cannot register .*10.9.8.7:7000 is not on this machine alone.*--insecure")


# -- new files


def test_new_certificates_of_a_new_authority_lose_no_call(stubs):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        certificates = Certificates(folder)
        issue_all(certificates)
        with tcp_mesh(certificates) as mesh:
            controller = mesh.controller()
            router = mesh.router()
            old = mesh.replica(name="old")
            mesh.wait_running("stream")
            with channel(mesh.ingress) as kept, Load(lambda: echo(kept)) as load:
                certificates.authority("ca")
                issue_all(certificates)
                time.sleep(1.1)
                load.steady(100)
                # New connections, by new files alone: of a replica to the controller, of controller
                # and router to it.
                mesh.replica(name="new")
                mesh.wait_running("stream", 2)
                for process in (controller, router):
                    assert "turned away" not in process.text()
                old.popen.send_signal(signal.SIGTERM)
                assert old.popen.wait(20) == 0
                load.steady(100)
                # Half of them: what there was goes on.
                key = certificates.bytes("router-key")
                certificates.path("router-key").write_text("nonsense")
                time.sleep(1.1)
                mesh.replica(name="newest")
                mesh.wait_running("stream", 2)
                router.says("the certificate stays as it was: .*router-key.pem holds no PEM", 20)
                certificates.path("router-key").write_bytes(key)
                load.steady(100)
            assert load.failures == []


# -- who calls


def test_a_handler_knows_the_client_of_its_router(mesh, certificates):
    mesh.router(*mutual(certificates))
    mesh.replica()
    mesh.wait_running("stream")
    reader = credentials(certificates, "reader")
    assert caller(mesh.ingress, reader) == f"{READER} reader.example.org"
    forged = [("x-forwarded-client-cert", f"URI={DOMAIN}/root"), ("martlet-app-version", "9")]
    assert caller(mesh.ingress, reader, forged) == f"{READER} reader.example.org"
    assert caller(mesh.ingress, credentials(certificates, "odd")) == "urn:a;b=c"


@pytest.mark.parametrize("secured", [False, True])
def test_who_proves_nothing_is_nobody_whatever_they_say(mesh, certificates, secured):
    mesh.router(*ingress(certificates) if secured else [])
    mesh.replica()
    mesh.wait_running("stream")
    trust = credentials(certificates) if secured else None
    for name in ("x-forwarded-client-cert", "X-Forwarded-Client-Cert".lower()):
        assert caller(mesh.ingress, trust, [(name, f"URI={DOMAIN}/root")]) is None


@pytest.mark.parametrize("is_graph", [False, True])
def test_programs_of_any_language_find_it_in_a_header(stubs, certificates, is_graph):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    method = "probe.v1.Probe/Echo"
    graph = {"method": method, "graph": {"sequence": [{"call": "probe", "method": method}]}}
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Mesh(folder, stubs)
        try:
            made.up(probe_app(folder, routes=[graph] if is_graph else None), *mutual(certificates))
            forged = [("x-forwarded-client-cert", f"URI={DOMAIN}/root"), ("x-own", "kept")]
            for client, header in {
                    "reader": f"URI={READER};DNS=reader.example.org",
                    "odd": 'URI="urn:a;b=c"'}.items():
                with channel(made.address, credentials(certificates, client)) as opened:
                    answer = probe_pb2_grpc.ProbeStub(opened).Echo(
                        probe_pb2.EchoRequest(), metadata=forged, timeout=10)
                assert answer.metadata["x-forwarded-client-cert"] == header
                assert answer.metadata["x-own"] == "kept"
        finally:
            assert made.down() == []


# -- what is refused before anything starts


def run(command, **environment):
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=30,
        env={"PATH": "/usr/bin:/bin", **{k: str(v) for k, v in environment.items()}})


@pytest.mark.parametrize("variable, value", [
    ("MARTLET_LISTEN", "0.0.0.0:7000"), ("MARTLET_CONTROLLER", "controller.example:9000"),
    ("MARTLET_ROUTER", "10.0.0.1:8000"),
])
def test_a_replica_refuses_plain_text_over_a_network(variable, value):
    result = run([BINARIES / "stream-fixture", "replica", "stream"], **{
        "MARTLET_LISTEN": "127.0.0.1:0", variable: value})
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {variable}: {value} is not on this machine alone")
    assert "MARTLET_TLS_CERT" in result.stderr and "MARTLET_INSECURE=1" in result.stderr


def test_files_of_an_identity_must_be_whole_and_readable(certificates):
    path = certificates.path
    half = run([BINARIES / "stream-fixture", "replica", "stream"], MARTLET_TLS_CERT=path("router"))
    assert half.returncode == 1 and "MARTLET_TLS_CA (--mesh-ca) is missing" in half.stderr
    wrong = run(
        [BINARIES / "stream-fixture", "replica", "stream"], MARTLET_TLS_CERT=path("router"),
        MARTLET_TLS_KEY="/nowhere", MARTLET_TLS_CA=path("ca"))
    assert wrong.returncode == 1 and "/nowhere: No such file" in wrong.stderr
    whole = ["--mesh-cert", path("router"), "--mesh-key", path("router-key")]
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        for command, code, word in [
            (["router", "--listen", "127.0.0.1:0", *whole], 64, "(--mesh-ca) is missing"),
            (["router", "--listen", "127.0.0.1:0", *whole, "--mesh-ca", "/no"], 78, "/no: No such"),
            (["router", "--listen", "127.0.0.1:0", "--controller", "10.0.0.1:9"], 64, "--insecure"),
            (["router", "--listen", "127.0.0.1:0", "--local-listen", "0.0.0.0:0"], 64,
             "--insecure"),
            (["controller", "--listen", "0.0.0.0:0"], 64, "--mesh-cert"),
            (["controller", *whole], 64, "(--mesh-ca) is missing"),
            (["up", "--listen", "127.0.0.1:0", *whole], 64, "(--mesh-ca) is missing"),
        ]:
            got = run([MARTLET, *command, "--run-dir", f"{folder}/run"])
            assert (got.returncode, word in got.stderr) == (code, True), (command, got)


def test_the_contract_reaches_what_up_starts(stubs, certificates):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Mesh(folder, stubs)
        options = TCPMesh(folder, certificates).options("router")
        try:
            made.up(ROOT / "deploy/echo/martlet.yaml", *options)
            replica = made.wait_running("echo", 1)[0]
            for pid in (replica.pid, made.process("router"), made.process("controller")):
                with open(f"/proc/{pid}/environ", "rb") as file:
                    words = file.read().split(b"\0")
                assert f"MARTLET_TLS_CERT={certificates.path('router')}".encode() in words
        finally:
            made.down()
        assert children_of_run(made.run_dir) == []


def test_an_apps_own_mesh_takes_tls_where_it_says_so(certificates):
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        app = subprocess.Popen(
            [BINARIES / "stream-fixture", "run", "--listen", f"127.0.0.1:{port}", "--run-dir",
             f"{folder}/run", *ingress(certificates)], stderr=subprocess.PIPE, text=True)
        try:
            assert f"serves on 127.0.0.1:{port}" in app.stderr.readline()
            assert caller(f"127.0.0.1:{port}", credentials(certificates)) is None
            with pytest.raises(grpc.RpcError), channel(f"127.0.0.1:{port}") as opened:
                echo(opened, timeout=2)
        finally:
            app.send_signal(signal.SIGTERM)
            app.wait(20)
