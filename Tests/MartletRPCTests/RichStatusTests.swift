// Errors with details, from handler to client.
import FoundationEssentials
import MartletCore
import MartletNet
import MartletRPC
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(1))) struct RichStatusTests {
  private static let delay = Google_Protobuf_Duration.with { $0.seconds = 3 }
  private static let words = ["one", "two"].map { word in
    Google_Protobuf_StringValue.with { $0.value = word }
  }

  @Test func detailsReachTheClient() async throws {
    var table = HandlerTable()
    table.unary(Test_Kinds_V1_Kinds.double.name) { _, _ in
      throw try RPCError(
        .resourceExhausted, "größer als 100 %", details: [Self.delay] + Self.words,
        metadata: ["why": "told"])
    }
    try await withServer(table) { channel in
      let thrown = await #expect(throws: RPCError.self) {
        try await Test_Kinds_V1_Kinds.client(channel).double(.init())
      }
      let error = try #require(thrown)
      #expect(error.status == RPCStatus(.resourceExhausted, "größer als 100 %"))
      #expect(error.metadata["why"] == "told")
      #expect(error.details(Google_Protobuf_Duration.self) == [Self.delay])
      #expect(error.details(Google_Protobuf_StringValue.self) == Self.words)
      #expect(error.details(Google_Protobuf_Empty.self).isEmpty)
      #expect(error.richStatus?.code == 8)
      #expect(error.richStatus?.message == "größer als 100 %")
      #expect(error.richStatus?.details.count == 3)
    }
  }

  @Test func mostErrorsHaveNone() {
    let error = RPCError(.notFound, "gone")
    #expect(error.statusDetails == nil)
    #expect(error.richStatus == nil)
    #expect(error.details(Google_Protobuf_Duration.self).isEmpty)
  }

  @Test func whatIsNoStatusIsNone() {
    var error = RPCError(.notFound, "gone", metadata: ["why": "told"])
    error.statusDetails = [0xFF]
    #expect(error.richStatus == nil)
    #expect(error.metadata.count == 2)
    error.statusDetails = []
    #expect(error.richStatus == Google_Rpc_Status())
    #expect(error.metadata.count == 2)
    error.statusDetails = nil
    #expect(error.metadata == ["why": "told"])
  }

  @Test func aStatusThatGRPCDoesNotDefineIsUnknown() {
    let error = RPCError(
      Google_Rpc_Status.with {
        $0.code = 99
        $0.message = "odd"
      })
    #expect(error.status == RPCStatus(.unknown, "odd"))
    #expect(error.richStatus?.code == 99)
  }

  @Test func detailsThatDoNotFitAreLeftOutFromTheEnd() throws {
    let limit = Limits().maxStatusDetailsBytes
    let big = Google_Protobuf_BytesValue.with { $0.value = .init(count: limit - 100) }
    let error = try RPCError(.internalError, "big", details: [Self.delay, big, Self.delay])
    #expect(error.details(Google_Protobuf_Duration.self) == [Self.delay])
    #expect(error.details(Google_Protobuf_BytesValue.self).isEmpty)
    #expect(error.status == RPCStatus(.internalError, "big"))
    // To the byte: the largest that fits, and one more.
    func count(of size: Int) throws -> Int {
      let detail = Google_Protobuf_BytesValue.with { $0.value = .init(count: size) }
      return try RPCError(.internalError, "", details: [detail]).statusDetails?.count ?? 0
    }
    let room = try limit - count(of: 3000) + 3000
    #expect(try count(of: room) == limit)
    #expect(try count(of: room + 1) < 10)
    // A message that is too long by itself leaves nothing.
    let long = try RPCError(.internalError, String(repeating: "x", count: limit), details: [])
    #expect(long.statusDetails == nil)
  }

  @Test func aDetailThatCannotBeEncodedIsInternal() {
    var field = Google_Protobuf_UninterpretedOption()
    field.name = [.init()]
    let error = #expect(throws: RPCError.self) {
      throw try RPCError(.notFound, "gone", details: [field])
    }
    #expect(error?.code == .internalError)
  }
}
