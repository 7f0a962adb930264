// Status texts and metadata that a field value of HTTP cannot be, on their way out and in.

import MartletCore
import MartletWire
import Testing

@Suite struct StatusTextTests {
  @Test(arguments: [
    ("no such user: ", "no such user:%20"), (" x", "%20x"), (" ", "%20"), ("   ", "%20 %20"),
    ("\ta b\n", "%09a b%0A"), ("50 %", "50 %25"), ("% ", "%25%20"), ("ö ", "%C3%B6%20"), ("", ""),
  ])
  func textsHaveNoSpaceAtTheirEnds(text: String, encoded: String) {
    #expect(String(decoding: PercentEncoding.encode(text), as: UTF8.self) == encoded)
    #expect(Array(encoded.utf8).withUnsafeBytes { PercentEncoding.decode($0) } == text)
  }

  @Test(
    arguments: [
      ("fit", nil), ("a b", nil), ("100 %25", nil), ("lone %", nil), ("", nil),
      ("behind ", "behind%20"), (" %25 ", "%20%25%20"), ("a\tb", "a%09b"),
      ("größe", "gr%C3%B6%C3%9Fe"),
      ("two\nlines", "two%0Alines"),
    ] as [(String, String?)])
  func whatCameIsMadeFit(came: String, fit: String?) {
    let repaired = Array(came.utf8).withUnsafeBytes { PercentEncoding.repaired($0) }
    #expect(repaired.map { String(decoding: $0, as: UTF8.self) } == fit)
  }

  @Test func spacesAroundMetadataAreStripped() throws {
    var block = HeaderBlock()
    try block.append(["x-a": "  a b\t", "x-b": " ", "x-c": "c"])
    #expect(block.pairs.map(\.value) == ["a b", "", "c"])
  }

  @Test func whatCannotBeSentLeavesTheRest() {
    var block = HeaderBlock()
    let left = block.append(sendable: ["x-a": "1", "x-b": "a\nb", "te": "x", "x-c": "2"])
    #expect(left.map(\.name) == ["x-b", "te"])
    #expect(block.pairs.map(\.name) == ["x-a", "x-c"])
  }

  // MARK: What servers send

  /// A literal field without indexing (RFC 7541 §6.2.2).
  private func field(_ name: String, _ value: [UInt8]) -> [UInt8] {
    [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.count)] + value
  }

  private func headers(_ block: [UInt8], flags: UInt8) -> [UInt8] {
    [0, UInt8(block.count >> 8), UInt8(block.count & 0xFF), 1, flags, 0, 0, 0, 1] + block
  }

  /// What a client's delegate sees of trailers-only answers with these fields.
  private func seen(_ fields: (String, [UInt8])...) throws -> [Event] {
    let client = Side(.client)
    _ = try client.output()
    try client.receive([0, 0, 0, 4, 0, 0, 0, 0, 0])
    _ = try #require(client.session.open(.echo, endOfStream: true))
    _ = try client.output()
    client.seen.events = []
    let block =
      field(":status", Array("200".utf8)) + field("content-type", Array("application/grpc ".utf8))
      + fields.flatMap { field($0.0, $0.1) }
    try client.receive(headers(block, flags: 5))
    return client.seen.events
  }

  private func shown(_ events: [Event]) -> [String] {
    guard case .headers(_, let fields, _, _)? = events.first else { return [] }
    return fields
  }

  @Test func answersWithSpacesArriveWithout() throws {
    let events = try seen(
      ("grpc-status", Array("5 ".utf8)), ("grpc-message", Array(" no such user: ".utf8)),
      ("x-a", Array("\t a b \t".utf8)), ("x-b", Array("  ".utf8)), ("x-c", Array("c".utf8)))
    #expect(
      shown(events) == [
        ":status: 200", "content-type: application/grpc", "grpc-status: 5",
        "grpc-message: %20no such user:%20", "x-a: a b", "x-b: ", "x-c: c",
      ])
  }

  @Test(arguments: ["two\nlines", "nul\0", "\u{1}", "größe", "\u{7F}"])
  func aTextThatHTTPForbidsIsEncoded(text: String) throws {
    let events = try seen(
      ("grpc-status", [UInt8(ascii: "5")]), ("grpc-message", Array(text.utf8)), ("x-c", [0x63]))
    let fields = shown(events)
    #expect(
      fields.dropFirst(2) == [
        "grpc-status: 5",
        "grpc-message: " + String(decoding: PercentEncoding.encode(text), as: UTF8.self), "x-c: c",
      ])
  }

  /// Anything else that HTTP forbids is refused with the whole answer.
  @Test func otherFieldsWithControlsAreRefused() throws {
    let events = try seen(("grpc-status", [UInt8(ascii: "0")]), ("x-a", Array("a\nb".utf8)))
    #expect(shown(events).isEmpty)
  }

  /// What is passed on has none: no hop behind this one can be deceived.
  @Test func spacesAroundValuesOfRequestsAreStripped() throws {
    let server = Side(.server)
    _ = try server.output()
    try server.receive(
      Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0])
    let block =
      field(":method", Array("POST".utf8)) + field(":scheme", Array("http".utf8))
      + field(":path", Array("/a/b".utf8)) + field(":authority", Array("m".utf8))
      + field("x", Array("\t y ".utf8)) + field("z", Array(" ".utf8))
    server.seen.events = []
    try server.receive(headers(block, flags: 5))
    #expect(shown(server.seen.events).suffix(2) == ["x: y", "z: "])
  }
}
