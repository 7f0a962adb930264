"""A client that makes very many calls over HTTP/2 with little of its own in the way.

Its header fields and those that it asks for stand for themselves (a dynamic table of size 0), so that
a block of bytes always means the same and is decoded once.
"""

import os
import socket
import time

import hpack

import rawhttp2 as h2

SMALL_TABLE = h2.settings((h2.HEADER_TABLE_SIZE, 0))
ALL_THE_WINDOW = h2.window_update(0, h2.LARGEST_WINDOW - h2.DEFAULT_WINDOW)
PREFACE = h2.PREFACE + SMALL_TABLE + ALL_THE_WINDOW


def request(path):
    """The header block of a gRPC request."""
    return h2.block(
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
        ("te", "trailers"), ("content-type", "application/grpc"))


def message(payload):
    """One message of one `bytes` field numbered 1, behind gRPC's prefix."""
    length, left = b"", len(payload)
    while left > 0x7f:
        length += bytes([left & 0x7f | 0x80])
        left >>= 7
    encoded = b"\x0a" + length + bytes([left]) + payload if payload else b""
    return framed(encoded)


def framed(encoded):
    return b"\0" + h2.word(len(encoded)) + encoded


def call(stream, block, body):
    return h2.headers(stream, block) + h2.data(stream, body, h2.END_STREAM)


class Client:
    """One connection. Counts how each stream ends; what arrives in DATA is counted, not kept."""

    def __init__(self, address, settings=b"", source=None):
        self.socket = h2.dial(address, source)
        self.socket.settimeout(30)
        self.rest = b""
        self.next_stream = 1
        self.open = set()
        self.ok = 0
        self.failures = []
        self.received = {}  # payload bytes of each open stream
        self.statuses = {}
        self.socket.sendall(PREFACE + settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def opened(self):
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.open.add(stream)
        return stream

    def calls(self, count, path, body, at_once=100):
        """Makes so many calls, at most `at_once` at a time, and waits for all of them."""
        block, left = request(path), count
        while left or self.open:
            room = min(left, at_once - len(self.open))
            if room > at_once // 2 or room == left > 0:
                self.socket.sendall(b"".join(call(self.opened(), block, body) for _ in range(room)))
                left -= room
            self.read()

    def read(self):
        got = self.socket.recv(1 << 18)
        assert got, f"the server closed the connection; {len(self.open)} calls are open"
        buffer, at = self.rest + got, 0
        while len(buffer) - at >= 9:
            end = at + 9 + int.from_bytes(buffer[at:at + 3], "big")
            if end > len(buffer):
                break
            stream = int.from_bytes(buffer[at + 5:at + 9], "big")
            self.take(buffer[at + 3], buffer[at + 4], stream, buffer, at + 9, end)
            at = end
        self.rest = buffer[at:]

    def take(self, kind, flags, stream, buffer, start, end):
        if kind == h2.DATA:
            self.received[stream] = self.received.get(stream, 0) + end - start
        elif kind == h2.HEADERS and flags & h2.END_STREAM:
            self.ended(stream, self.status(buffer[start:end]))
        elif kind == h2.RST_STREAM:
            # A server may ask us to stop sending once it has answered.
            if stream in self.open:
                self.ended(stream, f"reset {int.from_bytes(buffer[start:end], 'big')}")
        elif kind == h2.SETTINGS and not flags & h2.ACK:
            self.socket.sendall(h2.frame(h2.SETTINGS, h2.ACK, 0))
        elif kind == h2.PING and not flags & h2.ACK:
            self.socket.sendall(h2.frame(h2.PING, h2.ACK, 0, buffer[start:end]))
        elif kind == h2.GOAWAY:
            self.failures.append(f"GOAWAY {int.from_bytes(buffer[start + 4:start + 8], 'big')}")

    def status(self, block):
        if block not in self.statuses:
            fields = hpack.Decoder().decode(block)
            self.statuses[block] = next((v for k, v in fields if k == "grpc-status"), "none")
        return self.statuses[block]

    def ended(self, stream, status):
        assert stream in self.open, f"stream {stream} ended twice"
        self.open.remove(stream)
        self.received.pop(stream, None)
        if status == "0":
            self.ok += 1
        else:
            self.failures.append(status)


# -- what a process holds


def resident(pid):
    """Resident memory, KiB."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)


def proportional(pid):
    """Its share of memory (PSS), KiB."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def descriptors(pid):
    """(open descriptors, those of them that are sockets)"""
    links = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            pass
    return len(links), sum(link.startswith("socket:") for link in links)


def abort(connection):
    """Closes a socket with a reset."""
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, "little") + (0).to_bytes(4, "little"))
    connection.close()


def settle(sample, quiet=0.3, within=10):
    """The value of `sample()` once it has not changed for a while."""
    value, since, end = sample(), time.monotonic(), time.monotonic() + within
    while time.monotonic() - since < quiet and time.monotonic() < end:
        time.sleep(0.02)
        if (now := sample()) != value:
            value, since = now, time.monotonic()
    return value
