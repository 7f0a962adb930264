// HTTP/2 sessions whose peer is the input.

import MartletCore
import MartletWire

/// A server reads what a client might have sent.
func fuzzServerSession(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  let driver = SessionDriver(.server, &input)
  // Nothing goes on without these 24 bytes and a SETTINGS frame, so most inputs need not find them.
  if input.byte() % 8 != 0 {
    let magic = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    try driver.receive(magic + [0, 0, 0, 4, 0, 0, 0, 0, 0])
  }
  try driver.play(input.remainder())
}

/// A client with open requests reads what a server might have answered.
func fuzzClientSession(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  let driver = SessionDriver(.client, &input)
  for _ in 0..<1 + input.number(below: 4) { driver.open() }
  if input.byte() % 8 != 0 { try driver.receive([0, 0, 0, 4, 0, 0, 0, 0, 0]) }
  try driver.play(input.remainder())
}

/// One session that reacts to each event in one of a few ways, which the input chooses.
private final class SessionDriver {
  /// Streams that one input may open, so that each takes a bounded time.
  private static let maxOpens = 40

  private let session: HTTP2Session
  private let witness: SessionWitness
  private let outputBytes: Int
  private let pieceBytes: Int
  private let policies: [UInt8]
  private var events = 0
  private var opens = 0
  private var hasFailed = false
  private var now = Timestamp(nanoseconds: 0)

  init(_ role: HTTP2Session.Role, _ input: inout InputReader) {
    let limits = SessionWitness.tightLimits
    session = HTTP2Session(role, limits: limits)
    witness = SessionWitness(limits)
    outputBytes = input.pick([4096, 1, 9, 10, 300])
    pieceBytes = input.pick([.max, 1, 3, 10, 100])
    policies = input.bytes(4)
    witness.onEvent = { [unowned self] in react(to: $0) }
  }

  func open() {
    guard opens < Self.maxOpens else { return }
    opens += 1
    let request = HeaderBlock.grpcRequest(path: "/a.B/C", authority: "test")
    guard let stream = session.open(request, endOfStream: opens % 4 == 0) else { return }
    witness.announce(stream)
    session.write(message: Array(repeating: 7, count: 100 * (opens % 5)), on: stream)
    if opens % 3 == 0 { session.finish(stream) }
  }

  func receive(_ bytes: [UInt8]) throws(BrokenClaim) {
    now = now + .milliseconds(1)
    hasFailed = (try? bytes.withUnsafeBytes { try session.receive($0, at: now, witness) }) == nil
    try witness.check(session)
    try drain()
  }

  /// Takes the peer's bytes and then loses the connection: whatever is open has to end.
  func play(_ bytes: [UInt8]) throws(BrokenClaim) {
    var rest = bytes[...]
    while !rest.isEmpty, !hasFailed, !session.isFinished {
      try receive(Array(rest.prefix(pieceBytes)))
      rest = rest.dropFirst(min(pieceBytes, rest.count))
    }
    session.end(.cancel, witness)
    try witness.check(session)
    try claim(witness.open.isEmpty, "streams are open after the end: \(witness.open.keys)")
    session.end(.cancel, witness)
    try claim(!session.wantsWrite, "an ended session wants to write")
  }

  private func drain() throws(BrokenClaim) {
    var buffer = [UInt8](repeating: 0, count: outputBytes)
    while session.wantsWrite {
      let written = try? buffer.withUnsafeMutableBytes {
        try session.output(into: $0, witness)
      }
      guard let count = written else {
        hasFailed = true
        return
      }
      try witness.check(session)
      try claim(count <= outputBytes, "\(count) bytes in a buffer of \(outputBytes)")
      guard count > 0 else { return }
    }
  }

  private func react(to event: SessionWitness.Event) {
    events += 1
    let policy = Int(policies.isEmpty ? 0 : policies[events % policies.count])
    switch event {
    case .headers(.request, let stream):
      switch policy % 5 {
      case 0: session.respond(on: stream, .grpcResponse)
      case 1: session.respond(on: stream, .grpcTrailersOnly(.ok), endOfStream: true)
      case 2: session.reset(stream, .refusedStream)
      case 3: answer(stream)
      default: break
      }
    case .headers(_, let stream), .end(let stream):
      if session.role == .server, policy & 8 != 0 { answer(stream) }
      if session.role == .client, policy & 16 != 0 { session.finish(stream) }
    case .data(let count, let stream):
      switch policy / 5 % 4 {
      case 0: consume(count, stream)
      case 1: consume(count / 2, stream)
      case 2: consume(count + 5, stream)
      default: if policy & 1 != 0 { session.reset(stream, .cancel) }
      }
    case .writable(let stream):
      if policy & 4 != 0 {
        session.write(Array(repeating: 1, count: 200), on: stream)
      } else {
        session.finish(stream, trailers: .grpcSuccess)
      }
    case .closed(let stream, _):
      // Orders on a closed stream do nothing.
      session.write([1], on: stream)
      session.finish(stream)
      if session.role == .client, policy & 2 != 0 { open() }
    case .other:
      if policy & 32 != 0 { session.ping(UInt64(events)) }
      if policy & 64 != 0 { session.sendShutdownNotice() }
      if policy & 192 == 192 { session.goAway() }
    }
  }

  private func answer(_ stream: HTTP2StreamID) {
    session.respond(on: stream, .grpcResponse)
    session.write(message: Array(repeating: 5, count: events * 37 % 500), on: stream)
    guard session.isWritable(stream) else { return }
    session.finish(stream, trailers: .grpcSuccess)
  }

  private func consume(_ count: Int, _ stream: HTTP2StreamID) {
    session.consumed(count, on: stream)
    witness.consumed(count, on: stream)
  }
}
