// gRPC-Web's bodies.
import MartletCore
import Testing

@testable import MartletWire

@Suite struct GRPCWebTests {
  @Test(arguments: [
    ("application/grpc-web", GRPCWebFormat(isText: false)),
    ("application/grpc-web+proto", GRPCWebFormat(isText: false, kind: "+proto")),
    ("application/grpc-web-text", GRPCWebFormat(isText: true)),
    ("application/grpc-web-text+proto", GRPCWebFormat(isText: true, kind: "+proto")),
    ("application/grpc", nil), ("application/grpc-webtext", nil), ("application/grpc+web", nil),
  ])
  func mediaTypes(type: String, format: GRPCWebFormat?) {
    #expect(GRPCWebFormat(mediaType: type) == format)
    if let format { #expect(format.contentType == type) }
  }

  @Test func trailersAreLinesBehindTheirLength() {
    let trailers: HeaderBlock = [":status": "200", "grpc-status": "5", "x-a": "b c"]
    let lines = "grpc-status: 5\r\nx-a: b c\r\n"
    #expect(trailers.grpcWebTrailers == [0x80, 0, 0, 0, UInt8(lines.utf8.count)] + lines.utf8)
    #expect(HeaderBlock().grpcWebTrailers == [0x80, 0, 0, 0, 0])
  }

  // MARK: Requests

  private func problem(_ body: [UInt8]) -> RPCStatus.Code? {
    GRPCWebRequest.problem(in: body, maxMessageBytes: 3)?.code
  }

  @Test func aRequestIsOneMessage() {
    #expect(problem([0, 0, 0, 0, 0]) == nil)
    #expect(problem([1, 0, 0, 0, 3, 7, 7, 7]) == nil)
    #expect(problem([]) == .internalError)
    #expect(problem([0, 0, 0, 0]) == .internalError)
    #expect(problem([0, 0, 0, 0, 2, 7]) == .internalError)
    #expect(problem([2, 0, 0, 0, 0]) == .internalError)
    #expect(problem([0x80, 0, 0, 0, 0]) == .internalError)
    #expect(problem([0, 0, 0, 0, 4, 7, 7, 7, 7]) == .resourceExhausted)
    #expect(problem([0, 0xFF, 0xFF, 0xFF, 0xFF]) == .resourceExhausted)
    #expect(problem([0, 0, 0, 0, 1, 7, 0]) == .unimplemented)
  }

  // MARK: Base64

  /// However a stream is cut, the text is the same bytes, and whole where a message ends.
  @Test(arguments: 1...12) func textIsWholeWhereMessagesEnd(step: Int) throws {
    let messages: [[UInt8]] = [[1], [], [2, 3], Array(0..<40), [4, 5, 6]]
    let stream = messages.flatMap { GRPCMessage.framed($0) }
    var ends: Set<Int> = []
    var end = 0
    for message in messages {
      end += GRPCMessage.prefixBytes + message.count
      ends.insert(end)
    }
    var encoder = GRPCWebTextEncoder()
    var text: [UInt8] = []
    for start in Swift.stride(from: 0, to: stream.count, by: step) {
      let piece = Array(stream[start..<min(start + step, stream.count)])
      text += piece.withUnsafeBytes { encoder.encode($0) }
      let written = try #require(Base64.decodePieces(text))
      let sent = min(start + step, stream.count)
      #expect(written == Array(stream.prefix(written.count)))
      #expect(ends.contains(sent) ? written.count == sent : sent - written.count < 3)
    }
  }
}
