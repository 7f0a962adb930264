// HTTP/2 as a codec: bytes in, events out; orders in, bytes out.

internal import CNGHTTP2
package import MartletCore

/// One connection's HTTP/2, client or server, without a socket, a clock or a thread. It belongs to
/// one loop: it is not thread-safe.
///
/// `receive` takes what the peer sent and tells the delegate what it meant. Orders (`open`,
/// `respond`, `write`, `finish`, `reset`, …) only queue; `output` turns all that is queued into bytes.
package final class HTTP2Session {
  package enum Role: Sendable, Hashable {
    case client
    case server
  }

  package let role: Role

  /// Queues the preface's settings at once. `limits` bound what the peer may do.
  package init(_ role: Role, limits: Limits) {
    self.role = role
    fatalError("being written")
  }

  // MARK: Bytes

  /// Decodes what the peer sent. Throws when the connection is beyond repair: then call `output`
  /// once more for the GOAWAY that says why, close the transport and call `end`.
  package func receive(
    _ bytes: UnsafeRawBufferPointer, _ delegate: any HTTP2SessionDelegate
  ) throws(HTTP2SessionError) { fatalError("being written") }

  /// Whether `output` has something to write.
  package var wantsWrite: Bool { fatalError("being written") }

  /// Encodes what is queued, as much as fits. Returns the bytes written; call again while
  /// `wantsWrite`. Give it room: 64 KiB coalesces many streams, the least that works is 64 bytes.
  package func output(
    into buffer: UnsafeMutableRawBufferPointer, _ delegate: any HTTP2SessionDelegate
  ) throws(HTTP2SessionError) -> Int { fatalError("being written") }

  /// Whether both sides are done: GOAWAY went one way or the other and no stream is left. The driver
  /// closes the transport.
  package var isFinished: Bool { fatalError("being written") }

  /// The transport is gone: closes every stream that is still open, each once. Streams that were
  /// never written close with `.refusedStream`, the others with `code`. Nothing else may be asked of
  /// the session afterwards. Idempotent.
  package func end(_ code: HTTP2ErrorCode, _ delegate: any HTTP2SessionDelegate) {
    fatalError("being written")
  }

  // MARK: Orders about streams

  /// Whether `open` would succeed now.
  package var canOpen: Bool { fatalError("being written") }

  /// Opens a stream (client). Nil when the peer sent GOAWAY, its limit of concurrent streams is
  /// reached, or the session ended.
  package func open(_ headers: HeaderBlock, endOfStream: Bool = false) -> HTTP2StreamID? {
    fatalError("being written")
  }

  /// Sends the response head (server), once for each stream. With `endOfStream` it is a
  /// trailers-only answer.
  package func respond(
    on stream: HTTP2StreamID, _ headers: HeaderBlock, endOfStream: Bool = false
  ) { fatalError("being written") }

  /// Queues one gRPC message: the 5-byte prefix and `message`, which is retained, not copied.
  package func write(message: [UInt8], on stream: HTTP2StreamID) { fatalError("being written") }

  /// Queues payload as it is, retained.
  package func write(_ bytes: [UInt8], on stream: HTTP2StreamID) { fatalError("being written") }

  /// Queues a copy of payload, as a proxy does with borrowed bytes.
  package func write(copying bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID) {
    fatalError("being written")
  }

  /// Ends our side once the backlog is written; with trailers when given. A server whose client has not
  /// ended its side yet then resets the stream with NO_ERROR (RFC 9113 §8.1).
  package func finish(_ stream: HTTP2StreamID, trailers: HeaderBlock? = nil) {
    fatalError("being written")
  }

  /// Drops the backlog and resets the stream. `streamClosed` follows from `output`.
  package func reset(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    fatalError("being written")
  }

  /// Gives `count` received payload bytes back to the peer's windows. What a closed stream left
  /// unconsumed is given back by itself.
  package func consumed(_ count: Int, on stream: HTTP2StreamID) { fatalError("being written") }

  /// Payload bytes queued on the stream and not yet in any output.
  package func backlog(of stream: HTTP2StreamID) -> Int { fatalError("being written") }

  /// Whether the backlog is below `Limits.maxStreamBacklogBytes`. Once it is not,
  /// `streamBecameWritable` tells when to go on.
  package func isWritable(_ stream: HTTP2StreamID) -> Bool { fatalError("being written") }

  // MARK: Orders about the connection

  /// Streams announced and not yet closed.
  package var openStreams: Int { fatalError("being written") }

  /// What the peer allows; 100 until its settings arrive.
  package var peerMaxConcurrentStreams: Int { fatalError("being written") }

  /// Announces a graceful end (server): GOAWAY with the highest stream number, so that requests in
  /// flight are not lost. Send `goAway` a round trip later (see `ping`).
  package func sendShutdownNotice() { fatalError("being written") }

  /// GOAWAY: streams accepted so far finish, new ones are refused.
  package func goAway(_ code: HTTP2ErrorCode = .noError) { fatalError("being written") }

  /// PING; `pingAcknowledged` brings `payload` back.
  package func ping(_ payload: UInt64) { fatalError("being written") }
}

/// Why a session cannot go on.
package struct HTTP2SessionError: Error, Sendable, Hashable, CustomStringConvertible {
  package var code: HTTP2ErrorCode
  /// What nghttp2 says about it.
  package var reason: String

  package var description: String { "HTTP/2 connection failed: \(reason) (\(code))" }
}
