// Header sections on the wire: limits and validation.

import MartletCore
import MartletWire
import Testing

@Suite struct HeaderSectionTests {
  private static var small: Limits {
    var limits = Limits()
    limits.maxHeaderListBytes = 1000
    return limits
  }

  @Test func oversizeRequestIsAnsweredAndNeverSeen() throws {
    let pair = try SessionPair.connected(server: Self.small)
    var request = HeaderBlock.echo
    request.append(name: "x-long", value: String(repeating: "a", count: 2000))
    let stream = try #require(pair.client.session.open(request))
    pair.client.session.write(message: [1], on: stream)
    try pair.exchange()
    #expect(pair.server.seen.events.isEmpty)
    #expect(pair.server.session.openStreams == 0)
    guard case .headers(.response, let fields, stream, end: true) = pair.client.seen.events.first
    else { return #expect(Bool(false), "\(pair.client.seen.events)") }
    #expect(fields.contains("grpc-status: 8"))
    #expect(pair.client.seen.closings == ["1 NO_ERROR"])
    // The connection serves on.
    _ = try #require(pair.client.session.open(.echo))
    try pair.exchange()
    #expect(pair.server.seen.requests.count == 1)
  }

  @Test func anAnswersMetadataThatIsTooLongIsLeftOut() throws {
    let pair = try SessionPair.connected(client: Self.small)
    _ = try #require(pair.client.session.open(.echo, endOfStream: true))
    try pair.exchange()
    var answer = HeaderBlock.grpcResponse
    answer.append(name: "x-long", value: String(repeating: "a", count: 2000))
    pair.server.session.respond(on: pair.server.seen.requests[0], answer)
    try pair.exchange()
    guard case .headers(.response, let fields, _, end: false) = pair.client.seen.events.first
    else { return #expect(Bool(false), "\(pair.client.seen.events)") }
    #expect(fields.contains("martlet-left-out: x-long"))
    #expect(pair.client.seen.closings.isEmpty)
  }

  @Test func headerListAtTheLimitPasses() throws {
    let pair = try SessionPair.connected(server: Self.small)
    var request = HeaderBlock.echo
    let used = request.pairs.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }
    let value = String(repeating: "a", count: 1000 - used - 32 - "x-long".utf8.count)
    request.append(name: "x-long", value: value)
    _ = try #require(pair.client.session.open(request))
    try pair.exchange()
    #expect(pair.server.seen.requests.count == 1)
  }

  @Test(arguments: [
    ("bad name", "x"), ("x-bad", "a\u{0}b"), ("x-bad", "a\r\nb: c"), ("connection", "close"),
    ("te", "gzip"), ("X-Upper", "x"),
  ])
  func malformedRequestIsResetAndNeverSeen(name: String, value: String) throws {
    let pair = try SessionPair.connected()
    // Written by hand: a session of ours would lower the case and refuse some of it.
    var block: [UInt8] = [0x83, 0x86, 0x04, 2] + Array("/a".utf8)
    block += [0x01, 4] + Array("test".utf8)
    block += [0x00, UInt8(name.utf8.count)] + Array(name.utf8)
    block += [UInt8(value.utf8.count)] + Array(value.utf8)
    try pair.server.receive([0, 0, UInt8(block.count), 1, 4, 0, 0, 0, 1] + block)
    _ = try pair.server.output()
    #expect(pair.server.seen.events.isEmpty)
    #expect(pair.server.session.openStreams == 0)
  }

  @Test func moreStreamsThanAllowedAreNotOpened() throws {
    var limits = Limits()
    limits.maxConcurrentStreams = 3
    let pair = try SessionPair.connected(server: limits)
    #expect(pair.client.session.peerMaxConcurrentStreams == 3)
    for _ in 0..<3 { #expect(pair.client.session.open(.echo) != nil) }
    #expect(!pair.client.session.canOpen)
    #expect(pair.client.session.open(.echo) == nil)
    try pair.exchange()
    #expect(pair.server.seen.requests.count == 3)
    pair.server.session.respond(
      on: pair.server.seen.requests[0], .grpcTrailersOnly(.ok), endOfStream: true)
    try pair.exchange()
    #expect(pair.client.session.canOpen)
  }

  @Test func customMetadataSurvivesTheWire() throws {
    let pair = try SessionPair.connected()
    var metadata: Metadata = ["x-one": "1", "x-two": "a b"]
    metadata.add([0, 255, 10], for: "x-three-bin")
    var request = HeaderBlock.echo
    try request.append(metadata)
    var received: Metadata?
    let server = pair.server
    server.seen.onEvent = { event in
      guard case .headers(.request, let fields, _, _) = event else { return }
      var block = HeaderBlock()
      for field in fields {
        guard let split = field.dropFirst().firstIndex(of: ":") else { continue }
        block.append(
          name: String(field[..<split]), value: String(field[split...].dropFirst(2)))
      }
      received = block.metadata
    }
    _ = try #require(pair.client.session.open(request))
    try pair.exchange()
    #expect(received == metadata)
  }
}
