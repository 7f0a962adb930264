"""How a case of HTTP/2 conformance is written down: steps, outcomes, and the echo app's requests.

A case is a name that cites the section, the steps of a client and the outcomes that the RFC allows.
A step is octets to send or a function of the connection, which waits for something or sends what
depends on the server's settings. Where the RFC names one error, the case demands that one, though
§5.4 lets any generic code stand for a specific one: whoever debugs a client is helped by the
specific one. A stream error may always be treated as a connection error (§5.4.1).
"""

import dataclasses
import typing

import rawhttp2 as h2
from rawhttp2 import (
    END_STREAM, LARGEST_FRAME, Code, block, data, frame, headers, literal, ping, reset, settings,
    word)

# -- outcomes: a set of these is what a case allows

SERVED = frozenset([("served",)])  # the echo came back on the case's stream
ANSWERED = frozenset([("served",), ("answered", "2xx"), ("answered", "4xx")])  # any whole answer
IGNORED = frozenset([("ignored",)])  # nothing came on the case's stream; the connection works
CLOSED = frozenset([("closed",)])  # the TCP connection ended without a word


def connection_error(*codes):
    """A connection error: GOAWAY with one of the codes, then the end of the TCP connection."""
    return frozenset(("connection", code) for code in codes)


def stream_error(*codes):
    return connection_error(*codes) | {("stream", code) for code in codes}


# A malformed request may be answered before it is reset (§8.1.1).
MALFORMED = stream_error(Code.PROTOCOL_ERROR) | {("answered", "4xx")}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    allowed: frozenset
    steps: tuple
    # The stream whose fate decides.
    stream: int = 1
    # Whether the prefaces are exchanged before the steps.
    greeted: bool = True
    # Whether a new request can follow; after the highest stream number none can.
    reusable: bool = True
    # What the server is to echo on the stream.
    body: bytes = b""
    # Frees what the steps hold, before the connection is tried again.
    tidy: typing.Callable = lambda connection: None


def case(name, allowed, *steps, **rest):
    return Case(name, allowed, steps, **{"body": BODY, **rest})


# -- a request that the echo app answers


def message(payload):
    """One gRPC message that holds an `echo.v1.Message`."""
    encoded = b"\x0a" + varint(len(payload)) + payload
    return b"\0" + word(len(encoded)) + encoded


def varint(number):
    low, rest = number & 0x7f, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


BODY = message(b"hello")
REQUEST = {
    ":method": "POST", ":scheme": "http", ":path": "/echo.v1.Echo/Echo", ":authority": "mesh",
    "te": "trailers", "content-type": "application/grpc"}
HEAD = block(*REQUEST.items())


def head(*more, without=(), **changed):
    """A request's field block: `method="GET"` changes `:method`, `more` stands behind the rest."""
    fields = {**REQUEST, **{f":{name}": value for name, value in changed.items()}}
    return block(*((k, v) for k, v in fields.items() if k not in without), *more)


def ask(number, fields=HEAD, body=BODY):
    return headers(number, fields) + data(number, body, END_STREAM)


OPEN = headers(1, HEAD)
FINISH = data(1, BODY, END_STREAM)
PART, REST = data(1, BODY[:4]), data(1, BODY[4:], END_STREAM)
STRANGE = frame(h2.UNKNOWN, 0xff, 0, b"whatever")
# With a window of nothing the answer's head comes and its message does not: the request has ended
# and the stream is open for as long as the client likes.
HELD = settings((h2.INITIAL_WINDOW_SIZE, 0)) + ask(1)
TOO_LARGE = LARGEST_FRAME + 1


def of_size(size):
    """A gRPC message of exactly so many octets."""
    return next(m for m in (message(bytes(size - cut)) for cut in range(6, 12)) if len(m) == size)


LARGE = of_size(LARGEST_FRAME)


def in_pieces(number, body):
    """A request's message in as few DATA frames as there can be, with an empty one at the end."""
    starts = range(0, len(body), LARGEST_FRAME)
    return b"".join(data(number, body[at:at + LARGEST_FRAME]) for at in starts) \
        + data(number, b"", END_STREAM)


def long_head(size):
    """A request's field block of exactly so many octets."""
    for cut in range(10, 20):
        fields = HEAD + literal("x-long", "a" * (size - len(HEAD) - cut))
        if len(fields) == size:
            return fields
    raise AssertionError(f"no field block has {size} octets")


# -- steps that wait or count


def head_of(number):
    def step(connection):
        assert connection.pump(lambda: connection.answer(number).fields), \
            f"no answer began on stream {number}"
    return step


def end_of(number):
    def step(connection):
        assert connection.pump(lambda: connection.answer(number).over), \
            f"stream {number} did not end"
    return step


def end_by_error(number):
    """A stream that has been answered already is reset, or the connection ends."""
    def step(connection):
        connection.pump(lambda: connection.answer(number).reset is not None
                        or connection.goaway is not None)
    return step


def received(number, count):
    """Exactly so many octets of DATA have come, and no more come however long one listens."""
    def step(connection):
        answer = connection.answer(number)
        connection.pump(lambda: len(answer.data) >= count)
        connection.pump(lambda: len(answer.data) > count, within=0.05)
        assert len(answer.data) == count, f"{len(answer.data)} octets of DATA, not {count}"
    return step


def acknowledged(count):
    def step(connection):
        assert connection.pump(lambda: connection.settings_acks == count), \
            f"{connection.settings_acks} of {count} SETTINGS were acknowledged"
    return step


def ponged(*payloads):
    def step(connection):
        connection.pump(lambda: len(connection.pings) >= len(payloads))
        assert sorted(connection.pings) == sorted(payloads), connection.pings
    return step


def not_reset(number):
    """By when a PING is answered no RST_STREAM has come (§5.4.2: never in answer to one)."""
    def step(connection):
        connection.send(ping(b"any RST?"))
        assert connection.pump(lambda: b"any RST?" in connection.pings), "the PING is unanswered"
        assert connection.answer(number).reset is None, "RST_STREAM was answered with RST_STREAM"
    return step


def past_the_limit(connection):
    """Opens as many streams as the server allows and one more, which is what the case is about."""
    limit = connection.settings.get(h2.MAX_CONCURRENT_STREAMS)
    assert limit, "the server announced no limit of concurrent streams"
    connection.watched = 2 * limit + 1
    connection.send(b"".join(headers(2 * i + 1, HEAD) for i in range(limit + 1)))


def cancel_all(connection):
    limit = connection.settings[h2.MAX_CONCURRENT_STREAMS]
    connection.send(b"".join(reset(2 * i + 1) for i in range(limit)))


def pour(number, octets, times):
    """Sends a DATA frame again and again, as fast as the stream's window allows."""
    def step(connection):
        first = connection.settings.get(h2.INITIAL_WINDOW_SIZE, h2.DEFAULT_WINDOW)
        for sent in range(len(octets) - 9, (len(octets) - 9) * (times + 1), len(octets) - 9):
            assert connection.pump(lambda: sent <= first + connection.credit.get(number, 0)), \
                f"no credit after {sent} octets"
            connection.send(octets)
    return step


def discarded(connection):
    """Opens bad requests with DATA behind them, until more has been sent than a window holds."""
    window = connection.settings.get(h2.INITIAL_WINDOW_SIZE, h2.DEFAULT_WINDOW)
    most = 2 * (h2.DEFAULT_WINDOW + connection.credit.get(0, 0))
    sent, number = 0, 1
    while sent < most:
        connection.send(headers(number, head(("Upper", "case"))))
        for _ in range(window // LARGEST_FRAME):
            sent += LARGEST_FRAME
            assert connection.pump(
                lambda: sent <= h2.DEFAULT_WINDOW + connection.credit.get(0, 0)), \
                f"no credit after {sent} octets"
            connection.send(data(number, bytes(LARGEST_FRAME)))
        number += 2
    connection.watched = number
    connection.send(ask(number))
