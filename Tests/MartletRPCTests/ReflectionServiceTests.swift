// Server reflection over a socket, under both of its names.
import MartletCore
import MartletNet
import MartletRPC
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReflectionServiceTests {
  private typealias Stable = Grpc_Reflection_V1_ServerReflection
  private typealias Alpha = Grpc_Reflection_V1alpha_ServerReflection

  @Test func servicesAreListed() async throws {
    try await withReflection { _, client in
      let response = try await client.ask(.with { $0.listServices = "*" })
      #expect(
        response.listServicesResponse.service.map(\.name) == [
          "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
          "test.kinds.v1.Kinds",
        ])
      #expect(response.originalRequest.listServices == "*")
    }
  }

  @Test func aSymbolBringsItsFileAndTheImports() async throws {
    try await withReflection { _, client in
      for symbol in ["test.kinds.v1.Kinds", "test.kinds.v1.Kinds.Split", "test.kinds.v1.Text"] {
        let response = try await client.ask(.with { $0.fileContainingSymbol = symbol })
        #expect(try response.fileNames == ["kinds.proto", "google/protobuf/empty.proto"])
      }
      let own = try await client.ask(.with { $0.fileContainingSymbol = Alpha.name })
      #expect(try own.fileNames == ["grpc/reflection/v1alpha/reflection.proto"])
    }
  }

  @Test func whatIsNotThereIsNotFound() async throws {
    try await withReflection { _, client in
      let questions: [ReflectionCatalog.Request] = [
        .with { $0.fileByFilename = "nothing.proto" },
        .with { $0.fileContainingSymbol = "test.Nothing" },
        .with { $0.fileContainingExtension = .with { $0.containingType = "test.Nothing" } },
        .with { $0.allExtensionNumbersOfType = "test.Nothing" },
      ]
      for question in questions {
        let response = try await client.ask(question)
        #expect(response.errorResponse.errorCode == Int32(RPCStatus.Code.notFound.rawValue))
        #expect(response.originalRequest == question)
      }
      let none = try await client.ask(.init())
      #expect(none.errorResponse.errorCode == Int32(RPCStatus.Code.invalidArgument.rawValue))
      let numbers = try await client.ask(
        .with { $0.allExtensionNumbersOfType = "test.kinds.v1.Text" })
      #expect(numbers.allExtensionNumbersResponse.baseTypeName == "test.kinds.v1.Text")
      #expect(numbers.allExtensionNumbersResponse.extensionNumber == [])
    }
  }

  @Test func anEndlessNameEndsTheStream() async throws {
    try await withReflection { _, client in
      let longest = String(repeating: "x", count: ReflectionCatalog.maxNameBytes)
      let response = try await client.ask(.with { $0.fileContainingSymbol = longest })
      #expect(response.errorResponse.errorCode == Int32(RPCStatus.Code.notFound.rawValue))
      let error = await #expect(throws: RPCError.self) {
        try await client.ask(.with { $0.fileContainingSymbol = longest + "x" })
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func theElderNameAnswersTheSame() async throws {
    try await withReflection { channel, _ in
      try await Alpha.client(channel).serverReflectionInfo { questions, answers in
        var answers = answers.makeAsyncIterator()
        try await questions.write(.with { $0.fileByFilename = "kinds.proto" })
        let first = try #require(try await answers.next())
        #expect(first.fileDescriptorResponse.fileDescriptorProto.count == 2)
        try await questions.write(.with { $0.listServices = "" })
        let second = try #require(try await answers.next())
        #expect(second.listServicesResponse.service.count == 3)
      }
    }
  }

  @Test func streamsAreBounded() async throws {
    try await withReflection { _, client in
      let error = await #expect(throws: RPCError.self) {
        try await nest(client, depth: ReflectionService.maxStreams + 1)
      }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test func streamsEndWithTheServer() async throws {
    let service = ReflectionService(services: [], descriptorSets: [])
    var handlers = HandlerTable()
    handlers.add(service)
    try await withServer(handlers) { channel in
      let client = Stable.client(channel)
      for _ in 0..<2 {
        let error = await #expect(throws: RPCError.self) {
          try await client.serverReflectionInfo { questions, answers in
            try await questions.write(.with { $0.listServices = "" })
            for try await _ in answers { service.close() }
          }
        }
        #expect(error?.status == RPCStatus(.unavailable, "the server is draining"))
      }
    }
  }

  /// Opens streams within streams, each of which has got an answer.
  private func nest(_ client: Stable.Client, depth: Int) async throws {
    guard depth > 0 else { return }
    try await client.serverReflectionInfo { questions, answers in
      try await questions.write(.with { $0.listServices = "" })
      for try await _ in answers {
        try await nest(client, depth: depth - 1)
        return
      }
    }
  }

  private func withReflection(
    _ body: (GRPCChannel, Stable.Client) async throws -> Void
  ) async throws {
    let service = ReflectionService(
      services: ["test.kinds.v1.Kinds"], descriptorSets: [Test_Kinds_V1_Kinds.descriptorSet])
    var handlers = HandlerTable()
    handlers.add(service)
    try await withServer(handlers) { try await body($0, Stable.client($0)) }
  }
}

extension Grpc_Reflection_V1_ServerReflection.Client {
  /// The answer to one question on a stream of its own.
  fileprivate func ask(
    _ question: ReflectionCatalog.Request
  ) async throws -> ReflectionCatalog.Response {
    try await serverReflectionInfo { questions, answers in
      try await questions.write(question)
      for try await answer in answers { return answer }
      throw RPCError(.internalError, "there was no answer")
    }
  }
}

extension ReflectionCatalog.Response {
  fileprivate var fileNames: [String] {
    get throws {
      try fileDescriptorResponse.fileDescriptorProto.map {
        try Google_Protobuf_FileDescriptorProto(serializedBytes: $0).name
      }
    }
  }
}
