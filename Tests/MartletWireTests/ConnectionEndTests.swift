// How connections end, and that every stream ends with them exactly once.

import MartletCore
import MartletWire
import Testing

@Suite struct ConnectionEndTests {
  @Test func deadConnectionClosesEachStreamOnce() throws {
    let pair = try SessionPair.connected()
    for _ in 0..<20 { _ = try #require(pair.client.session.open(.echo)) }
    try pair.exchange()
    for side in [pair.client, pair.server] {
      side.end()
      side.end()
      #expect(
        Set(side.seen.closings) == Set((0..<20).map { "\($0 * 2 + 1) INTERNAL_ERROR" }))
      #expect(side.seen.closings.count == 20)
      #expect(side.session.isFinished)
      #expect(!side.session.wantsWrite)
    }
  }

  @Test func unwrittenRequestsEndAsRefused() throws {
    let pair = try SessionPair.connected()
    _ = try #require(pair.client.session.open(.echo))
    try pair.exchange()
    _ = try #require(pair.client.session.open(.echo))
    pair.client.end()
    #expect(Set(pair.client.seen.closings) == ["1 INTERNAL_ERROR", "3 REFUSED_STREAM"])
  }

  @Test func ordersAfterTheEndDoNothing() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    let client = pair.client
    client.seen.onEvent = { _ in
      client.session.write(message: [1], on: stream)
      client.session.finish(stream)
      client.session.goAway()
      client.session.ping(1)
      #expect(client.session.open(.echo) == nil)
    }
    client.end()
    #expect(client.seen.closings.count == 1)
    #expect(try client.output().isEmpty)
    try client.receive([0, 0, 0, 4, 0, 0, 0, 0, 0])
  }

  @Test func goAwayLetsAcceptedCallsFinishAndRefusesTheOthers() throws {
    let pair = try SessionPair.connected()
    let first = try #require(pair.client.session.open(.echo, endOfStream: true))
    try pair.exchange()
    pair.server.session.goAway()
    // Crosses the GOAWAY on its way.
    let second = try #require(pair.client.session.open(.echo, endOfStream: true))
    let late = try pair.client.output()
    try pair.client.receive(pair.server.output())
    #expect(
      pair.client.seen.events == [.goAway(1, .noError), .closed(second, .refusedStream)])
    #expect(!pair.client.session.canOpen)
    #expect(pair.client.session.open(.echo) == nil)
    try pair.server.receive(late)
    #expect(pair.server.seen.requests.count == 1)

    pair.server.session.respond(
      on: pair.server.seen.requests[0], .grpcTrailersOnly(.ok), endOfStream: true)
    try pair.exchange()
    #expect(pair.client.seen.events.last == .closed(first, .noError))
    #expect(pair.client.session.isFinished)
    #expect(pair.server.session.isFinished)
  }

  @Test func shutdownNoticeStillTakesWhatIsUnderWay() throws {
    let pair = try SessionPair.connected()
    pair.server.session.sendShutdownNotice()
    let stream = try #require(pair.client.session.open(.echo, endOfStream: true))
    let underWay = try pair.client.output()
    try pair.client.receive(pair.server.output())
    #expect(pair.client.seen.events == [.goAway(Int32.max, .noError)])
    #expect(pair.client.session.open(.echo) == nil)
    try pair.server.receive(underWay)
    let inbound = try #require(pair.server.seen.requests.first)
    pair.server.session.goAway()
    pair.server.session.respond(on: inbound, .grpcTrailersOnly(.ok), endOfStream: true)
    try pair.exchange()
    #expect(pair.client.seen.events.contains(.closed(stream, .noError)))
  }

  @Test func badPrefaceIsAnError() throws {
    let server = Side(.server)
    #expect(throws: HTTP2SessionError.self) {
      try server.receive(Array("GET / HTTP/1.1\r\nhost: martlet\r\n\r\n".utf8))
    }
    // It stays failed, and says so in a GOAWAY.
    #expect(throws: HTTP2SessionError.self) { try server.receive([0]) }
    let said = Side(.client)
    _ = try said.output()
    try said.receive(server.output())
    #expect(said.seen.events == [.settings, .goAway(0, .protocolError)])
    #expect(server.session.isFinished)
    server.end()
    #expect(server.seen.events.isEmpty)
  }

  @Test func brokenFrameEndsTheConnectionAndItsStreams() throws {
    let pair = try SessionPair.connected()
    _ = try #require(pair.client.session.open(.echo))
    try pair.exchange()
    // DATA on stream 0 is a connection error (RFC 9113 §6.1).
    try pair.server.receive([0, 0, 1, 0, 0, 0, 0, 0, 0, 42])
    try pair.client.receive(pair.server.output())
    #expect(pair.server.session.isFinished)
    #expect(pair.client.seen.events.first == .goAway(1, .protocolError))
    pair.server.end()
    pair.client.end()
    #expect(pair.server.seen.closings.count == 1)
    #expect(pair.client.seen.closings.count == 1)
  }

  @Test func garbageNeverCrashes() throws {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    for _ in 0..<200 {
      let pair = try SessionPair.connected()
      let stream = try #require(pair.client.session.open(.echo))
      pair.client.session.write(message: Array(repeating: 7, count: 50), on: stream)
      var bytes = try pair.client.output()
      for _ in 0..<4 {
        bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next())
      }
      try? pair.server.receive(bytes)
      _ = try? pair.server.output()
      pair.server.end()
      #expect(pair.server.seen.requests.count == pair.server.seen.closings.count)
    }
  }

  @Test func floodOfPingsEndsTheConnection() throws {
    let pair = try SessionPair.connected()
    let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    let flood = (0..<1000).flatMap { _ in ping }
    #expect(throws: HTTP2SessionError.self) { try pair.server.receive(flood) }
  }
}
