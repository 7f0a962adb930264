"""TLS on the ingress, with real clients: who gets in, who does not, and new certificates under load."""

import contextlib
import pathlib
import socket
import ssl
import subprocess
import tempfile
import time

import grpc
import pytest

import rawhttp2 as h2
from certificates import Certificates
from conftest import check_gone
from mesh import BINARIES, MARTLET, ROOT, Load, Mesh, wait_until

ECHO = ROOT / "deploy/echo/martlet.yaml"
SPIFFE = "spiffe://example.org/reader"


@pytest.fixture(scope="module")
def certificates():
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Certificates(folder)
        made.issue("server", "DNS:localhost,IP:127.0.0.1")
        made.issue("client", f"URI:{SPIFFE}")
        made.authority("other")
        made.issue("stranger", f"URI:{SPIFFE}", by="other")
        yield made


@contextlib.contextmanager
def echo(stubs, *arguments):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Mesh(folder, stubs)
        try:
            made.up(ECHO, *arguments)
            made.wait_running("echo", 1)
            yield made
        finally:
            check_gone(made)


def files(certificates, *more):
    return ["--tls-cert", certificates.path("server"), "--tls-key",
            certificates.path("server-key"), *more]


@pytest.fixture(scope="module")
def secure(stubs, certificates):
    with echo(stubs, *files(certificates)) as made:
        yield made


@pytest.fixture(scope="module")
def mutual(stubs, certificates):
    with echo(stubs, *files(certificates, "--client-ca", certificates.path("ca"))) as made:
        yield made


def call(address, credentials, payload=b"hello", timeout=10):
    """One call over a connection of its own."""
    with grpc.secure_channel(
            address, credentials, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        return raw_call(channel, payload, timeout)


def raw_call(channel, payload=b"hello", timeout=10):
    from echo.v1 import echo_pb2, echo_pb2_grpc
    return echo_pb2_grpc.EchoStub(channel).Echo(
        echo_pb2.Message(payload=payload), timeout=timeout).payload


def trusting(certificates, ca="ca", client=None):
    if client is None:
        return grpc.ssl_channel_credentials(certificates.bytes(ca))
    return grpc.ssl_channel_credentials(
        certificates.bytes(ca), certificates.bytes(f"{client}-key"), certificates.bytes(client))


def refused(address, credentials):
    with pytest.raises(grpc.RpcError) as caught:
        call(address, credentials, timeout=5)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    return caught.value.details()


def curl(address, certificates, path, *arguments):
    result = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_version} %{http_code}", "--cacert", certificates.path("ca"),
         *arguments, f"https://{address}{path}"], capture_output=True, text=True, timeout=30)
    return result.stdout.strip() if result.returncode == 0 else f"failed: {result.stderr}"


def handshake(address, certificates, **options):
    """A TLS connection by Python's own OpenSSL, with the server's certificate."""
    context = ssl.create_default_context(cafile=certificates.path("ca"))
    for name, value in options.items():
        if name == "alpn":
            context.set_alpn_protocols(value)
        elif name == "ciphers":
            context.set_ciphers(value)
        else:
            setattr(context, name, value)
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as wrapped:
        return wrapped.version(), wrapped.selected_alpn_protocol(), wrapped.getpeercert(True)


# -- TLS


def test_grpcio_calls_over_tls(secure, certificates):
    assert call(secure.address, trusting(certificates)) == b"hello"
    large = bytes(range(256)) * 12_000
    assert call(secure.address, trusting(certificates), large) == large


def test_an_authority_that_the_client_does_not_know_is_refused(secure, certificates):
    assert "CERTIFICATE_VERIFY_FAILED" in refused(
        secure.address, trusting(certificates, ca="other"))


def test_pages_over_tls(secure, certificates):
    for kind, version in {"--http1.1": "1.1", "--http2": "2"}.items():
        assert curl(secure.address, certificates, "/-/healthz", kind) == f"success\n\n{version} 200"
    call = ["--http1.1", "-H", "content-type: application/grpc", "--data", "x"]
    answer = curl(secure.address, certificates, "/echo.v1.Echo/Echo", *call)
    assert "ALPN" in answer and answer.endswith(" 505")


def test_alpn_decides_and_old_tls_is_refused(secure, certificates):
    known = ["h2", "http/1.1"]
    version, chosen, _ = handshake(secure.address, certificates, alpn=known)
    assert (version, chosen) == ("TLSv1.3", "h2")
    assert handshake(secure.address, certificates, alpn=known[::-1])[1] == "h2"
    assert handshake(secure.address, certificates, alpn=["http/1.1"])[1] == "http/1.1"
    v12 = ssl.TLSVersion.TLSv1_2
    version, chosen, _ = handshake(secure.address, certificates, alpn=known, maximum_version=v12)
    assert (version, chosen) == ("TLSv1.2", "h2")
    with pytest.raises(ssl.SSLError):
        handshake(secure.address, certificates, minimum_version=ssl.TLSVersion.TLSv1_1,
                  maximum_version=ssl.TLSVersion.TLSv1_1, ciphers="DEFAULT:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):  # RFC 9113 §9.2.2
        handshake(secure.address, certificates, maximum_version=v12,
                  ciphers="ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")


def test_plain_text_is_told_to_use_tls(secure):
    with h2.Connection(secure.address) as connection:
        connection.send(h2.PREFACE + h2.settings())
        assert connection.pump(lambda: connection.closed)
        assert connection.buffer.startswith(b"HTTP/1.1 400 ")
    result = subprocess.run(
        ["curl", "-sS", f"http://{secure.address}/-/healthz"], capture_output=True, text=True,
        timeout=30)
    assert "https" in result.stdout
    with pytest.raises(grpc.RpcError) as caught, secure.channel() as channel:
        raw_call(channel, timeout=5)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def test_a_handshake_that_stands_still_is_cut_off(secure):
    with contextlib.closing(h2.dial(secure.address)) as slow:
        slow.settimeout(8)
        slow.sendall(b"\x16\x03\x01\x02\x00\x01")
        began = time.monotonic()
        assert slow.recv(100) == b""
        assert 4 < time.monotonic() - began < 7


def test_both_where_it_is_asked_for(stubs, certificates):
    with echo(stubs, *files(certificates, "--insecure")) as mesh:
        assert call(mesh.address, trusting(certificates)) == b"hello"
        with mesh.channel() as channel:
            assert raw_call(channel) == b"hello"


def test_the_command_line_calls_over_tls(secure, certificates):
    address, ca = f"https://{secure.address}", ["--ca-cert", certificates.path("ca")]
    run = secure.cli
    proto = ["--proto", ROOT / "protos/echo/v1/echo.proto"]
    request = ["echo.v1.Echo/Echo", '{"payload": "aGk="}', "--compact"]
    answer = run("call", *request, "--address", address, *ca, *proto)
    assert answer.stdout.strip() == '{"payload":"aGk="}'
    assert run("call", *request, "--address", address, *ca).stdout.strip() == answer.stdout.strip()
    stranger = run("call", *request, "--address", address, *proto, check=False)
    assert stranger.returncode == 1
    assert "certificate verify failed" in stranger.stderr

    def health(*arguments):
        return subprocess.run(
            [MARTLET, "health", *arguments], capture_output=True, text=True, timeout=30)
    assert health(address, *ca).stdout == "SERVING\n"
    assert health(secure.address).returncode == 1
    assert health(secure.address, *ca).returncode == 64


def interop(address, *arguments):
    """gRPC's interoperability cases by the Swift client, a program that imports Martlet alone."""
    return subprocess.run(
        [BINARIES / "interop", "client", f"https://{address}", *arguments], capture_output=True,
        text=True, timeout=120)


def test_a_swift_program_calls_over_tls(stubs, certificates):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        cases = ["empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong",
                 "cancel_after_first_response", "custom_metadata"]
        ca = ["--ca", certificates.path("ca")]
        own = ["--cert", certificates.path("client"), "--key", certificates.path("client-key")]
        try:
            mesh.up(ROOT / "deploy/interop/martlet.yaml",
                    *files(certificates, "--client-ca", certificates.path("ca")))
            good = interop(mesh.address, *ca, *own, *cases)
            assert good.stdout.splitlines() == [f"ok {case}" for case in cases], good
            bare = interop(mesh.address, *ca, "empty_unary")
            assert "takes nobody without a certificate" in bare.stdout
            trusting_nobody = interop(mesh.address, *own, "empty_unary")
            assert "certificate verify failed" in trusting_nobody.stdout
            missing = interop(mesh.address, "--ca", "/nowhere", "empty_unary")
            assert "/nowhere: No such file" in missing.stdout
        finally:
            check_gone(mesh)


# -- mutual TLS


def test_who_has_a_certificate_gets_in(mutual, certificates):
    assert call(mutual.address, trusting(certificates, client="client")) == b"hello"
    assert curl(mutual.address, certificates, "/-/healthz", "--cert", certificates.path("client"),
                "--key", certificates.path("client-key")).endswith(" 200")


def test_who_has_none_or_a_strangers_does_not(mutual, certificates):
    refused(mutual.address, trusting(certificates))
    refused(mutual.address, trusting(certificates, client="stranger"))
    assert curl(mutual.address, certificates, "/-/healthz").startswith("failed")
    with pytest.raises(grpc.RpcError), mutual.channel() as channel:
        raw_call(channel, timeout=5)


# -- new files


def test_new_certificates_under_load_lose_no_call(stubs):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        certificates = Certificates(folder)
        certificates.issue("server", "IP:127.0.0.1")
        with echo(stubs, *files(certificates)) as mesh:
            trust = trusting(certificates)

            def served():
                pem = ssl.PEM_cert_to_DER_cert(certificates.path("server").read_text())
                return handshake_of(mesh.address) == pem

            def fresh():
                call(mesh.address, trust)

            with grpc.secure_channel(mesh.address, trust) as kept, \
                    Load(lambda: raw_call(kept)) as old, Load(fresh, threads=2) as new:
                assert served()
                for _ in range(3):
                    certificates.issue("server", "IP:127.0.0.1")
                    wait_until(served, 10, "the new one is used")
                    old.steady(50)
                    new.steady(5)
                good = certificates.bytes("server")
                certificates.path("server").write_text("nonsense")
                time.sleep(1.2)
                call(mesh.address, trust)
                certificates.path("server").write_bytes(good)
                wait_until(served, 10, "the old one is still used")
                new.steady(5)
            assert old.failures == [] and new.failures == []
            log = (mesh.run_dir / "logs/router-0.log").read_text()
            assert "holds no PEM certificate" in log
            assert log.count("holds no PEM certificate") == 1


def handshake_of(address):
    host, port = address.split(":")
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, int(port))))


# -- what the command line refuses


def refusal(*arguments, command="up"):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        result = subprocess.run(
            [MARTLET, command, *map(str, arguments), "--run-dir", f"{folder}/run"],
            capture_output=True, text=True, timeout=30)
        assert not pathlib.Path(f"{folder}/run/address").exists()
        return result.returncode, result.stderr


@pytest.mark.parametrize("command", ["up", "router", "controller"])
def test_plain_text_on_other_addresses_must_be_asked_for(command):
    code, text = refusal("--listen", "0.0.0.0:0", command=command)
    assert code == 64
    assert "--insecure" in text


def test_the_app_asks_too():
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        result = subprocess.run(
            [BINARIES / "echo-app", "run", "--listen", "0.0.0.0:0", "--run-dir", f"{folder}/run"],
            capture_output=True, text=True, timeout=30)
    assert result.returncode == 64
    assert "--insecure" in result.stderr


def test_options_and_files_that_do_not_fit(certificates):
    server, key = certificates.path("server"), certificates.path("server-key")
    for arguments, code, word in [
        (["--tls-cert", server], 64, "--tls-key"),
        (["--client-ca", server], 64, "--tls-cert"),
        (files(certificates, "--client-ca", server, "--insecure"), 64, "--insecure"),
        (["--tls-cert", "/nowhere", "--tls-key", key], 78, "/nowhere: No such file"),
        (["--tls-cert", server, "--tls-key", certificates.path("client-key")], 78, "does not fit"),
        (["--tls-cert", key, "--tls-key", key], 78, "holds no PEM certificate"),
    ]:
        got, text = refusal("--listen", "127.0.0.1:0", *arguments)
        assert (got, word in text) == (code, True), (arguments, got, text)
