// Frames behind the end of a stream (RFC 9113 §5.1).

import MartletCore
import MartletWire
import Testing

@Suite struct ClosedStreamTests {
  private static let late: [UInt8] = frame(0, flags: 1, on: 1, [1, 2, 3])

  /// A server with a request that was whole and is answered.
  private static func answered() throws -> Side {
    let server = try Side.greetedServer()
    try server.receive(plainRequest(on: 1, flags: 5))
    server.session.respond(on: server.seen.requests[0], .grpcTrailersOnly(.ok), endOfStream: true)
    _ = try server.output()
    #expect(server.session.openStreams == 0)
    return server
  }

  private static func resetByClient() throws -> Side {
    let server = try Side.greetedServer()
    try server.receive(plainRequest(on: 1) + frame(3, on: 1, bigEndian(8)))
    _ = try server.output()
    return server
  }

  private static let streamClosed = frame(3, on: 1, bigEndian(5))

  @Test(arguments: [1, 4, Int.max]) func dataBehindTheEndIsAStreamError(pieceBytes: Int) throws {
    for server in [try Self.answered(), try Self.resetByClient()] {
      #expect(try server.failure(from: Self.late, inPieces: pieceBytes) == nil)
      #expect(try server.output() == Self.streamClosed)
      #expect(try server.failure(from: plainRequest(on: 3, flags: 5)) == nil)
      #expect(server.seen.requests.count == 2)
    }
  }

  @Test func headersBehindTheEnd() throws {
    #expect(try Self.answered().failure(from: plainRequest(on: 1, flags: 5)) == .streamClosed)
    let reset = try Self.resetByClient()
    #expect(try reset.failure(from: plainRequest(on: 1, flags: 5)) == nil)
    #expect(try reset.output() == Self.streamClosed)
    // In several frames.
    let other = try Self.resetByClient()
    #expect(
      try other.failure(from: plainRequest(on: 1, flags: 1) + frame(9, flags: 4, on: 1)) == nil)
    #expect(try other.output() == Self.streamClosed)
    #expect(try other.failure(from: plainRequest(on: 3, flags: 5)) == nil)
    #expect(other.seen.requests.count == 2)
  }

  @Test func allInOnePiece() throws {
    let server = try Side.greetedServer()
    #expect(
      try server.failure(from: plainRequest(on: 1) + frame(3, on: 1, bigEndian(8)) + Self.late)
        == nil)
    #expect(try server.output() == Self.streamClosed)
  }

  @Test func whatTheServerHasResetIsIgnored() throws {
    let server = try Side.greetedServer()
    try server.receive(plainRequest(on: 1))
    server.session.reset(server.seen.requests[0], .cancel)
    _ = try server.output()
    #expect(try server.failure(from: frame(0, on: 1, [1]) + Self.late) == nil)
    #expect(try server.output().isEmpty)
    // Behind its own end it is an error there, too.
    #expect(try server.failure(from: Self.late) == nil)
    #expect(try server.output() == Self.streamClosed)
  }

  @Test func streamsAreKnownForAThousandOthers() throws {
    let server = try Self.answered()
    for number in 1..<1023 {
      try server.receive(plainRequest(on: UInt32(2 * number + 1), flags: 5))
      let stream = try #require(server.seen.requests.last)
      server.session.respond(on: stream, .grpcTrailersOnly(.ok), endOfStream: true)
      _ = try server.output()
    }
    try server.receive(Self.late)
    #expect(try server.output() == Self.streamClosed)
    // A gap in the numbers forgets what lies before it, and confuses nothing.
    try server.receive(plainRequest(on: 5001, flags: 4) + Self.late + frame(0, flags: 1, on: 5001))
    #expect(try server.output().isEmpty)
  }
}
