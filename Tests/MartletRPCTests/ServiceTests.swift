// Typed services over a real unix socket.
import Foundation
import MartletCore
import MartletNet
import MartletRPC
import SwiftProtobuf
import Testing

@Suite struct ServiceTests {
  @Test func unaryAnswers() async throws {
    try await withKinds { kinds in
      let answer = try await kinds.double(.with { $0.text = "ab" })
      #expect(answer.text == "abab")
    }
  }

  @Test func unaryFailsWithTheStatusOfTheHandler() async throws {
    try await withKinds { kinds in
      let error = await #expect(throws: RPCError.self) {
        try await kinds.double(.with { $0.text = "throw" })
      }
      #expect(error?.status == RPCStatus(.notFound, "no such text"))
      #expect(error?.metadata["why"] == "told")
    }
  }

  @Test func clientStreamingJoins() async throws {
    try await withKinds { kinds in
      let joined = try await kinds.join { writer in
        for text in ["a", "b", "c"] { try await writer.write(.with { $0.text = text }) }
      }
      #expect(joined.text == "abc")
    }
  }

  @Test func serverStreamingGivesEachWord() async throws {
    try await withKinds { kinds in
      let words = try await kinds.split(.with { $0.text = "one two three" }) { responses in
        var words: [String] = []
        for try await response in responses { words.append(response.text) }
        return words
      }
      #expect(words == ["one", "two", "three"])
    }
  }

  @Test func bidirectionalAnswersBeforeTheRequestsEnd() async throws {
    try await withKinds { kinds in
      let echoes = try await kinds.echo { writer, responses in
        var responses = responses.makeAsyncIterator()
        var echoes: [String] = []
        for text in ["x", "y"] {
          try await writer.write(.with { $0.text = text })
          if let echo = try await responses.next() { echoes.append(echo.text) }
        }
        return echoes
      }
      #expect(echoes == ["x", "y"])
    }
  }

  @Test func handlersKnowTheirCall() async throws {
    try await withKinds { kinds in
      let endless = try await kinds.name_(.init())
      let timed = try await kinds.name_(.init(), timeout: .seconds(60))
      #expect(endless.text == "Name ∞")
      #expect(timed.text == "Name timed")
    }
  }

  @Test func clientsAndHandlersMayCompress() async throws {
    let text = Test_Kinds_V1_Text.with { $0.text = String(repeating: "again and ", count: 10_000) }
    let method = Test_Kinds_V1_Kinds.double
    var table = HandlerTable()
    table.unary(method.name) { request, inbound in
      Call(inbound).compressResponses()
      return request.isEmpty ? try text.serializedBytes() : request
    }
    try await withServer(table) { channel in
      let both = Test_Kinds_V1_Kinds.client(channel, compression: .both(.deflate))
      let answer = try await both.double(text)
      #expect(answer == text)
      // The limit of this client stops an answer that is short until it is decompressed.
      var limits = Limits()
      limits.maxMessageBytes = 10_000
      let small = GRPCChannel(endpoint: channel.endpoint, loop: channel.loop, limits: limits)
      let target = CallTarget(small).compressing(.responses)
      let error = await #expect(throws: RPCError.self) {
        try await target.call(method, .init(), timeout: nil, metadata: [:])
      }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message.contains("decompressed") == true)
      await small.close()
    }
  }

  @Test func unknownMethodIsUnimplemented() async throws {
    try await withServer(HandlerTable()) { channel in
      let error = await #expect(throws: RPCError.self) {
        try await Test_Kinds_V1_Kinds.client(channel).double(.init())
      }
      #expect(error?.code == .unimplemented)
    }
  }
}

/// Runs `body` with a client of a `KindsService`.
private func withKinds(
  _ setting: HandlerSetting = HandlerSetting(),
  _ body: (Test_Kinds_V1_Kinds.Client) async throws -> Void
) async throws {
  var handlers = HandlerTable()
  handlers.add(KindsService(), setting: setting)
  try await withServer(handlers) { try await body(Test_Kinds_V1_Kinds.client($0)) }
}

/// Runs `body` with a channel to a server on a unix socket of its own.
func withServer(
  _ handlers: HandlerTable, _ body: (GRPCChannel) async throws -> Void
) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rpc-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let loops = LoopGroup(count: 1)
  let server = GRPCServer(loops: loops, handlers: handlers)
  let endpoint = try await server.listen(on: .unix(path: folder.appending(path: "s").path))
  let channel = GRPCChannel(endpoint: endpoint, loops: loops)
  try await withThrowingTaskGroup { group in
    group.addTask { try await server.run() }
    try await body(channel)
    await channel.close()
    await server.drain(within: .seconds(5))
    try await group.waitForAll()
  }
  await loops.shutdown()
}
