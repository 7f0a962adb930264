// Two HTTP/2 sessions that talk to each other, driven by an input's orders.

import MartletCore
import MartletWire

/// Every order that a driver can give, in any sequence, while bytes travel in any pieces. Both sides
/// keep the protocol, so none may ever complain; what was sent arrives, and every stream ends.
func fuzzSessionPair(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  let pair = FuzzedPair(&input)
  while !input.isAtEnd, !pair.isFinished { try pair.step(&input) }
  if !pair.isFinished { try pair.finishAll() }
  try pair.end()
}

private final class FuzzedPair {
  /// Pings that may be on their way: a session closes on a peer that floods it
  /// (`SessionBounds.maxOutboundAcks`).
  private static let maxPings = 50

  private let client: FuzzedSide
  private let server: FuzzedSide
  private var pings = 0

  init(_ input: inout InputReader) {
    client = FuzzedSide(.client, outputBytes: input.pick([4096, 9, 10, 64, 300]))
    server = FuzzedSide(.server, outputBytes: input.pick([4096, 9, 10, 64, 300]))
  }

  /// Whether a driver would close the connection.
  var isFinished: Bool { client.session.isFinished || server.session.isFinished }

  func step(_ input: inout InputReader) throws(BrokenClaim) {
    let order = input.byte()
    let side = order & 1 == 0 ? client : server
    let other = order & 1 == 0 ? server : client
    switch order >> 1 % 12 {
    case 0, 1: client.open(endOfStream: order >= 128)
    case 2: side.respond(side.stream(input.byte()), endOfStream: order >= 128)
    case 3, 4: side.write(input.number(below: 256) * (order >= 128 ? 9 : 1), &input)
    case 5: side.finish(side.stream(input.byte()), trailers: order >= 128)
    case 6: side.consume(side.stream(input.byte()), input.number(below: 256) * 10)
    case 7, 8: try side.send(input.number(below: 256) * (order >= 128 ? 50 : 1), to: other)
    case 9: side.reset(side.stream(input.byte()))
    case 10:
      guard pings < Self.maxPings else { return }
      pings += 1
      side.session.ping(UInt64(order))
    default:
      if order >= 192 { side.goAway() } else { side.session.sendShutdownNotice() }
    }
  }

  /// Ends all that is open and carries bytes until nobody has any.
  func finishAll() throws(BrokenClaim) {
    for side in [client, server] { side.consumesAtOnce = true }
    // Requests that are on their way arrive, and windows open, with each round.
    for _ in 0..<200 {
      for side in [client, server] { side.finishEverything() }
      let moved = try client.send(.max, to: server) + server.send(.max, to: client)
      if moved == 0 || isFinished { break }
    }
    for side in [client, server] where !isFinished {
      let open = side.witness.open.keys.sorted()
      try claim(open.isEmpty, "\(side.session.role): streams \(open) never end")
      try claim(side.session.openStreams == 0, "\(side.session.role): slots are left")
    }
  }

  /// The connection goes: whatever is open ends.
  func end() throws(BrokenClaim) {
    try compare(client, with: server)
    try compare(server, with: client)
    for side in [client, server] {
      side.session.end(.cancel, side.witness)
      try side.check()
      try claim(side.witness.open.isEmpty, "\(side.session.role): streams outlive the connection")
    }
  }

  /// What arrived is what was sent: all of it where the sender's regular end arrived, too.
  private func compare(_ sender: FuzzedSide, with receiver: FuzzedSide) throws(BrokenClaim) {
    for (number, count) in receiver.received {
      let sent = sender.sent[number] ?? 0
      try claim(count <= sent, "stream \(number): \(count) bytes arrived, \(sent) were sent")
      guard receiver.witness.ended.contains(number) else { continue }
      try claim(count == sent, "stream \(number): \(count) bytes of \(sent) arrived")
    }
  }
}

/// One session, what it was told to send and what it got.
private final class FuzzedSide {
  let session: HTTP2Session
  let witness: SessionWitness
  let outputBytes: Int
  /// Payload bytes of each stream that were queued and that arrived.
  private(set) var sent: [Int32: Int] = [:]
  private(set) var received: [Int32: Int] = [:]
  var consumesAtOnce = false
  private var isGoingAway = false
  private var hasHead: Set<Int32> = []
  private var streams: [HTTP2StreamID] = []
  private var broken: BrokenClaim?

  init(_ role: HTTP2Session.Role, outputBytes: Int) {
    var limits = SessionWitness.tightLimits
    // No time passes here, so that every ping would come too soon.
    limits.keepalive.maxPingStrikes = .max
    session = HTTP2Session(role, limits: limits)
    witness = SessionWitness(SessionWitness.tightLimits)
    self.outputBytes = outputBytes
    witness.onData = { [unowned self] in take($0, $1) }
    witness.onEvent = { [unowned self] event in
      switch event {
      case .headers(.request, let stream): streams.append(stream)
      case .headers, .data, .end, .closed, .writable, .other: break
      }
    }
  }

  /// The byte at `index` of what is sent on a stream.
  private static func payload(_ stream: HTTP2StreamID, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: Int(stream.number) &* 31 &+ index)
  }

  private func take(_ bytes: UnsafeRawBufferPointer, _ stream: HTTP2StreamID) {
    let start = received[stream.number] ?? 0
    for (index, byte) in bytes.enumerated()
    where byte != Self.payload(stream, start + index) && broken == nil {
      broken = BrokenClaim("\(stream): byte \(start + index) is \(byte)")
    }
    received[stream.number] = start + bytes.count
    guard consumesAtOnce else { return }
    session.consumed(bytes.count, on: stream)
    witness.consumed(bytes.count, on: stream)
  }

  func check() throws(BrokenClaim) {
    if let broken { throw broken }
    try witness.check(session)
  }

  // MARK: Orders

  /// A stream that is, or was, open.
  func stream(_ choice: UInt8) -> HTTP2StreamID {
    streams.isEmpty
      ? HTTP2StreamID(number: Int32(choice) + 1, slot: Int32(choice))
      : streams[Int(choice) % streams.count]
  }

  /// A client that goes away opens no more (`ClientConnection.drain`).
  func goAway() {
    session.goAway()
    isGoingAway = true
  }

  func open(endOfStream: Bool) {
    guard !isGoingAway else { return }
    let request = HeaderBlock.grpcRequest(path: "/a.B/C", authority: "test")
    guard let stream = session.open(request, endOfStream: endOfStream) else { return }
    witness.announce(stream)
    streams.append(stream)
    hasHead.insert(stream.number)
  }

  func respond(_ stream: HTTP2StreamID, endOfStream: Bool) {
    guard session.role == .server, isOpen(stream), !hasHead.contains(stream.number) else {
      return session.respond(on: stream, .grpcResponse)
    }
    hasHead.insert(stream.number)
    session.respond(on: stream, .grpcResponse, endOfStream: endOfStream)
  }

  func write(_ count: Int, _ input: inout InputReader) {
    let stream = stream(input.byte())
    let before = session.backlog(of: stream)
    let start = sent[stream.number] ?? 0
    let bytes = (0..<count).map { Self.payload(stream, start + $0) }
    if count % 2 == 0 {
      session.write(bytes, on: stream)
    } else {
      bytes.withUnsafeBytes { session.write(copying: $0, on: stream) }
    }
    // Nothing is queued on a stream that is closed, reset or finished.
    sent[stream.number] = start + session.backlog(of: stream) - before
  }

  func finish(_ stream: HTTP2StreamID, trailers: Bool) {
    session.finish(stream, trailers: trailers ? .grpcSuccess : nil)
  }

  func reset(_ stream: HTTP2StreamID) {
    session.reset(stream, .cancel)
  }

  func consume(_ stream: HTTP2StreamID, _ count: Int) {
    session.consumed(count, on: stream)
    witness.consumed(count, on: stream)
  }

  /// Answers and ends every stream that is open.
  func finishEverything() {
    for seen in witness.open.values {
      consume(seen.id, .max / 2)
      respond(seen.id, endOfStream: false)
      finish(seen.id, trailers: session.role == .server)
    }
  }

  private func isOpen(_ stream: HTTP2StreamID) -> Bool {
    witness.open[stream.number]?.id == stream
  }

  // MARK: Bytes

  /// Carries at most `count` bytes, and what the last output buffer holds beyond; how many there
  /// were.
  @discardableResult
  func send(_ count: Int, to other: FuzzedSide) throws(BrokenClaim) -> Int {
    var moved = 0
    var buffer = [UInt8](repeating: 0, count: outputBytes)
    while moved < count, session.wantsWrite {
      let written = try? buffer.withUnsafeMutableBytes { try session.output(into: $0, witness) }
      guard let part = written else { throw BrokenClaim("\(session.role): it cannot write") }
      do {
        try buffer.prefix(part).withUnsafeBytes {
          try other.session.receive($0, at: Timestamp(nanoseconds: 0), other.witness)
        }
      } catch {
        throw BrokenClaim("\(other.session.role): it refuses what the other says: \(error)")
      }
      try check()
      try other.check()
      guard part > 0 else { break }
      moved += part
    }
    return moved
  }
}
