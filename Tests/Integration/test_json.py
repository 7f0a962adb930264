"""Calls by plain HTTP: Connect's unary protocol in JSON and protobuf, over HTTP/1.1 and HTTP/2."""

import base64
import contextlib
import gzip
import json
import subprocess
import time

import pytest

import graph_app
import rawhttp2 as h2
import served_app
from mesh import wait_until
from webclient import ASKS

PATH = "/probe.v1.Probe/Echo"
JSON = "content-type: application/json"
KINDS = ["--http1.1", "--http2-prior-knowledge"]


@pytest.fixture(scope="module")
def graphs(stubs):
    with graph_app.running(stubs) as mesh:
        yield mesh


def curl(mesh, body, *arguments, path=PATH):
    """Status, content type and body."""
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    data = data if isinstance(data, bytes) else data.encode()
    result = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_code} %{content_type}", "--data-binary", "@-", *arguments,
         f"http://{mesh.address}{path}"], input=data, capture_output=True, timeout=30)
    assert result.returncode == 0, result.stderr
    answer, line = result.stdout.rsplit(b"\n", 1)
    status, kind = line.decode().split(" ", 1)
    return int(status), kind, answer


def test_curl_needs_no_flag(graphs):
    result = subprocess.run(
        ["curl", "-sS", "-d", '{"text": "hello"}', f"{graphs.address}{PATH}"], capture_output=True,
        text=True, timeout=30, check=True)
    answer = json.loads(result.stdout)
    assert (answer["text"], answer["version"]) == ("hello", "fast")


@pytest.mark.parametrize("kind", KINDS)
def test_json_goes_through_the_graph_and_back(graphs, kind):
    status, content, body = curl(
        graphs, {"text": "cascade", "payload": "AP8="}, kind, "-H", JSON, "-H", "x-trace: 7")
    answer = json.loads(body)
    assert (status, content) == (200, "application/json")
    assert (answer["version"], answer["text"], answer["payload"]) == ("slow", "cascade", "AP8=")
    assert answer["metadata"]["x-trace"] == "7"
    # What is HTTP's own is no metadata of the call.
    assert not {"accept", "content-length", "host"} & set(answer["metadata"])


@pytest.mark.parametrize("kind", KINDS)
def test_protobuf_too(graphs, kind):
    from probe.v1 import probe_pb2

    request = probe_pb2.EchoRequest(text="x", payload=bytes(range(256)) * 400)
    status, content, body = curl(
        graphs, request.SerializeToString(), kind, "-H", "content-type: application/proto")
    assert (status, content) == (200, "application/proto")
    assert probe_pb2.EchoReply.FromString(body).payload == request.payload


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body, fields, path, status, code, message", [
    ('{"txt": 1}', [JSON], PATH, 400, "invalid_argument", "did you mean text?"),
    ('{"text": ', [JSON], PATH, 400, "invalid_argument", "not a probe.v1.EchoRequest in JSON"),
    (b'{"text": "\xff"}', [JSON], PATH, 400, "invalid_argument", ""),
    ("[" * 5000, [JSON], PATH, 400, "invalid_argument", ""),
    ({"text": "x", "statusCode": 5, "statusMessage": "no such thing"}, [JSON], PATH, 404,
     "not_found", "no such thing"),
    ({"text": "hopeless"}, [JSON], PATH, 500, "data_loss", "broken always fails"),
    ({"text": "x", "sleepMs": 5000}, [JSON, "connect-timeout-ms: 100"], PATH, 504,
     "deadline_exceeded", ""),
    ({}, [JSON, "connect-timeout-ms: soon"], PATH, 400, "invalid_argument", "one to ten digits"),
    ({}, [JSON, "connect-protocol-version: 2"], PATH, 400, "invalid_argument", "this server speaks 1"),
    ({}, [JSON, "content-encoding: br"], PATH, 501, "unimplemented", "content-encoding br"),
    ({}, [JSON], "/probe.v1.Probe/Ech", 404, "unimplemented", "did you mean probe.v1.Probe/Echo?"),
], ids=["unknown field", "cut off", "not UTF-8", "too deep", "a status", "a graph's failure", "late",
        "bad timeout", "another version", "compressed", "unknown method"])
def test_errors_are_connects(graphs, kind, body, fields, path, status, code, message):
    arguments = [part for field in fields for part in ("-H", field)]
    found, content, answer = curl(graphs, body, kind, *arguments, path=path)
    error = json.loads(answer)
    assert (found, content, error["code"]) == (status, "application/json", code), error
    assert message in error.get("message", "")


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_bodies_may_be_compressed(graphs, ask):
    fields = [("content-type", "application/json"), ("content-encoding", "gzip")]
    body = gzip.compress(json.dumps({"text": "x" * 5000}).encode())
    plain = ask(graphs.address, "POST", PATH, fields, body)
    assert (plain.status, plain.field("content-encoding")) == (200, None)
    assert json.loads(plain.body)["text"] == "x" * 5000
    for accepts in ("gzip", "br, GZIP ;q=0.5"):
        packed = ask(graphs.address, "POST", PATH, [*fields, ("accept-encoding", accepts)], body)
        assert (packed.field("content-encoding"), packed.field("vary")) == ("gzip", "accept-encoding")
        assert len(packed.body) < 1000
        assert json.loads(gzip.decompress(packed.body))["text"] == "x" * 5000
    for accepts in ("br", "gzip;q=0", "gzip; q=0.00", "identity"):
        packed = ask(graphs.address, "POST", PATH, [*fields, ("accept-encoding", accepts)], body)
        assert packed.field("content-encoding") is None
    # A short answer would not become shorter.
    short = ask(graphs.address, "POST", PATH, [
        ("content-type", "application/json"), ("accept-encoding", "gzip")], b'{"text": "x"}')
    assert (short.status, short.field("content-encoding")) == (200, None)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("body, status, code, text", [
    (gzip.compress(bytes(64 << 20)), 429, "resource_exhausted", "4194304 bytes once it is decompressed"),
    (b"no gzip", 400, "invalid_argument", "not gzip"),
    (gzip.compress(b"{}")[:-3], 400, "invalid_argument", "not gzip"),
    (gzip.compress(b"{}") + b"x", 400, "invalid_argument", "not gzip"),
    (gzip.compress(b"x" * (3 << 20)) * 2, 429, "resource_exhausted", "4194304 bytes once it is decompressed"),
], ids=["a bomb", "nothing compressed", "cut off", "more behind it", "too much in two members"])
def test_what_is_no_gzip_or_too_much_is_refused(graphs, ask, body, status, code, text):
    reply = ask(graphs.address, "POST", PATH, [
        ("content-type", "application/proto"), ("content-encoding", "gzip")], body)
    error = json.loads(reply.body)
    assert (reply.status, error["code"], text in error["message"]) == (status, code, True), error


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_gzip_of_nothing_and_in_members(graphs, ask):
    fields = [("content-encoding", "gzip"), ("connect-protocol-version", "1")]
    # Connect: "Servers must not attempt to decompress zero-length HTTP request content."
    empty = ask(graphs.address, "POST", PATH, [("content-type", "application/proto"), *fields])
    assert (empty.status, empty.field("content-type")) == (200, "application/proto")
    members = gzip.compress(b'{"text": ') + gzip.compress(b'"x"}')
    reply = ask(graphs.address, "POST", PATH, [("content-type", "application/json"), *fields], members)
    assert (reply.status, json.loads(reply.body)["text"]) == (200, "x")


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_names_that_are_no_metadata_are_left_out(graphs, ask):
    """HTTP has names that no gRPC library takes."""
    fields = [("content-type", "application/json"), ("x!#", "1"), ("x~y", "2"), ("x-kept", "3")]
    reply = ask(graphs.address, "POST", PATH, fields, b'{"text": "x"}')
    metadata = json.loads(reply.body)["metadata"]
    assert (reply.status, metadata["x-kept"]) == (200, "3")
    assert not {"x!#", "x~y"} & set(metadata)


def test_details_of_an_error(graphs):
    from google.protobuf import any_pb2, duration_pb2
    from google.rpc import status_pb2

    detail = any_pb2.Any()
    detail.Pack(duration_pb2.Duration(seconds=3))
    rich = status_pb2.Status(code=8, message="later", details=[detail])
    status, _, body = curl(graphs, {
        "text": "x", "statusCode": 8, "statusMessage": "later",
        "payload": base64.b64encode(rich.SerializeToString()).decode()}, "-H", JSON)
    error = json.loads(body)
    assert (status, error["code"]) == (429, "resource_exhausted")
    [found] = error["details"]
    assert found["type"] == "google.protobuf.Duration"
    assert "=" not in found["value"]
    assert base64.b64decode(found["value"] + "==") == detail.value


def test_a_form_of_a_page_elsewhere_is_refused(graphs):
    """A browser sends forms to any site without asking; JSON it asks for first."""
    for field in ("origin: https://evil.example", "sec-fetch-site: cross-site"):
        status, _, body = curl(graphs, {"text": "x"}, "-H", field)
        assert status == 415, body
    assert curl(graphs, {"text": "x"}, "-H", JSON, "-H", "origin: https://any.example")[0] == 200


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("kind", ["text/plain", "application/protobuf", "multipart/form-data"])
def test_other_types_are_refused(graphs, ask, kind):
    """Also where the body is what gRPC would send: a page elsewhere may send text without asking."""
    for body in (b"hello", bytes(5)):
        reply = ask(graphs.address, "POST", PATH, [("content-type", kind)], body)
        assert (reply.status, reply.field("content-type")) == (415, "application/json")
        assert reply.field("accept-post") == "application/json, application/proto"
        assert "application/json, application/proto" in json.loads(reply.body)["message"]


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_a_body_without_a_type_is_json(graphs, ask):
    reply = ask(graphs.address, "POST", PATH, [], b'{"text": "x"}')
    assert (reply.status, json.loads(reply.body)["text"]) == (200, "x")


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(graphs, ask, method):
    for fields in ([], [("content-type", "application/json")]):
        body = b'{"text": "x"}' if method in ("PUT", "PATCH") else b""
        reply = ask(graphs.address, method, PATH, fields, body)
        assert (reply.status, reply.field("allow")) == (405, "POST")
        assert reply.field("grpc-status") is None
        assert bool(reply.body) == (method != "HEAD")


def test_grpc_is_by_post(graphs):
    """Any other method is refused in words, and no replica hears of it."""
    fields = [("te", "trailers"), ("content-type", "application/grpc")]
    for method in ("PUT", "GET"):
        reply = ASKS["http/2"](graphs.address, method, PATH, fields, bytes(5))
        assert (reply.status, reply.field("allow"), reply.field("grpc-status")) == (405, "POST", None)
        assert f"not to {method}" in json.loads(reply.body)["message"]


def test_a_body_beyond_the_limit_is_refused(graphs):
    body = json.dumps({"text": "x", "payload": "A" * (5 << 20)})
    for fields in ([], ["-H", "transfer-encoding: chunked"]):
        status, content, answer = curl(graphs, body, "--http1.1", "-H", JSON, *fields)
        error = json.loads(answer)
        assert (status, content, error["code"]) == (429, "application/json", "resource_exhausted")
        assert "more than 4194304 bytes" in error["message"]


def test_a_body_beyond_the_limit_is_refused_on_a_stream(graphs):
    """Answered in full, and then told to stop sending without an error (RFC 9113 section 8.1)."""
    with h2.Connection(graphs.address) as connection:
        connection.greet()
        connection.send(h2.headers(1, h2.block(
            (":method", "POST"), (":scheme", "http"), (":authority", "mesh"), (":path", PATH),
            ("content-type", "application/json"))))
        credit = connection.credit
        credit[0] = credit.get(0, 0) + h2.DEFAULT_WINDOW
        credit[1] = connection.settings.get(h2.INITIAL_WINDOW_SIZE, h2.DEFAULT_WINDOW)
        for _ in range(((4 << 20) + 1) // h2.LARGEST_FRAME + 1):
            for window in (0, 1):
                credit[window] -= h2.LARGEST_FRAME
            assert connection.pump(
                lambda: min(credit[0], credit[1]) >= 0 or connection.answer(1).over)
            connection.send(h2.data(1, b"[" * h2.LARGEST_FRAME))
        assert connection.pump(lambda: connection.answer(1).reset is not None)
        answer = connection.answer(1)
        assert (answer.field(":status"), answer.ended, answer.reset) == (
            "429", True, h2.Code.NO_ERROR)
        error = json.loads(answer.data)
        assert error["code"] == "resource_exhausted" and "the limit of a message" in error["message"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("expect", ["100-continue", "100-Continue"])
def test_a_large_body_waits_for_100_continue(graphs, kind, expect):
    body = json.dumps({"text": "x", "payload": "A" * (1 << 20)})
    start = time.monotonic()
    status, _, answer = curl(
        graphs, body, kind, "-H", JSON, "-H", f"expect: {expect}", "--expect100-timeout", "20")
    assert (status, time.monotonic() - start < 15) == (200, True)
    assert len(json.loads(answer)["payload"]) == 1 << 20


def test_http_1_0_has_no_100(graphs):
    """RFC 9110 section 10.1.1."""
    with h2.dial(graphs.address) as sock:
        sock.sendall(post({"text": "x"}, "Expect: 100-continue", version="1.0"))
        sock.settimeout(10)
        text = b""
        while piece := sock.recv(1 << 16):
            text += piece
        assert text.startswith(b"HTTP/1.1 200 ") and b"100 Continue" not in text


def test_codings_of_the_transfer_are_refused(graphs):
    """But for chunks: who compresses says so in content-encoding (RFC 9112 section 6.1)."""
    packed = gzip.compress(b'{"text": "x"}')
    chunks = f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n"
    for coding, expected in (("gzip, chunked", 501), ("CHUNKED", 400)):
        with h2.dial(graphs.address) as sock:
            head = f"POST {PATH} HTTP/1.1\r\nhost: mesh\r\n{JSON}\r\ntransfer-encoding: {coding}\r\n\r\n"
            sock.sendall(head.encode() + chunks)
            sock.settimeout(10)
            status = int(sock.recv(1 << 16).split()[1])
            assert status == expected, coding


def post(body, *fields, version="1.1"):
    data = json.dumps(body).encode()
    lines = [f"POST {PATH} HTTP/{version}", "host: mesh", JSON, f"content-length: {len(data)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def answers(sock, count):
    """So many answers of a connection: status and body of each."""
    found, text = [], b""
    sock.settimeout(10)
    while len(found) < count:
        head, end, rest = text.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                       if line.startswith(b"content-length")), None) if end else None
        if length is None or len(rest) < length:
            got = sock.recv(1 << 16)
            assert got, f"closed after {len(found)} answers: {text}"
            text += got
            continue
        found.append((int(head.split()[1]), json.loads(rest[:length])))
        text = rest[length:]
    return found


def test_a_connection_takes_one_call_after_the_other(graphs):
    with h2.dial(graphs.address) as sock:
        for text in ("a", "b"):
            sock.sendall(post({"text": text}))
            [(status, answer)] = answers(sock, 1)
            assert (status, answer["text"]) == (200, text)


def test_a_request_has_its_time_from_its_beginning_on(graphs):
    """Not from the beginning of its connection: five seconds (Limits.connectTimeout)."""
    request = post({"text": "x"})
    with h2.dial(graphs.address) as sock:
        time.sleep(3)
        sock.sendall(request[:-5])
        time.sleep(3)
        sock.sendall(request[-5:])
        assert answers(sock, 1)[0][0] == 200


def test_a_body_that_does_not_come_ends_the_connection(graphs):
    with h2.dial(graphs.address) as sock:
        start = time.monotonic()
        sock.sendall(post({"text": "x"})[:-5])
        sock.settimeout(10)
        assert sock.recv(1 << 16).startswith(b"HTTP/1.1 408 ")
        assert 3 < time.monotonic() - start < 8
        while sock.recv(1 << 16):
            pass


def test_pipelined_calls_are_answered_in_order(graphs):
    with h2.dial(graphs.address) as sock:
        sock.sendall(post({"text": "first", "sleepMs": 200}) + post({"text": "2"}) + post({"text": "3"}))
        assert [answer["text"] for _, answer in answers(sock, 3)] == ["first", "2", "3"]


def test_too_much_ahead_of_an_answer_ends_the_connection(graphs):
    with h2.dial(graphs.address) as sock:
        sock.sendall(post({"text": "x", "sleepMs": 3000}))
        time.sleep(0.2)
        sock.settimeout(10)
        with pytest.raises(OSError):
            for _ in range(100):
                sock.sendall(post({"text": "y" * 10_000}))
                time.sleep(0.002)
            assert not sock.recv(1 << 16), "nothing was answered"
            raise ConnectionError
    assert curl(graphs, {"text": "x"})[0] == 200


def test_heads_ahead_of_an_answer_count_too(graphs):
    """Their fields are the most of them: three of these are more than may wait (64 KiB)."""
    with h2.dial(graphs.address) as sock:
        sock.sendall(post({"text": "x", "sleepMs": 5000}))
        time.sleep(0.2)
        sock.settimeout(2)
        with contextlib.suppress(ConnectionError):
            sock.sendall(post({"text": "y"}, "x-long: " + "y" * 30_000) * 3)
            assert not sock.recv(1 << 16), "nothing is answered, and the connection ends"


def test_a_client_that_leaves_cancels_its_call(graphs):
    name = f"gone {time.monotonic_ns()}"
    with h2.dial(graphs.address) as sock:
        sock.sendall(post({"text": name, "sleepMs": 20_000}))
        time.sleep(0.3)
    wait_until(lambda: f"cancelled {name}" in served_app.log(graphs, "fast"), 5, "it is cancelled")
    # And on a stream of HTTP/2.
    name = f"reset {time.monotonic_ns()}"
    running = subprocess.Popen(
        ["curl", "-sS", "--http2-prior-knowledge", "-H", JSON, "-d",
         json.dumps({"text": name, "sleepMs": 20_000}), f"http://{graphs.address}{PATH}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    running.kill()
    running.wait()
    wait_until(lambda: f"cancelled {name}" in served_app.log(graphs, "fast"), 5, "it is cancelled")


def test_a_drained_router_answers_what_it_has(graphs):
    """`down` in the middle of a call: the answer still comes, and then the end."""
    with h2.dial(graphs.address) as sock:
        sock.sendall(post({"text": "x", "sleepMs": 700}))
        time.sleep(0.2)
        graphs.cli("down")
        [(status, answer)] = answers(sock, 1)
        assert (status, answer["text"]) == (200, "x")
        assert sock.recv(1) == b""
