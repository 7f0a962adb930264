// Two sessions joined in memory, and what they told their delegates.

import MartletCore
import MartletWire

/// An event as the delegate saw it, with everything borrowed copied out.
enum Event: Equatable {
  case headers(HeaderSection, [String], HTTP2StreamID, end: Bool)
  case data([UInt8], HTTP2StreamID)
  case end(HTTP2StreamID)
  case closed(HTTP2StreamID, HTTP2ErrorCode)
  case writable(HTTP2StreamID)
  case goAway(Int32, HTTP2ErrorCode)
  case settings
  case pong(UInt64)
}

final class Recorder: HTTP2SessionDelegate {
  var events: [Event] = []
  /// Called after each event is recorded, to give orders from within it.
  var onEvent: (Event) -> Void = { _ in }

  private func record(_ event: Event) {
    events.append(event)
    onEvent(event)
  }

  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, on stream: HTTP2StreamID,
    endOfStream: Bool
  ) {
    let fields = headers.pairs.map { "\($0.name): \($0.value)" }
    record(.headers(section, fields, stream, end: endOfStream))
  }
  func dataReceived(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID) {
    record(.data(Array(bytes), stream))
  }
  func endReceived(on stream: HTTP2StreamID) { record(.end(stream)) }
  func streamClosed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    record(.closed(stream, code))
  }
  func streamBecameWritable(_ stream: HTTP2StreamID) { record(.writable(stream)) }
  func goAwayReceived(lastStream: Int32, _ code: HTTP2ErrorCode) {
    record(.goAway(lastStream, code))
  }
  func settingsReceived() { record(.settings) }
  func pingAcknowledged(_ payload: UInt64) { record(.pong(payload)) }

  /// All payload of a stream, in order.
  func payload(of stream: HTTP2StreamID) -> [UInt8] {
    events.flatMap { event -> [UInt8] in
      if case .data(let bytes, stream) = event { bytes } else { [] }
    }
  }

  /// The streams whose requests arrived.
  var requests: [HTTP2StreamID] {
    events.compactMap { event in
      if case .headers(.request, _, let stream, _) = event { stream } else { nil }
    }
  }

  /// Every stream's closing, as numbers and codes.
  var closings: [String] {
    events.compactMap { event in
      if case .closed(let stream, let code) = event { "\(stream.number) \(code)" } else { nil }
    }
  }
}

/// One session and its delegate.
final class Side {
  let session: HTTP2Session
  let seen = Recorder()
  /// Bytes of the output buffer: small ones exercise the spill.
  var outputBytes = 64 << 10
  /// The virtual clock.
  var now = Timestamp.zero

  init(_ role: HTTP2Session.Role, limits: Limits = Limits()) {
    session = HTTP2Session(role, limits: limits)
  }

  func output() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while session.wantsWrite {
      let part = try [UInt8](unsafeUninitializedCapacity: outputBytes) { buffer, count in
        count = try session.output(into: UnsafeMutableRawBufferPointer(buffer), seen)
      }
      if part.isEmpty { break }
      bytes += part
    }
    return bytes
  }

  func receive(_ bytes: some Sequence<UInt8>) throws {
    try Array(bytes).withUnsafeBytes { try session.receive($0, at: now, seen) }
  }

  func end(_ code: HTTP2ErrorCode = .internalError) { session.end(code, seen) }
}

final class SessionPair {
  let client: Side
  let server: Side
  /// Bytes handed over at a time.
  var pieceBytes = Int.max

  init(client: Limits = Limits(), server: Limits = Limits()) {
    self.client = Side(.client, limits: client)
    self.server = Side(.server, limits: server)
  }

  /// A pair that has exchanged settings and forgotten about it.
  static func connected(
    client: Limits = Limits(), server: Limits = Limits()
  ) throws -> SessionPair {
    let pair = SessionPair(client: client, server: server)
    try pair.exchange()
    pair.client.seen.events = []
    pair.server.seen.events = []
    return pair
  }

  /// Carries bytes both ways until nobody has any.
  func exchange() throws {
    while client.session.wantsWrite || server.session.wantsWrite {
      let up = try client.output()
      try deliver(up, to: server)
      let down = try server.output()
      try deliver(down, to: client)
      if up.isEmpty, down.isEmpty { return }
    }
  }

  private func deliver(_ bytes: [UInt8], to side: Side) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(pieceBytes)
      try side.receive(piece)
      rest = rest.dropFirst(pieceBytes == Int.max ? rest.count : pieceBytes)
    }
  }
}

extension HeaderBlock {
  static let echo = HeaderBlock.grpcRequest(path: "/echo.v1.Echo/Say", authority: "test")
}

/// A message behind its prefix.
func framed(_ message: [UInt8]) -> [UInt8] {
  let length = UInt32(message.count)
  return [0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) } + message
}

/// A frame as it is on the wire (RFC 9113 §4.1).
func frame(
  _ type: UInt8, flags: UInt8 = 0, on stream: UInt32 = 0, _ payload: [UInt8] = []
) -> [UInt8] {
  let length = UInt32(payload.count)
  return (1...3).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) }
    + [type, flags] + bigEndian(stream) + payload
}

func bigEndian(_ word: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) }
}

/// A request's head in HPACK's plainest form: `POST http://test/a`.
let plainHead: [UInt8] = [0x83, 0x86, 0x04, 2] + Array("/a".utf8) + [0x01, 4] + Array("test".utf8)

/// HEADERS with a whole request head and no end of the stream, unless `flags` say so.
func plainRequest(on stream: UInt32, flags: UInt8 = 0x4) -> [UInt8] {
  frame(1, flags: flags, on: stream, plainHead)
}

extension Side {
  /// A server that a client has greeted by hand.
  static func greetedServer(_ limits: Limits = Limits()) throws -> Side {
    let server = Side(.server, limits: limits)
    try server.receive(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4))
    _ = try server.output()
    try server.receive(frame(4, flags: 1))
    server.seen.events = []
    return server
  }

  /// What the session makes of bytes that come in pieces; nil when they are in order.
  func failure(from bytes: [UInt8], inPieces pieceBytes: Int = .max) throws -> HTTP2ErrorCode? {
    var rest = bytes[...]
    do {
      while !rest.isEmpty {
        try receive(rest.prefix(pieceBytes))
        rest = rest.dropFirst(min(pieceBytes, rest.count))
      }
    } catch let error as HTTP2SessionError {
      return error.code
    }
    return nil
  }
}
