"""One port takes HTTP/2 with prior knowledge, Upgrade: h2c and HTTP/1.1, and tells TLS so."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time

import pytest

import rawhttp2 as h2
from conftest import check_gone
from http2_case import BODY, ask
from mesh import MARTLET, ROOT, Mesh, wait_until

ROUTES = {"/echo.v1.Echo/*": "echo"}
KINDS = {"--http1.1": "1.1", "--http2": "2", "--http2-prior-knowledge": "2"}
TIMEOUT = 5  # Limits.connectTimeout


@pytest.fixture(scope="module")
def shared(stubs):
    """One mesh for all tests that leave it as it is."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Mesh(folder, stubs)
        try:
            made.up(ROOT / "deploy/echo/martlet.yaml")
            made.wait_running("echo", 1)
            yield made
        finally:
            check_gone(made)


def curl(address, path, *arguments):
    """Version, status, content type and body."""
    if address.startswith("unix:"):
        arguments = ["--unix-socket", address.removeprefix("unix:"), *arguments]
        address = "mesh"
    result = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_version} %{http_code} %{content_type}", *arguments,
         f"http://{address}{path}"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stderr
    body, line = result.stdout.rsplit("\n", 1)
    version, status, kind = line.split(" ", 2)
    return version, int(status), kind, body


class Raw:
    """A client that writes what it likes."""

    def __init__(self, address):
        self.socket = h2.dial(address)
        self.text = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())
        return self

    def read(self, within=10):
        """All that comes until the server closes, or None when it does not."""
        end = time.monotonic() + within
        while True:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                got = self.socket.recv(1 << 16)
            except TimeoutError:
                return None
            except ConnectionResetError:
                got = b""
            if not got:
                return self.text.decode("latin-1")
            self.text += got

    def answer(self):
        """One answer: status and body."""
        while b"\r\n\r\n" not in self.text:
            self.text += self.more()
        head, self.text = self.text.split(b"\r\n\r\n", 1)
        fields = dict(
            line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
        count = int(fields.get("content-length", 0))
        while len(self.text) < count:
            self.text += self.more()
        body, self.text = self.text[:count], self.text[count:]
        return int(head.split()[1]), body.decode(), fields

    def more(self):
        got = self.socket.recv(1 << 16)
        assert got, "the server closed the connection"
        return got


def get(path="/-/healthz", *fields, method="GET", version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", "Host: mesh", *fields, "", ""]
    return "\r\n".join(lines)


@pytest.mark.parametrize("kind", KINDS)
def test_pages_over_every_version(shared, kind):
    version = KINDS[kind]
    assert curl(shared.address, "/-/healthz", kind) == (
        version, 200, "text/plain; charset=utf-8", "success\n")
    got = curl(shared.address, "/-/routes?pretty", kind)
    assert got[:3] == (version, 200, "application/json")
    assert json.loads(got[3]) == ROUTES
    assert curl(shared.address, "/-/healthz", kind, "-X", "DELETE")[:2] == (version, 405)
    head = curl(shared.address, "/-/healthz", kind, "-I")
    assert head[:2] == (version, 200)
    assert "content-length: 8" in head[3].lower()


def test_nghttp_upgrades(shared):
    result = subprocess.run(
        ["nghttp", "-uv", f"http://{shared.address}/-/routes"], capture_output=True, text=True,
        timeout=30)
    assert "HTTP Upgrade success" in result.stdout, result.stdout + result.stderr
    assert '"/echo.v1.Echo/*": "echo"' in result.stdout


def test_what_http1_does_not_get(shared):
    assert curl(shared.address, "/", "--http1.1")[1] == 404
    assert curl(shared.address, "/-/other", "--http1.1")[1] == 404
    call = ["--http1.1", "-H", "content-type: application/grpc", "--data", "x"]
    version, status, _, body = curl(shared.address, "/echo.v1.Echo/Echo", *call)
    assert (status, "HTTP/2" in body) == (426, True)
    for text, status in {
        get(version="2.0"): 505,
        "GET / HTTP/1.1\r\n\r\n": 400,
        get("/-/healthz", "Host: other"): 400,
        "\x00\x01\x02": 400,
        get("/", "X: " + "x" * 40_000): 431,
        get("/", *[f"X-{number}: x" for number in range(200)]): 431,
        get("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAAA"): 400,
        # The wish is ignored where there is a body.
        get("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings:",
            "Content-Length: 100000") + "x" * 100_000: 404,
        get("/echo.v1.Echo/Echo", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings:",
            "Content-Type: application/grpc", f"Content-Length: {65 << 20}", method="POST") + "x" * 1000: 413,
        get("/-/healthz", "Connection: Upgrade", "Upgrade: websocket"): 200,
        get("/-/healthz", "Content-Length: 3", method="POST") + "abc": 405,
        get(version="1.0"): 200,
    }.items():
        with Raw(shared.address) as raw:
            answered = raw.send(text).read()
            assert answered is not None, f"kept open: {text[:60]!r}"
            assert answered.startswith(f"HTTP/1.1 {status} "), (text[:60], answered[:200])
            assert answered.count("\r\ndate: ") == 1


def test_connections_are_kept_and_pipelined(shared):
    with Raw(shared.address) as raw:
        for _ in range(3):
            assert raw.send(get()).answer()[:2] == (200, "success\n")
        raw.send(get() * 50 + get("/none") + get("/-/healthz", "Connection: close"))
        answers = [raw.answer() for _ in range(52)]
        assert [status for status, *_ in answers] == [200] * 50 + [404, 200]
        assert answers[-1][2]["connection"] == "close"
        assert raw.read() == ""


def test_who_asks_without_reading_is_cut_off(shared):
    with Raw(shared.address) as raw:
        raw.socket.settimeout(20)
        asked = get("/-/routes") * 1000
        with pytest.raises(OSError):
            for _ in range(1000):
                raw.send(asked)
    assert curl(shared.address, "/-/healthz")[1] == 200


@pytest.mark.parametrize("begun", ["", "P", "PRI", "GET /-/healthz HTTP/1.1\r\nHost:"])
def test_slow_clients_are_cut_off(shared, begun):
    with Raw(shared.address) as raw:
        began = time.monotonic()
        raw.send(begun)
        time.sleep(TIMEOUT - 1)
        assert raw.socket.send(b"") == 0
        assert raw.read(within=3) == ""
        assert time.monotonic() - began > TIMEOUT - 0.5


def test_octets_one_by_one_do_not_buy_time(shared):
    with Raw(shared.address) as raw:
        began = time.monotonic()
        with contextlib.suppress(OSError):
            for octet in get("/" + "x" * 1000):
                raw.send(octet)
                raw.socket.settimeout(0.05)
                with contextlib.suppress(TimeoutError):
                    if not raw.socket.recv(1):
                        break
        assert time.monotonic() - began < TIMEOUT + 2


def test_a_call_may_come_as_an_upgrade(shared):
    fields = [
        "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk",
        "TE: trailers", "Content-Type: application/grpc"]
    text = get("/echo.v1.Echo/Echo", *fields, f"Content-Length: {len(BODY)}", method="POST")
    with h2.Connection(shared.address) as connection:
        connection.send(text.encode() + BODY)
        while b"\r\n\r\n" not in connection.buffer:
            connection.buffer += connection.socket.recv(1 << 16)
        head, connection.buffer = connection.buffer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 ")
        connection.send(h2.PREFACE + h2.settings() + ask(3))
        assert connection.pump(lambda: connection.answer(1).over and connection.answer(3).over)
        for stream in (1, 3):
            assert connection.answer(stream).data == BODY
            assert connection.answer(stream).field("grpc-status") == "0"


def test_an_upgrade_still_needs_the_preface(shared):
    fields = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings:"]
    with Raw(shared.address) as raw:
        answered = raw.send(get("/-/healthz", *fields)).read(within=TIMEOUT + 3)
        assert answered is not None and answered.startswith("HTTP/1.1 101 ")
    with Raw(shared.address) as raw:
        answered = raw.send(get("/-/healthz", *fields) + get()).read(within=3)
        assert answered is not None and answered.startswith("HTTP/1.1 101 ")
        assert answered.count("HTTP/1.1") == 1


def test_tls_is_told_that_there_is_none(shared):
    with Raw(shared.address) as raw:
        assert raw.send(b"\x16\x03\x01\x00\x05hello").read() == "\x15\x03\x03\0\2\2\x28"


def test_a_kept_connection_does_not_hold_up_a_drain(mesh):
    mesh.up(ROOT / "deploy/echo/martlet.yaml")
    router = mesh.process("router")
    with Raw(mesh.address) as raw:
        assert raw.send(get()).answer()[0] == 200
        began = time.monotonic()
        os.kill(router, signal.SIGTERM)
        assert raw.read(within=2) == ""
        wait_until(lambda: mesh.process("router") not in (router, None), 3, "another router runs")
        assert time.monotonic() - began < TIMEOUT - 1


def test_health_is_unavailable_before_the_first_table():
    """A router that never hears from a controller serves after its patience and says what it lacks."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        address = f"unix:{folder}/r.sock"
        process = subprocess.Popen(
            [MARTLET, "router", "--run-dir", f"{folder}/run", "--listen", address],
            stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: os.path.exists(address.removeprefix("unix:")), 10, "it listens")
            version, status, _, body = curl(address, "/-/healthz")
            assert (version, status, "controller" in body) == ("1.1", 503, True)
            assert json.loads(curl(address, "/-/routes")[3]) == {}
        finally:
            process.terminate()
            process.wait(20)
