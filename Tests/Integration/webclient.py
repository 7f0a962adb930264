"""Clients of plain HTTP: one request on a connection of its own, over HTTP/1.1 or HTTP/2, and gRPC-Web on top.

Bodies are framed here by the specifications alone, so that what the router reads and writes is held against them.
"""

import base64
import dataclasses
import http.client
import urllib.parse

import rawhttp2 as h2

PATIENCE = 30
WIDE = 1 << 30  # a window that nothing here fills


@dataclasses.dataclass
class Reply:
    status: int
    fields: list
    body: bytes

    def field(self, name):
        values = self.all(name)
        assert len(values) < 2, f"{name} comes {len(values)} times"
        return values[0] if values else None

    def all(self, name):
        return [value for key, value in self.fields if key == name]


def http1(address, method, path, fields=(), body=b""):
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in fields:
            connection.putheader(name, value)
        if body or method in ("POST", "PUT", "PATCH"):
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return Reply(
            answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())
    finally:
        connection.close()


def http2(address, method, path, fields=(), body=b""):
    block = h2.block(
        (":method", method), (":scheme", "http"), (":authority", "mesh"), (":path", path), *fields)
    with h2.Connection(address) as connection:
        connection.greet()
        connection.send(h2.window_update(0, WIDE) + h2.headers(
            1, block, h2.END_HEADERS | (0 if body else h2.END_STREAM)) + h2.window_update(1, WIDE))
        answer, credit = connection.answer(1), connection.credit
        credit[0] = credit.get(0, 0) + h2.DEFAULT_WINDOW
        credit[1] = credit.get(1, 0) + connection.settings.get(h2.INITIAL_WINDOW_SIZE, h2.DEFAULT_WINDOW)
        for start in range(0, len(body), h2.LARGEST_FRAME):
            piece = body[start:start + h2.LARGEST_FRAME]
            assert connection.pump(
                lambda: answer.over or min(credit[0], credit[1]) >= len(piece), PATIENCE)
            if answer.over:
                break
            for window in (0, 1):
                credit[window] -= len(piece)
            last = start + len(piece) == len(body)
            connection.send(h2.data(1, piece, h2.END_STREAM if last else 0))
        assert connection.pump(lambda: answer.over, PATIENCE), "there is no answer"
        assert answer.ended, f"reset with {answer.reset}"
        fields = [(name, value) for name, value in answer.fields if not name.startswith(":")]
        return Reply(int(answer.field(":status")), fields, answer.data)


ASKS = {"http/1.1": http1, "http/2": http2}


# -- gRPC-Web (grpc/doc/PROTOCOL-WEB.md)


def framed(message, flag=0):
    return bytes([flag]) + len(message).to_bytes(4, "big") + message


def unframed(body):
    """Flag and payload of each frame."""
    found = []
    while body:
        end = 5 + int.from_bytes(body[1:5], "big")
        assert len(body) >= end, f"a frame is cut off: {body[:40]}"
        found.append((body[0], body[5:end]))
        body = body[end:]
    return found


def untexted(body):
    """Pieces of base64 in a row, each with its padding."""
    assert len(body) % 4 == 0, f"{len(body)} digits"
    return b"".join(base64.b64decode(body[at:at + 4], validate=True) for at in range(0, len(body), 4))


@dataclasses.dataclass
class Outcome:
    """What a call by any protocol comes to."""

    messages: list
    code: int
    text: str
    initial: list
    trailing: list


OWN = {"content-type", "content-length", "transfer-encoding", "date", "connection", "keep-alive", "grpc-status",
       "grpc-message", "grpc-encoding", "grpc-accept-encoding"}


def metadata(pairs):
    """In one order; `-bin` values as bytes, however they are padded."""
    return sorted(
        (name, base64.b64decode(value + "=" * (-len(value) % 4)) if name.endswith("-bin") else value)
        for name, value in pairs if name not in OWN)


def grpc_web(ask, address, path, message, fields=(), kind="application/grpc-web+proto", body=None):
    is_text = "-text" in kind
    if body is None:
        body = framed(message)
        body = base64.b64encode(body) if is_text else body
    reply = ask(address, "POST", path, [("content-type", kind), ("x-grpc-web", "1"), *fields], body)
    return outcome(reply, kind)


def outcome(reply, kind):
    assert reply.status == 200, reply
    assert reply.field("content-type") == kind
    frames = unframed(untexted(reply.body) if "-text" in kind else reply.body)
    if not frames:
        trailers, initial = reply.fields, []
    else:
        assert [flag for flag, _ in frames if flag & 0x80] == [0x80] and frames[-1][0] == 0x80
        lines = frames.pop()[1].decode("latin-1").split("\r\n")
        assert lines.pop() == "", "every line has an end"
        trailers = [tuple(line.split(": ", 1)) for line in lines]
        initial = reply.fields
        assert reply.field("grpc-status") is None
    fields = dict(trailers)
    return Outcome(
        [payload for _, payload in frames], int(fields["grpc-status"]),
        urllib.parse.unquote(fields.get("grpc-message", "")), metadata(initial), metadata(trailers))
