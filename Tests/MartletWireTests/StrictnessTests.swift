// What RFC 9113 forbids and nghttp2 lets pass.

import MartletCore
import MartletWire
import Testing

@Suite struct StrictnessTests {
  private static let pieces = [1, 4, 9, 13, Int.max]

  // MARK: Frame sizes

  @Test(arguments: pieces)
  func continuationAboveTheLargestSizeEndsTheConnection(pieceBytes: Int) throws {
    let block = plainHead + [0x00, 1] + Array("x".utf8) + [0x7f, 0x81, 0x7f]
    let long = block + [UInt8](repeating: 0x61, count: 16_385 - block.count)
    let server = try Side.greetedServer()
    let bytes = frame(1, on: 1) + frame(9, flags: 4, on: 1, long)
    #expect(try server.failure(from: bytes, inPieces: pieceBytes) == .frameSizeError)
    #expect(server.seen.requests.isEmpty)
  }

  @Test func continuationOfTheLargestSizePasses() throws {
    // An empty name cannot be, so the filling is one long value: 127 + 0x3f9a as HPACK counts.
    let value = 16_384 - plainHead.count - 6
    let block = plainHead + [0x00, 1] + Array("x".utf8) + hpackInteger(value)
    let whole = block + [UInt8](repeating: 0x61, count: 16_384 - block.count)
    let server = try Side.greetedServer()
    #expect(try server.failure(from: frame(1, on: 1) + frame(9, flags: 4, on: 1, whole)) == nil)
    #expect(server.seen.requests.count == 1)
  }

  private func hpackInteger(_ value: Int) -> [UInt8] {
    let rest = value - 127
    return [0x7f, UInt8(rest & 0x7f) | 0x80, UInt8(rest >> 7)]
  }

  // MARK: Stream numbers

  @Test(arguments: pieces)
  func aStreamThatWasPassedByCannotBeOpened(pieceBytes: Int) throws {
    let server = try Side.greetedServer()
    let bytes = plainRequest(on: 1) + plainRequest(on: 7) + plainRequest(on: 3)
    #expect(try server.failure(from: bytes, inPieces: pieceBytes) == .protocolError)
    #expect(server.seen.requests.map(\.number) == [1, 7])
  }

  @Test func nothingFollowsTheHighestNumber() throws {
    let server = try Side.greetedServer()
    let bytes = plainRequest(on: 0x7fff_ffff) + plainRequest(on: 1)
    #expect(try server.failure(from: bytes) == .protocolError)
  }

  @Test func numbersMaySkip() throws {
    let server = try Side.greetedServer()
    let numbers = stride(from: UInt32(1), to: 400, by: 6)
    #expect(try server.failure(from: numbers.flatMap { plainRequest(on: $0) }) == nil)
    // Of so many gaps the latest is known, the first is forgotten.
    #expect(try server.failure(from: plainRequest(on: 3, flags: 5)) == nil)
    #expect(try server.failure(from: plainRequest(on: 393, flags: 5)) == .protocolError)
  }

  @Test func trailersThatCrossOurResetAreDiscarded() throws {
    let pair = try SessionPair.connected()
    let first = try #require(pair.client.session.open(.echo))
    let second = try #require(pair.client.session.open(.echo))
    try pair.exchange()
    for stream in pair.server.seen.requests { pair.server.session.reset(stream, .cancel) }
    _ = try pair.server.output()
    #expect(pair.server.session.openStreams == 0)
    // The client has not heard of it yet.
    for stream in [second, first] {
      pair.client.session.finish(stream, trailers: ["x-checksum": "1"])
    }
    try pair.server.receive(pair.client.output())
    _ = try #require(pair.client.session.open(.echo))
    try pair.server.receive(pair.client.output())
    #expect(pair.server.seen.requests.map(\.number) == [1, 3, 5])
  }

  // MARK: SETTINGS

  @Test(
    arguments: pieces,
    [
      ([(2, 2), (2, 1)], HTTP2ErrorCode.protocolError),
      ([(4, 1 << 31), (4, 65_535)], .flowControlError),
      ([(5, 16_383), (5, 16_384)], .protocolError),
      ([(5, 1 << 24), (5, 16_384)], .protocolError),
      ([(1, 0), (8, 2), (8, 0)], .protocolError),
      ([(9, 2), (9, 0)], .protocolError),
      ([(2, 1), (2, 0), (99, 7), (4, 0), (4, 0x7fff_ffff), (5, 0xff_ffff), (6, 0)], nil),
    ] as [([(UInt16, UInt32)], HTTP2ErrorCode?)])
  func everyValueOfASettingCounts(
    pieceBytes: Int, settings: ([(UInt16, UInt32)], HTTP2ErrorCode?)
  ) throws {
    let (values, expected) = settings
    let server = try Side.greetedServer()
    let bytes = frame(4, payload(values)) + plainRequest(on: 1)
    #expect(try server.failure(from: bytes, inPieces: pieceBytes) == expected)
    #expect(server.seen.requests.count == (expected == nil ? 1 : 0))
  }

  @Test func aServersSettingsAreCheckedAsWell() throws {
    let client = Side(.client)
    _ = try client.output()
    #expect(try client.failure(from: frame(4, payload([(2, 1), (2, 0)]))) == .protocolError)
  }

  @Test(arguments: pieces, [(0, nil), (1, .flowControlError)] as [(UInt32, HTTP2ErrorCode?)])
  func aWindowMustNotOverflowByANewInitialSize(
    pieceBytes: Int, beyond: (UInt32, HTTP2ErrorCode?)
  ) throws {
    let server = try Side.greetedServer()
    let room = UInt32(Int32.max) - 65_535
    let bytes =
      plainRequest(on: 1) + frame(8, on: 1, bigEndian(room - 100))
      + frame(4, payload([(4, 65_535 + 100 + beyond.0)])) + plainRequest(on: 3)
    #expect(try server.failure(from: bytes, inPieces: pieceBytes) == beyond.1)
    #expect(server.seen.requests.count == (beyond.1 == nil ? 2 : 1))
  }

  private func payload(_ settings: [(UInt16, UInt32)]) -> [UInt8] {
    settings.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] + bigEndian($1) }
  }

  // MARK: Authority

  @Test(arguments: [
    ("test", true), ("TEST", true), ("test:80", true), ("other", false), ("test:443", false),
    ("test:8080", false), ("", false), ("tes", false),
  ])
  func hostMustNameTheAuthority(host: String, isServed: Bool) throws {
    let server = try Side.greetedServer()
    let block =
      plainHead + [0x00, 4] + Array("host".utf8) + [UInt8(host.utf8.count)] + Array(host.utf8)
    try server.receive(frame(1, flags: 5, on: 1, block))
    #expect(server.seen.requests.count == (isServed ? 1 : 0))
    let answer = try server.output()
    #expect(answer == (isServed ? [] : frame(3, on: 1, bigEndian(1))))
    #expect(server.session.openStreams == (isServed ? 1 : 0))
  }

  @Test func hostAloneIsServed() throws {
    let server = try Side.greetedServer()
    let block = Array(plainHead[..<6]) + [0x00, 4] + Array("host".utf8) + [4] + Array("test".utf8)
    try server.receive(frame(1, flags: 5, on: 1, block))
    #expect(server.seen.requests.count == 1)
  }

  // MARK: The end

  @Test func theGoAwaySaysWhyAndIsTheLastFrame() throws {
    let server = try Side.greetedServer()
    try server.receive(plainRequest(on: 1) + plainRequest(on: 5))
    server.session.respond(on: server.seen.requests[0], .grpcResponse)
    #expect(try server.failure(from: plainRequest(on: 3)) == .protocolError)
    #expect(server.session.wantsWrite && !server.session.isFinished)
    let reason = Array("HEADERS on a stream that was passed by".utf8)
    #expect(try server.output() == frame(7, bigEndian(5) + bigEndian(1) + reason))
    #expect(server.session.isFinished && !server.session.wantsWrite)
    // It stays failed, however little room its last words had.
    #expect(try server.failure(from: frame(6, [UInt8](repeating: 0, count: 8))) == .protocolError)
    server.end()
    #expect(server.seen.closings.count == 2)
  }

  @Test func theGoAwayFitsAnyBuffer() throws {
    let server = Side(.server)
    server.outputBytes = 5
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    #expect(
      try server.failure(from: preface + frame(4, payload([(2, 2)]))) == .protocolError)
    let client = Side(.client)
    _ = try client.output()
    try client.receive(server.output())
    #expect(client.seen.events == [.settings, .goAway(0, .protocolError)])
    #expect(server.session.isFinished)
  }
}
