// How often a client may ping a server.

import MartletCore
import MartletWire
import Testing

@Suite struct PingPolicyTests {
  private static let ping = frame(6, [UInt8](repeating: 7, count: 8))

  /// A server that gets a ping at each of `times`, in seconds; what it makes of the last.
  private func failure(
    _ server: Side, pingsAt times: [Int]
  ) throws -> HTTP2ErrorCode? {
    for time in times {
      server.now = .zero + .seconds(time)
      if let code = try server.failure(from: Self.ping) { return code }
    }
    return nil
  }

  @Test func theThirdPingThatComesTooSoonEndsTheConnection() throws {
    let server = try Side.greetedServer()
    #expect(try failure(server, pingsAt: [0, 1, 2]) == nil)
    #expect(try failure(server, pingsAt: [3]) == .enhanceYourCalm)
    let answer = try server.output()
    let debug = Array("too_many_pings".utf8)
    #expect(
      Array(answer.suffix(17 + debug.count)) == frame(7, bigEndian(0) + bigEndian(11) + debug))
    #expect(server.session.isFinished)
  }

  @Test func withoutCallsOnePingInTwoHoursIsAllowed() throws {
    let server = try Side.greetedServer()
    #expect(try failure(server, pingsAt: [0, 7200, 14_400, 21_600, 28_800]) == nil)
    #expect(try failure(server, pingsAt: [35_999, 43_198, 50_397]) == .enhanceYourCalm)
  }

  @Test func withCallsOnePingInTenSecondsIsAllowed() throws {
    let server = try Side.greetedServer()
    try server.receive(plainRequest(on: 1))
    #expect(try failure(server, pingsAt: Array(stride(from: 0, through: 1000, by: 10))) == nil)
    #expect(try failure(server, pingsAt: [1009, 1018, 1027]) == .enhanceYourCalm)
  }

  @Test func aPingThatIsEarlyByAHairIsNotTooSoon() throws {
    let server = try Side.greetedServer()
    try server.receive(plainRequest(on: 1))
    for round in 0..<100 {
      server.now = .zero + .milliseconds(9_600 * round)
      #expect(try server.failure(from: Self.ping) == nil)
    }
  }

  @Test func theIntervalWithCallsIsASetting() throws {
    var limits = Limits()
    limits.keepalive.leastPingInterval = .seconds(300)
    let server = try Side.greetedServer(limits)
    try server.receive(plainRequest(on: 1))
    #expect(try failure(server, pingsAt: [0, 300, 600, 900, 1200, 1500]) == nil)
    #expect(try failure(server, pingsAt: [1799, 2098, 2397]) == .enhanceYourCalm)
  }

  @Test func anAnswerMakesUpForPings() throws {
    let server = try Side.greetedServer()
    for round in 0..<20 {
      try server.receive(plainRequest(on: UInt32(2 * round + 1), flags: 5))
      server.session.respond(
        on: server.seen.requests[round], .grpcTrailersOnly(.ok), endOfStream: true)
      _ = try server.output()
      #expect(try failure(server, pingsAt: [round, round, round]) == nil)
    }
    #expect(try failure(server, pingsAt: [20]) == .enhanceYourCalm)
  }

  @Test func pingsWithoutCallsCanBeAllowed() throws {
    var limits = Limits()
    limits.keepalive.allowsPingsWithoutCalls = true
    limits.keepalive.leastPingInterval = .seconds(10)
    limits.keepalive.maxPingStrikes = 0
    let server = try Side.greetedServer(limits)
    #expect(try failure(server, pingsAt: [0, 10, 20, 30]) == nil)
    #expect(try failure(server, pingsAt: [39]) == .enhanceYourCalm)
  }

  @Test func aServerMayPingAsItLikes() throws {
    let client = Side(.client)
    _ = try client.output()
    try client.receive(frame(4))
    #expect(try failure(client, pingsAt: Array(0..<50)) == nil)
  }

  @Test func theClientHearsWhy() throws {
    let pair = try SessionPair.connected()
    #expect(pair.client.session.goAwayText.isEmpty)
    pair.server.session.goAway(.noError, "max_age")
    try pair.exchange()
    #expect(pair.client.session.goAwayText == "max_age")
  }

  @Test func aHeaderSectionHasAnAge() throws {
    let server = try Side.greetedServer()
    #expect(!server.session.hasHadRequest && server.session.headersSince == nil)
    let first = plainRequest(on: 1, flags: 1)
    server.now = .zero + .seconds(1)
    // The head of the frame is whole, its payload is not.
    try server.receive(first.prefix(9))
    #expect(server.session.headersSince == .zero + .seconds(1))
    server.now = .zero + .seconds(2)
    try server.receive(first.dropFirst(9))
    #expect(server.session.headersSince == .zero + .seconds(1))
    server.now = .zero + .seconds(3)
    try server.receive(frame(9, flags: 4, on: 1))
    #expect(server.session.headersSince == nil && server.session.hasHadRequest)
    // One section's end and the next one's beginning in one piece.
    server.now = .zero + .seconds(4)
    try server.receive(plainRequest(on: 3, flags: 1))
    server.now = .zero + .seconds(5)
    try server.receive(frame(9, flags: 4, on: 3) + plainRequest(on: 5, flags: 1))
    #expect(server.session.headersSince == .zero + .seconds(5))
    #expect(server.session.lastReceived == .zero + .seconds(5))
  }
}
