// A delegate that checks what a session tells it against what a session promises.

import MartletCore
import MartletWire

/// Follows every stream of one session from when it is announced until it is closed, and notes the
/// first broken promise: events of streams that are not open, a second end, limits passed.
final class SessionWitness: HTTP2SessionDelegate {
  /// What was seen of a stream that is open.
  struct OpenStream {
    var id: HTTP2StreamID
    var received = 0
    var consumed = 0
    var hasResponse = false
    var peerEnded = false
  }

  enum Event {
    case headers(HeaderSection, HTTP2StreamID)
    case data(Int, HTTP2StreamID)
    case end(HTTP2StreamID)
    case closed(HTTP2StreamID, HTTP2ErrorCode)
    case writable(HTTP2StreamID)
    case other
  }

  let limits: Limits
  private(set) var open: [Int32: OpenStream] = [:]
  private(set) var closed: Set<Int32> = []
  /// Streams whose peer came to its regular end.
  private(set) var ended: Set<Int32> = []
  private(set) var broken: BrokenClaim?
  /// Called after an event was checked, to give orders from within it.
  var onEvent: (Event) -> Void = { _ in }
  /// Sees the payload of each stream.
  var onData: (UnsafeRawBufferPointer, HTTP2StreamID) -> Void = { _, _ in }

  /// Until our settings are acknowledged the peer may use HTTP/2's own window (RFC 9113 §6.9.2).
  private var windowBytes: Int { max(65_535, limits.initialStreamWindowBytes) }

  init(_ limits: Limits) {
    self.limits = limits
  }

  /// Limits that small inputs reach.
  static var tightLimits: Limits {
    var limits = Limits()
    limits.maxHeaderListBytes = 600
    limits.maxConcurrentStreams = 5
    limits.initialStreamWindowBytes = 2000
    limits.initialConnectionWindowBytes = 70_000
    limits.maxStreamBacklogBytes = 300
    return limits
  }

  func announce(_ stream: HTTP2StreamID) {
    expect(open[stream.number] == nil && !closed.contains(stream.number), stream, "opened twice")
    open[stream.number] = OpenStream(id: stream)
  }

  /// Notes that the driver gives credit back.
  func consumed(_ count: Int, on stream: HTTP2StreamID) {
    guard let seen = open[stream.number] else { return }
    open[stream.number]?.consumed = min(seen.received, seen.consumed + count)
  }

  /// What must be true between calls.
  func check(_ session: HTTP2Session) throws(BrokenClaim) {
    if let broken { throw broken }
    let (known, announced) = (session.openStreams, open.count)
    // One whose header section is still coming in, or that is refused, is known before.
    try claim(known >= announced, "\(known) streams are open, \(announced) were announced")
    try claim(announced <= limits.maxConcurrentStreams, "\(announced) streams are open")
  }

  private func expect(_ isTrue: Bool, _ stream: HTTP2StreamID, _ text: String) {
    guard !isTrue, broken == nil else { return }
    broken = BrokenClaim("\(stream): \(text)")
  }

  private func expectOpen(_ stream: HTTP2StreamID, _ event: String) {
    expect(open[stream.number]?.id == stream, stream, "\(event) while it is not open")
    expect(open[stream.number]?.peerEnded != true, stream, "\(event) after the peer's end")
  }

  private func peerEnded(_ stream: HTTP2StreamID) {
    open[stream.number]?.peerEnded = true
    ended.insert(stream.number)
  }

  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, on stream: HTTP2StreamID,
    endOfStream: Bool
  ) {
    if section == .request { announce(stream) }
    expectOpen(stream, "headers")
    let bytes = headers.pairs.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }
    // Bytes that are not UTF-8 grow when they become a String.
    expect(bytes <= 3 * limits.maxHeaderListBytes, stream, "a header list of \(bytes) bytes")
    if section == .response {
      expect(open[stream.number]?.hasResponse == false, stream, "a second response")
      open[stream.number]?.hasResponse = true
    }
    if endOfStream { peerEnded(stream) }
    onEvent(.headers(section, stream))
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID) {
    expectOpen(stream, "data")
    open[stream.number]?.received += bytes.count
    let waiting = open[stream.number].map { $0.received - $0.consumed } ?? 0
    expect(waiting <= windowBytes, stream, "\(waiting) bytes wait for a window of \(windowBytes)")
    onData(bytes, stream)
    onEvent(.data(bytes.count, stream))
  }

  func endReceived(on stream: HTTP2StreamID) {
    expectOpen(stream, "an end")
    peerEnded(stream)
    onEvent(.end(stream))
  }

  func streamClosed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    expect(open[stream.number]?.id == stream, stream, "closed while it is not open")
    open[stream.number] = nil
    closed.insert(stream.number)
    onEvent(.closed(stream, code))
  }

  func streamBecameWritable(_ stream: HTTP2StreamID) {
    expect(open[stream.number]?.id == stream, stream, "writable while it is not open")
    onEvent(.writable(stream))
  }

  func goAwayReceived(lastStream: Int32, _ code: HTTP2ErrorCode) { onEvent(.other) }
  func settingsReceived() { onEvent(.other) }
  func pingAcknowledged(_ payload: UInt64) { onEvent(.other) }
}
