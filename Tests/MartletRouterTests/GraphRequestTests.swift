// Requests that a graph in the router answers.
import MartletCore
import MartletDispatch
import MartletNet
import MartletRPC
import MartletSchema
import SwiftProtobuf
import Synchronization
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct GraphRequestTests {
  static let check = Grpc_Health_V1_Health.check.name

  /// Three deployments vote on a health check.
  private static func ensembleApp(
    _ change: (inout DeploymentSpec) -> Void = { _ in }
  ) throws -> (AppSpec, Schema) {
    let names = ["a", "b", "c"]
    let branches = names.map { GraphNode.call(deployment: $0, method: check) }
    let node = EnsembleNode(branches: branches, combiner: .vote(field: "status"))
    var spec = AppSpec(
      name: "app", deployments: names.map { DeploymentSpec(name: $0) },
      routes: [.graph(method: check, .ensemble(node))])
    for index in spec.deployments.indices { change(&spec.deployments[index]) }
    return (spec, try Schema(descriptorSet: Grpc_Health_V1_Health.descriptorSet.bytes))
  }

  private static func table(
    _ answer: @escaping @Sendable (InboundCall) async throws -> Grpc_Health_V1_HealthCheckResponse
  ) -> HandlerTable {
    var table = HandlerTable()
    table.unary(check) { _, call in try await answer(call).serializedBytes() }
    return table
  }

  private static func ask(_ mesh: Mesh, timeout: Duration? = nil) async throws(RPCError)
    -> UnaryResponse
  {
    try await mesh.client.unary(
      check, [10, 1, 120], metadata: ["x-trace": "7"],
      deadline: timeout.map { Deadline(Loop.now + $0) })
  }

  @Test func legsVote() async throws {
    try await Mesh.run { mesh in
      let (spec, schema) = try Self.ensembleApp()
      let statuses: [(String, Grpc_Health_V1_HealthCheckResponse.ServingStatus)] = [
        ("a", .unknown), ("b", .notServing), ("c", .notServing),
      ]
      var replicas: [String: [Endpoint]] = [:]
      for (name, status) in statuses {
        replicas[name] = [
          try await mesh.start(
            name,
            Self.table { call in
              #expect(call.metadata["x-trace"] == "7")
              #expect(call.metadata["martlet-app-version"] == "1")
              return .with { $0.status = status }
            })
        ]
      }
      try await mesh.deploy(spec, replicas, schema: schema)
      let bytes = try await Self.ask(mesh).message
      let response = try Grpc_Health_V1_HealthCheckResponse(serializedBytes: bytes)
      #expect(response.status == .notServing)
      try await mesh.eventually { $0.dispatcher.loadReport().versions.isEmpty }
    }
  }

  @Test func aFailedLegFailsTheRequestAndCancelsTheOthers() async throws {
    try await Mesh.run { mesh in
      let (spec, schema) = try Self.ensembleApp()
      let cancelled = Mutex(0)
      let slow = Self.table { _ in
        do { try await Task.sleep(for: .seconds(20)) } catch { cancelled.withLock { $0 += 1 } }
        return Grpc_Health_V1_HealthCheckResponse()
      }
      let broken = Self.table { _ in
        try await Task.sleep(for: .milliseconds(50))
        let detail = Google_Protobuf_Duration.with { $0.seconds = 3 }
        throw try RPCError(.dataLoss, "gone", details: [detail])
      }
      try await mesh.deploy(
        spec,
        [
          "a": [try await mesh.start("a", slow)], "b": [try await mesh.start("b", broken)],
          "c": [try await mesh.start("c", slow)],
        ], schema: schema)
      let error = await mesh.failure { () throws(RPCError) in try await Self.ask(mesh) }
      #expect(error?.status == RPCStatus(.dataLoss, "gone"))
      #expect(error?.details(Google_Protobuf_Duration.self).map(\.seconds) == [3])
      try await mesh.eventually { _ in cancelled.withLock { $0 == 2 } }
      try await mesh.eventually { $0.dispatcher.loadReport().deployments.isEmpty }
    }
  }

  @Test func aLegHearsOfTheAttemptsBeforeIt() async throws {
    try await Mesh.run { mesh in
      let (spec, schema) = try Self.ensembleApp { $0.idempotent = true }
      let heard = Mutex<Set<String>>([])
      let good = Self.table { call in
        let attempts = call.metadata["grpc-previous-rpc-attempts"] ?? "none"
        _ = heard.withLock { $0.insert(attempts) }
        return .with { $0.status = .serving }
      }
      var replicas: [String: [Endpoint]] = [:]
      for name in ["a", "b"] { replicas[name] = [try await mesh.start(name, good)] }
      replicas["c"] = [try await mesh.startMortal("c1"), try await mesh.start("c2", good)]
      try await mesh.deploy(spec, replicas, schema: schema)
      for _ in 0..<10 { _ = try await Self.ask(mesh) }
      #expect(heard.withLock { $0 } == ["none", "1"])
    }
  }

  @Test(arguments: [
    ("429", RPCStatus.Code.unavailable, "the answer has HTTP status 429"),
    ("200", .unknown, "the answer is not gRPC: its content-type is text/html"),
  ])
  func aLegThatIsAnsweredByAnotherProtocolHasACode(
    status: String, code: RPCStatus.Code, text: String
  ) async throws {
    try await Mesh.run { mesh in
      let (spec, schema) = try Self.ensembleApp()
      let good = Self.table { _ in Grpc_Health_V1_HealthCheckResponse() }
      try await mesh.deploy(
        spec,
        [
          "a": [try await mesh.start("a", good)], "b": [try await mesh.start("b", good)],
          "c": [try await mesh.startPage("c", status: status)],
        ], schema: schema)
      let error = await mesh.failure { () throws(RPCError) in try await Self.ask(mesh) }
      #expect(error?.code == code)
      #expect(error?.message.hasSuffix("ensemble[2]: calling c: \(text)") == true)
    }
  }

  @Test func theDeadlineEndsEveryLeg() async throws {
    try await Mesh.run { mesh in
      let (spec, schema) = try Self.ensembleApp()
      let slow = Self.table { _ in
        try await Task.sleep(for: .seconds(20))
        return Grpc_Health_V1_HealthCheckResponse()
      }
      // One leg waits for a replica.
      try await mesh.deploy(
        spec, ["a": [try await mesh.start("a", slow)], "b": [try await mesh.start("b", slow)]],
        schema: schema)
      let error = await mesh.failure { () throws(RPCError) in
        try await Self.ask(mesh, timeout: .milliseconds(100))
      }
      #expect(error?.code == .deadlineExceeded)
      try await mesh.eventually {
        let report = $0.dispatcher.loadReport()
        return report.deployments.isEmpty && report.versions.isEmpty
      }
    }
  }

  @Test func aGraphThatDoesNotFitIsRefused() async throws {
    try await Mesh.run { mesh in
      var (spec, schema) = try Self.ensembleApp()
      spec.deployments.removeLast()
      let broken = spec
      await #expect(throws: SpecProblems.self) {
        try await mesh.onLoop { [schema] router in
          try router.define(AppVersion(1), spec: broken, schema: schema)
        }
      }
      schema = try Schema(descriptorSet: Grpc_Health_V1_Health.descriptorSet.bytes)
    }
  }
}
