"""Large messages pass with the defaults, and what many of them take together is bounded."""

import base64
import contextlib
import json
import random
import socket
import sys
import threading
import time

import grpc
import pytest

import rawhttp2 as h2
from mesh import HERE, ROOT, wait_until
from rawload import Client, call, message, request, resident

MIB = 1 << 20
ECHO = "/echo.v1.Echo/Echo"
#: What the hostile tests give each process: a half is for requests.
MEMORY = 64 * MIB
#: What a process may take beyond its budget: what waits in first windows, buffers, copies of one message.
SLACK_KIB = 192 << 10


def app(folder, deployment=None, **keys):
    """A Swift deployment `echo` on a plain route, and as a graph under another name of plain HTTP."""
    echo = {"name": "echo", "command": ["echo-app", "replica", "echo"], "services": ["echo.v1.Echo"],
            "resources": {"cpus": 0.1}, **(deployment or {})}
    probe = {"name": "probe", "command": [sys.executable, str(HERE / "probe_server.py")],
             "services": ["probe.v1.Probe"], "resources": {"cpus": 0.1}}
    spec = {
        "name": "large", **keys,
        "protos": [str(ROOT / "protos/echo/v1/echo.proto"), str(HERE / "protos/probe/v1/probe.proto")],
        "deployments": [echo, probe],
        "routes": [
            {"service": "echo.v1.Echo", "deployment": "echo"},
            {"method": "probe.v1.Probe/Echo",
             "graph": {"call": "probe", "method": "probe.v1.Probe/Echo"}}],
    }
    path = folder / "app.yaml"
    path.write_text(json.dumps(spec))
    return path


def graph_app(folder, **keys):
    """The same deployment behind a graph."""
    path = app(folder, **keys)
    spec = json.loads(path.read_text())
    spec["routes"] = [
        {"method": "echo.v1.Echo/Echo", "graph": {"call": "echo", "method": "echo.v1.Echo/Echo"}}]
    path.write_text(json.dumps(spec))
    return path


def echo_stub(channel):
    from echo.v1 import echo_pb2
    return channel.unary_unary(
        ECHO, request_serializer=echo_pb2.Message.SerializeToString,
        response_deserializer=echo_pb2.Message.FromString)


def of_size(count):
    from echo.v1 import echo_pb2
    return echo_pb2.Message(payload=bytes(count))


def post_json(address, payload, path=ECHO):
    """A call in JSON over HTTP/1.1; the status and the answer."""
    import http.client
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    try:
        body = b'{"payload":"' + base64.b64encode(payload) + b'"}'
        connection.request("POST", path, body, {"content-type": "application/json"})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


@pytest.mark.parametrize("write", [app, graph_app])
def test_forty_mebibytes_pass_with_the_defaults(mesh, write):
    mesh.up(write(mesh.folder))
    payload = random.Random(7).randbytes(40 * MIB)
    with mesh.channel() as channel:
        from echo.v1 import echo_pb2
        echo = echo_stub(channel)
        assert echo(echo_pb2.Message(payload=payload), timeout=60).payload == payload
        with pytest.raises(grpc.RpcError) as caught:
            echo(of_size(64 * MIB), timeout=60)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        details = caught.value.details()
        assert str(64 * MIB + 5) in details and str(64 * MIB) in details
        assert "max_message" in details and "--max-message" in details
    status, answer = post_json(mesh.address, payload)
    assert status == 200 and base64.b64decode(answer["payload"]) == payload


def refused(echo, count):
    with pytest.raises(grpc.RpcError) as caught:
        echo(of_size(count), timeout=60)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    return caught.value.details()


@pytest.mark.parametrize("write", [app, graph_app])
def test_an_app_has_a_limit_of_its_own(mesh, write):
    mesh.up(write(mesh.folder, max_message="1Mi"))
    with mesh.channel() as channel:
        echo = echo_stub(channel)
        assert len(echo(of_size(MIB - 10), timeout=20).payload) == MIB - 10
        assert str(MIB) in refused(echo, 2 * MIB)
    assert post_json(mesh.address, bytes(600_000))[0] == 200
    status, answer = post_json(mesh.address, bytes(2 * MIB))
    assert status == 429 and answer["code"] == "resource_exhausted"
    assert "max_message" in answer["message"]


def test_a_deployment_has_a_limit_of_its_own_and_the_mesh_the_last_word(mesh):
    file = app(mesh.folder, {"max_message": "8Mi"}, max_message="1Mi")
    mesh.up(file, "--max-message", "4Mi")
    with mesh.channel() as channel:
        echo = echo_stub(channel)
        # The deployment's own goes before the app's, within the mesh's.
        assert len(echo(of_size(3 * MIB), timeout=20).payload) == 3 * MIB
        assert str(4 * MIB) in refused(echo, 5 * MIB)
        # Another limit is another revision, since the replica keeps it too.
        before = [replica.pid for replica in mesh.wait_running("echo", 1)]
        app(mesh.folder, {"max_message": "2Mi"}, max_message="1Mi")
        mesh.cli("deploy", file)
        wait_until(
            lambda: [r.pid for r in mesh.replicas("echo")] not in ([], before), 20, "a new replica")
        assert str(2 * MIB) in refused(echo, 3 * MIB)
        environment = open(f"/proc/{mesh.wait_running('echo', 1)[0].pid}/environ", "rb").read()
        assert f"MARTLET_MAX_MESSAGE={2 * MIB}".encode() in environment.split(b"\0")


@pytest.mark.parametrize("value, message", [
    ("1Ki", "1024 bytes is out of range; allowed: 64Ki to 1Gi"),
    ("2Gi", "out of range"), ("much", "expected a number of bytes such as 512Mi, found much")])
def test_what_is_no_limit_is_refused(mesh, value, message):
    for file in [app(mesh.folder, {"max_message": value}), app(mesh.folder, max_message=value)]:
        done = mesh.cli("validate", file, check=False)
        assert done.returncode != 0 and message in done.stderr + done.stdout, done.stderr
        assert "max_message" in done.stderr + done.stdout


@pytest.mark.parametrize("size", ["1Ki", "8Ti", "many"])
def test_what_is_no_memory_is_refused(mesh, size):
    for command in [["up"], ["router", "--listen", "127.0.0.1:0"], ["controller"]]:
        done = mesh.cli(*command, f"--max-message-memory={size}", check=False)
        assert done.returncode == 64 and "1Mi to 4Ti" in done.stderr, done.stderr


# -- many at once


class Small:
    """A caller of small messages, and how long each call takes."""

    def __init__(self, mesh):
        self.channel = mesh.channel()
        self.echo = echo_stub(self.channel)
        self.call()

    def call(self):
        began = time.monotonic()
        assert len(self.echo(of_size(100), timeout=10).payload) == 100
        return time.monotonic() - began

    def p99(self, count=400):
        times = sorted(self.call() for _ in range(count))
        return times[int(count * 0.99)]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_others_do_not_wait_while_a_long_text_is_translated(mesh, encoding):
    """Of 40 MiB in base64 each way takes the router a third of the whole call."""
    import gzip
    import http.client

    body = b'{"payload":"' + base64.b64encode(random.Random(7).randbytes(40 * MIB)) + b'"}'
    if encoding == "gzip":
        body = gzip.compress(body, 1)
    mesh.up(app(mesh.folder), "--routers", "1")
    small = Small(mesh)
    connection = http.client.HTTPConnection(*mesh.address.split(":"), timeout=60)
    took = []

    def ask():
        began = time.monotonic()
        connection.request("POST", ECHO, body, {
            "content-type": "application/json", "content-encoding": encoding,
            "accept-encoding": encoding})
        assert connection.getresponse().status == 200
        took.append(time.monotonic() - began)

    caller = threading.Thread(target=ask)
    caller.start()
    waits = []
    while caller.is_alive():
        waits.append(small.call())
    connection.close()
    small.channel.close()
    assert took and max(waits) < took[0] / 5, (took, max(waits))


def begin_grpc(address, announced, sent):
    """A call on a connection of its own that announces much, sends some of it and stops."""
    client = Client(address)
    pour(client, b"\0" + h2.word(announced) + bytes(sent), ends=False)
    return client


def begin_json(address, announced, sent):
    """The same in JSON over HTTP/1.1."""
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), 30)
    connection.sendall(
        f"POST {ECHO} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
        f"content-length: {announced}\r\n\r\n".encode())
    connection.setblocking(False)
    body, at = b'{"payload":"' + b"A" * sent, 0
    end = time.monotonic() + 0.3
    while at < len(body) and time.monotonic() < end:
        with contextlib.suppress(BlockingIOError):
            at += connection.send(body[at:at + (64 << 10)])
    return connection


def close(held):
    for one in held:
        with contextlib.suppress(OSError):
            (one.socket if isinstance(one, Client) else one).close()


@pytest.mark.parametrize("write", [app, graph_app])
@pytest.mark.parametrize("begin", [begin_grpc, begin_json])
def test_sixty_unfinished_bodies_take_no_more_than_there_is(mesh, begin, write):
    file = write(mesh.folder, deployment={"max_ongoing_requests": 128})
    mesh.up(file, "--max-message-memory", str(MEMORY), "--routers", "1")
    router, [replica] = mesh.process("router"), mesh.wait_running("echo", 1)
    small = Small(mesh)
    alone = small.p99()
    before = {pid: resident(pid) for pid in (router, replica.pid)}
    held = [begin(mesh.address, 30 * MIB, 8 * MIB if begin is begin_json else 900 << 10)
            for _ in range(60)]
    try:
        beside = small.p99()
        for pid, was in before.items():
            assert resident(pid) - was < MEMORY // 1024 + SLACK_KIB, (pid, was, resident(pid))
        assert beside < max(2 * alone, 0.05), (alone, beside)
    finally:
        close(held)
    # What they held is there for others at once. Of sockets that are not read their end is heard late: when they are
    # let in, or have waited as long as they may.
    began = time.monotonic()
    assert len(small.echo(of_size(16 * MIB), timeout=30).payload) == 16 * MIB
    assert time.monotonic() - began < (5 if begin is begin_grpc else 18)
    small.channel.close()


def test_a_body_that_stops_coming_gives_its_memory_up(mesh):
    mesh.up(graph_app(mesh.folder), "--max-message-memory", str(MEMORY), "--routers", "1")
    with begin_grpc(mesh.address, 30 * MIB, 100 << 10) as first, mesh.channel() as channel:
        # It waits until the first has lost what it held.
        began = time.monotonic()
        assert len(echo_stub(channel)(of_size(20 * MIB), timeout=40).payload) == 20 * MIB
        assert 2 < time.monotonic() - began < 14
        while not first.failures:
            first.read()
        assert first.failures == [str(grpc.StatusCode.RESOURCE_EXHAUSTED.value[0])]


@pytest.mark.parametrize("write", [app, graph_app])
def test_forty_large_answers_that_nobody_reads(mesh, write):
    file = write(mesh.folder, deployment={"max_ongoing_requests": 64})
    memory = 256 * MIB
    mesh.up(file, "--max-message-memory", str(memory), "--routers", "1")
    router, [replica] = mesh.process("router"), mesh.wait_running("echo", 1)
    small = Small(mesh)
    before = {pid: resident(pid) for pid in (router, replica.pid)}
    body = message(bytes(32 * MIB))
    clients = []

    def ask():
        client = Client(mesh.address, h2.settings((h2.INITIAL_WINDOW_SIZE, 1000)))
        clients.append(client)
        with contextlib.suppress(OSError):
            client.socket.settimeout(60)
            pour(client, body)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(40)]
    for thread in threads:
        thread.start()
    peaks = dict.fromkeys(before, 0)
    end = time.monotonic() + 60
    while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
        for pid in peaks:
            peaks[pid] = max(peaks[pid], resident(pid))
        small.call()
        time.sleep(0.05)
    for pid, peak in peaks.items():
        assert peak - before[pid] < memory // 1024 + SLACK_KIB, (pid, before[pid], peak)
    close(clients)
    assert len(small.echo(of_size(32 * MIB), timeout=60).payload) == 32 * MIB
    small.channel.close()


def pour(client, body, ends=True):
    """Sends a request as fast as the windows let it, and reads nothing of the answer."""
    stream = client.opened()
    client.socket.sendall(h2.headers(stream, request(ECHO)))
    windows = {0: 65535, stream: None}
    initial, at, rest = 65535, 0, b""
    windows[stream] = initial
    while at < len(body):
        room = min(windows[0], windows[stream], 16384, len(body) - at)
        if room > 0:
            end = at + room == len(body)
            client.socket.sendall(h2.data(stream, body[at:at + room], h2.END_STREAM if end and ends else 0))
            windows[0] -= room
            windows[stream] -= room
            at += room
            continue
        got = client.socket.recv(1 << 16)
        if not got:
            return
        rest += got
        while len(rest) >= 9:
            length = int.from_bytes(rest[:3], "big")
            if len(rest) < 9 + length:
                break
            kind, flags, number = rest[3], rest[4], int.from_bytes(rest[5:9], "big")
            payload, rest = rest[9:9 + length], rest[9 + length:]
            if kind == h2.WINDOW_UPDATE:
                windows[number] = windows.get(number, 0) + int.from_bytes(payload, "big")
            elif kind == h2.SETTINGS and not flags & h2.ACK:
                client.socket.sendall(h2.frame(h2.SETTINGS, h2.ACK, 0))
                for at_setting in range(0, length, 6):
                    key = int.from_bytes(payload[at_setting:at_setting + 2], "big")
                    value = int.from_bytes(payload[at_setting + 2:at_setting + 6], "big")
                    if key == h2.INITIAL_WINDOW_SIZE:
                        windows[stream] += value - initial
                        initial = value
            elif kind in (h2.RST_STREAM, h2.GOAWAY) or (
                    kind == h2.HEADERS and flags & h2.END_STREAM):
                return
