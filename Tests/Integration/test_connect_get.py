"""Calls by Connect that come as GET: of methods whose proto says that they have no side effects."""

import base64
import gzip
import json
import urllib.parse

import pytest

import served_app
import web_app
from webclient import ASKS

LOOK = "/probe.v1.Other/Look"
JSON = [("content-type", "application/json")]


@pytest.fixture(scope="module")
def web(stubs):
    app = web_app.app()
    app["routes"].append(
        {"method": "probe.v1.Other/Look", "graph": {"call": "probe", "method": "probe.v1.Probe/Echo"}})
    with served_app.running(stubs, app) as mesh:
        yield mesh


def query(**parameters):
    return f"{LOOK}?{urllib.parse.urlencode(parameters)}"


def message():
    from probe.v1 import probe_pb2

    return probe_pb2.EchoRequest(text="ä &=", payload=b"\xff\xfe").SerializeToString()


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("padding", ["", "="])
def test_the_message_is_in_the_query(web, ask, padding):
    from probe.v1 import probe_pb2

    said = b'{"text": "\xc3\xa4 &="}'
    packed = base64.urlsafe_b64encode(gzip.compress(said)).decode().rstrip("=" if not padding else "")
    for parameters in (
            {"encoding": "json", "message": said, "connect": "v1"},
            {"message": base64.urlsafe_b64encode(said), "base64": "1", "encoding": "json", "other": "%"},
            {"encoding": "json", "message": packed, "base64": "1", "compression": "gzip"}):
        reply = ask(web.address, "GET", query(**parameters))
        assert (reply.status, reply.field("content-type")) == (200, "application/json"), reply
        assert json.loads(reply.body)["text"] == "ä &="
    for parameters in (
            {"message": message(), "compression": "identity"},
            {"message": base64.urlsafe_b64encode(message()), "base64": "1", "connect": "v1"}):
        reply = ask(web.address, "GET", query(encoding="proto", **parameters), [("x-trace", "7")])
        assert (reply.status, reply.field("content-type")) == (200, "application/proto")
        answer = probe_pb2.EchoReply.FromString(reply.body)
        assert (answer.text, answer.payload, answer.metadata["x-trace"]) == ("ä &=", b"\xff\xfe", "7")
    empty = ask(web.address, "GET", query(encoding="proto", message="", compression="gzip"))
    assert empty.status == 200
    head = ask(web.address, "HEAD", query(encoding="json", message="{}"))
    assert (head.status, head.body, int(head.field("content-length")) > 0) == (200, b"", True)
    # It can be called as before.
    assert ask(web.address, "POST", LOOK, JSON, b'{"text": "x"}').status == 200


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("parameters, status, code, text", [
    ("", 400, "invalid_argument", "no encoding"),
    ("encoding=json", 400, "invalid_argument", "no message"),
    ("encoding=xml&message=", 415, "unimplemented", "json or proto"),
    ("encoding=json&message={}&connect=v2", 400, "invalid_argument", "connect=v2"),
    ("encoding=json&message={}&compression=br", 501, "unimplemented", "compression br"),
    ("encoding=json&message=*&base64=1", 400, "invalid_argument", "not base64"),
    ("encoding=json&message=%zz", 400, "invalid_argument", "the query's message"),
    ("encoding=json&message=%7B%22txt%22:1%7D", 400, "invalid_argument", "did you mean text?"),
    ("encoding=json&message=e30&base64=1&compression=gzip", 400, "invalid_argument", "not gzip"),
])
def test_what_the_query_may_not_say(web, ask, parameters, status, code, text):
    reply = ask(web.address, "GET", f"{LOOK}?{parameters}")
    error = json.loads(reply.body)
    assert (reply.status, error["code"], text in error["message"]) == (status, code, True), error


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_other_methods_and_bodies(web, ask):
    reply = ask(web.address, "DELETE", query(encoding="json", message="{}"))
    assert (reply.status, reply.field("allow")) == (405, "GET, HEAD, POST")
    # Side effects are not ruled out.
    reply = ask(web.address, "GET", f"{web_app.GRAPH}?encoding=json&message=%7B%7D")
    assert (reply.status, reply.field("allow")) == (405, "POST")
    reply = ask(web.address, "GET", query(encoding="json", message="{}"), JSON, b"{}")
    assert reply.status == 400 and "not a body" in json.loads(reply.body)["message"]
