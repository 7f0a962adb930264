"""Pages in browsers: who may call the port from elsewhere, and what they may read."""

import json

import pytest

import web_app
from web_app import ECHO
from webclient import ASKS, framed

APP, EVIL = "https://app.example", "https://evil.example"
QUESTION = [("access-control-request-method", "POST"), ("access-control-request-headers", "x-grpc-web,x-own")]


@pytest.fixture(scope="module", params=["option", "variable"])
def allowing(stubs, request):
    """A mesh that was told of the page by either way."""
    with pytest.MonkeyPatch.context() as patch:
        arguments = ["--cors-origin", APP, "--cors-origin", "http://localhost:5173"]
        if request.param == "variable":
            patch.setenv("MARTLET_CORS_ORIGINS", f"{APP},http://localhost:5173")
            arguments = []
        with web_app.running(stubs, *arguments) as mesh:
            patch.undo()
            yield mesh


@pytest.fixture(scope="module")
def silent(stubs):
    with web_app.running(stubs) as mesh:
        yield mesh


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("path", [ECHO, "/nothing", "/-/routes"])
def test_a_browser_may_ask_before(allowing, ask, path):
    for origin in (APP, "http://localhost:5173"):
        reply = ask(allowing.address, "OPTIONS", path, [("origin", origin), *QUESTION])
        assert (reply.status, reply.body, reply.field("content-length")) == (204, b"", None)
        assert reply.field("access-control-allow-origin") == origin
        assert reply.field("access-control-allow-credentials") == "true"
        assert "POST" in reply.field("access-control-allow-methods")
        assert {"x-grpc-web", "x-own", "content-type"} <= set(
            reply.field("access-control-allow-headers").split(", "))
    refused = ask(allowing.address, "OPTIONS", path, [("origin", EVIL), *QUESTION])
    assert (refused.status, refused.field("access-control-allow-origin")) == (403, None)


CALLS = {
    "connect": ("application/json", b'{"text": "x"}'),
    "connect, an error": ("application/json", b'{"text": "x", "statusCode": 5}'),
    "connect, broken": ("application/json", b'{'),
    "another type": ("text/strange", b"x"),
    "grpc-web": ("application/grpc-web+proto", framed(b"\x12\x01x")),
    "grpc-web, an error": ("application/grpc-web-text", b"====")}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("call", CALLS)
def test_answers_and_errors_are_for_their_page(allowing, ask, call):
    kind, body = CALLS[call]
    path = "/nothing/there" if call == "another type" else ECHO
    reply = ask(allowing.address, "POST", path, [("origin", APP), ("content-type", kind)], body)
    assert reply.field("access-control-allow-origin") == APP
    exposed = set(reply.field("access-control-expose-headers").split(", "))
    assert {"grpc-status", "grpc-message", "grpc-status-details-bin"} <= exposed
    if call in ("connect", "grpc-web"):
        assert (reply.field("probe-initial"), reply.field("probe-bin") is None) == ("yes", False)
        assert {"probe-initial", "probe-bin"} <= exposed
    if call == "connect":
        assert "trailer-probe-trailing" in exposed
    for origin in ([("origin", EVIL)], []):
        reply = ask(allowing.address, "POST", path, [*origin, ("content-type", kind)], body)
        assert reply.field("access-control-allow-origin") is None
        assert reply.all("vary")[0] == "origin"


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_without_the_option_browsers_hear_nothing(silent, ask):
    fields = [("origin", APP), ("content-type", "application/json")]
    reply = ask(silent.address, "POST", ECHO, fields, b'{"text": "x"}')
    assert (reply.status, json.loads(reply.body)["text"]) == (200, "x")
    assert not [name for name, _ in reply.fields if name.startswith("access-control") or name == "vary"]
    question = ask(silent.address, "OPTIONS", "/nothing", [("origin", APP), *QUESTION])
    assert not [name for name, _ in question.fields if name.startswith("access-control")]


def test_what_is_no_origin_is_told(mesh):
    result = mesh.cli("up", "--cors-origin", "https://app.example/page", "--detach", check=False)
    assert result.returncode == 64 and "is no origin" in result.stderr, result
