// Answers whose text or metadata is longer than somebody takes.

import MartletCore
import MartletWire
import Testing

@Suite struct LongAnswerTests {
  /// A client with one open request, whose server is written by hand.
  private static func asking(_ limits: Limits = Limits()) throws -> Side {
    let client = Side(.client, limits: limits)
    _ = try client.output()
    try client.receive(frame(4) + frame(4, flags: 1))
    for _ in 0..<2 { _ = try #require(client.session.open(.echo, endOfStream: true)) }
    _ = try client.output()
    client.seen.events = []
    return client
  }

  /// A string in HPACK, as it is or, where `bytes` are that, in Huffman's code.
  private static func string(_ bytes: [UInt8], isHuffman: Bool = false) -> [UInt8] {
    let first: UInt8 = isHuffman ? 0x80 : 0
    guard bytes.count >= 0x7f else { return [first | UInt8(bytes.count)] + bytes }
    var length: [UInt8] = [first | 0x7f]
    var rest = bytes.count - 0x7f
    while rest > 0x7f {
      length.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return length + [UInt8(rest)] + bytes
  }

  private static func literal(
    _ name: String, _ value: [UInt8], isHuffman: Bool = false, form: UInt8 = 0x40
  ) -> [UInt8] {
    [form] + string(Array(name.utf8)) + string(value, isHuffman: isHuffman)
  }

  /// A header section in frames of 16 KiB.
  private static func section(_ block: [UInt8], on stream: UInt32, flags: UInt8 = 1) -> [UInt8] {
    var frames: [UInt8] = []
    var rest = block[...]
    var type: UInt8 = 1
    repeat {
      let piece = rest.prefix(1 << 14)
      rest = rest.dropFirst(piece.count)
      let end: UInt8 = rest.isEmpty ? 4 : 0
      frames += frame(type, flags: (type == 1 ? flags : 0) | end, on: stream, Array(piece))
      type = 9
    } while !rest.isEmpty
    return frames
  }

  private static let status200: [UInt8] = [0x88]
  private static let grpc = literal("content-type", Array("application/grpc".utf8))

  private static func fields(_ client: Side, _ stream: Int32) -> [String] {
    for case .headers(_, let fields, let id, _) in client.seen.events where id.number == stream {
      return fields
    }
    return []
  }

  private static func field(_ name: String, in fields: [String]) -> String? {
    fields.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
  }

  @Test(
    arguments: [20_000, 65_535, 65_536, 70_000, 300_000, 2_000_000], [7, 1000, Int.max])
  func aTextOfAnyLengthCostsNobodyElse(bytes: Int, pieceBytes: Int) throws {
    let client = try Self.asking()
    let text = [UInt8](repeating: 0x61, count: bytes)
    // The table has an entry before, which the long one drives out, and others behind it.
    let block =
      Self.status200 + Self.grpc + Self.literal("grpc-message", text)
      + Self.literal("grpc-status", Array("5".utf8)) + Self.literal("x-after", Array("1".utf8))
    let pieces = bytes > 100_000 ? max(pieceBytes, 1000) : pieceBytes
    #expect(try client.failure(from: Self.section(block, on: 1), inPieces: pieces) == nil)
    let fields = Self.fields(client, 1)
    #expect(Self.field("grpc-status", in: fields) == "5")
    let message = try #require(Self.field("grpc-message", in: fields))
    #expect(message.hasPrefix("aaaa") && message.hasSuffix(" of \(bytes) bytes]"))
    #expect(message.utf8.count <= 16 << 10)
    // The newest entry is `x-after`, then `grpc-status`, and nothing else if the text was longer than the table.
    let next = Self.status200 + Self.grpc + [0xbf + 1, 0xbe + 1]
    #expect(try client.failure(from: frame(1, flags: 5, on: 3, next)) == nil)
    #expect(Self.fields(client, 3).suffix(2) == ["grpc-status: 5", "x-after: 1"])
  }

  /// The first frame may have a priority before its part of the section and padding around it.
  @Test(
    arguments: [(0, false), (0, true), (1, false), (7, true), (255, true)], [1, 7, 1000, Int.max])
  func aSectionThatIsPaddedIsCutToo(cover: (padding: Int, priority: Bool), pieceBytes: Int) throws {
    let client = try Self.asking()
    let text = [UInt8](repeating: 0x61, count: 70_000)
    let block =
      Self.status200 + Self.grpc + Self.literal("grpc-message", text)
      + Self.literal("grpc-status", Array("5".utf8))
    let priority: [UInt8] = cover.priority ? [0, 0, 0, 0, 15] : []
    let first =
      [UInt8(cover.padding)] + priority + block.prefix(5000)
      + [UInt8](repeating: 0, count: cover.padding)
    let flags: UInt8 = 0x1 | 0x8 | (cover.priority ? 0x20 : 0)
    var frames = frame(1, flags: flags, on: 1, first)
    let rest = Self.section(Array(block.dropFirst(5000)), on: 1)
    // The rest as CONTINUATIONs.
    frames += rest.prefix(3) + [9, rest[4] & 4] + rest.dropFirst(5)
    #expect(try client.failure(from: frames, inPieces: pieceBytes) == nil)
    let fields = Self.fields(client, 1)
    #expect(Self.field("grpc-status", in: fields) == "5")
    #expect(Self.field("grpc-message", in: fields)?.hasSuffix(" of 70000 bytes]") == true)
    #expect(
      try client.failure(from: frame(1, flags: 5, on: 3, Self.status200 + [0xbe])) == nil)
    #expect(Self.fields(client, 3).last == "grpc-status: 5")
  }

  @Test(arguments: [false, true])
  func paddingThatIsLongerThanItsFrameIsAnError(hasPriority: Bool) throws {
    let client = try Self.asking()
    let flags: UInt8 = 0x1 | 0x8 | (hasPriority ? 0x20 : 0)
    let first = [9] + [UInt8](repeating: 0, count: 8)
    let more = frame(9, flags: 4, on: 1, Self.status200 + Self.grpc)
    _ = try client.failure(from: frame(1, flags: flags, on: 1, first) + more)
    // GOAWAY with PROTOCOL_ERROR
    let last = try client.output()
    #expect(last.count >= 17 && last[3] == 7 && last[13..<17].elementsEqual(bigEndian(1)))
  }

  @Test func aTextInHuffmansCodeIsCutToo() throws {
    let client = try Self.asking()
    // Eight times `a`, of five bits each: 00011.
    let code = (0..<20_000).flatMap { _ in [0x18, 0xc6, 0x31, 0x8c, 0x63] as [UInt8] }
    let block =
      Self.status200 + Self.grpc + Self.literal("grpc-message", code, isHuffman: true)
      + Self.literal("grpc-status", Array("9".utf8))
    #expect(try client.failure(from: Self.section(block, on: 1), inPieces: 999) == nil)
    let fields = Self.fields(client, 1)
    #expect(Self.field("grpc-status", in: fields) == "9")
    #expect(
      Self.field("grpc-message", in: fields)?.hasPrefix(String(repeating: "a", count: 5000)) == true
    )
  }

  @Test(arguments: [40_000, 70_000])
  func metadataThatIsTooLongIsLeftOutAndNamed(bytes: Int) throws {
    let client = try Self.asking()
    let block =
      Self.status200 + Self.grpc + Self.literal("x-long", [UInt8](repeating: 0x62, count: bytes))
      + Self.literal("x-short", Array("1".utf8)) + Self.literal("grpc-status", Array("0".utf8))
    #expect(try client.failure(from: Self.section(block, on: 1)) == nil)
    let fields = Self.fields(client, 1)
    #expect(Self.field("x-long", in: fields) == nil)
    #expect(Self.field("x-short", in: fields) == "1")
    #expect(Self.field("grpc-status", in: fields) == "0")
    #expect(Self.field("martlet-left-out", in: fields) == "x-long")
  }

  @Test func metadataThatGRPCDoesNotAllowIsLeftOutToo() throws {
    let client = try Self.asking()
    let block =
      Self.status200 + Self.grpc + Self.literal("x-bad-bin", Array("!!!".utf8))
      + Self.literal("x-good-bin", Array("AQ==".utf8))
      + Self.literal("grpc-status", Array("0".utf8))
    #expect(try client.failure(from: Self.section(block, on: 1)) == nil)
    let fields = Self.fields(client, 1)
    #expect(Self.field("x-bad-bin", in: fields) == nil)
    #expect(Self.field("x-good-bin", in: fields) == "AQ==")
    #expect(Self.field("martlet-left-out", in: fields) == "x-bad-bin")
  }

  @Test func valuesOfAListComeAsFields() throws {
    let client = try Self.asking()
    let block =
      Self.status200 + Self.grpc + Self.literal("x-good-bin", Array("AQI=, AQ".utf8))
      + Self.literal("grpc-status", Array("0".utf8))
    #expect(try client.failure(from: Self.section(block, on: 1)) == nil)
    let fields = Self.fields(client, 1)
    #expect(fields.filter { $0.hasPrefix("x-good") } == ["x-good-bin: AQI=", "x-good-bin: AQ"])
  }

  @Test func somethingElseWithinASectionIsStillAnError() throws {
    let begun = frame(1, flags: 1, on: 1, Self.status200)
    let ping = frame(6, [UInt8](repeating: 0, count: 8))
    for other in [ping, frame(9, flags: 4, on: 3, Self.grpc), frame(1, flags: 5, on: 3)] {
      let client = try Self.asking()
      _ = try client.failure(from: begun + other)
      // GOAWAY with PROTOCOL_ERROR
      let last = try client.output()
      #expect(last.count >= 17 && last[3] == 7 && last[13..<17].elementsEqual(bigEndian(1)))
      #expect(client.session.isFinished)
    }
  }

  // MARK: What goes to a client

  /// What a client that takes so much gets of an answer.
  private static func answered(
    _ trailers: HeaderBlock, takes bytes: Int, endsAtOnce: Bool
  ) throws -> [String] {
    var limits = Limits()
    limits.maxHeaderListBytes = bytes
    let pair = try SessionPair.connected(client: limits)
    _ = try #require(pair.client.session.open(.echo, endOfStream: true))
    try pair.exchange()
    let stream = pair.server.seen.requests[0]
    if endsAtOnce {
      var head = HeaderBlock.grpcResponse
      head.append(contentsOf: trailers)
      pair.server.session.respond(on: stream, head, endOfStream: true)
    } else {
      pair.server.session.respond(on: stream, .grpcResponse)
      pair.server.session.finish(stream, copyingTrailers: trailers)
    }
    try pair.exchange()
    guard
      case .headers(_, let fields, _, _) = pair.client.seen.events.last(where: { event in
        if case .headers = event { true } else { false }
      })
    else { return [] }
    return fields
  }

  /// As HPACK counts it.
  private static func listBytes(_ fields: [String]) -> Int {
    fields.reduce(0) { $0 + $1.utf8.count - 2 + 32 }
  }

  @Test(arguments: [8 << 10, 16 << 10, 32 << 10, 100 << 10], [false, true])
  func aFailureFitsWhatTheClientSurelyTakes(takes: Int, endsAtOnce: Bool) throws {
    var trailers = HeaderBlock()
    trailers.append(RPCStatus(.notFound, String(repeating: "größer ", count: 20_000)))
    trailers.append(statusDetails: [UInt8](repeating: 7, count: 1000))
    trailers.append(name: "x-small", value: "1")
    let fields = try Self.answered(trailers, takes: takes, endsAtOnce: endsAtOnce)
    #expect(Self.field("grpc-status", in: fields) == "5")
    #expect(Self.field("x-small", in: fields) == "1")
    #expect(Self.field("grpc-status-details-bin", in: fields) != nil)
    let message = try #require(Self.field("grpc-message", in: fields))
    #expect(message.contains("[cut after ") && message.hasSuffix(" bytes]"))
    let surely = takes <= 16 << 10 ? 8 << 10 : takes * 4 / 5
    #expect(Self.listBytes(fields) <= surely)
    #expect(Self.listBytes(fields) > surely / 2 || Self.listBytes(fields) > 12 << 10)
    // No half of an escape or of a character.
    let note = try #require(message.firstRange(of: " [cut"))
    let text = String(message[..<note.lowerBound])
    let status = HeaderBlock(dictionaryLiteral: ("grpc-status", "5"), ("grpc-message", text))
      .grpcStatus
    #expect(status?.message.contains("\u{FFFD}") == false)
  }

  @Test func detailsThatDoNotFitAreLeftOutWhole() throws {
    var trailers = HeaderBlock()
    trailers.append(RPCStatus(.notFound, "no such user"))
    trailers.append(statusDetails: [UInt8](repeating: 7, count: 9000))
    trailers.append(name: "x-small", value: "1")
    let fields = try Self.answered(trailers, takes: 16 << 10, endsAtOnce: true)
    #expect(Self.field("grpc-message", in: fields) == "no such user")
    #expect(Self.field("grpc-status-details-bin", in: fields) == nil)
    #expect(Self.field("x-small", in: fields) == "1")
    #expect(Self.field("martlet-left-out", in: fields) == "grpc-status-details-bin")
  }

  @Test func whatFitsIsNotTouched() throws {
    var trailers = HeaderBlock()
    trailers.append(RPCStatus(.notFound, String(repeating: "a", count: 7000)))
    let fields = try Self.answered(trailers, takes: 16 << 10, endsAtOnce: false)
    #expect(Self.field("grpc-message", in: fields)?.utf8.count == 7000)
    #expect(!fields.contains { $0.hasPrefix("martlet") })
  }

  @Test func aRequestThatTheServerDoesNotTakeIsKnownBefore() throws {
    var limits = Limits()
    limits.maxHeaderListBytes = 10_000
    let pair = try SessionPair.connected(server: limits)
    var request = HeaderBlock.echo
    #expect(pair.client.session.limit(exceededBy: request) == nil)
    request.append(name: "x-long", value: String(repeating: "a", count: 9_500))
    #expect(pair.client.session.limit(exceededBy: request) == nil)
    request.append(name: "x-more", value: String(repeating: "a", count: 500))
    #expect(pair.client.session.limit(exceededBy: request) == 10_000)
  }

  @Test func aRequestOfALongValueCostsOnlyItself() throws {
    let server = try Side.greetedServer()
    let long = plainHead + Self.literal("x-long", [UInt8](repeating: 0x61, count: 100_000))
    #expect(try server.failure(from: Self.section(long, on: 1), inPieces: 1001) == nil)
    #expect(server.seen.requests.isEmpty)
    #expect(try server.failure(from: plainRequest(on: 3, flags: 5)) == nil)
    #expect(server.seen.requests.count == 1)
  }
}
