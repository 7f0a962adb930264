"""HTTP/2 frame by frame: makes frames, right or wrong, and reads what a server answers.

The bytes that go out are made here without any checks, since most of what the tests send is wrong.
What comes in is read by RFC 9113 and kept, so that a test can ask what has happened so far.
"""

import contextlib
import dataclasses
import enum
import socket
import time

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

# Frame types (RFC 9113 §6).
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 5, 6, 7, 8, 9
UNKNOWN = 0xbe  # no registered type

# Flags; ACK shares its bit with END_STREAM.
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 0x1, 0x1, 0x4, 0x8, 0x20

# Settings (RFC 9113 §6.5.2).
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS = 1, 2, 3
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 4, 5, 6


class Code(enum.IntEnum):
    """Error codes (RFC 9113 §7)."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xa
    ENHANCE_YOUR_CALM = 0xb
    INADEQUATE_SECURITY = 0xc
    HTTP_1_1_REQUIRED = 0xd


RESERVED = 1 << 31  # the bit in front of a stream's number
LARGEST_FRAME = 1 << 14  # what every receiver takes before it says otherwise
DEFAULT_WINDOW = (1 << 16) - 1
LARGEST_WINDOW = (1 << 31) - 1

# Seconds for a server to do what it must; on one machine it needs a few milliseconds.
PATIENCE = 2


def word(number, octets=4):
    return number.to_bytes(octets, "big")


# -- frames


def frame(kind, flags, stream, payload=b""):
    return word(len(payload), 3) + bytes([kind, flags]) + word(stream) + payload


def headers(stream, block, flags=END_HEADERS):
    return frame(HEADERS, flags, stream, block)


def continuation(stream, block, flags=END_HEADERS):
    return frame(CONTINUATION, flags, stream, block)


def data(stream, payload=b"", flags=0):
    return frame(DATA, flags, stream, payload)


def settings(*pairs):
    payload = b"".join(word(name, 2) + word(value) for name, value in pairs)
    return frame(SETTINGS, 0, 0, payload)


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, word(increment))


def reset(stream, code=Code.CANCEL):
    return frame(RST_STREAM, 0, stream, word(code))


def ping(payload=b"in order"):
    return frame(PING, 0, 0, payload)


def padded(payload, padding, said=None):
    """A payload with its padding; `said` is the length that it claims to have."""
    return bytes([len(padding) if said is None else said]) + payload + padding


def dependency(stream, weight=15):
    return word(stream) + bytes([weight])


# -- HPACK (RFC 7541), each field in the plainest form


def integer(value, bits, first=0):
    """An integer behind the `8 - bits` leading bits of `first` (§5.1)."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out = bytearray([first | most])
    value -= most
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def octets(text):
    return text.encode("latin-1") if isinstance(text, str) else text


def string(text):
    return integer(len(octets(text)), 7) + octets(text)


def indexed(index):
    return integer(index, 7, 0x80)


NOT_INDEXED, NEVER_INDEXED, ADDED_TO_TABLE = b"\x00", b"\x10", b"\x40"


def literal(name, value, form=NOT_INDEXED):
    return form + string(name) + string(value)


def block(*fields):
    return b"".join(literal(name, value) for name, value in fields)


def table_size(size):
    return integer(size, 5, 0x20)


# -- the other end


@dataclasses.dataclass
class Answer:
    """What has come on one stream."""

    fields: list = dataclasses.field(default_factory=list)
    data: bytes = b""
    ended: bool = False
    reset: int | None = None
    frames: int = 0

    @property
    def over(self):
        return self.ended or self.reset is not None

    def field(self, name):
        return next((value for key, value in self.fields if key == name), None)


class Connection:
    """A client's connection. `pump` reads until something is so; nothing else blocks."""

    def __init__(self, address):
        self.socket = dial(address)
        self.buffer = b""
        self.decoder = hpack.Decoder()
        self.answers = {}
        self.order = []  # the frame types received
        self.block = b""
        self.pings, self.settings, self.settings_acks = [], {}, 0
        self.goaway, self.closed = None, False
        self.credit = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def greet(self):
        """The prefaces of both sides, each acknowledged (RFC 9113 §3.4)."""
        self.send(PREFACE + settings())
        assert self.pump(lambda: SETTINGS in self.order), "the server sent no preface"
        assert self.order[0] == SETTINGS, f"the server's first frame is of type {self.order[0]}"
        self.send(frame(SETTINGS, ACK, 0))
        assert self.pump(lambda: self.settings_acks == 1), "our SETTINGS were not acknowledged"

    def send(self, octets):
        # A server that has had enough may have closed already; what it said can still be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            self.socket.settimeout(PATIENCE)
            self.socket.sendall(octets)

    def answer(self, stream):
        return self.answers.setdefault(stream, Answer())

    def pump(self, condition, within=PATIENCE):
        """Whether `condition()` holds, now or once more has been read."""
        end = time.monotonic() + within
        while not condition():
            left = end - time.monotonic()
            if self.closed or left <= 0:
                return False
            self.read(left)
        return True

    def read(self, within):
        self.socket.settimeout(within)
        try:
            got = self.socket.recv(1 << 16)
        except TimeoutError:
            return
        except ConnectionResetError:
            got = b""
        self.closed = not got
        self.buffer += got
        while len(self.buffer) >= 9:
            whole = 9 + int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < whole:
                break
            kind, flags = self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big")
            payload, self.buffer = self.buffer[9:whole], self.buffer[whole:]
            self.take(kind, flags, stream, payload)

    def take(self, kind, flags, stream, payload):
        self.order.append(kind)
        if stream:
            self.answer(stream).frames += 1
        number = int.from_bytes(payload[:4], "big")
        if kind == DATA:
            self.answer(stream).data += payload
            self.answer(stream).ended |= bool(flags & END_STREAM)
        elif kind in (HEADERS, CONTINUATION):
            self.take_headers(kind, flags, stream, payload)
        elif kind == RST_STREAM:
            self.answer(stream).reset = number
        elif kind == SETTINGS and flags & ACK:
            self.settings_acks += 1
        elif kind == SETTINGS:
            for at in range(0, len(payload), 6):
                name = int.from_bytes(payload[at:at + 2], "big")
                self.settings[name] = int.from_bytes(payload[at + 2:at + 6], "big")
        elif kind == PING and flags & ACK:
            self.pings.append(payload)
        elif kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        elif kind == WINDOW_UPDATE:
            self.credit[stream] = self.credit.get(stream, 0) + number

    def take_headers(self, kind, flags, stream, payload):
        if kind == HEADERS:
            self.block = b""
            self.answer(stream).ended |= bool(flags & END_STREAM)
        self.block += payload
        if flags & END_HEADERS:
            self.answer(stream).fields += self.decoder.decode(self.block)


def dial(address, source=None):
    """A connected socket to `unix:PATH` or `HOST:PORT`, from an address of this machine's."""
    if address.startswith("unix:"):
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(PATIENCE)
        made.connect(address.removeprefix("unix:"))
        return made
    host, port = address.rsplit(":", 1)
    made = socket.create_connection(
        (host, int(port)), timeout=PATIENCE, source_address=source and (source, 0))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
