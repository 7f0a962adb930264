"""HTTP/1.1 by RFC 9112: what was accepted is answered, in order, whatever comes behind it."""

import json
import socket
import time

import pytest

import rawhttp2 as h2
import served_app
import told_app
from mesh import wait_until
from told_app import ECHO


@pytest.fixture(scope="module")
def told(stubs):
    with served_app.running(stubs, told_app.app()) as mesh:
        yield mesh


def post(*fields, version="1.1", chunked=False, body=None, **says):
    """A call; `text` of the answer is by what it is known."""
    if body is None:
        body = json.dumps({"text": told_app.text(told=says)}).encode()
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    head = [f"POST {ECHO} HTTP/{version}", "Host: mesh", "Content-Type: application/json", length, *fields, "", ""]
    if chunked:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return "\r\n".join(head).encode() + body


def page(*fields, method="GET", path="/-/healthz"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: mesh", *fields, "", ""]).encode()


def talk(address, sent, half_close=False, within=15):
    """All that comes until the server closes."""
    with h2.dial(address) as sock:
        sock.sendall(sent)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        return drain(sock, within)


def drain(sock, within=15):
    end, got = time.monotonic() + within, b""
    while True:
        sock.settimeout(max(0.01, end - time.monotonic()))
        piece = sock.recv(1 << 16)
        if not piece:
            return got
        got += piece


def answers(got, heads=()):
    """Status, text and fields of each answer, of which those in `heads` have no body."""
    found = []
    while got:
        head, got = got.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        count = 0 if len(found) in heads else int(fields.get("content-length", 0))
        body, got = got[:count], got[count:]
        status = int(lines[0].split()[1])
        text = json.loads(body).get("text", "") if fields.get("content-type") == "application/json" else body.decode()
        found.append((status, text, fields))
    return found


@pytest.mark.parametrize("sent, texts", [
    (post(text="a", sleep_s=0.4), ["a"]),
    (post(text="a", sleep_s=0.4, version="1.0"), ["a"]),
    (post(text="a", sleep_s=0.4, chunked=True), ["a"]),
    (post(text="a", sleep_s=0.4) + post(text="b", sleep_s=0.1) + post(text="c"), ["a", "b", "c"]),
    (post(text="a", sleep_s=0.2) + page(), ["a", "success\n"]),
    (page(), ["success\n"]),
], ids=["a call", "HTTP/1.0", "chunks", "three calls", "a call and a page", "a page"])
def test_half_closed_requests_are_answered(told, sent, texts):
    found = answers(talk(told.address, sent, half_close=True))
    assert [(status, text) for status, text, _ in found] == [(200, text) for text in texts]
    if len(texts) > 1 or sent.startswith(b"POST"):
        assert found[-1][2]["connection"] == "close"


def test_who_waits_long_behind_a_half_close_is_answered(told):
    """It gets signs of life, which are interim answers that every client passes by."""
    got = talk(told.address, post(text="late", sleep_s=3), half_close=True)
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert [text for status, text, _ in answers(got) if status == 200] == ["late"]


def test_who_goes_behind_a_half_close_is_given_up(told):
    name = f"gone {time.monotonic_ns()}"
    with h2.dial(told.address) as sock:
        sock.sendall(post(text=name, sleep_s=60))
        sock.shutdown(socket.SHUT_WR)
        time.sleep(0.3)
    wait_until(lambda: f"cancelled {name}" in served_app.log(told, "told"), 10, "the call is cancelled")


def test_the_last_request_is_answered_and_none_behind_it(told):
    for first in (post("Connection: close", text="a", sleep_s=0.3), page("Connection: close")):
        for behind in (post(text="b"), page(), b"\0\1\2"):
            found = answers(talk(told.address, first + behind))
            assert [status for status, *_ in found] == [200], (first, behind)
            assert found[0][2]["connection"] == "close"


@pytest.mark.parametrize("good", [post(text="a", sleep_s=0.3), page(), post(text="a", sleep_s=0.3) + page()],
                         ids=["a call", "a page", "both"])
@pytest.mark.parametrize("bad, status", [
    (b"\0\1\2\3", 400), (b"GET / HTTP/9.9\r\n\r\n", 505), (b"GET / HTTP/1.1\r\n\r\n", 400),
    (page("Content-Length: 1", "Transfer-Encoding: chunked"), 400),
    (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431),
    (post("Transfer-Encoding: gzip", body=b"{}"), (400, 501)),
], ids=["garbage", "a version", "no host", "two lengths", "a large head", "a coding"])
def test_what_is_wrong_is_said_behind_what_was_right(told, good, bad, status):
    for piece in (None, 0.05):  # at once, or while the call is under way
        with h2.dial(told.address) as sock:
            sock.sendall(good + bad if piece is None else good)
            if piece:
                time.sleep(piece)
                sock.sendall(bad)
            found = [status for status, *_ in answers(drain(sock))]
        count = good.count(b" HTTP/1.1")
        assert found[:count] == [200] * count and len(found) == count + 1, found
        assert found[-1] in (status if isinstance(status, tuple) else (status,))


def test_a_request_that_ends_too_early_is_told_so(told):
    for cut in (post(text="b")[:-3], page()[:-4], post(text="b", chunked=True)[:-5]):
        found = answers(talk(told.address, post(text="a", sleep_s=0.2) + cut, half_close=True))
        assert [status for status, *_ in found] == [200, 400]
        assert "ended" in found[1][1]


def test_a_body_that_does_not_come_is_told_so(told):
    began = time.monotonic()
    found = answers(talk(told.address, post(text="a", sleep_s=0.2) + post(text="b")[:-3]))
    assert [status for status, *_ in found] == [200, 408]
    assert 4 < time.monotonic() - began < 9  # Limits.connectTimeout


def test_a_body_that_is_too_long_waits_its_turn(told):
    long = post(body=b"").replace(b"Content-Length: 0", b"Content-Length: 99999999999")
    found = answers(talk(told.address, post(text="a", sleep_s=0.3) + long))
    assert [status for status, *_ in found] == [200, 429]


def test_continue_is_said_in_turn(told):
    body = json.dumps({"text": told_app.text(told={"text": "b"})}).encode()
    head = post("Expect: 100-continue", body=body)[:-len(body)]
    with h2.dial(told.address) as sock:
        sock.sendall(post(text="a", sleep_s=0.3) + head)
        got = b""
        while b"100 Continue" not in got:
            got += sock.recv(1 << 16)
        assert got.index(b"200 OK") < got.index(b"100 Continue")
        sock.sendall(body + page("Connection: close"))
        got += drain(sock)
    assert [(s, t) for s, t, _ in answers(got) if s == 200] == [(200, "a"), (200, "b"), (200, "success\n")]


def test_heads_keep_their_place(told):
    sent = post(text="a", sleep_s=0.2) + page(method="HEAD") + page("Connection: close")
    found = answers(talk(told.address, sent), heads=(1,))
    assert [(status, text) for status, text, _ in found] == [(200, "a"), (200, ""), (200, "success\n")]
    assert found[1][2]["content-length"] == "8"


@pytest.mark.parametrize("version, half_close", [("1.1", False), ("1.0", False), ("1.1", True)])
def test_a_slow_reader_gets_all_of_the_last_answer(told, version, half_close):
    sent = post("Connection: close", text="a", size=4_000_000, version=version)
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = told.address.rsplit(":", 1)
        sock.connect((host, int(port)))
        sock.sendall(sent)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        time.sleep(2.5)  # longer than the server lingers for what it has written
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        [(status, text, fields)] = answers(drain(sock, 30))
    assert (status, text) == (200, "a")
    assert int(fields["content-length"]) > 5_000_000
