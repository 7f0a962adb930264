// gRPC's small encodings.

import MartletCore
import MartletWire
import Testing

@Suite struct GRPCCodingTests {
  @Test(arguments: [
    (Duration.nanoseconds(0), "0n"), (.nanoseconds(1), "1n"), (.milliseconds(50), "50000000n"),
    (.milliseconds(100), "100000u"), (.seconds(1), "1000000u"), (.seconds(99), "99000000u"),
    (.seconds(100), "100000m"), (.seconds(86_400), "86400000m"), (.seconds(100_000), "100000S"),
    (.nanoseconds(100_000_001), "100001u"), (.seconds(-1), "0n"),
    (.seconds(Int64.max / 2), "2562048H"),
  ])
  func timeoutsAreWritten(timeout: Duration, text: String) throws {
    var block = HeaderBlock()
    block.append(timeout: timeout)
    #expect(block[.grpcTimeout] == text)
    #expect(try block.grpcTimeout ?? .zero >= min(max(timeout, .zero), .nanoseconds(Int64.max)))
  }

  @Test(arguments: [
    ("1H", Duration.seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)),
    ("4m", .milliseconds(4)), ("5u", .microseconds(5)), ("6n", .nanoseconds(6)),
    ("99999999H", .nanoseconds(Int64.max)), ("00000001S", .seconds(1)),
  ])
  func timeoutsAreRead(text: String, timeout: Duration) throws {
    #expect(try (["grpc-timeout": text] as HeaderBlock).grpcTimeout == timeout)
  }

  @Test(arguments: ["", "S", "1", "1s", "-1S", "1.5S", "123456789S", "1 S", "S1"])
  func badTimeoutsAreInvalidArguments(text: String) {
    let error = #expect(throws: RPCError.self) {
      try (["grpc-timeout": text] as HeaderBlock).grpcTimeout
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func noTimeoutIsNone() throws {
    #expect(try HeaderBlock().grpcTimeout == nil)
  }

  @Test func prioritiesAreReadAsTheyAreWritten() throws {
    #expect(try HeaderBlock().priority == .usual)
    for priority in Priority.all {
      var block = HeaderBlock()
      block.append(priority)
      #expect(block[.priority] == "\(priority.urgency)")
      #expect(try block.priority == priority)
    }
  }

  @Test(arguments: ["", "8", "-1", "03", "u=3", " 3", "high", "\u{FF13}"])
  func badPrioritiesAreInvalidArguments(text: String) {
    let error = #expect(throws: RPCError.self) {
      try (["martlet-priority": text] as HeaderBlock).priority
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.status.message.contains("0, the most urgent, to 7") == true)
  }

  @Test(arguments: [
    ("plain text ~", "plain text ~"), ("100%", "100%25"), ("a\nb", "a%0Ab"),
    ("größe", "gr%C3%B6%C3%9Fe"), ("\u{7F}", "%7F"),
  ])
  func messagesArePercentEncoded(text: String, encoded: String) {
    #expect(String(decoding: PercentEncoding.encode(text), as: UTF8.self) == encoded)
    #expect(decode(encoded) == text)
  }

  @Test(arguments: [
    ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a%4", "a%4"), ("%41", "A"), ("%c3%b6", "ö"),
  ])
  func brokenEscapesStayAsTheyAre(encoded: String, text: String) {
    #expect(decode(encoded) == text)
  }

  private func decode(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { PercentEncoding.decode($0) }
  }

  @Test func statusesTravelInTrailers() {
    for code in RPCStatus.Code.allCases {
      let status = RPCStatus(code, code == .ok ? "" : "50 % of \(code)\n")
      var block = HeaderBlock()
      block.append(status)
      #expect(block.grpcStatus == status)
    }
    #expect(HeaderBlock().grpcStatus == nil)
    #expect((["grpc-status": "99"] as HeaderBlock).grpcStatus?.code == .unknown)
    #expect((["grpc-status": "x"] as HeaderBlock).grpcStatus?.code == .unknown)
    #expect(HeaderBlock.grpcSuccess.grpcStatus == .ok)
    #expect(HeaderBlock.grpcResponse.httpStatus == 200)
  }

  @Test func otherEndingsHaveACode() {
    #expect(RPCStatus.Code(httpStatus: 503) == .unavailable)
    #expect(RPCStatus.Code(httpStatus: 404) == .unimplemented)
    #expect(RPCStatus.Code(httpStatus: 431) == .internalError)
    #expect(RPCStatus.Code(httpStatus: 418) == .unknown)
    #expect(RPCStatus.Code(.refusedStream) == .unavailable)
    #expect(RPCStatus.Code(.cancel) == .cancelled)
    #expect(RPCStatus.Code(.enhanceYourCalm) == .resourceExhausted)
    #expect(RPCStatus.Code(HTTP2ErrorCode(rawValue: 0xbad)) == .unknown)
  }

  @Test(arguments: [
    ("x-a", "ümlaut"), ("x-a", "a\nb"), ("grpc-status", "0"), ("te", "x"), ("connection", "close"),
    (":path", "/"), ("x a", "b"), ("", "b"), ("grpc-custom", "b"), ("x-bin", "text"),
  ])
  func unsendableMetadataIsRefused(name: String, value: String) {
    var block = HeaderBlock()
    #expect(throws: InvalidMetadata.self) { try block.append([name: value]) }
    #expect(block.isEmpty)
  }

  /// HTTP allows such fields; a handler that sends what it got must not fail for them.
  @Test(arguments: [
    ("x-a", "ümlaut"), ("x!a", "1"), ("grpc-message-type", "a.B"), ("x-a-bin", "*"),
    ("x-a", "tab\there"),
  ])
  func whatCannotBeSentOnIsNotTaken(name: String, value: String) throws {
    var received: HeaderBlock = ["x-first": "1", name: value, "x-last": "2"]
    #expect(received.metadata == ["x-first": "1", "x-last": "2"])
    try received.append(received.metadata)
    #expect(received.count == 5)
  }

  @Test func traceAndTagsAreCustom() throws {
    var metadata = Metadata()
    metadata.add([1, 2], for: "grpc-trace-bin")
    metadata.add([3], for: "grpc-tags-bin")
    var block = HeaderBlock()
    try block.append(metadata)
    #expect(block.metadata == metadata)
  }

  @Test(arguments: [
    (nil, 1, "1"), ("2", 1, "3"), ("2", 3, "5"), ("many", 1, "1"), ("-4", 1, "1"),
    ("9223372036854775807", 1, "1000001"),
  ])
  func attemptsAreCounted(before: String?, more: Int, after: String) {
    var block: HeaderBlock = ["x-a": "1"]
    if let before { block.append(name: "grpc-previous-rpc-attempts", value: before) }
    block.append(name: "x-b", value: "2")
    let shared = block
    block.addPreviousAttempts(more)
    #expect(block.pairs.map(\.name) == ["x-a", "x-b", "grpc-previous-rpc-attempts"])
    #expect(block[.grpcPreviousAttempts] == after)
    #expect(shared[.grpcPreviousAttempts] == before)
    block.addPreviousAttempts(0)
    #expect(block[.grpcPreviousAttempts] == after)
  }

  @Test func metadataLeavesOutWhatIsReserved() {
    var block = HeaderBlock.grpcRequest(path: "/a/b", authority: "c")
    block.append(timeout: .seconds(1))
    block.append(name: "x-a", value: "1")
    block.append(name: "x-b-bin", value: "AQ==,Ag")
    block.append(name: "x-c-bin", value: "*")
    block.append(name: "traceparent", value: "00-1")
    var expected: Metadata = ["x-a": "1"]
    expected.add([1], for: "x-b-bin")
    expected.add([2], for: "x-b-bin")
    expected.add("00-1", for: "traceparent")
    #expect(block.metadata == expected)
  }
}
