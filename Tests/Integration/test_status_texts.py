"""A status arrives with its text, whatever that is: from Python and Swift, by graphs, in JSON and by gRPC-Web."""

import json

import grpc
import pytest

import rawhttp2 as h2
import served_app
import told_app
from mesh import ROOT
from told_app import ECHO, GRAPH
from webclient import grpc_web, http1, http2

TEXTS = [
    "no such user: ", " no such user", "  both  ", " ", "   ", "\tcolumn\t", "two\nlines\n", "\r\n", "nul\0byte",
    "größer ", "鳥", "%", "100 %", "%20", "%zz ", "\x7f", "",
]


@pytest.fixture(scope="module")
def told(stubs):
    with served_app.running(stubs, told_app.app()) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def interop(stubs):
    import tempfile

    from conftest import check_gone
    from mesh import Mesh
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Mesh(folder, stubs)
        try:
            made.up(ROOT / "deploy/interop/martlet.yaml")
            yield made
        finally:
            check_gone(made)


def request(**says):
    return told_app.request(told=says)


def call(mesh, path, message, **options):
    """The call's end, whichever it is."""
    from probe.v1 import probe_pb2
    with mesh.channel() as channel:
        method = channel.unary_unary(path, lambda m: m.SerializeToString(), probe_pb2.EchoReply.FromString)
        try:
            return method.with_call(message, timeout=10, **options)
        except grpc.RpcError as error:
            return None, error


@pytest.mark.parametrize("path", [ECHO, GRAPH], ids=["plain", "graph"])
def test_python_status_texts_arrive(told, path):
    for text in TEXTS:
        if "\0" in text:
            continue  # grpcio's own server cuts a text there
        _, ended = call(told, path, request(code=5, message=text))
        assert (ended.code(), ended.details()) == (grpc.StatusCode.NOT_FOUND, text), repr(text)


def test_swift_status_texts_arrive(interop):
    from interop import test_pb2, test_pb2_grpc
    with interop.channel() as channel:
        stub = test_pb2_grpc.TestServiceStub(channel)
        for text in TEXTS:
            status = test_pb2.EchoStatus(code=5, message=text)
            with pytest.raises(grpc.RpcError) as caught:
                stub.UnaryCall(test_pb2.SimpleRequest(response_status=status), timeout=10)
            assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.NOT_FOUND, text)
            with pytest.raises(grpc.RpcError) as caught:
                list(stub.StreamingOutputCall(
                    test_pb2.StreamingOutputCallRequest(response_status=status), timeout=10))
            assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.NOT_FOUND, text)


@pytest.mark.parametrize("ask", [http1, http2])
@pytest.mark.parametrize("path", [ECHO, GRAPH], ids=["plain", "graph"])
def test_texts_arrive_by_plain_http(told, ask, path):
    for text in TEXTS:
        if "\0" in text:
            continue
        says = {"text": told_app.text(told={"code": 5, "message": text})}
        reply = ask(told.address, "POST", path, [("content-type", "application/json")], json.dumps(says).encode())
        assert reply.status == 404, (text, reply)
        error = json.loads(reply.body)
        assert (error["code"], error.get("message", "")) == ("not_found", text)
        message = request(code=5, message=text).SerializeToString()
        web = grpc_web(ask, told.address, path, message)
        assert (web.code, web.text) == (5, text)


def test_spaces_around_metadata_are_stripped(told):
    sent = [["x-both", "  a b  "], ["x-one", " "], ["x-none", "c"], ["x-bin-bin", ""]]
    for says in ({}, {"code": 5, "message": "x "}):
        _, ended = call(told, ECHO, request(
            initial=[[f"i{n}", v] for n, v in sent[:3]], trailing=sent[:3], **says))
        assert ended.code() is (grpc.StatusCode.NOT_FOUND if says else grpc.StatusCode.OK), ended
        trailing, initial = dict(ended.trailing_metadata()), dict(ended.initial_metadata())
        for name, value in (("x-both", "a b"), ("x-one", ""), ("x-none", "c")):
            assert trailing[name] == initial["i" + name] == value


def test_calls_without_te_reach_replicas_with_the_routers_own(told):
    from probe.v1 import probe_pb2
    head = h2.block(
        (":method", "POST"), (":scheme", "http"), (":path", ECHO), (":authority", "mesh"),
        ("content-type", "application/grpc"))
    with h2.Connection(told.address) as connection:
        connection.greet()
        connection.send(h2.headers(1, head) + h2.data(1, bytes(5), h2.END_STREAM))
        assert connection.pump(lambda: connection.answer(1).over, 10), "no answer"
        answer = connection.answer(1)
    assert answer.field("grpc-status") == "0", answer.fields
    assert probe_pb2.EchoReply.FromString(answer.data[5:]).replica.startswith("told#")
