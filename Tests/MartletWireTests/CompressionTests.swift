// Compressed messages out of bytes, and what headers say about them.

import MartletCore
import MartletWire
import Testing

@Suite struct CompressionTests {
  private let codec = MessageCodec()

  private static let text = Array(String(repeating: "the same words again, ", count: 200).utf8)

  private func framed(_ message: [UInt8], _ compression: Compression) throws -> [UInt8] {
    var limits = Limits()
    limits.minCompressedMessageBytes = 0
    return try #require(Compressor(codec, compression, limits: limits).framed(message))
  }

  private func deframer(
    _ compression: Compression?, maxMessageBytes: Int = 1 << 20
  ) -> MessageDeframer {
    var deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)
    deframer.decompressor = compression.map {
      Decompressor(codec, $0, maxMessageBytes: maxMessageBytes)
    }
    return deframer
  }

  private func feed(
    _ deframer: inout MessageDeframer, _ bytes: some Sequence<UInt8>
  ) throws -> [[UInt8]] {
    var messages: [[UInt8]] = []
    try Array(bytes).withUnsafeBytes { bytes in
      var rest = bytes
      while let message = try deframer.next(from: &rest) { messages.append(message) }
    }
    return messages
  }

  @Test(arguments: Compression.allCases)
  func messagesComeBackWhereverTheyAreSplit(_ compression: Compression) throws {
    let bytes = try framed(Self.text, compression) + [0, 0, 0, 0, 1, 7]
    #expect(bytes[0] == 1)
    #expect(bytes.count < Self.text.count / 4)
    for split in 0...bytes.count {
      var deframer = deframer(compression)
      let messages = try feed(&deframer, bytes[..<split]) + feed(&deframer, bytes[split...])
      #expect(messages == [Self.text, [7]])
    }
  }

  @Test(arguments: Compression.allCases)
  func longMessagesComeBack(_ compression: Compression) throws {
    let message = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 / 77 &* 31) }
    var deframer = deframer(compression, maxMessageBytes: 3 << 20)
    let first = try feed(&deframer, try framed(message, compression))
    #expect(first == [message])
    let second = try feed(&deframer, try framed(Self.text, compression))
    #expect(second == [Self.text])
  }

  /// What Python's `gzip.compress` and `zlib.compress` make of "hello hello hello hello".
  @Test func theFormatsAreThoseOfOthers() throws {
    let deflated: [UInt8] = [
      0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01, 0x68, 0x03, 0x08,
      0xb1,
    ]
    let gzipped: [UInt8] = [
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
      0x57, 0xc8, 0x40, 0x27, 0x01, 0xe3, 0x51, 0x3d, 0x8d, 0x17, 0x00, 0x00, 0x00,
    ]
    for (compression, bytes) in [(Compression.deflate, deflated), (.gzip, gzipped)] {
      var deframer = deframer(compression)
      let messages = try feed(&deframer, [1, 0, 0, 0, UInt8(bytes.count)] + bytes)
      #expect(messages == [Array("hello hello hello hello".utf8)])
    }
  }

  @Test(arguments: Compression.allCases)
  func theLimitHoldsForWhatComesOut(_ compression: Compression) throws {
    let bytes = try framed([UInt8](repeating: 0, count: 1 << 20), compression)
    #expect(bytes.count < 8 << 10)
    var fits = deframer(compression)
    let messages = try feed(&fits, bytes)
    #expect(messages.map(\.count) == [1 << 20])
    var bomb = deframer(compression, maxMessageBytes: 1 << 20 - 1)
    #expect(throws: FramingError.inflatedTooLarge(limit: 1 << 20 - 1)) { try feed(&bomb, bytes) }
    // The memory goes on to the next message.
    let next = try feed(&fits, try framed(Self.text, compression))
    #expect(next == [Self.text])
  }

  /// RFC 1952 §2.2: so write tools that compress in pieces. zlib's own format has one piece.
  @Test func gzipMayComeInSeveralMembers() throws {
    let member = Array(try framed(Self.text, .gzip)[5...])
    var deframer = deframer(.gzip)
    func message(_ payload: [UInt8]) -> [UInt8] {
      [1, 0, 0, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
    }
    let messages = try feed(&deframer, message(member + member + member) + message(member))
    #expect(messages == [Self.text + Self.text + Self.text, Self.text])
    #expect(throws: FramingError.undecodable(.gzip, "it ends too early")) {
      try feed(&deframer, message(member + member.dropLast()))
    }
    var narrow = self.deframer(.gzip, maxMessageBytes: Self.text.count * 2)
    #expect(throws: FramingError.inflatedTooLarge(limit: Self.text.count * 2)) {
      try feed(&narrow, message(member + member + member))
    }
  }

  @Test(arguments: Compression.allCases)
  func whatIsNoMessageIsAnError(_ compression: Compression) throws {
    let bytes = try framed(Self.text, compression)
    func expectUndecodable(_ payload: [UInt8], _ reason: String) {
      var deframer = deframer(compression)
      let length = payload.count
      #expect(throws: FramingError.undecodable(compression, reason)) {
        try feed(&deframer, [1, 0, 0, UInt8(length >> 8), UInt8(length & 255)] + payload)
      }
    }
    let payload = Array(bytes[5...])
    expectUndecodable([], "it ends too early")
    expectUndecodable(payload.dropLast(), "it ends too early")
    expectUndecodable(payload + [0], "bytes follow its end")
    expectUndecodable([0xff] + payload, "it is corrupt")
    var damaged = payload
    damaged[damaged.count - (compression == .gzip ? 6 : 2)] ^= 1
    expectUndecodable(damaged, "it is corrupt")
    expectUndecodable(Self.text, "it is corrupt")
  }

  @Test func whatDoesNotShrinkIsSentAsItIs() {
    var limits = Limits()
    let compressor = Compressor(codec, .gzip, limits: limits)
    let short = [UInt8](repeating: 0, count: limits.minCompressedMessageBytes)
    #expect(compressor.framed(short) != nil)
    #expect(compressor.framed(Array(short.dropLast())) == nil)
    // Noise: what xorshift makes of 1.
    var state: UInt32 = 1
    let noise = (0..<100_000).map { _ -> UInt8 in
      state ^= state << 13
      state ^= state >> 17
      state ^= state << 5
      return UInt8(truncatingIfNeeded: state)
    }
    #expect(compressor.framed(noise) == nil)
    limits.minCompressedMessageBytes = 0
    #expect(Compressor(codec, .gzip, limits: limits).framed([]) == nil)
    #expect(Compressor(codec, .gzip, limits: limits).framed([1]) == nil)
  }

  @Test func requestsSayWhatTheyWant() throws {
    #expect(try HeaderBlock.grpcRequest(path: "/a/b", authority: "c").requestCompression == nil)
    let accepting: HeaderBlock = ["grpc-accept-encoding": "identity, br,gzip"]
    let onlyAccepts = try #require(try accepting.requestCompression)
    #expect(onlyAccepts.encoding == nil)
    #expect(onlyAccepts.accepted == [.gzip])
    let plain: HeaderBlock = ["grpc-encoding": "identity"]
    #expect(try plain.requestCompression?.encoding == nil)
    #expect(try plain.requestCompression?.accepted == [])
    let deflated: HeaderBlock = [
      "grpc-encoding": "deflate", "grpc-accept-encoding": "identity,deflate,gzip",
    ]
    #expect(try deflated.requestCompression?.encoding == .deflate)
    #expect(try deflated.requestCompression?.accepted == [.deflate, .gzip])
  }

  @Test func unknownEncodingsAreNamed() throws {
    let unknown: HeaderBlock = ["grpc-encoding": "br"]
    let message = "grpc-encoding \"br\" is not supported; supported are identity, deflate and gzip"
    do throws(RPCError) {
      _ = try unknown.requestCompression
      Issue.record("no error")
    } catch {
      #expect(error.status == RPCStatus(.unimplemented, message))
    }
    do throws(RPCError) {
      _ = try unknown.responseEncoding
      Issue.record("no error")
    } catch {
      #expect(error.status == RPCStatus(.internalError, message))
    }
  }
}
