"""What breaks HTTP/2 and what only looks as if it did: RFC 9113 §3 to §7, frame by frame."""

import rawhttp2 as h2
from http2_case import (
    ANSWERED, BODY, CLOSED, FINISH, HEAD, HELD, IGNORED, LARGE, MALFORMED, ON_CLOSED, OPEN, PART,
    REST, REUSED, SERVED, STRANGE, TOO_LARGE, acknowledged, ask, cancel_all, case,
    connection_error, discarded, end_of, head, head_of, in_pieces, long_head, message, not_reset,
    past_the_limit, ponged, pour, received, stream_error)
from rawhttp2 import (
    ACK, END_HEADERS, END_STREAM, LARGEST_FRAME, LARGEST_WINDOW, PADDED, PRIORITIZED, RESERVED,
    Code, block, continuation, data, dependency, frame, headers, literal, padded, ping, reset,
    settings, window_update, word)

BAD_PREFACE = connection_error(Code.PROTOCOL_ERROR) | CLOSED  # GOAWAY may be omitted (§3.4)

PREFACE = [
    case("3.4 HTTP/1.1 instead of a preface", BAD_PREFACE,
         b"GET /index.html HTTP/1.1\r\nhost: mesh\r\n\r\n", greeted=False),
    case("3.4 a preface wrong in its last octet", BAD_PREFACE,
         h2.PREFACE[:-1] + b"\r" + settings(), greeted=False),
    case("3.4 a preface wrong in its first octet", BAD_PREFACE,
         b"p" + h2.PREFACE[1:] + settings(), greeted=False),
    case("3.4 frames without a preface", BAD_PREFACE, settings() + ask(1), greeted=False),
    case("3.4 a preface cut short", BAD_PREFACE, h2.PREFACE[:18] + settings(), greeted=False),
    case("3.4 HEADERS where SETTINGS must come", BAD_PREFACE, h2.PREFACE + ask(1), greeted=False),
    case("3.4 PING where SETTINGS must come", BAD_PREFACE,
         h2.PREFACE + ping() + settings(), greeted=False),
    case("3.4 an unknown frame where SETTINGS must come", BAD_PREFACE,
         h2.PREFACE + STRANGE + settings(), greeted=False),
    case("3.4 requests need not wait for the server's preface", SERVED,
         h2.PREFACE + settings() + ask(1), greeted=False),
    case("3.4 a preface may come octet by octet", SERVED,
         *(bytes([octet]) for octet in h2.PREFACE + settings()), ask(1), greeted=False),
    case("3.4 a preface's settings count at once", SERVED,
         h2.PREFACE + settings((h2.INITIAL_WINDOW_SIZE, 3)) + ask(1), received(1, 3),
         window_update(1, 1000), greeted=False),
]

FRAME_FORMAT = [
    case("4.1 an unknown frame on the connection is ignored", IGNORED, STRANGE),
    case("4.1 an unknown frame without payload is ignored", IGNORED, frame(h2.UNKNOWN, 0, 0)),
    case("5.5 an unknown frame on an idle stream is ignored", IGNORED,
         frame(h2.UNKNOWN, 0, 7, b"whatever"), stream=7),
    case("5.5 an unknown frame within a request is ignored", SERVED,
         OPEN + PART + frame(h2.UNKNOWN, END_STREAM, 1, b"whatever") + REST),
    case("5.5 an unknown frame on a half-closed stream is ignored", SERVED,
         HELD, head_of(1), frame(h2.UNKNOWN, 0, 1, b"whatever") + window_update(1, 1000)),
    case("5.5 an unknown frame on a closed stream is ignored", SERVED,
         ask(1), end_of(1), frame(h2.UNKNOWN, 0, 1, b"whatever")),
    case("5.5 an unknown frame within a field block", connection_error(Code.PROTOCOL_ERROR),
         headers(1, HEAD[:9], 0) + STRANGE + continuation(1, HEAD[9:])),
    case("4.1 flags that PING does not define are ignored", IGNORED,
         frame(h2.PING, 0xfe, 0, b"flagged!"), ponged(b"flagged!")),
    case("4.1 flags that SETTINGS does not define are ignored", IGNORED,
         frame(h2.SETTINGS, 0xfe, 0), acknowledged(2)),
    case("4.1 flags that HEADERS does not define are ignored", SERVED,
         headers(1, HEAD, END_HEADERS | 0xd2) + FINISH),
    case("4.1 flags that DATA does not define are ignored", SERVED,
         OPEN + data(1, BODY, END_STREAM | 0xf6)),
    case("4.1 flags that WINDOW_UPDATE does not define are ignored", SERVED,
         OPEN + frame(h2.WINDOW_UPDATE, 0xff, 1, word(1)) + FINISH),
    case("4.1 flags that RST_STREAM does not define are ignored", IGNORED,
         OPEN + frame(h2.RST_STREAM, 0xff, 1, word(8))),
    case("4.1 flags that PRIORITY does not define are ignored", SERVED,
         frame(h2.PRIORITY, 0xff, 1, dependency(0)) + ask(1)),
    case("4.1 flags that CONTINUATION does not define are ignored", SERVED,
         headers(1, HEAD[:9], 0) + continuation(1, HEAD[9:], END_HEADERS | 0xfb) + FINISH),
    case("4.1 the reserved bit of PING is ignored", IGNORED,
         frame(h2.PING, 0, RESERVED, b"reserved"), ponged(b"reserved")),
    case("4.1 the reserved bit of SETTINGS is ignored", IGNORED,
         frame(h2.SETTINGS, 0, RESERVED), acknowledged(2)),
    case("4.1 the reserved bit of HEADERS is ignored", SERVED,
         headers(RESERVED | 1, HEAD) + FINISH),
    case("4.1 the reserved bit of DATA is ignored", SERVED,
         OPEN + data(RESERVED | 1, BODY, END_STREAM)),
    case("4.1 the reserved bit of CONTINUATION is ignored", SERVED,
         headers(1, HEAD[:9], 0) + continuation(RESERVED | 1, HEAD[9:]) + FINISH),
    case("4.1 the reserved bit of WINDOW_UPDATE is ignored", IGNORED,
         window_update(RESERVED, 1)),
]

FRAME_SIZE = [
    case("4.2 DATA of the largest size is served", SERVED, OPEN + data(1, LARGE, END_STREAM),
         body=LARGE),
    case("4.2 HEADERS of the largest size is served", SERVED, ask(1, long_head(LARGEST_FRAME))),
    case("4.2 DATA above the largest size", stream_error(Code.FRAME_SIZE_ERROR),
         OPEN + data(1, bytes(TOO_LARGE))),
    case("4.2 HEADERS above the largest size", connection_error(Code.FRAME_SIZE_ERROR),
         ask(1, long_head(TOO_LARGE))),
    case("4.2 CONTINUATION above the largest size", connection_error(Code.FRAME_SIZE_ERROR),
         headers(1, b"", 0) + continuation(1, long_head(TOO_LARGE)) + FINISH),
    case("4.2 trailers above the largest size", connection_error(Code.FRAME_SIZE_ERROR),
         OPEN + headers(1, literal("x", "a" * LARGEST_FRAME), END_HEADERS | END_STREAM)),
    case("4.2 SETTINGS above the largest size", connection_error(Code.FRAME_SIZE_ERROR),
         settings(*[(0xfff0, 0)] * (LARGEST_FRAME // 6 + 1))),
    case("4.2 an unknown frame above the largest size on the connection",
         connection_error(Code.FRAME_SIZE_ERROR), frame(h2.UNKNOWN, 0, 0, bytes(TOO_LARGE))),
    case("4.2 PING above the largest size", connection_error(Code.FRAME_SIZE_ERROR),
         frame(h2.PING, 0, 0, bytes(TOO_LARGE))),
    case("4.2 GOAWAY above the largest size", connection_error(Code.FRAME_SIZE_ERROR),
         frame(h2.GOAWAY, 0, 0, bytes(TOO_LARGE))),
]

IDLE = connection_error(Code.PROTOCOL_ERROR)
# A number below one that was used is unexpected (§5.1.1), and its stream is closed (§5.1).
PASSED_BY = connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)

STREAM_STATES = [
    case("5.1 DATA on an idle stream", IDLE, data(1, BODY, END_STREAM)),
    case("5.1 WINDOW_UPDATE on an idle stream", IDLE, window_update(1, 1)),
    case("5.1 RST_STREAM on an idle stream", IDLE, reset(1)),
    case("5.1 CONTINUATION on an idle stream", IDLE, continuation(1, HEAD)),
    case("5.1 PRIORITY on an idle stream is ignored", IGNORED,
         frame(h2.PRIORITY, 0, 7, dependency(0)), stream=7),
    case("5.1 HEADERS on a stream of the server's", IDLE, ask(2), stream=2),
    case("5.1 DATA on an idle stream of the server's", IDLE, data(2, BODY), stream=2),
    case("5.1 WINDOW_UPDATE on an idle stream of the server's", IDLE, window_update(2, 1),
         stream=2),
    case("5.1 RST_STREAM on an idle stream of the server's", IDLE, reset(2), stream=2),
    case("5.1 DATA on a half-closed stream", stream_error(Code.STREAM_CLOSED),
         HELD, head_of(1), data(1, BODY)),
    case("5.1 DATA behind END_STREAM in one breath", stream_error(Code.STREAM_CLOSED),
         settings((h2.INITIAL_WINDOW_SIZE, 0)) + ask(1) + data(1, BODY)),
    case("5.1 HEADERS on a half-closed stream", stream_error(Code.STREAM_CLOSED),
         HELD, head_of(1), headers(1, block(("late", "1")), END_HEADERS | END_STREAM)),
    case("5.1 CONTINUATION on a half-closed stream",
         connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED),
         HELD, head_of(1), continuation(1, block(("late", "1")))),
    case("5.1 WINDOW_UPDATE on a half-closed stream counts", SERVED,
         HELD, head_of(1), window_update(1, 1000)),
    case("5.1 PRIORITY on a half-closed stream is ignored", SERVED,
         HELD, head_of(1), frame(h2.PRIORITY, 0, 1, dependency(0)) + window_update(1, 1000)),
    case("5.1 RST_STREAM on a half-closed stream ends it", IGNORED,
         HELD, head_of(1), reset(1) + settings((h2.INITIAL_WINDOW_SIZE, 1000))),
    case("5.1 DATA on a closed stream", ON_CLOSED | SERVED,
         ask(1), end_of(1), data(1, BODY, END_STREAM)),
    case("5.1 HEADERS on a closed stream", REUSED | SERVED, ask(1), end_of(1), ask(1)),
    case("5.1 WINDOW_UPDATE on a closed stream is ignored", SERVED,
         ask(1), end_of(1), window_update(1, 1)),
    case("5.1 RST_STREAM on a closed stream is ignored", SERVED, ask(1), end_of(1), reset(1)),
    case("5.1 PRIORITY on a closed stream is ignored", SERVED,
         ask(1), end_of(1), frame(h2.PRIORITY, 0, 1, dependency(0))),
    case("5.1 DATA on a stream that the client reset", ON_CLOSED,
         OPEN + reset(1) + data(1, BODY, END_STREAM)),
    case("5.1 HEADERS on a stream that the client reset", REUSED,
         OPEN + reset(1) + headers(1, HEAD, END_HEADERS | END_STREAM)),
    case("5.1 DATA behind what the server resets is discarded", MALFORMED,
         headers(1, head(("Upper", "case"))) + PART + REST),
    case("5.1 trailers behind what the server resets are discarded", MALFORMED,
         headers(1, head(("Upper", "case"))) + data(1, BODY)
         + headers(1, block(("x", "1")), END_HEADERS | END_STREAM)),
    case("5.1 WINDOW_UPDATE and RST_STREAM behind what the server resets are discarded",
         MALFORMED | IGNORED, headers(1, head(("Upper", "case"))) + window_update(1, 1) + reset(1)),
    case("5.1 DATA that is discarded is credited to the connection", SERVED, discarded),
    case("5.4.2 RST_STREAM is not answered with RST_STREAM", IGNORED,
         OPEN + PART + reset(1), not_reset(1)),
    case("5.1.1 stream numbers must rise", PASSED_BY,
         ask(5), end_of(5), ask(3), stream=3),
    case("5.1.1 a skipped stream is closed while a higher one is open",
         PASSED_BY, headers(5, HEAD) + ask(3), stream=3),
    case("5.1.1 stream numbers may skip", SERVED, ask(1) + ask(77), stream=77),
    case("5.1.1 an even stream number", connection_error(Code.PROTOCOL_ERROR),
         ask(1) + ask(4), stream=4),
    case("5.1.1 the highest stream number is served", SERVED, ask(LARGEST_WINDOW),
         stream=LARGEST_WINDOW, reusable=False),
    case("5.1.1 nothing is above the highest stream number", PASSED_BY,
         ask(LARGEST_WINDOW), end_of(LARGEST_WINDOW), ask(1)),
    case("5.1.2 one stream more than the server allows",
         stream_error(Code.PROTOCOL_ERROR, Code.REFUSED_STREAM), past_the_limit, tidy=cancel_all),
    # RFC 7540 made it a stream error; RFC 9113 took the rule away with the priorities.
    case("5.3.2 HEADERS whose stream depends on itself", stream_error(Code.PROTOCOL_ERROR) | SERVED,
         headers(1, dependency(1) + HEAD, END_HEADERS | PRIORITIZED) + FINISH),
    case("5.3.2 PRIORITY whose stream depends on itself",
         stream_error(Code.PROTOCOL_ERROR) | SERVED,
         OPEN + frame(h2.PRIORITY, 0, 1, dependency(1)) + FINISH),
]

DATA_FRAMES = [
    case("6.1 DATA on stream 0", connection_error(Code.PROTOCOL_ERROR), OPEN + data(0, BODY)),
    case("6.1 DATA may be padded", SERVED,
         OPEN + data(1, padded(BODY, bytes(200)), PADDED | END_STREAM)),
    case("6.1 DATA may be padded by nothing", SERVED,
         OPEN + data(1, padded(BODY, b""), PADDED | END_STREAM)),
    case("6.1 DATA may be all padding", SERVED,
         OPEN + data(1, padded(b"", bytes(255)), PADDED) + FINISH),
    case("6.1 DATA may be empty", SERVED, OPEN + data(1) * 5 + PART + data(1) + REST),
    case("6.1 padding as long as DATA's payload", connection_error(Code.PROTOCOL_ERROR),
         OPEN + data(1, padded(BODY, b"", said=len(BODY) + 1), PADDED)),
    case("6.1 padding longer than DATA's payload", connection_error(Code.PROTOCOL_ERROR),
         OPEN + data(1, padded(BODY, b"", said=255), PADDED)),
    case("6.1 padding of one octet in DATA without room for it",
         connection_error(Code.PROTOCOL_ERROR),
         OPEN + data(1, b"\x01", PADDED)),
    case("6.1 padded DATA without a pad length",
         stream_error(Code.FRAME_SIZE_ERROR) | connection_error(Code.PROTOCOL_ERROR),
         OPEN + data(1, b"", PADDED)),
    case("6.1 padding of DATA that is not zero", SERVED | connection_error(Code.PROTOCOL_ERROR),
         OPEN + data(1, padded(BODY, b"secret"), PADDED | END_STREAM)),
    case("6.1 padding of DATA is credited", SERVED,
         OPEN, pour(1, data(1, padded(b"", bytes(255)), PADDED), 6000), FINISH),
]

HEADERS_FRAMES = [
    case("6.2 HEADERS on stream 0", connection_error(Code.PROTOCOL_ERROR), ask(0)),
    case("6.2 HEADERS may be padded", SERVED,
         headers(1, padded(HEAD, bytes(255)), END_HEADERS | PADDED) + FINISH),
    case("6.2 HEADERS may carry a priority", SERVED,
         headers(1, dependency(0) + HEAD, END_HEADERS | PRIORITIZED) + FINISH),
    case("6.2 HEADERS may be padded and carry a priority", SERVED,
         headers(1, padded(dependency(RESERVED | 7) + HEAD, bytes(9)),
                 END_HEADERS | PADDED | PRIORITIZED) + FINISH),
    case("6.2 padding as long as HEADERS's payload", connection_error(Code.PROTOCOL_ERROR),
         headers(1, padded(HEAD, b"", said=len(HEAD) + 1), END_HEADERS | PADDED)),
    case("6.2 padding longer than HEADERS's payload", connection_error(Code.PROTOCOL_ERROR),
         headers(1, padded(HEAD, b"", said=255), END_HEADERS | PADDED)),
    case("6.2 padding that reaches into the priority",
         connection_error(Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR),
         headers(1, padded(dependency(0), b"", said=3), END_HEADERS | PADDED | PRIORITIZED)),
    case("6.2 padded HEADERS without a pad length",
         connection_error(Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR),
         headers(1, b"", END_HEADERS | PADDED)),
    case("4.2 HEADERS too short for its priority", connection_error(Code.FRAME_SIZE_ERROR),
         headers(1, dependency(0)[:4], END_HEADERS | PRIORITIZED)),
    case("6.2 padding of HEADERS that is not zero", SERVED | connection_error(Code.PROTOCOL_ERROR),
         headers(1, padded(HEAD, b"secret"), END_HEADERS | PADDED) + FINISH),
    case("6.2 HEADERS with an empty field block", MALFORMED, ask(1, b"")),
]

PRIORITY_FRAMES = [
    case("6.3 PRIORITY on stream 0", connection_error(Code.PROTOCOL_ERROR),
         frame(h2.PRIORITY, 0, 0, dependency(1))),
    *(case(f"6.3 PRIORITY of {size} octets", stream_error(Code.FRAME_SIZE_ERROR),
           OPEN + frame(h2.PRIORITY, 0, 1, bytes(size))) for size in (0, 4, 6)),
    case("6.3 PRIORITY within a field block", connection_error(Code.PROTOCOL_ERROR),
         headers(1, HEAD[:9], 0) + frame(h2.PRIORITY, 0, 1, dependency(0))
         + continuation(1, HEAD[9:])),
]

RST_STREAM_FRAMES = [
    case("6.4 RST_STREAM on stream 0", connection_error(Code.PROTOCOL_ERROR), reset(0)),
    case("6.4 RST_STREAM ends the stream", IGNORED, OPEN + PART + reset(1)),
    case("7 an unknown code in RST_STREAM is no different", IGNORED,
         OPEN + PART + reset(1, 0xdeadbeef)),
    *(case(f"6.4 RST_STREAM of {size} octets", connection_error(Code.FRAME_SIZE_ERROR),
           OPEN + frame(h2.RST_STREAM, 0, 1, bytes(size))) for size in (0, 3, 5)),
]


def bad_setting(name, value, code):
    names = {h2.ENABLE_PUSH: "ENABLE_PUSH", h2.INITIAL_WINDOW_SIZE: "INITIAL_WINDOW_SIZE",
             h2.MAX_FRAME_SIZE: "MAX_FRAME_SIZE"}
    return case(f"6.5.2 {names[name]} of {value}", connection_error(code), settings((name, value)))


SETTINGS_FRAMES = [
    case("6.5 SETTINGS on a stream", connection_error(Code.PROTOCOL_ERROR),
         frame(h2.SETTINGS, 0, 1)),
    case("6.5 SETTINGS on an open stream", connection_error(Code.PROTOCOL_ERROR),
         OPEN + frame(h2.SETTINGS, 0, 1)),
    case("6.5 an acknowledgement with a payload", connection_error(Code.FRAME_SIZE_ERROR),
         frame(h2.SETTINGS, ACK, 0, word(h2.MAX_FRAME_SIZE, 2) + word(LARGEST_FRAME))),
    case("6.5 an acknowledgement with one octet", connection_error(Code.FRAME_SIZE_ERROR),
         frame(h2.SETTINGS, ACK, 0, b"\0")),
    *(case(f"6.5 SETTINGS of {size} octets", connection_error(Code.FRAME_SIZE_ERROR),
           frame(h2.SETTINGS, 0, 0, bytes(size))) for size in (1, 5, 7, 13)),
    case("6.5 a preface's SETTINGS of 5 octets", connection_error(Code.FRAME_SIZE_ERROR),
         h2.PREFACE + frame(h2.SETTINGS, 0, 0, bytes(5)), greeted=False),
    *(bad_setting(h2.ENABLE_PUSH, value, Code.PROTOCOL_ERROR) for value in (2, 2**32 - 1)),
    *(bad_setting(h2.INITIAL_WINDOW_SIZE, value, Code.FLOW_CONTROL_ERROR)
      for value in (2**31, 2**32 - 1)),
    *(bad_setting(h2.MAX_FRAME_SIZE, value, Code.PROTOCOL_ERROR)
      for value in (0, 2**14 - 1, 2**24, 2**32 - 1)),
    case("6.5.2 every setting at its least is taken", SERVED,
         settings((h2.HEADER_TABLE_SIZE, 0), (h2.ENABLE_PUSH, 0), (h2.MAX_CONCURRENT_STREAMS, 0),
                  (h2.MAX_FRAME_SIZE, LARGEST_FRAME), (h2.MAX_HEADER_LIST_SIZE, 1000)) + ask(1)),
    case("6.5.2 every setting at its most is taken", SERVED,
         settings((h2.HEADER_TABLE_SIZE, 2**32 - 1), (h2.ENABLE_PUSH, 1),
                  (h2.MAX_CONCURRENT_STREAMS, 2**32 - 1), (h2.INITIAL_WINDOW_SIZE, 2**31 - 1),
                  (h2.MAX_FRAME_SIZE, 2**24 - 1), (h2.MAX_HEADER_LIST_SIZE, 2**32 - 1)) + ask(1),
         end_of(1), settings((h2.INITIAL_WINDOW_SIZE, h2.DEFAULT_WINDOW))),
    case("6.5.2 unknown settings are ignored", SERVED,
         settings((0, 1), (0xbe, 2**32 - 1), (0xffff, 0)) + ask(1)),
    case("6.5.3 settings count in the order they appear", SERVED,
         settings((h2.INITIAL_WINDOW_SIZE, 0), (h2.INITIAL_WINDOW_SIZE, 1000)) + ask(1)),
    case("6.5.3 a bad value is not healed by a good one behind it",
         connection_error(Code.PROTOCOL_ERROR), settings((h2.ENABLE_PUSH, 2), (h2.ENABLE_PUSH, 1))),
    case("6.5.3 every SETTINGS is acknowledged", IGNORED,
         settings() + settings((0xbe, 1)) + settings(), acknowledged(4)),
]

PUSH_PROMISE_FRAMES = [
    case("8.4 PUSH_PROMISE from a client", connection_error(Code.PROTOCOL_ERROR),
         OPEN + frame(h2.PUSH_PROMISE, END_HEADERS, 1, word(2) + HEAD)),
    case("6.6 PUSH_PROMISE on stream 0", connection_error(Code.PROTOCOL_ERROR),
         frame(h2.PUSH_PROMISE, END_HEADERS, 0, word(2) + HEAD)),
    case("6.6 PUSH_PROMISE on an idle stream", connection_error(Code.PROTOCOL_ERROR),
         frame(h2.PUSH_PROMISE, END_HEADERS, 1, word(2) + HEAD)),
    case("6.6 PUSH_PROMISE of an odd stream", connection_error(Code.PROTOCOL_ERROR),
         OPEN + frame(h2.PUSH_PROMISE, END_HEADERS, 1, word(3) + HEAD)),
    case("6.6 PUSH_PROMISE too short for its promise",
         connection_error(Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR),
         OPEN + frame(h2.PUSH_PROMISE, END_HEADERS, 1, b"\0\0")),
]

PING_FRAMES = [
    case("6.7 PING is answered with its own octets", IGNORED,
         ping(b"\0\xff bytes") + ping(b"second.."), ponged(b"\0\xff bytes", b"second..")),
    case("6.7 PING's answer is not answered", IGNORED,
         frame(h2.PING, ACK, 0, b"unasked.") + ping(b"asked..."), ponged(b"asked...")),
    case("6.7 PING on a stream", connection_error(Code.PROTOCOL_ERROR),
         OPEN + frame(h2.PING, 0, 1, bytes(8))),
    case("6.7 PING's answer on a stream", connection_error(Code.PROTOCOL_ERROR),
         OPEN + frame(h2.PING, ACK, 1, bytes(8))),
    *(case(f"6.7 PING of {size} octets", connection_error(Code.FRAME_SIZE_ERROR),
           frame(h2.PING, 0, 0, bytes(size))) for size in (0, 7, 9, 16)),
    case("6.7 PING's answer of 7 octets", connection_error(Code.FRAME_SIZE_ERROR),
         frame(h2.PING, ACK, 0, bytes(7))),
]


def goaway(last=0, code=Code.NO_ERROR, debug=b"", number=0):
    return frame(h2.GOAWAY, 0, number, word(last) + word(code) + debug)


GOAWAY_FRAMES = [
    case("6.8 GOAWAY on a stream", connection_error(Code.PROTOCOL_ERROR), OPEN + goaway(number=1)),
    *(case(f"6.8 GOAWAY of {size} octets", connection_error(Code.FRAME_SIZE_ERROR),
           frame(h2.GOAWAY, 0, 0, bytes(size))) for size in (0, 4, 7)),
    # Afterwards the server may close when the stream is done, so no new request is tried.
    case("6.8 a client's GOAWAY lets its streams finish", SERVED,
         OPEN + PART + goaway() + REST, reusable=False),
    case("6.8 GOAWAY may carry debug data, a reserved bit and an unknown code", SERVED,
         OPEN + PART + goaway(RESERVED, 0xdeadbeef, b"all is well" * 99) + REST, reusable=False),
]

ROOM = LARGEST_WINDOW - h2.DEFAULT_WINDOW  # what a window can still take
MEGA = message(bytes(100_000))

WINDOW_UPDATE_FRAMES = [
    case("6.9 WINDOW_UPDATE of nothing for a stream", stream_error(Code.PROTOCOL_ERROR),
         OPEN + window_update(1, 0)),
    case("6.9 WINDOW_UPDATE of nothing for the connection", connection_error(Code.PROTOCOL_ERROR),
         window_update(0, 0)),
    case("6.9 WINDOW_UPDATE of nothing for a half-closed stream", stream_error(Code.PROTOCOL_ERROR),
         HELD, head_of(1), window_update(1, 0)),
    case("6.9 WINDOW_UPDATE of the reserved bit alone", stream_error(Code.PROTOCOL_ERROR),
         OPEN + window_update(1, RESERVED)),
    case("6.9 WINDOW_UPDATE's reserved bit is ignored", SERVED,
         HELD, head_of(1), window_update(1, RESERVED | 1000)),
    *(case(f"6.9 WINDOW_UPDATE of {size} octets for the connection",
           connection_error(Code.FRAME_SIZE_ERROR),
           frame(h2.WINDOW_UPDATE, 0, 0, bytes(size - 1) + b"\1" if size else b""))
      for size in (0, 3, 5)),
    case("6.9 WINDOW_UPDATE of 3 octets for a stream", connection_error(Code.FRAME_SIZE_ERROR),
         OPEN + frame(h2.WINDOW_UPDATE, 0, 1, b"\0\0\1")),
    case("6.9.1 a window may grow to its most", SERVED,
         window_update(0, ROOM) + OPEN + window_update(1, ROOM) + FINISH),
    case("6.9.1 a stream's window grows too large", stream_error(Code.FLOW_CONTROL_ERROR),
         OPEN + window_update(1, ROOM + 1)),
    case("6.9.1 a stream's window grows too large in two steps",
         stream_error(Code.FLOW_CONTROL_ERROR),
         OPEN + window_update(1, ROOM) + window_update(1, 1)),
    case("6.9.1 the connection's window grows too large", connection_error(Code.FLOW_CONTROL_ERROR),
         window_update(0, ROOM + 1)),
    case("6.9.1 the connection's window grows too large in two steps",
         connection_error(Code.FLOW_CONTROL_ERROR),
         window_update(0, LARGEST_WINDOW // 2) + window_update(0, LARGEST_WINDOW // 2 + 1)),
    case("6.9.1 an answer obeys its stream's window", SERVED,
         settings((h2.INITIAL_WINDOW_SIZE, 1)) + ask(1), received(1, 1),
         window_update(1, 2), received(1, 3), window_update(1, 1000)),
    case("6.9.1 an answer obeys the connection's window", SERVED,
         settings((h2.INITIAL_WINDOW_SIZE, len(MEGA))) + OPEN + in_pieces(1, MEGA),
         received(1, h2.DEFAULT_WINDOW), window_update(0, len(MEGA)), body=MEGA),
    case("6.9.2 SETTINGS opens the windows of open streams", SERVED,
         HELD, head_of(1), settings((h2.INITIAL_WINDOW_SIZE, 1000))),
    case("6.9.2 SETTINGS can make a window negative", SERVED,
         settings((h2.INITIAL_WINDOW_SIZE, 8)) + ask(1), received(1, 8),
         settings((h2.INITIAL_WINDOW_SIZE, 0)) + window_update(1, 8), received(1, 8),
         window_update(1, 1), received(1, 9), window_update(1, 1000)),
    case("6.9.2 SETTINGS makes a stream's window too large",
         connection_error(Code.FLOW_CONTROL_ERROR),
         OPEN + window_update(1, ROOM)
         + settings((h2.INITIAL_WINDOW_SIZE, h2.DEFAULT_WINDOW + 1))),
    # The server may hold a client to what it has not acknowledged or be generous already.
    case("6.9.2 DATA past the default window before the server's settings are acknowledged",
         stream_error(Code.FLOW_CONTROL_ERROR) | SERVED,
         h2.PREFACE + settings() + OPEN + in_pieces(1, MEGA)
         + window_update(0, len(MEGA)) + window_update(1, len(MEGA)), body=MEGA, greeted=False),
]

BROKEN_BLOCK = connection_error(Code.PROTOCOL_ERROR)
BEGUN = headers(1, HEAD[:9], 0)
ENDED = continuation(1, HEAD[9:])

CONTINUATION_FRAMES = [
    case("6.10 a field block may be continued", SERVED, BEGUN + ENDED + FINISH),
    case("6.10 a field block may be cut within names and numbers, and into nothing", SERVED,
         headers(1, b"", 0) + b"".join(continuation(1, HEAD[at:at + 1], 0) for at in range(5))
         + continuation(1, b"", 0) + continuation(1, HEAD[5:]) + FINISH),
    # Any number may come (§6.10), but an abuse may be answered by a connection error (§10.5).
    case("6.10 a hundred CONTINUATIONs", SERVED | connection_error(Code.ENHANCE_YOUR_CALM),
         headers(1, b"", 0) + continuation(1, b"", 0) * 99 + continuation(1, HEAD) + FINISH),
    case("6.10 trailers may be continued", SERVED,
         OPEN + data(1, BODY) + headers(1, b"", END_STREAM) + continuation(1, block(("x", "1")))),
    case("6.2 END_STREAM counts once the field block is whole", ANSWERED,
         headers(1, HEAD[:9], END_STREAM) + ENDED),
    case("6.2 DATA instead of CONTINUATION", BROKEN_BLOCK, BEGUN + FINISH),
    case("6.2 HEADERS instead of CONTINUATION", BROKEN_BLOCK, BEGUN + headers(1, HEAD[9:])),
    case("6.2 HEADERS of another stream instead of CONTINUATION", BROKEN_BLOCK, BEGUN + ask(3)),
    case("6.2 CONTINUATION of another stream", BROKEN_BLOCK, BEGUN + continuation(3, HEAD[9:])),
    case("6.2 PING instead of CONTINUATION", BROKEN_BLOCK, BEGUN + ping() + ENDED),
    case("6.2 SETTINGS instead of CONTINUATION", BROKEN_BLOCK, BEGUN + settings() + ENDED),
    case("6.2 WINDOW_UPDATE instead of CONTINUATION", BROKEN_BLOCK,
         BEGUN + window_update(0, 1) + ENDED),
    case("6.2 RST_STREAM instead of CONTINUATION", BROKEN_BLOCK, BEGUN + reset(1)),
    case("6.2 GOAWAY instead of CONTINUATION", BROKEN_BLOCK, BEGUN + goaway() + ENDED),
    case("6.10 PING between CONTINUATIONs", BROKEN_BLOCK,
         BEGUN + continuation(1, HEAD[9:12], 0) + ping() + continuation(1, HEAD[12:])),
    case("6.10 CONTINUATION of another stream behind CONTINUATION", BROKEN_BLOCK,
         BEGUN + continuation(1, HEAD[9:12], 0) + continuation(3, HEAD[12:])),
    case("6.10 CONTINUATION behind END_HEADERS", BROKEN_BLOCK,
         OPEN + continuation(1, block(("x", "1")))),
    case("6.10 CONTINUATION behind CONTINUATION with END_HEADERS", BROKEN_BLOCK,
         BEGUN + ENDED + continuation(1, block(("x", "1")))),
    case("6.10 CONTINUATION behind DATA", BROKEN_BLOCK,
         OPEN + PART + continuation(1, block(("x", "1")))),
    case("6.10 CONTINUATION on stream 0", BROKEN_BLOCK, BEGUN + continuation(0, HEAD[9:])),
    case("6.10 CONTINUATION on stream 0 without HEADERS", BROKEN_BLOCK, continuation(0, HEAD)),
]

CASES = [
    *PREFACE, *FRAME_FORMAT, *FRAME_SIZE, *STREAM_STATES, *DATA_FRAMES, *HEADERS_FRAMES,
    *PRIORITY_FRAMES, *RST_STREAM_FRAMES, *SETTINGS_FRAMES, *PUSH_PROMISE_FRAMES, *PING_FRAMES,
    *GOAWAY_FRAMES, *WINDOW_UPDATE_FRAMES, *CONTINUATION_FRAMES]
