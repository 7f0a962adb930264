// Responses with what came along, and streams in which single messages are not compressed.
import MartletCore
import MartletNet
import MartletRPC
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(1))) struct ResponseTests {
  private typealias Text = Test_Kinds_V1_Text
  private typealias Kinds = Test_Kinds_V1_Kinds

  /// Long enough to be compressed.
  private static func long(_ start: String) -> Text {
    .with { $0.text = start + String(repeating: " and again", count: 500) }
  }

  /// What a handler knows of its requests' compression, told in metadata and in messages.
  private static var handlers: HandlerTable {
    var table = HandlerTable()
    table.unary(Kinds.double.name) { request, inbound in
      let call = Call(inbound)
      call.setInitialMetadata(["request": call.requestCompression?.name ?? "plain"])
      call.setTrailingMetadata(["after": "all"])
      return request
    }
    table.streaming(Kinds.join.name) { requests, responses, inbound in
      Call(inbound).setInitialMetadata(["request": "\(Call(inbound).requestCompression == nil)"])
      Call(inbound).setTrailingMetadata(["after": "all"])
      for try await _ in requests {}
      try await RPCWriter<Text>(responses).write(long("joined"))
    }
    // Each response is compressed when its request was not.
    table.streaming(Kinds.echo.name) { requests, responses, inbound in
      let (stream, writer) = (RPCStream<Text>(requests), RPCWriter<Text>(responses))
      let sent = try await stream.initialMetadata()
      Call(inbound).setInitialMetadata(["heard": sent["said"] ?? "nothing"])
      Call(inbound).setTrailingMetadata(["after": "all"])
      var requests = stream.makeAsyncIterator()
      while try await requests.next() != nil {
        let compression = requests.lastCompression
        try await writer.write(
          long(compression?.name ?? "plain"), compressed: compression == nil)
      }
    }
    table.streaming(Kinds.split.name) { _, _, _ in throw RPCError(.notFound, "no such text") }
    return table
  }

  @Test(arguments: Compression.allCases)
  func aUnaryResponseComesWithItsMetadataAndCompression(_ encoding: Compression) async throws {
    try await withServer(Self.handlers) { channel in
      let target = CallTarget(channel)
      let both = try await target.compressing(.both(encoding)).response(
        to: Kinds.double, Self.long("a"))
      #expect(both.message == Self.long("a"))
      #expect(both.compression == encoding)
      #expect(both.initialMetadata["request"] == encoding.name)
      #expect(both.trailingMetadata["after"] == "all")
      let plain = try await target.response(to: Kinds.double, Self.long("b"))
      #expect(plain.message == Self.long("b"))
      #expect(plain.compression == nil)
      #expect(plain.initialMetadata["request"] == "plain")
      // The call agrees on an encoding, but the message is too short for it.
      let short = try await target.compressing(.both(encoding)).response(
        to: Kinds.double, .with { $0.text = "c" })
      #expect(short.compression == nil)
      #expect(short.initialMetadata["request"] == "plain")
    }
  }

  @Test func theResponseToAStreamComesWithItsMetadataAndCompression() async throws {
    try await withServer(Self.handlers) { channel in
      let response = try await CallTarget(channel).compressing(.both(.gzip)).response(
        to: Kinds.join
      ) { try await $0.write(Self.long("a")) }
      #expect(response.message == Self.long("joined"))
      #expect(response.compression == .gzip)
      #expect(response.initialMetadata["request"] == "true")
      #expect(response.trailingMetadata["after"] == "all")
    }
  }

  @Test func messagesOfAStreamAreCompressedOneByOne() async throws {
    try await withServer(Self.handlers) { channel in
      let kinds = Kinds.client(channel, compression: .both(.gzip))
      try await kinds.echo(metadata: ["said": "hello"]) { writer, stream in
        var responses = stream.makeAsyncIterator()
        for isCompressed in [true, false, false, true] {
          try await writer.write(Self.long("request"), compressed: isCompressed)
          let response = try await responses.next()
          #expect(response == Self.long(isCompressed ? "gzip" : "plain"))
          #expect(responses.lastCompression == (isCompressed ? nil : .gzip))
        }
        #expect(try await stream.initialMetadata()["heard"] == "hello")
        #expect(await stream.trailingMetadata().isEmpty)
        try await writer.finish()
        #expect(try await responses.next() == nil)
        #expect(await stream.trailingMetadata()["after"] == "all")
      }
    }
  }

  @Test func whoWaitsForAHeadHearsThatTheCallHasFailed() async throws {
    try await withServer(Self.handlers) { channel in
      let error = await #expect(throws: RPCError.self) {
        try await Kinds.client(channel).split(.init()) { try await $0.initialMetadata() }
      }
      #expect(error?.status == RPCStatus(.notFound, "no such text"))
    }
  }

  @Test func whoWaitsForAHeadCanBeCancelled() async throws {
    try await withServer(Self.handlers) { channel in
      // No head comes before the first request, and none is sent.
      let outcome = await withThrowingTaskGroup(of: Metadata.self) { group in
        group.addTask {
          try await Kinds.client(channel).echo { _, stream in try await stream.initialMetadata() }
        }
        group.cancelAll()
        return await group.nextResult()
      }
      let error = #expect(throws: RPCError.self) { try outcome?.get() }
      #expect(error?.code == .cancelled)
    }
  }

  @Test func aConnectionNeedsNoMesh() async throws {
    try await withServer(Self.handlers) { channel in
      let answer = try await withConnection(to: channel.endpoint) { target in
        try await Kinds.Client(target).double(.with { $0.text = "a" })
      }
      #expect(answer.text == "a")
      let error = await #expect(throws: RPCError.self) {
        try await withConnection(to: .unix(path: "/nowhere/s")) { target in
          _ = try await Kinds.Client(target).double(.init())
        }
      }
      #expect(error?.code == .unavailable)
    }
  }
}
