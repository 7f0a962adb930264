// What the router answers by itself, over its sockets: health and reflection.
import MartletCore
import MartletDispatch
import MartletNet
import MartletRPC
import MartletSchema
import SwiftProtobuf
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct OwnServicesTests {
  private typealias Reflection = Grpc_Reflection_V1_ServerReflection

  // MARK: Health

  @Test func healthFollowsTheTable() async throws {
    try await Mesh.run { mesh in
      let health = Grpc_Health_V1_Health.client(mesh.client)
      #expect(try await health.check(.init()).status == .notServing)
      try await mesh.deploy(Mesh.echoApp(), [:])
      #expect(try await health.check(.init()).status == .serving)
      #expect(try await health.check(.with { $0.service = "test.Echo" }).status == .serving)
      let list = try await health.list(.init())
      #expect(list.statuses.mapValues(\.status) == ["": .serving, "test.Echo": .serving])
      let error = await #expect(throws: RPCError.self) {
        try await health.check(.with { $0.service = "test.Nothing" })
      }
      #expect(error?.code == .notFound)
    }
  }

  @Test func theyHaveNoTrace() async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), [:])
      let check = MethodName(service: Grpc_Health_V1_Health.name, method: "Check")
      let answer = try await mesh.client.unary(check, [], metadata: [TraceHeader.trace: "1"])
      #expect(answer.trailingMetadata.isEmpty)
    }
  }

  @Test func aWatchHearsOfTheTableAndOfTheDrain() async throws {
    try await Mesh.run { mesh in
      let seen = try await Grpc_Health_V1_Health.client(mesh.client).watch(
        .with { $0.service = "test.Echo" }
      ) { responses in
        var seen: [HealthService.Status] = []
        for try await response in responses {
          seen.append(response.status)
          switch seen.count {
          case 1: try await mesh.deploy(Mesh.echoApp(), [:])
          case 2: try await mesh.onLoop { $0.own.close() }
          default: break
          }
        }
        return seen
      }
      #expect(seen == [.serviceUnknown, .serving, .notServing])
      // A table that comes late changes nothing.
      try await mesh.onLoop { $0.apply(Mesh.table(Mesh.echoApp(), [:])) }
      let health = Grpc_Health_V1_Health.client(mesh.client)
      #expect(try await health.check(.init()).status == .notServing)
    }
  }

  @Test func routesComeBeforeTheRoutersOwn() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.add(HealthService(services: ["own"], status: .serving))
      let replica = try await mesh.start("r", table)
      let name = Grpc_Health_V1_Health.name
      try await mesh.deploy(
        AppSpec(
          name: "app", deployments: [DeploymentSpec(name: "d", services: [name])],
          routes: [.service(name, deployment: "d")]), ["d": [replica]])
      let health = Grpc_Health_V1_Health.client(mesh.client)
      #expect(try await health.check(.with { $0.service = "own" }).status == .serving)
    }
  }

  // MARK: Reflection

  @Test func reflectionTellsWhatRoutesLeadTo() async throws {
    try await Mesh.run { mesh in
      let own = [
        "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ]
      try await Reflection.client(mesh.client).serverReflectionInfo { questions, answers in
        var answers = answers.makeAsyncIterator()
        try await questions.write(.with { $0.listServices = "" })
        var answer = try #require(try await answers.next())
        #expect(answer.listServicesResponse.service.map(\.name) == own)
        try await mesh.deploy(Mesh.echoApp(), [:], descriptorSet: try Self.echoFiles())
        // The same stream sees the new table.
        try await questions.write(.with { $0.listServices = "" })
        answer = try #require(try await answers.next())
        #expect(answer.listServicesResponse.service.map(\.name) == own + ["test.Echo"])
        for symbol in ["test.Echo", "test.Echo.Say", "test.Text"] {
          try await questions.write(.with { $0.fileContainingSymbol = symbol })
          answer = try #require(try await answers.next())
          let file = try #require(answer.fileDescriptorResponse.fileDescriptorProto.first)
          #expect(try Google_Protobuf_FileDescriptorProto(serializedBytes: file).name == "e.proto")
        }
        try await questions.write(.with { $0.fileContainingSymbol = "grpc.health.v1.Health" })
        answer = try #require(try await answers.next())
        #expect(answer.fileDescriptorResponse.fileDescriptorProto.count == 1)
        try await questions.write(.with { $0.fileContainingSymbol = "test.Nothing" })
        answer = try #require(try await answers.next())
        #expect(answer.errorResponse.errorCode == 5)
      }
    }
  }

  @Test func aDrainEndsStreamsThatAreKeptOpen() async throws {
    try await Mesh.run { mesh in
      let error = await #expect(throws: RPCError.self) {
        try await Reflection.client(mesh.client).serverReflectionInfo { questions, answers in
          try await questions.write(.with { $0.listServices = "" })
          for try await _ in answers { try await mesh.onLoop { $0.own.close() } }
        }
      }
      #expect(error?.code == .unavailable)
    }
  }

  private static func echoFiles() throws -> [UInt8] {
    let file = Google_Protobuf_FileDescriptorProto.with {
      $0.name = "e.proto"
      $0.package = "test"
      $0.messageType = [.with { $0.name = "Text" }]
      $0.service = [
        .with {
          $0.name = "Echo"
          $0.method = [.with { $0.name = "Say" }]
        }
      ]
    }
    return try Google_Protobuf_FileDescriptorSet.with { $0.file = [file] }.serializedBytes()
  }
}
