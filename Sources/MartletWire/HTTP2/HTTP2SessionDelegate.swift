// What an HTTP/2 session tells its driver.

/// A stream of one session: its number on the wire and the session's slot for it. Slots are small
/// and dense and are used again once a stream has closed, so a driver keeps its own streams in an
/// array indexed by `slot`. A handle of a closed stream is stale; orders given with it do nothing.
package struct HTTP2StreamID: Sendable, Hashable, CustomStringConvertible {
  /// The stream identifier of RFC 9113 §5.1.1.
  package let number: Int32
  package let slot: Int32

  package init(number: Int32, slot: Int32) {
    self.number = number
    self.slot = slot
  }

  package var description: String { "stream \(number)" }
}

/// Which of a stream's header sections has arrived (RFC 9113 §8.1).
package enum HeaderSection: Sendable, Hashable {
  case request
  /// A 1xx answer; the final one follows.
  case informational
  case response
  case trailers
}

/// Driven by `HTTP2Session.receive`, `output` and `end`, on whose stack every call is made. It may
/// give the session orders, but must not call those three again from within.
///
/// A stream that was announced, by `headersReceived` with `.request` on a server or by `open` on a
/// client, is closed by exactly one `streamClosed`, after which nothing more is said about it.
package protocol HTTP2SessionDelegate: AnyObject {
  /// A whole header section. `headers` is the session's own buffer: copy out of it what is needed
  /// later.
  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, on stream: HTTP2StreamID,
    endOfStream: Bool)

  /// Payload bytes, borrowed for the call. They count against the stream's flow-control window, and and
  /// against the connection's where that is not shared, until `HTTP2Session.consumed` gives them back.
  func dataReceived(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID)

  /// The peer ended its side after data. (When its headers did, `endOfStream` said so.)
  func endReceived(on stream: HTTP2StreamID)

  /// The stream is over. `.noError` when both sides ended; `.refusedStream` when the peer
  /// provably never processed it (its reset said so, its GOAWAY left it out, or it was never
  /// written); another code when either side reset it or the connection ended.
  func streamClosed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode)

  /// The backlog of a stream that had reached `Limits.maxStreamBacklogBytes` fell to half of it.
  func streamBecameWritable(_ stream: HTTP2StreamID)

  /// The peer will process no stream above `lastStream`. Those above it are closed, with
  /// `.refusedStream`, by calls that follow this one.
  func goAwayReceived(lastStream: Int32, _ code: HTTP2ErrorCode)

  /// The peer's settings changed; `HTTP2Session.peerMaxConcurrentStreams` is up to date.
  func settingsReceived()

  /// The peer answered `HTTP2Session.ping`.
  func pingAcknowledged(_ payload: UInt64)
}
