"""gRPC-Web over HTTP/1.1 and HTTP/2, held against gRPC and Connect call by call."""

import base64
import gzip
import json
import socket
import time

import grpc
import pytest
from google.protobuf import json_format

import rawhttp2 as h2
import served_app
import web_app
from mesh import wait_until
from rawload import resident
from web_app import ECHO, EXPAND, GRAPH
from webclient import ASKS, Outcome, framed, grpc_web, http1, metadata, outcome, untexted

KINDS = ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text",
         "application/grpc-web-text+proto"]
CODES = [code.value[1].replace(" ", "_") for code in sorted(grpc.StatusCode, key=lambda c: c.value[0])]
LIMIT = 4 << 20  # max_message of the app


@pytest.fixture(scope="module")
def web(stubs):
    with web_app.running(stubs) as mesh:
        yield mesh


def message(**fields):
    from probe.v1 import probe_pb2

    return probe_pb2.EchoRequest(**fields).SerializeToString()


def details():
    from google.protobuf import any_pb2, duration_pb2
    from google.rpc import status_pb2

    detail = any_pb2.Any()
    detail.Pack(duration_pb2.Duration(seconds=3))
    return status_pb2.Status(code=8, message="später", details=[detail]).SerializeToString()


# -- the same call by every protocol


def by_grpc(mesh, path, fields, sent, timeout):
    from probe.v1 import probe_pb2

    with mesh.channel() as channel:
        call = channel.unary_unary(path, lambda raw: raw, lambda raw: raw)
        sent = [(n, base64.b64decode(v) if n.endswith("-bin") else v) for n, v in sent]
        try:
            answer, call = call.with_call(message(**fields), metadata=sent, timeout=timeout)
            replies = [reply_of(probe_pb2.EchoReply.FromString(answer))]
        except grpc.RpcError as error:
            call, replies = error, []

        def pairs(found):
            return [(n, base64.b64encode(v).decode() if isinstance(v, bytes) else v) for n, v in found]

        return Outcome(
            replies, call.code().value[0], call.details(), metadata(pairs(call.initial_metadata())),
            metadata(pairs(call.trailing_metadata())))


def by_grpc_web(ask, kind):
    def call(mesh, path, fields, sent, timeout):
        from probe.v1 import probe_pb2

        timeouts = [("grpc-timeout", f"{int(timeout * 1000)}m")] if timeout else []
        found = grpc_web(ask, mesh.address, path, message(**fields), [*sent, *timeouts], kind)
        found.messages = [reply_of(probe_pb2.EchoReply.FromString(raw)) for raw in found.messages]
        return found

    return call


def by_connect(ask, is_json):
    def call(mesh, path, fields, sent, timeout):
        from probe.v1 import probe_pb2

        request = probe_pb2.EchoRequest(**fields)
        body = json_format.MessageToJson(request).encode() if is_json else request.SerializeToString()
        timeouts = [("connect-timeout-ms", str(int(timeout * 1000)))] if timeout else []
        kind = f"application/{'json' if is_json else 'proto'}"
        reply = ask(mesh.address, "POST", path, [("content-type", kind), *sent, *timeouts], body)
        trailing = [(n.removeprefix("trailer-"), v) for n, v in reply.fields if n.startswith("trailer-")]
        initial = [(n, v) for n, v in reply.fields if not n.startswith("trailer-")]
        if reply.status == 200:
            read = probe_pb2.EchoReply()
            _ = json_format.Parse(reply.body, read) if is_json else read.ParseFromString(reply.body)
            replies, code, text = [reply_of(read)], 0, ""
        else:
            error = json.loads(reply.body)
            replies, text = [], error.get("message", "")
            code = CODES.index({"canceled": "cancelled"}.get(error["code"], error["code"]))
            # Connect has them in the body.
            for detail in error.get("details", []):
                assert base64.b64decode(detail["value"] + "==") in details()
                trailing.append(("grpc-status-details-bin", base64.b64encode(details()).decode()))
        return Outcome(replies, code, text, metadata(initial), metadata(trailing))

    return call


def reply_of(reply):
    """What does not depend on the protocol of the call."""
    kept = {name: value for name, value in reply.metadata.items() if name.startswith("x-")}
    return reply.text, reply.payload, reply.version, reply.pid, sorted(kept.items())


PROTOCOLS = {
    **{f"{kind} {name}": by_grpc_web(ask, kind) for kind in KINDS for name, ask in ASKS.items()},
    **{f"connect {'json' if is_json else 'proto'} {name}": by_connect(ask, is_json)
       for is_json in (True, False) for name, ask in ASKS.items()}}
CALLS = {
    "text": ({"text": "hello"}, [("x-trace", "7"), ("x-raw-bin", "AP8=")], None),
    "nothing": ({}, [], None),
    "bytes": ({"payload": bytes(range(256)) * 400}, [], None),
    "a status": ({"status_code": 5, "status_message": "100 % nicht – da\n"}, [], None),
    "no message": ({"status_code": 9}, [("x-trace", "8")], None),
    "details": ({"status_code": 8, "status_message": "später", "payload": details}, [], None),
    "late": ({"text": "x", "sleep_ms": 5000}, [], 0.2),
}


@pytest.mark.parametrize("path", [ECHO, GRAPH], ids=["deployment", "graph"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_tells_the_same(web, path, protocol):
    for name, (fields, sent, timeout) in CALLS.items():
        fields = {key: value() if callable(value) else value for key, value in fields.items()}
        expected = by_grpc(web, path, fields, sent, timeout)
        found = PROTOCOLS[protocol](web, path, fields, sent, timeout)
        if timeout:
            # Who is late says so in words of its own.
            assert (found.code, expected.code) == (4, 4), name
            continue
        assert found == expected, name
        if path == ECHO and not expected.code:
            assert ("probe-bin", b"\x00\xff") in found.initial and ("probe-trailing", "yes") in found.trailing


def test_metadata_that_is_the_protocols_own_stays_behind(web):
    from probe.v1 import probe_pb2

    fields = [("x-user-agent", "grpc-web-javascript/0.1"), ("user-agent", "Browser"), ("accept", "*/*"),
              ("origin", "https://page.example"), ("accept-encoding", "br"), ("sec-fetch-mode", "cors")]
    for ask in ASKS.values():
        found = grpc_web(ask, web.address, ECHO, message(text="x"), fields)
        reached = probe_pb2.EchoReply.FromString(found.messages[0]).metadata
        assert reached["user-agent"].startswith("grpc-web-javascript/0.1"), reached
        assert not {"x-grpc-web", "x-user-agent", "accept", "origin", "accept-encoding", "sec-fetch-mode",
                    "content-length", "host"} & set(reached)


def test_accept_chooses_how_the_answer_is_written(web):
    for ask in ASKS.values():
        reply = ask(web.address, "POST", ECHO, [
            ("content-type", "application/grpc-web+proto"), ("accept", "application/grpc-web-text")],
            framed(message(text="x")))
        assert outcome(reply, "application/grpc-web-text+proto").code == 0


def test_messages_may_be_compressed(web):
    from probe.v1 import probe_pb2

    request = message(text="x", payload=bytes(100_000))
    for ask in ASKS.values():
        reply = ask(web.address, "POST", ECHO, [
            ("content-type", "application/grpc-web"), ("grpc-encoding", "gzip")],
            framed(gzip.compress(request), 1))
        found = outcome(reply, "application/grpc-web")
        answer = probe_pb2.EchoReply.FromString(found.messages[0])
        assert (found.code, len(answer.payload)) == (0, 100_000)


# -- streams


def expand(name, chunks, size=50_000, pause_ms=0):
    from stream.v1 import stream_pb2

    return stream_pb2.ExpandRequest(
        name=name, chunks=chunks, chunk_bytes=size, pause_ms=pause_ms).SerializeToString()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ASKS)
def test_a_stream_comes_whole(web, name, kind):
    from stream.v1 import stream_pb2

    found = grpc_web(ASKS[name], web.address, EXPAND, expand("s", 40), kind=kind)
    assert found.code == 0
    assert [stream_pb2.Chunk.FromString(raw).payload for raw in found.messages] == [b"Z" * 50_000] * 40


def head(kind, body, path=EXPAND, version="1.1", *fields):
    lines = [f"POST {path} HTTP/{version}", "host: mesh", f"content-type: {kind}",
             f"content-length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def dechunked(octets):
    """The payload of the chunks that are whole."""
    found = b""
    while b"\r\n" in octets:
        size, rest = octets.split(b"\r\n", 1)
        count = int(size, 16)
        if not count or len(rest) < count + 2:
            break
        found, octets = found + rest[:count], rest[count + 2:]
    return found


@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc-web-text"])
def test_a_message_does_not_wait_for_the_next_one(web, kind):
    body = framed(expand("pause", 2, size=100, pause_ms=20_000))
    is_text = kind.endswith("text")
    with h2.dial(web.address) as sock:
        sock.settimeout(5)
        sock.sendall(head(kind, base64.b64encode(body) if is_text else body))
        got = b""
        while True:
            got += sock.recv(1 << 16)
            _, _, rest = got.partition(b"\r\n\r\n")
            payload = untexted(dechunked(rest)) if is_text else dechunked(rest)
            if len(payload) >= 5 and len(payload) == 5 + int.from_bytes(payload[1:5], "big"):
                break


def test_old_clients_read_to_the_end_of_the_connection(web):
    with h2.dial(web.address) as sock:
        sock.settimeout(10)
        sock.sendall(head("application/grpc-web", framed(expand("old", 3, size=10)), version="1.0"))
        got = b""
        while piece := sock.recv(1 << 16):
            got += piece
    top, body = got.split(b"\r\n\r\n", 1)
    assert b"transfer-encoding" not in top and b"connection: close" in top
    assert body.count(b"ZZZZZZZZZZ") == 3 and body.endswith(b"grpc-status: 0\r\n")


def test_one_connection_has_one_answer_after_the_other(web):
    """Streams in chunks end without the connection's end, and what comes early waits."""
    with h2.dial(web.address) as sock:
        sock.settimeout(10)
        request = head("application/grpc-web", framed(expand("kept", 2, size=10, pause_ms=50)))
        sock.sendall(request + request + b"GET /-/healthz HTTP/1.1\r\nhost: mesh\r\n\r\n")
        got = b""
        while not got.endswith(b"success\n"):
            piece = sock.recv(1 << 16)
            assert piece, got
            got += piece
        assert got.count(b"grpc-status: 0") == 2 and got.count(b"\r\n0\r\n\r\n") == 2


STALLED = 8


@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc-web-text"])
def test_slow_readers_hold_the_replica_back(web, kind):
    """Each costs its window and what waits for the socket; nobody else waits."""
    pids = [web.process("router"), web.replicas("stream")[0].pid]
    body = framed(expand("slow", 1 << 30))
    body = base64.b64encode(body) if kind.endswith("text") else body
    grpc_web(http1, web.address, EXPAND, expand("warm", 100))
    before = [resident(pid) for pid in pids]
    sockets = []
    try:
        for _ in range(STALLED):
            host, port = web.address.rsplit(":", 1)
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            sock.connect((host, int(port)))
            sock.sendall(head(kind, body))
            sockets.append(sock)
        sizes = []

        def settled():
            sizes.append([resident(pid) for pid in pids])
            time.sleep(0.2)
            return len(sizes) > 5 and sizes[-1] == sizes[-5]

        wait_until(settled, 20, "memory settles")
        grew = [(now - was) / STALLED for now, was in zip(sizes[-1], before)]
        # KiB: a quarter of a MiB of window, in text a third more, and a quarter in front of the socket.
        assert grew[0] < 1024 and grew[1] < 1024, grew
        began = time.monotonic()
        assert grpc_web(http1, web.address, ECHO, message(text="beside")).code == 0
        assert time.monotonic() - began < 1
        # And they get on when they read.
        for sock in sockets:
            sock.settimeout(10)
            got = 0
            while got < 4 << 20:
                got += len(sock.recv(1 << 20))
    finally:
        for sock in sockets:
            sock.close()
    wait_until(lambda: web.deployment("stream").ongoing_requests == 0, 5, "nothing is ongoing")


@pytest.mark.parametrize("version", ["http/1.1", "http/2"])
@pytest.mark.parametrize("pause_ms", [0, 60_000], ids=["in the middle", "while nothing comes"])
def test_a_client_that_leaves_cancels_its_call(web, version, pause_ms):
    name = f"gone {time.monotonic_ns()}"
    body = framed(expand(name, 1 << 30, pause_ms=pause_ms))
    if version == "http/1.1":
        with h2.dial(web.address) as sock:
            sock.sendall(head("application/grpc-web", body))
            assert sock.recv(1000)
            time.sleep(0.2)
    else:
        with h2.Connection(web.address) as connection:
            connection.greet()
            connection.send(h2.headers(1, h2.block(
                (":method", "POST"), (":scheme", "http"), (":authority", "mesh"), (":path", EXPAND),
                ("content-type", "application/grpc-web"))) + h2.data(1, body, h2.END_STREAM))
            assert connection.pump(lambda: connection.answer(1).data)
            connection.send(h2.reset(1))
            assert connection.pump(lambda: f"{name} ended" in served_app.log(web, "stream"), 5)
    wait_until(lambda: f"{name} ended" in served_app.log(web, "stream"), 5, "the handler ends")
    wait_until(lambda: web.deployment("stream").ongoing_requests == 0, 5, "nothing is ongoing")


# -- what is wrong


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("body, kind, code, text", [
    (b"", "application/grpc-web", 13, "without a whole message"),
    (framed(b"x" * 10)[:-1], "application/grpc-web", 13, "without a whole message"),
    (framed(b"") + framed(b""), "application/grpc-web", 12, "one message"),
    (framed(b"", 2), "application/grpc-web", 13, "flag 2"),
    (framed(b"", 0x80), "application/grpc-web", 13, "flag 128"),
    (b"\0\xff\xff\xff\xff", "application/grpc-web", 8, "4294967295 bytes"),
    (b"AAAA", "application/grpc-web-text", 13, "without a whole message"),
    (b"AAAAAA", "application/grpc-web-text", 13, "not base64"),
    (b"AAAAAA*=", "application/grpc-web-text", 13, "not base64"),
    (b"=AAAAAA=", "application/grpc-web-text", 13, "not base64"),
    (framed(b""), "application/grpc-web-text", 13, "not base64"),
])
def test_broken_requests_are_told_what_is_wrong(web, name, body, kind, code, text):
    found = grpc_web(ASKS[name], web.address, ECHO, None, kind=kind, body=body)
    assert (found.code, text in found.text) == (code, True), found
    assert found.messages == []


@pytest.mark.parametrize("name", ASKS)
def test_other_refusals_are_statuses_too(web, name):
    ask = ASKS[name]
    found = grpc_web(ask, web.address, "/probe.v1.Probe/Ech", b"")
    assert (found.code, "did you mean probe.v1.Probe/Echo?" in found.text) == (12, True)
    found = grpc_web(ask, web.address, ECHO, message(text="x"), [("grpc-timeout", "soon")])
    assert (found.code, "grpc-timeout" in found.text) == (3, True) or found.code == 13, found


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc-web-text"])
def test_the_longest_message_passes_and_a_longer_one_does_not(web, name, kind):
    def sized(count):
        made = message(payload=b"x" * (count - 5))
        assert len(made) == count
        return made

    found = grpc_web(ASKS[name], web.address, ECHO, sized(LIMIT), kind=kind)
    assert (found.code, len(found.messages[0]) > LIMIT) == (0, True)
    found = grpc_web(ASKS[name], web.address, ECHO, sized(LIMIT + 1), kind=kind)
    assert (found.code, str(LIMIT) in found.text) == (8, True)
