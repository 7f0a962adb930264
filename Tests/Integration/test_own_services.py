"""The router's own services by every door: health by curl and by browsers, as by gRPC."""

import base64
import json
import pathlib
import tempfile
import threading

import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

import rawhttp2 as h2
import web_app
from mesh import MARTLET, wait_until
from tcp_mesh import Process, accepts, free_port
from webclient import ASKS, framed, grpc_web, untexted

CHECK = "/grpc.health.v1.Health/Check"
LIST = "/grpc.health.v1.Health/List"
WATCH = "/grpc.health.v1.Health/Watch"
REFLECT = ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
           "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"]
KINDS = ["application/grpc-web", "application/grpc-web-text+proto"]
JSON = [("content-type", "application/json")]
SERVING = health_pb2.HealthCheckResponse(status="SERVING").SerializeToString()


@pytest.fixture(scope="module")
def web(stubs):
    with web_app.running(stubs) as mesh:
        yield mesh


def check(service):
    return health_pb2.HealthCheckRequest(service=service).SerializeToString()


# -- unary methods


@pytest.mark.parametrize("name", ASKS)
def test_connect_in_json(web, name):
    def ask(body, path=CHECK):
        reply = ASKS[name](web.address, "POST", path, JSON, body)
        assert reply.field("content-type") == "application/json"
        return reply.status, json.loads(reply.body)

    assert ask(b"{}") == (200, {"status": "SERVING"})
    assert ask(b'{"service": "probe.v1.Probe"}') == (200, {"status": "SERVING"})
    assert ask(b'{"service": "nobody"}') == (
        404, {"code": "not_found", "message": 'this server has no service "nobody"'})
    status, found = ask(b"{}", LIST)
    assert status == 200 and found["statuses"][""] == {"status": "SERVING"}
    assert {"probe.v1.Probe", "stream.v1.Stream"} <= set(found["statuses"])
    status, refused = ask(b'{"servise": "x"}')
    assert (status, refused["code"]) == (400, "invalid_argument")
    assert "did you mean service?" in refused["message"]


@pytest.mark.parametrize("name", ASKS)
def test_connect_in_protobuf(web, name):
    kind = [("content-type", "application/proto")]
    reply = ASKS[name](web.address, "POST", CHECK, kind, check("probe.v1.Probe"))
    assert (reply.status, reply.field("content-type"), reply.body) == (200, "application/proto", SERVING)


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_grpc_web(web, name, kind):
    found = grpc_web(ASKS[name], web.address, CHECK, check(""), kind=kind)
    assert (found.messages, found.code) == ([SERVING], 0)
    missing = grpc_web(ASKS[name], web.address, CHECK, check("nobody"), kind=kind)
    assert (missing.messages, missing.code) == ([], 5)
    assert missing.text == 'this server has no service "nobody"'


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_as_curl_sends_it(web, ask):
    form = [("content-type", "application/x-www-form-urlencoded")]
    for fields in (form, []):
        reply = ask(web.address, "POST", CHECK, fields, b"{}")
        assert (reply.status, json.loads(reply.body)) == (200, {"status": "SERVING"})
    reply = ask(web.address, "GET", CHECK)
    assert (reply.status, reply.field("allow")) == (405, "POST")
    reply = ask(web.address, "POST", CHECK, [("content-type", "text/plain")], b"{}")
    assert reply.status == 415 and "application/json" in reply.field("accept-post")
    reply = ask(web.address, "POST", CHECK + "s", JSON, b"{}")
    assert reply.status == 404


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_they_have_no_trace(web, ask):
    reply = ask(web.address, "POST", CHECK, [*JSON, ("martlet-trace", "1")], b"{}")
    assert reply.status == 200
    assert not [name for name, _ in reply.fields if "martlet" in name]


@pytest.fixture
def folder():
    """A directory whose sockets' paths are short enough, whatever the test is called."""
    with tempfile.TemporaryDirectory(prefix="m") as name:
        yield pathlib.Path(name)


def test_a_router_that_has_heard_of_no_app_says_so(folder):
    address = f"127.0.0.1:{free_port()}"
    router = Process(folder / "router.log", [
        MARTLET, "router", "--run-dir", folder / "r", "--listen", address,
        "--controller", f"unix:{folder}/nobody"])
    try:
        wait_until(lambda: accepts(address), 20, f"a router listens at {address}")
        for name, ask in ASKS.items():
            reply = ask(address, "POST", CHECK, JSON, b"{}")
            assert (reply.status, json.loads(reply.body)) == (200, {"status": "NOT_SERVING"}), name
    finally:
        router.stop()


# -- streams


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("path", REFLECT)
def test_streams_of_requests_are_refused_with_the_reason(web, name, path):
    question = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
    for kind in KINDS:
        found = grpc_web(ASKS[name], web.address, path, question, kind=kind)
        assert (found.messages, found.code) == ([], 12)
        assert found.text.endswith("takes a stream of messages, which only gRPC over HTTP/2 can send")
    reply = ASKS[name](web.address, "POST", path, JSON, b"{}")
    assert (reply.status, json.loads(reply.body)["code"]) == (501, "unimplemented")
    assert "is a streaming method" in json.loads(reply.body)["message"]


@pytest.mark.parametrize("name", ASKS)
def test_connect_does_not_watch(web, name):
    reply = ASKS[name](web.address, "POST", WATCH, JSON, b"{}")
    assert (reply.status, json.loads(reply.body)["code"]) == (501, "unimplemented")


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_watch_ends_at_its_deadline(web, name, kind):
    for service, status in (("", "SERVING"), ("nobody", "SERVICE_UNKNOWN")):
        found = grpc_web(
            ASKS[name], web.address, WATCH, check(service), [("grpc-timeout", "300m")], kind)
        expected = health_pb2.HealthCheckResponse(status=status).SerializeToString()
        assert (found.messages, found.code) == ([expected], 4)


def test_a_watch_is_told_of_changes_and_of_the_end(stubs):
    """By gRPC-Web in text, over HTTP/1.1, until the mesh goes down."""
    with web_app.running(stubs) as mesh:
        body = base64.b64encode(framed(check("probe.v1.Probe")))
        with h2.dial(mesh.address) as sock:
            sock.sendall(
                f"POST {WATCH} HTTP/1.1\r\nhost: mesh\r\ncontent-type: {KINDS[1]}\r\n"
                f"content-length: {len(body)}\r\n\r\n".encode() + body)
            got = bytearray()

            def read():
                while piece := sock.recv(4096):
                    got.extend(piece)

            reader = threading.Thread(target=read)
            reader.start()
            first = base64.b64encode(framed(SERVING))
            wait_until(lambda: first in got, 5, "it serves")
            mesh.cli("delete", "web")
            unknown = health_pb2.HealthCheckResponse(status="SERVICE_UNKNOWN").SerializeToString()
            wait_until(lambda: base64.b64encode(framed(unknown)) in got, 10, "it is gone")
            mesh.down()
            reader.join(10)
            assert not reader.is_alive()
            assert b"\r\n0\r\n\r\n" in got, "the answer has an end"
            pieces = bytes(got).split(b"\r\n\r\n", 1)[1].split(b"\r\n")[1::2]
            frames = untexted(b"".join(pieces))
            assert frames.endswith(b"grpc-status: 0\r\n"), frames


def test_watchers_that_leave_are_forgotten(web):
    """More than there may be at once, one after the other."""
    body = framed(check(""))
    head = (
        f"POST {WATCH} HTTP/1.1\r\nhost: mesh\r\ncontent-type: {KINDS[0]}\r\n"
        f"content-length: {len(body)}\r\n\r\n").encode()
    for _ in range(5000):
        with h2.dial(web.address) as sock:
            sock.sendall(head + body)
            assert sock.recv(100).startswith(b"HTTP/1.1 200 ")
    found = grpc_web(
        ASKS["http/2"], web.address, WATCH, check(""), [("grpc-timeout", "100m")], KINDS[0])
    assert (found.messages, found.code) == ([SERVING], 4)
