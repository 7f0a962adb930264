// Frames that cost their receiver more than their sender, at the edge of what is allowed.

import MartletCore
import MartletWire
import Testing

@Suite struct FloodTests {
  /// A kind of flood: one frame of it, and its allowance.
  struct Flood: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let allowance: @Sendable (inout Limits, Limits.Floods.Allowance) -> Void
    var testDescription: String { name }
  }

  static let floods: [Flood] = [
    Flood(name: "reset", bytes: frame(3, on: 1, bigEndian(8))) {
      $0.floods.resets = $1
      $0.floods.resetPatience = 0
    },
    Flood(name: "ping", bytes: frame(6, flags: 1, [UInt8](repeating: 0, count: 8))) {
      $0.floods.pings = $1
    },
    Flood(name: "settings", bytes: frame(4, [0, 4, 0, 0, 255, 255])) { $0.floods.settings = $1 },
    Flood(name: "empty settings", bytes: frame(4)) { $0.floods.settings = $1 },
    Flood(name: "empty data", bytes: frame(0, on: 1)) { $0.floods.emptyData = $1 },
    Flood(name: "window update", bytes: frame(8, bigEndian(1))) { $0.floods.windowUpdates = $1 },
    Flood(name: "priority", bytes: frame(2, on: 99, [0, 0, 0, 0, 1])) { $0.floods.inert = $1 },
    Flood(name: "unknown", bytes: frame(0xbe, on: 1, [1])) { $0.floods.inert = $1 },
    Flood(name: "goaway", bytes: frame(7, [UInt8](repeating: 0, count: 8))) {
      $0.floods.inert = $1
    },
  ]

  /// A server with one request on it that takes five frames of a kind, the preface's SETTINGS not
  /// counted, and then two a second.
  private func server(_ flood: Flood, perFrameSent: Int = 0) throws -> Side {
    var limits = Limits()
    flood.allowance(&limits, .init(burst: 5, perSecond: 2, perFrameSent: perFrameSent))
    let server = try Side.greetedServer(limits)
    server.now = .zero + .seconds(100)
    try server.receive(plainRequest(on: 1))
    return server
  }

  private func repeated(_ flood: Flood, _ count: Int) -> [UInt8] {
    (0..<count).flatMap { _ in flood.bytes }
  }

  @Test(arguments: floods) func theAllowanceIsExact(flood: Flood) throws {
    let patient = try server(flood)
    #expect(try patient.failure(from: repeated(flood, 5)) == nil)
    let server = try server(flood)
    #expect(try server.failure(from: repeated(flood, 6), inPieces: 7) == .enhanceYourCalm)
    server.seen.events = []
    _ = try server.output()
    #expect(server.session.isFinished)
  }

  @Test(arguments: floods) func timeGivesMore(flood: Flood) throws {
    let server = try server(flood)
    #expect(try server.failure(from: repeated(flood, 5)) == nil)
    server.now = server.now + .milliseconds(1500)
    #expect(try server.failure(from: repeated(flood, 3)) == nil)
    server.now = server.now + .milliseconds(499)
    #expect(try server.failure(from: flood.bytes) == .enhanceYourCalm)
  }

  @Test(arguments: floods) func noTimeGivesMoreThanTheBurst(flood: Flood) throws {
    let server = try server(flood)
    #expect(try server.failure(from: repeated(flood, 3)) == nil)
    server.now = server.now + .seconds(1_000_000)
    #expect(try server.failure(from: repeated(flood, 6)) == .enhanceYourCalm)
  }

  @Test func whatWeSendMayBeAnswered() throws {
    let flood = Self.floods[5]
    let server = try server(flood, perFrameSent: 3)
    #expect(try server.failure(from: repeated(flood, 5)) == nil)
    server.session.respond(on: server.seen.requests[0], .grpcResponse)
    server.session.write([1, 2, 3], on: server.seen.requests[0])
    _ = try server.output()
    // HEADERS and DATA: six, of which the bucket holds five.
    #expect(try server.failure(from: repeated(flood, 5)) == nil)
    #expect(try server.failure(from: flood.bytes) == .enhanceYourCalm)
  }

  @Test func aServersResetsAreAnswers() throws {
    var limits = Limits()
    limits.floods.resets = .init(burst: 5, perSecond: 0)
    limits.floods.provokedResets = .init(burst: 5, perSecond: 0)
    let pair = try SessionPair.connected(client: limits, server: limits)
    for _ in 0..<20 {
      _ = try #require(pair.client.session.open(.echo))
      try pair.exchange()
      let stream = try #require(pair.server.seen.requests.last)
      pair.server.session.reset(stream, .refusedStream)
      try pair.exchange()
    }
    #expect(pair.client.seen.closings.count == 20)
  }

  @Test func resetsThatTheClientProvokesAreCounted() throws {
    var limits = Limits()
    limits.floods.provokedResets = .init(burst: 5, perSecond: 2)
    let server = try Side.greetedServer(limits)
    let bad = plainHead + [0x00, 1, 0x58, 1, 0x31]  // `X: 1`
    func provoke(_ round: Int) throws {
      try server.receive(frame(1, flags: 5, on: UInt32(2 * round + 1), bad))
      _ = try server.output()
    }
    for round in 0..<5 { try provoke(round) }
    server.now = server.now + .seconds(1)
    for round in 5..<7 { try provoke(round) }
    #expect(!server.session.isFinished)
    try server.receive(frame(1, flags: 5, on: 15, bad))
    let last = try server.output()
    let goAway = frame(
      7, bigEndian(15) + bigEndian(11) + Array("too many frames: provokedReset".utf8))
    #expect(last == frame(3, on: 15, bigEndian(1)) + goAway)
    #expect(server.session.isFinished)
    #expect(throws: HTTP2SessionError.self) { try server.receive(plainRequest(on: 17)) }
  }

  @Test(arguments: [false, true]) func aQuarterOfTheResetsIsOften(areProvoked: Bool) throws {
    var limits = Limits()
    limits.floods.resets = .init(burst: 8, perSecond: 2)
    limits.floods.provokedResets = .init(burst: 8, perSecond: 2)
    let server = try Side.greetedServer(limits)
    server.now = .zero + .seconds(100)
    let bad = plainHead + [0x00, 1, 0x58, 1, 0x31]  // `X: 1`
    for round in 0..<3 {
      #expect(!server.session.isResetOften, "after \(round)")
      let stream = UInt32(2 * round + 1)
      let cancelled = plainRequest(on: stream) + frame(3, on: stream, bigEndian(8))
      try server.receive(areProvoked ? frame(1, flags: 5, on: stream, bad) : cancelled)
      _ = try server.output()
    }
    #expect(server.session.isResetOften)
    server.now = server.now + .milliseconds(500)
    try server.receive(frame(6, [UInt8](repeating: 0, count: 8)))
    #expect(!server.session.isResetOften)
  }

  // MARK: Header sections

  @Test func sixteenContinuationsAreEnough() throws {
    let begun = frame(1, on: 1, plainHead)
    let pieces = (0..<15).flatMap { _ in frame(9, on: 1) }
    let server = try Side.greetedServer()
    #expect(
      try server.failure(from: begun + pieces + frame(9, flags: 4, on: 1), inPieces: 1) == nil)
    #expect(server.seen.requests.count == 1)
    let flooded = try Side.greetedServer()
    let flood = begun + pieces + frame(9, on: 1) + frame(9, flags: 4, on: 1)
    #expect(try flooded.failure(from: flood) == .enhanceYourCalm)
  }

  @Test func aHeaderSectionHasAnEndEvenWhenItIsThrownAway() throws {
    let server = try Side.greetedServer()
    var limits = Limits()
    limits.maxHeaderListBytes = 1000
    let small = try Side.greetedServer(limits)
    // A new table size, again and again, is no field at all.
    let filling = frame(9, on: 1, [UInt8](repeating: 0x20, count: 1000))
    let section = frame(1, on: 1) + filling + filling + filling
    #expect(try small.failure(from: section) == nil)
    #expect(try small.failure(from: filling + filling) == .enhanceYourCalm)
    #expect(try server.failure(from: section) == nil)
  }

  @Test(arguments: [(20, nil), (100, HTTP2ErrorCode.enhanceYourCalm)] as [(Int, HTTP2ErrorCode?)])
  func aSmallSectionMayBecomeLarge(references: Int, expected: HTTP2ErrorCode?) throws {
    let server = try Side.greetedServer()
    // A field of 4,000 bytes for the table, then one byte for each time that it is meant.
    let value = [UInt8](repeating: 0x61, count: 4000)
    let field: [UInt8] = [0x40, 1, 0x78, 0x7f, 0xa1, 0x1e] + value
    let bomb = plainHead + field + [UInt8](repeating: 0xbe, count: references)
    #expect(try server.failure(from: frame(1, flags: 5, on: 1, bomb)) == expected)
    #expect(server.seen.requests.isEmpty)
  }

  // MARK: Peers that do not read

  @Test func answersThatNobodyReadsAreBounded() throws {
    var limits = Limits()
    limits.maxConcurrentStreams = 4
    let server = try Side.greetedServer(limits)
    server.seen.onEvent = { event in
      guard case .headers(.request, _, let stream, _) = event else { return }
      server.session.respond(on: stream, .grpcTrailersOnly(.ok), endOfStream: true)
    }
    var rounds = 0
    while rounds < 2000 {
      let stream = UInt32(2 * rounds + 1)
      let bytes = plainRequest(on: stream, flags: 5) + frame(3, on: stream, bigEndian(8))
      guard try server.failure(from: bytes) == nil else { break }
      rounds += 1
    }
    #expect(rounds == 1000)
  }

  @Test func answersToPingsThatNobodyReadsAreBounded() throws {
    var limits = Limits()
    limits.keepalive.maxPingStrikes = .max
    let server = try Side.greetedServer(limits)
    let ping = frame(6, [UInt8](repeating: 0, count: 8))
    #expect(try server.failure(from: (0..<128).flatMap { _ in ping }) == nil)
    #expect(try server.failure(from: ping) == .enhanceYourCalm)
  }
}
