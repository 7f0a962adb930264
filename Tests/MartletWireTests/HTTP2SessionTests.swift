// Facts about two sessions that talk to each other.

import MartletCore
import MartletWire
import Testing

@Suite struct HTTP2SessionTests {
  @Test func unaryCallGoesThereAndBack() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    pair.client.session.write(message: [1, 2, 3], on: stream)
    pair.client.session.finish(stream)
    try pair.exchange()
    let inbound = try #require(pair.server.seen.requests.first)
    #expect(
      pair.server.seen.events == [
        .headers(
          .request,
          [
            ":method: POST", ":scheme: http", ":path: /echo.v1.Echo/Say", ":authority: test",
            "te: trailers", "content-type: application/grpc",
          ], inbound, end: false),
        .data(framed([1, 2, 3]), inbound), .end(inbound),
      ])

    pair.server.session.respond(on: inbound, .grpcResponse)
    pair.server.session.write(message: [4], on: inbound)
    pair.server.session.finish(inbound, trailers: .grpcSuccess)
    try pair.exchange()
    #expect(
      pair.client.seen.events == [
        .headers(
          .response, [":status: 200", "content-type: application/grpc"], stream, end: false),
        .data(framed([4]), stream),
        .headers(.trailers, ["grpc-status: 0"], stream, end: true),
        .closed(stream, .noError),
      ])
    #expect(pair.server.seen.events.last == .closed(inbound, .noError))
    #expect(pair.client.session.openStreams == 0)
    #expect(pair.server.session.openStreams == 0)
  }

  @Test(arguments: [1, 2, 3, 7, 64])
  func inputSplitAnywhereMeansTheSame(pieceBytes: Int) throws {
    func run(_ pieceBytes: Int) throws -> (Recorder, Recorder) {
      let pair = SessionPair()
      pair.pieceBytes = pieceBytes
      try pair.exchange()
      let stream = try #require(pair.client.session.open(.echo))
      pair.client.session.write(message: Array(repeating: 9, count: 300), on: stream)
      pair.client.session.finish(stream)
      try pair.exchange()
      let inbound = try #require(pair.server.seen.requests.first)
      pair.server.session.respond(on: inbound, .grpcTrailersOnly(.ok), endOfStream: true)
      try pair.exchange()
      #expect(pair.server.seen.payload(of: inbound) == framed(Array(repeating: 9, count: 300)))
      return (pair.client.seen, pair.server.seen)
    }
    let whole = try run(.max)
    let split = try run(pieceBytes)
    #expect(whole.0.events == split.0.events)
    func withoutData(_ seen: Recorder) -> [Event] {
      seen.events.filter { if case .data = $0 { false } else { true } }
    }
    #expect(withoutData(whole.1) == withoutData(split.1))
  }

  @Test(arguments: [1, 9, 10, 100, 1000])
  func outputFitsAnyBuffer(outputBytes: Int) throws {
    let pair = try SessionPair.connected()
    pair.client.outputBytes = outputBytes
    let payload = (0..<40_000).map { UInt8(truncatingIfNeeded: $0) }
    let streams = try (0..<3).map { _ in try #require(pair.client.session.open(.echo)) }
    for stream in streams {
      pair.client.session.write(message: payload, on: stream)
      pair.client.session.finish(stream)
    }
    try pair.exchange()
    #expect(pair.server.seen.requests.count == 3)
    for stream in pair.server.seen.requests {
      #expect(pair.server.seen.payload(of: stream) == framed(payload))
    }
  }

  @Test func messagesGoBothWaysOnOneStream() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    try pair.exchange()
    let inbound = try #require(pair.server.seen.requests.first)
    pair.server.session.respond(on: inbound, .grpcResponse)
    for round in 0..<5 {
      pair.client.session.write(message: [UInt8(round)], on: stream)
      try pair.exchange()
      #expect(pair.server.seen.events.last == .data(framed([UInt8(round)]), inbound))
      pair.server.session.write(message: [UInt8(round), 7], on: inbound)
      try pair.exchange()
      #expect(pair.client.seen.events.last == .data(framed([UInt8(round), 7]), stream))
    }
    pair.client.session.finish(stream)
    try pair.exchange()
    #expect(pair.server.seen.events.last == .end(inbound))
    pair.server.session.finish(inbound, trailers: .grpcSuccess)
    try pair.exchange()
    #expect(pair.client.seen.closings == ["1 NO_ERROR"])
    #expect(pair.server.seen.closings == ["1 NO_ERROR"])
  }

  @Test func retainedAndCopiedPayloadKeepTheirOrder() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    var expected: [UInt8] = []
    for index in 0..<50 {
      let piece = Array(repeating: UInt8(index), count: 700 * (index % 4))
      switch index % 3 {
      case 0: pair.client.session.write(piece, on: stream)
      case 1: piece.withUnsafeBytes { pair.client.session.write(copying: $0, on: stream) }
      default: pair.client.session.write(message: piece, on: stream)
      }
      expected += index % 3 == 2 ? framed(piece) : piece
    }
    #expect(pair.client.session.backlog(of: stream) == expected.count)
    pair.client.session.finish(stream)
    try pair.exchange()
    let inbound = try #require(pair.server.seen.requests.first)
    #expect(pair.server.seen.payload(of: inbound) == expected)
  }

  @Test func trailersOnlyAnswerEndsTheStream() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    pair.client.session.finish(stream)
    try pair.exchange()
    let inbound = try #require(pair.server.seen.requests.first)
    let answer = HeaderBlock.grpcTrailersOnly(RPCStatus(.notFound, "no such method"))
    pair.server.session.respond(on: inbound, answer, endOfStream: true)
    try pair.exchange()
    #expect(
      pair.client.seen.events == [
        .headers(
          .response,
          [
            ":status: 200", "content-type: application/grpc", "grpc-status: 5",
            "grpc-message: no such method",
          ], stream, end: true),
        .closed(stream, .noError),
      ])
  }

  @Test func earlyAnswerAsksTheClientToStop() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    pair.client.session.write(message: [1], on: stream)
    try pair.exchange()
    let inbound = try #require(pair.server.seen.requests.first)
    pair.server.session.respond(on: inbound, .grpcTrailersOnly(.ok), endOfStream: true)
    try pair.exchange()
    #expect(pair.client.seen.closings == ["1 NO_ERROR"])
    #expect(pair.server.seen.closings == ["1 NO_ERROR"])
    #expect(pair.client.session.openStreams == 0)
  }

  @Test func resetReachesTheOtherSide() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    pair.client.session.write(message: [1], on: stream)
    try pair.exchange()
    pair.client.session.reset(stream, .cancel)
    pair.client.session.reset(stream, .internalError)
    try pair.exchange()
    #expect(pair.client.seen.closings == ["1 CANCEL"])
    #expect(pair.server.seen.closings == ["1 CANCEL"])
  }

  @Test func requestResetBeforeItIsWrittenNeverLeaves() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    pair.client.session.reset(stream, .cancel)
    try pair.exchange()
    #expect(pair.client.seen.closings == ["1 CANCEL"])
    #expect(pair.server.seen.requests.isEmpty)
  }

  @Test func serverResetsWithRefusal() throws {
    let pair = try SessionPair.connected()
    _ = try #require(pair.client.session.open(.echo))
    try pair.exchange()
    pair.server.session.reset(try #require(pair.server.seen.requests.first), .refusedStream)
    try pair.exchange()
    #expect(pair.client.seen.closings == ["1 REFUSED_STREAM"])
    #expect(pair.server.seen.closings == ["1 REFUSED_STREAM"])
  }

  @Test func ordersOnAClosedStreamDoNothing() throws {
    let pair = try SessionPair.connected()
    let stale = try #require(pair.client.session.open(.echo))
    pair.client.session.reset(stale, .cancel)
    try pair.exchange()
    let next = try #require(pair.client.session.open(.echo))
    #expect(next.slot == stale.slot && next.number != stale.number)
    pair.client.session.write(message: [1], on: stale)
    pair.client.session.finish(stale)
    pair.client.session.reset(stale, .internalError)
    pair.client.session.consumed(100, on: stale)
    #expect(pair.client.session.backlog(of: stale) == 0)
    #expect(pair.client.session.backlog(of: next) == 0)
    #expect(!pair.client.session.isWritable(stale))
    try pair.exchange()
    #expect(pair.client.session.openStreams == 1)
  }

  @Test func finishWithoutAResponseIsAnInternalError() throws {
    let pair = try SessionPair.connected()
    _ = try #require(pair.client.session.open(.echo))
    try pair.exchange()
    pair.server.session.finish(try #require(pair.server.seen.requests.first))
    try pair.exchange()
    #expect(pair.client.seen.closings == ["1 INTERNAL_ERROR"])
  }

  @Test func ordersMayBeGivenFromWithinEvents() throws {
    let pair = try SessionPair.connected()
    let server = pair.server
    server.seen.onEvent = { event in
      switch event {
      case .data(let bytes, let stream):
        server.session.consumed(bytes.count, on: stream)
        server.session.respond(on: stream, .grpcResponse)
        bytes.withUnsafeBytes { server.session.write(copying: $0, on: stream) }
      case .end(let stream): server.session.finish(stream, trailers: .grpcSuccess)
      default: break
      }
    }
    let client = pair.client
    var opened = 1
    client.seen.onEvent = { event in
      // A new call from within the end of the last one, many slots deep.
      guard case .closed = event, opened < 100 else { return }
      for _ in 0..<2 {
        opened += 1
        guard let stream = client.session.open(.echo) else { continue }
        client.session.write(message: [UInt8(truncatingIfNeeded: opened)], on: stream)
        client.session.finish(stream)
      }
    }
    let first = try #require(client.session.open(.echo))
    client.session.write(message: [0], on: first)
    client.session.finish(first)
    try pair.exchange()
    #expect(client.seen.closings.count == opened)
    #expect(client.seen.closings.allSatisfy { $0.hasSuffix("NO_ERROR") })
    #expect(client.session.openStreams == 0 && server.session.openStreams == 0)
  }

  @Test func pingComesBack() throws {
    let pair = try SessionPair.connected()
    pair.client.session.ping(0x0102_0304_0506_0708)
    try pair.exchange()
    #expect(pair.client.seen.events == [.pong(0x0102_0304_0506_0708)])
  }

  @Test func informationalAnswerComesBeforeTheFinalOne() throws {
    let client = Side(.client)
    let stream = try #require(client.session.open(.echo, endOfStream: true))
    _ = try client.output()
    // SETTINGS, then HEADERS with `:status 100` as a literal (RFC 7541 §6.2.2), then `:status 200`
    // and END_STREAM.
    try client.receive([0, 0, 0, 4, 0, 0, 0, 0, 0])
    try client.receive([0, 0, 5, 1, 4, 0, 0, 0, 1, 0x08, 3] + Array("100".utf8))
    try client.receive([0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88])
    #expect(
      client.seen.events == [
        .settings, .headers(.informational, [":status: 100"], stream, end: false),
        .headers(.response, [":status: 200"], stream, end: true), .closed(stream, .noError),
      ])
  }

  @Test func aServerInformsBeforeItResponds() throws {
    let pair = try SessionPair.connected()
    let stream = try #require(pair.client.session.open(.echo))
    try pair.exchange()
    let inbound = try #require(pair.server.seen.requests.first)
    pair.server.session.inform(on: inbound, [":status": "100"])
    try pair.exchange()
    pair.client.session.write(message: [1], on: stream)
    pair.client.session.finish(stream)
    try pair.exchange()
    #expect(pair.server.seen.payload(of: inbound) == framed([1]))
    pair.server.session.respond(on: inbound, [":status": "200"], endOfStream: true)
    // The final head has been said.
    pair.server.session.inform(on: inbound, [":status": "100"])
    try pair.exchange()
    #expect(
      pair.client.seen.events == [
        .headers(.informational, [":status: 100"], stream, end: false),
        .headers(.response, [":status: 200"], stream, end: true), .closed(stream, .noError),
      ])
  }
}
