"""Attacks on an HTTP/2 server: the octets of each, and what is to become of the attacker."""

import dataclasses

import rawhttp2 as h2
from http2_case import HEAD, OPEN, ask, head
from rawhttp2 import (
    ADDED_TO_TABLE, END_HEADERS, END_STREAM, LARGEST_WINDOW, block, continuation, data, dependency,
    frame, headers, indexed, literal, ping, reset, settings, table_size, window_update)

FIRST_ADDED = 62  # the dynamic table begins behind the 61 entries of the static one


@dataclasses.dataclass(frozen=True)
class Attack:
    """One connection's worth of octets, to be sent as fast as the server takes them."""

    name: str
    octets: bytes
    # Whether the attacker reads what the server says; one that does not may miss the GOAWAY.
    reads: bool = True


def each(count, octets_of):
    """Streams one after the other."""
    return b"".join(octets_of(2 * i + 1) for i in range(count))


# One field of 4,000 octets, and a thousand times one octet that stands for it.
BOMB = HEAD + literal("x", "a" * 3900, ADDED_TO_TABLE) + indexed(FIRST_ADDED) * 1000

ATTACKS = [
    # CVE-2023-44487: each stream is dropped as soon as it has begun a call.
    Attack("rapid reset", each(20_000, lambda n: headers(n, HEAD) + reset(n))),
    Attack("rapid reset of whole requests", each(20_000, lambda n: ask(n) + reset(n))),
    # CVE-2025-8671: the server is made to reset, so that the client has sent no reset at all.
    Attack("made you reset by windows",
           each(3000, lambda n: headers(n, HEAD) + window_update(n, LARGEST_WINDOW))),
    Attack("made you reset by bad trailers",
           each(3000, lambda n: headers(n, HEAD)
                + headers(n, block(("X", "1")), END_HEADERS | END_STREAM))),
    Attack("made you reset by bad heads", each(3000, lambda n: ask(n, head(("X", "1"))))),
    Attack("PING flood", ping() * 50_000),
    Attack("PING flood beside requests",
           each(500, lambda n: ask(n) + ping() * 40)),
    Attack("answers to no PING", frame(h2.PING, h2.ACK, 0, bytes(8)) * 50_000),
    Attack("SETTINGS flood", settings((h2.INITIAL_WINDOW_SIZE, 70_000)) * 20_000),
    Attack("SETTINGS flood without values", settings() * 20_000),
    Attack("WINDOW_UPDATE flood", window_update(0, 1) * 50_000),
    Attack("WINDOW_UPDATE flood on a stream", OPEN + window_update(1, 1) * 50_000),
    Attack("PRIORITY flood", b"".join(
        frame(h2.PRIORITY, 0, 2 * i + 1, dependency(0)) for i in range(50_000))),
    Attack("empty DATA flood", OPEN + data(1) * 50_000),
    Attack("flood of unknown frames", frame(h2.UNKNOWN, 0, 0, b"") * 50_000),
    Attack("GOAWAY flood", OPEN + frame(h2.GOAWAY, 0, 0, bytes(8) + bytes(100)) * 20_000),
    # CVE-2024-28182
    Attack("CONTINUATION flood", headers(1, HEAD, 0) + continuation(1, b"", 0) * 50_000),
    Attack("CONTINUATION flood of long fields", headers(1, HEAD, 0)
           + continuation(1, literal("x", "a" * 16_000), 0) * 500),
    Attack("header section without fields", headers(1, b"", 0)
           + continuation(1, table_size(0) * 16_000, 0) * 500),
    Attack("HPACK bomb", each(2000, lambda n: headers(n, BOMB))),
    Attack("PING flood without reading", ping() * 200_000, reads=False),
    Attack("SETTINGS flood without reading", settings() * 200_000, reads=False),
    Attack("answers that nobody reads",
           each(100_000, lambda n: headers(n, head(path="/no/such"), END_HEADERS | END_STREAM)
                + reset(n)), reads=False),
]
