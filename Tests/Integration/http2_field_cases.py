"""What makes an HTTP/2 message malformed (RFC 9113 §8), and field blocks that HPACK cannot read
(RFC 7541)."""

import hpack

import rawhttp2 as h2
from http2_case import (
    ANSWERED, BODY, FINISH, HEAD, MALFORMED, OPEN, REQUEST, SERVED, ask, case, connection_error,
    end_of, head, stream_error)
from rawhttp2 import (
    ADDED_TO_TABLE, END_HEADERS, END_STREAM, NEVER_INDEXED, PADDED, Code, block, continuation,
    data, headers, indexed, integer, literal, padded, reset, string, table_size)

LAST = END_HEADERS | END_STREAM


def bad(name, *more, **changed):
    """A request that is malformed by its header section alone."""
    return case(name, MALFORMED, ask(1, head(*more, **changed)))


def good(name, *more, **changed):
    return case(name, SERVED, ask(1, head(*more, **changed)))


def well_formed(name, *more, **changed):
    """A request that HTTP allows and gRPC does not: the router refuses it by a status, and nothing is reset."""
    return case(name, SERVED | {("answered", "2xx")}, ask(1, head(*more, **changed)))


def trailed(name, allowed, *fields):
    return case(name, allowed, OPEN + data(1, BODY) + headers(1, block(*fields), LAST))


def with_octet(octet):
    return b"x" + bytes([octet]) + b"y"


MESSAGES = [
    trailed("8.1 a request may have trailers", SERVED, ("x-checksum", "1")),
    trailed("8.1 trailers may be empty", SERVED),
    case("8.1 trailers without END_STREAM", MALFORMED,
         OPEN + data(1, BODY) + headers(1, block(("x", "1")))),
    case("8.1 a second head without END_STREAM", MALFORMED, OPEN + headers(1, HEAD) + FINISH),
    case("8.1 a second head with END_STREAM", MALFORMED, OPEN + headers(1, HEAD, LAST)),
    case("8.1 DATA behind the trailers", stream_error(Code.STREAM_CLOSED),
         h2.settings((h2.INITIAL_WINDOW_SIZE, 0)) + OPEN + data(1, BODY)
         + headers(1, block(("x", "1")), LAST) + data(1, BODY)),
    trailed("8.1 a pseudo-header field of requests in trailers", MALFORMED, (":path", "/x/y")),
    trailed("8.1 a pseudo-header field of responses in trailers", MALFORMED, (":status", "200")),
    trailed("8.1 an unknown pseudo-header field in trailers", MALFORMED, (":x", "1")),
    trailed("8.2.1 an upper-case name in trailers", MALFORMED, ("X-Sum", "1")),
    trailed("8.2.1 a line feed in a trailer", MALFORMED, ("x-sum", "1\n2")),
    trailed("8.2.2 connection in trailers", MALFORMED, ("connection", "close")),
]

LENGTH = str(len(BODY))

CONTENT_LENGTH = [
    good("8.1.1 content-length may be right", ("content-length", LENGTH)),
    case("8.1.1 content-length does not count padding", SERVED,
         headers(1, head(("content-length", LENGTH)))
         + data(1, padded(BODY, bytes(99)), PADDED | END_STREAM)),
    case("8.1.1 content-length counts all of DATA", SERVED,
         headers(1, head(("content-length", LENGTH))) + data(1, BODY[:3])
         + data(1, BODY[3:]) + headers(1, block(("x", "1")), LAST)),
    *(bad(f"8.1.1 content-length of {value!r} for {LENGTH} octets", ("content-length", value))
      for value in ("0", str(len(BODY) - 1), str(len(BODY) + 1), "", "twelve", "-1",
                    "+" + LENGTH, LENGTH + ".0", str(2**64 + len(BODY)))),
    case("8.1.1 content-length without DATA", MALFORMED,
         headers(1, head(("content-length", LENGTH)), LAST)),
    case("8.1.1 content-length that trailers end too early", MALFORMED,
         headers(1, head(("content-length", "99"))) + data(1, BODY)
         + headers(1, block(("x", "1")), LAST)),
    bad("8.1.1 two lengths that differ", ("content-length", LENGTH), ("content-length", "99")),
]

NAMES = [
    bad("8.2.1 an upper-case name", ("X-Case", "1")),
    bad("8.2.1 a name with one upper-case letter", ("x-casE", "1")),
    case("8.2.1 an upper-case pseudo-header field", MALFORMED,
         ask(1, block((":Path", REQUEST[":path"])) + head(without=[":path"]))),
    # §8.2.1 lists 0x00-0x20, 0x7f-0xff and the colon; the rest is no token (RFC 9110 §5.1).
    *(bad(f"8.2.1 octet 0x{octet:02x} in a name", (with_octet(octet), "1"))
      for octet in (0x00, 0x01, 0x09, 0x0a, 0x0d, 0x20, 0x3a, 0x7f, 0x80, 0xff,
                    0x22, 0x28, 0x2c, 0x2f, 0x3b, 0x40, 0x5b, 0x7b)),
    bad("8.2.1 an empty name", ("", "1")),
    well_formed("8.2.1 every character of a token may be in a name",
                ("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz", "1")),
]

VALUES = [
    *(bad(f"8.2.1 octet 0x{octet:02x} in a value", ("x", with_octet(octet)))
      for octet in (0x00, 0x0a, 0x0d, 0x01, 0x1f, 0x7f)),
    # gRPC lets anybody strip these, and its clients send them: such a request is not malformed here.
    *(good(f"8.2.1 {name} {where} a value", ("x", value))
      for name, space in (("a space", " "), ("a tab", "\t"))
      for where, value in (("before", space + "y"), ("behind", "y" + space))),
    good("8.2.1 a value of one space", ("x", " ")),
    bad("8.2.1 a line feed in :path", path="/echo.v1.Echo/Echo\n"),
    bad("8.2.1 a NUL in :authority", authority="me\0sh"),
    well_formed("8.2.1 spaces, tabs and octets above 0x7f may be within a value",
                ("x", "a b\tc\xe9\xff")),
    good("8.2.1 a value may be empty", ("x", "")),
]

CONNECTION_SPECIFIC = [
    *(bad(f"8.2.2 {name}", (name, value)) for name, value in (
        ("connection", "close"), ("proxy-connection", "keep-alive"), ("keep-alive", "timeout=5"),
        ("transfer-encoding", "chunked"), ("upgrade", "websocket"))),
    bad("8.2.2 connection that names a field", ("connection", "x"), ("x", "1")),
    bad("8.2.2 transfer-encoding of identity", ("transfer-encoding", "identity")),
    *(case(f"8.2.2 te of {value!r}", MALFORMED, ask(1, head(("te", value), without=["te"])))
      for value in ("gzip", "trailers, deflate", "")),
    case("8.2.2 te may be absent", ANSWERED, ask(1, head(without=["te"]))),
]

REGULAR = [(k, v) for k, v in REQUEST.items() if k[0] != ":"]


def late(name):
    """A request whose pseudo-header field stands behind a regular one."""
    return block(*((k, v) for k, v in REQUEST.items() if k[0] == ":" and k != name),
                 REGULAR[0], (name, REQUEST[name]), *REGULAR[1:])


PSEUDO = [
    *(bad(f"8.3.1 no {name}", without=[name]) for name in (":method", ":scheme", ":path")),
    bad("8.3.1 no pseudo-header field at all",
        without=[":method", ":scheme", ":path", ":authority"]),
    case("8.3.1 host may stand for :authority", SERVED,
         ask(1, head(("host", "mesh"), without=[":authority"]))),
    # HTTP/2 does not ask for an authority; the URI of scheme "http" does (RFC 9110 §4.2.1).
    case("8.3.1 neither :authority nor host", SERVED | MALFORMED,
         ask(1, head(without=[":authority"]))),
    *(case(f"8.3 two of {name}", MALFORMED, ask(1, block((name, REQUEST[name])) + HEAD))
      for name in (":method", ":scheme", ":path", ":authority")),
    *(case(f"8.3 {name} behind a regular field", MALFORMED, ask(1, late(name)))
      for name in (":method", ":scheme", ":path", ":authority")),
    case("8.3 pseudo-header fields may come in any order", SERVED,
         ask(1, block(*sorted((k, v) for k, v in REQUEST.items() if k[0] == ":"), *REGULAR))),
    case("8.3 :status in a request", MALFORMED, ask(1, block((":status", "200")) + HEAD)),
    case("8.3 an unknown pseudo-header field", MALFORMED, ask(1, block((":x", "1")) + HEAD)),
    case("8.3 a pseudo-header field without a name", MALFORMED, ask(1, block((":", "1")) + HEAD)),
    # Extended CONNECT is an extension that the server has not offered (RFC 8441).
    case("8.3 :protocol without the extension", MALFORMED,
         ask(1, block((":protocol", "websocket")) + HEAD)),
    bad("8.3.1 an empty :path", path=""),
    bad("8.3.1 a :path without a slash in front", path="echo.v1.Echo/Echo"),
    bad("8.3.1 a :path of * without OPTIONS", path="*"),
    bad("8.3.1 a space in :path", path="/echo.v1.Echo/Echo HTTP/1.1"),
    bad("8.3.1 an empty :method", method=""),
    bad("8.3.1 a space in :method", method="PO ST"),
    bad("8.3.1 an empty :scheme", scheme=""),
    bad("8.3.1 a space in :scheme", scheme="ht tp"),
    good("8.3.1 host may agree with :authority", ("host", "mesh")),
    bad("8.3.1 host that differs from :authority", ("host", "other")),
    bad("8.5 CONNECT with :scheme and :path", method="CONNECT"),
    bad("8.5 CONNECT without :authority", method="CONNECT",
        without=[":scheme", ":path", ":authority"]),
    # 2xx would say that a tunnel is open (RFC 9110 §9.3.6).
    case("8.5 CONNECT, where nothing tunnels, gets no 2xx",
         MALFORMED | {("answered", "5xx")} | stream_error(Code.REFUSED_STREAM, Code.CONNECT_ERROR),
         headers(1, head(without=[":scheme", ":path"], method="CONNECT", authority="mesh:80"))),
    case("10.5.1 a field section past the announced size is refused whole",
         (ANSWERED | MALFORMED | stream_error(Code.ENHANCE_YOUR_CALM)) - SERVED,
         headers(1, HEAD, 0)
         + b"".join(continuation(1, block(("x", "a" * 8000)), 0) for _ in range(5))
         + continuation(1, b"") + FINISH),
]

UNREADABLE = connection_error(Code.COMPRESSION_ERROR)


def unreadable(name, *blocks):
    return case(name, UNREADABLE, *(ask(2 * i + 1, fields) for i, fields in enumerate(blocks)))


def readable(name, fields, *more):
    """Field blocks of one request after the other; the last is the one to be served."""
    blocks = [fields, *more]
    return case(name, SERVED, *(ask(2 * i + 1, fields) for i, fields in enumerate(blocks)),
                stream=2 * len(blocks) - 1)


def huffman(coded):
    """A field whose value is Huffman-coded octets, right or wrong."""
    return HEAD + h2.NOT_INDEXED + string("x") + integer(len(coded), 7, 0x80) + coded


REST = [(k, v) for k, v in REQUEST.items() if k != ":path"]
PATH = literal(":path", REQUEST[":path"], ADDED_TO_TABLE)
FIRST_ADDED = 62  # the dynamic table begins behind the 61 entries of the static one
ENDLESS = b"\xff" * 12 + b"\x7f"  # what continues an integer past any that fits 64 bits

TABLES = [
    unreadable("HPACK 6.1 index 0", HEAD + indexed(0)),
    unreadable("HPACK 2.3.3 an index behind the empty dynamic table", HEAD + indexed(FIRST_ADDED)),
    unreadable("HPACK 2.3.3 an index behind the one entry there is",
               PATH + block(*REST), HEAD + indexed(FIRST_ADDED + 1)),
    unreadable("HPACK 2.3.3 an index of a million", HEAD + indexed(10**6)),
    unreadable("HPACK 2.3.3 a name's index behind the table",
               HEAD + integer(FIRST_ADDED, 4) + string("1")),
    unreadable("HPACK 2.3.3 an added name's index behind the table",
               HEAD + integer(FIRST_ADDED, 6, 0x40) + string("1")),
    readable("HPACK 2.3.2 an entry serves the next request",
             PATH + block(*REST), indexed(FIRST_ADDED) + block(*REST)),
    readable("HPACK 6.1 the static table serves",
             indexed(3) + indexed(6) + literal(":path", REQUEST[":path"])
             + integer(1, 4) + string("mesh") + block(*REGULAR)),
    readable("HPACK 6.2.3 a field may never be indexed",
             HEAD + literal("x", "secret", NEVER_INDEXED)),
    readable("HPACK 4.4 an entry larger than the table empties it",
             PATH + block(*REST) + literal("x", "a" * 5000, ADDED_TO_TABLE),
             PATH + block(*REST), indexed(FIRST_ADDED) + block(*REST)),
    unreadable("HPACK 4.4 an entry larger than the table leaves no other",
               PATH + block(*REST) + literal("x", "a" * 5000, ADDED_TO_TABLE),
               HEAD + indexed(FIRST_ADDED)),
    case("4.3 a malformed request feeds the table all the same", SERVED,
         ask(1, head(("Upper", "case")) + PATH), end_of(1),
         ask(3, indexed(FIRST_ADDED) + block(*REST)), stream=3),
    case("4.3 trailers of a stream that is gone feed the table all the same", SERVED,
         OPEN + reset(1) + headers(1, literal(":path", REQUEST[":path"], ADDED_TO_TABLE), LAST),
         ask(3, indexed(FIRST_ADDED) + block(*REST)), stream=3),
]

TABLE_SIZES = [
    readable("HPACK 6.3 the table may be made empty", table_size(0) + HEAD),
    readable("HPACK 6.3 the table may be as large as allowed", table_size(4096) + HEAD),
    readable("HPACK 4.2 the size may change twice at once", table_size(0) + table_size(99) + HEAD),
    readable("HPACK 4.2 an empty table still fits no entry",
             table_size(0) + PATH + block(*REST), HEAD),
    unreadable("HPACK 4.3 emptying the table evicts",
               PATH + block(*REST), table_size(0) + HEAD + indexed(FIRST_ADDED)),
    unreadable("HPACK 6.3 a table larger than allowed", table_size(4097) + HEAD),
    unreadable("HPACK 6.3 a table of four gigabytes", table_size(2**32) + HEAD),
    unreadable("HPACK 4.2 a change of size behind a field", HEAD + table_size(0)),
    unreadable("HPACK 4.2 a change of size between fields",
               block(*REST) + table_size(0) + literal("x", "1")),
    case("HPACK 4.2 a change of size in front of trailers", SERVED,
         OPEN + data(1, BODY) + headers(1, table_size(0) + block(("x", "1")), LAST)),
]

CODING = [
    unreadable("HPACK 5.1 an index without end", HEAD + b"\xff" + ENDLESS),
    unreadable("HPACK 5.1 a length without end", HEAD + h2.NOT_INDEXED + b"\x7f" + ENDLESS),
    unreadable("HPACK 5.1 a table size without end", b"\x3f" + ENDLESS + HEAD),
    unreadable("HPACK 5.1 an index cut short", HEAD + b"\xff\x80"),
    unreadable("HPACK 5.2 a name cut short", HEAD + h2.NOT_INDEXED + string("x-name")[:-1]),
    unreadable("HPACK 5.2 a value cut short", HEAD + literal("x", "value")[:-1]),
    unreadable("HPACK 6.2 a field without a value", HEAD + h2.NOT_INDEXED + string("x")),
    unreadable("HPACK 6.2 a field without anything", HEAD + h2.NOT_INDEXED),
    unreadable("HPACK 5.2 a length of a megabyte", HEAD + h2.NOT_INDEXED + integer(1 << 20, 7)),
    # "a" is 00011 (RFC 7541, appendix B), so 0x1f is that and three ones of padding.
    readable("HPACK 5.2 a value may be Huffman-coded", huffman(b"\x1f")),
    unreadable("HPACK 5.2 Huffman padding of zeros", huffman(b"\x18")),
    unreadable("HPACK 5.2 Huffman padding of eight ones", huffman(b"\x1f\xff")),
    unreadable("HPACK 5.2 Huffman padding alone", huffman(b"\xff")),
    unreadable("HPACK 5.2 the end-of-string symbol in a Huffman code", huffman(b"\xff" * 4)),
    readable("HPACK 5.2 a whole request may be Huffman-coded",
             hpack.Encoder().encode(list(REQUEST.items()), huffman=True)),
    case("4.3 trailers that cannot be read", UNREADABLE,
         OPEN + data(1, BODY) + headers(1, indexed(0), LAST)),
    case("4.3 CONTINUATION that cannot be read", UNREADABLE,
         headers(1, HEAD, 0) + continuation(1, indexed(0))),
    case("4.3 trailers of a stream that is gone cannot be read", UNREADABLE,
         OPEN + reset(1) + headers(1, indexed(0), LAST)),
    case("4.3 fields behind a malformed one cannot be read", UNREADABLE,
         ask(1, head(("Upper", "case")) + indexed(0))),
]

CASES = [
    *MESSAGES, *CONTENT_LENGTH, *NAMES, *VALUES, *CONNECTION_SPECIFIC, *PSEUDO, *TABLES,
    *TABLE_SIZES, *CODING]
