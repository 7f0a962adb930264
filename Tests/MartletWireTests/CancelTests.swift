// Clients that cancel many calls, and those that do nothing else.

import MartletCore
import MartletWire
import Testing

@Suite struct CancelTests {
  private static func limits(patience: Int = 100) -> Limits {
    var limits = Limits()
    limits.floods.resets = .init(burst: 5, perSecond: 2)
    limits.floods.resetPatience = patience
    return limits
  }

  private static func reset(_ stream: UInt32) -> [UInt8] { frame(3, on: stream, bigEndian(8)) }

  /// The frames of an output as type and stream.
  private static func frames(_ bytes: [UInt8]) -> [String] {
    var found: [String] = []
    var offset = 0
    while offset + 9 <= bytes.count {
      let length = bytes[offset..<offset + 3].reduce(0) { $0 << 8 | Int($1) }
      let payload = bytes[(offset + 9)..<(offset + 9 + length)]
      let code = bytes[offset + 3] == 3 ? " \(payload.last ?? 0)" : ""
      found.append("\(bytes[offset + 3]) on \(bytes[offset + 8])\(code)")
      offset += 9 + length
    }
    return found
  }

  @Test func manyCancelsRefuseNewStreamsAndNothingElse() throws {
    let server = try Side.greetedServer(Self.limits())
    server.now = .zero + .seconds(100)
    // One call stays, nine are cancelled at once: four more than are allowed.
    for number in 0..<10 { try server.receive(plainRequest(on: UInt32(2 * number + 1), flags: 5)) }
    try server.receive((1..<10).flatMap { Self.reset(UInt32(2 * $0 + 1)) })
    #expect(server.seen.closings.count == 9)
    _ = try server.output()
    server.seen.events = []
    try server.receive(plainRequest(on: 21, flags: 5))
    #expect(server.seen.events.isEmpty)
    #expect(Self.frames(try server.output()) == ["3 on 21 7"])
    // The call in flight is answered.
    server.session.respond(
      on: HTTP2StreamID(number: 1, slot: 0), .grpcTrailersOnly(.ok), endOfStream: true)
    #expect(Self.frames(try server.output()) == ["1 on 1"])
    // Time makes up for five: the four and the refused one.
    server.now = server.now + .milliseconds(2500)
    try server.receive(plainRequest(on: 23, flags: 5))
    #expect(server.seen.requests.count == 1)
    #expect(!server.session.isFinished)
  }

  @Test func whoGoesOnIsEnded() throws {
    let server = try Side.greetedServer(Self.limits(patience: 20))
    server.now = .zero + .seconds(100)
    var rounds = 0
    while rounds < 1000 {
      let stream = UInt32(2 * rounds + 1)
      guard try server.failure(from: plainRequest(on: stream) + Self.reset(stream)) == nil else {
        break
      }
      rounds += 1
    }
    // Five for nothing, one of debt, and then a refusal and a reset each.
    #expect((14...16).contains(rounds))
    _ = try server.output()
    #expect(server.session.isFinished)
  }

  @Test func refusalsAreNotTheClientsProvocation() throws {
    var limits = Self.limits(patience: 1000)
    limits.floods.provokedResets = .init(burst: 2, perSecond: 0)
    let server = try Side.greetedServer(limits)
    for number in 0..<6 {
      try server.receive(
        plainRequest(on: UInt32(2 * number + 1)) + Self.reset(UInt32(2 * number + 1)))
    }
    for number in 6..<50 {
      try server.receive(plainRequest(on: UInt32(2 * number + 1), flags: 5))
      _ = try server.output()
    }
    #expect(!server.session.isFinished)
  }
}
