// Graphs whose nodes have other ways, over real connections.
import MartletCore
import MartletDispatch
import MartletNet
import MartletRPC
import MartletSchema
import SwiftProtobuf
import Synchronization
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct GraphTimeTests {
  private static let check = Grpc_Health_V1_Health.check.name
  private static let schema = Result {
    try Schema(descriptorSet: Grpc_Health_V1_Health.descriptorSet.bytes)
  }

  private static func call(_ deployment: String) -> GraphNode {
    .call(deployment: deployment, method: check)
  }

  /// Health checks go through a graph over idempotent deployments.
  private static func app(_ graph: GraphNode, _ names: [String]) -> AppSpec {
    var spec = AppSpec(
      name: "app", deployments: names.map { DeploymentSpec(name: $0) },
      routes: [.graph(method: check, graph)])
    for index in spec.deployments.indices { spec.deployments[index].idempotent = true }
    return spec
  }

  /// What replicas were asked and what became of it.
  private final class Heard: Sendable {
    private let state = Mutex<(started: Int, cancelled: Int, timeouts: [Duration?])>((0, 0, []))

    var started: Int { state.withLock(\.started) }
    var cancelled: Int { state.withLock(\.cancelled) }
    var timeouts: [Duration?] { state.withLock(\.timeouts) }

    /// Answers after a time, unless it is cancelled before; first it fails so often.
    func table(
      after delays: Duration..., failures: Int = 0, serving: Bool = true
    ) -> HandlerTable {
      var table = HandlerTable()
      table.unary(GraphTimeTests.check) { _, call in
        let turn = self.state.withLock { state in
          state.started += 1
          state.timeouts.append(call.deadline.map { $0.remaining(at: Loop.now) })
          return state.started - 1
        }
        if turn < failures { throw RPCError(.aborted, "failure \(turn)") }
        do {
          try await Task.sleep(for: delays[min(turn, delays.count - 1)])
        } catch {
          self.state.withLock { $0.cancelled += 1 }
        }
        let answer = Grpc_Health_V1_HealthCheckResponse.with {
          $0.status = serving ? .serving : .notServing
        }
        return try answer.serializedBytes()
      }
      return table
    }
  }

  private static func ask(_ mesh: Mesh) async throws -> Grpc_Health_V1_HealthCheckResponse {
    let bytes = try await mesh.client.unary(check, []).message
    return try Grpc_Health_V1_HealthCheckResponse(serializedBytes: bytes)
  }

  @Test func aBranchThatIsLateIsCancelledAndTheNextOneAnswers() async throws {
    try await Mesh.run { mesh in
      var slow = Self.call("slow")
      slow.options.timeout = .milliseconds(100)
      let (late, good) = (Heard(), Heard())
      try await mesh.deploy(
        Self.app(.fallback([slow, Self.call("good")]), ["slow", "good"]),
        [
          "slow": [try await mesh.start("slow", late.table(after: .seconds(20)))],
          "good": [try await mesh.start("good", good.table(after: .zero))],
        ], schema: try Self.schema.get())
      #expect(try await Self.ask(mesh).status == .serving)
      try await mesh.eventually { _ in late.cancelled == 1 }
      #expect(good.started == 1)
      // The replica heard of the node's own deadline.
      let told = try #require(late.timeouts.first ?? nil)
      #expect(told > .zero && told <= .milliseconds(100))
      #expect(good.timeouts == [nil])
      try await mesh.eventually { $0.dispatcher.loadReport().versions.isEmpty }
    }
  }

  @Test func aBranchWithoutAReplicaIsGivenUpInTime() async throws {
    try await Mesh.run { mesh in
      var none = Self.call("none")
      none.options.timeout = .milliseconds(50)
      none.options.onError = .answer(.object(["status": .string("SERVICE_UNKNOWN")]))
      try await mesh.deploy(
        Self.app(none, ["none"]), [:], schema: try Self.schema.get())
      #expect(try await Self.ask(mesh).status == .serviceUnknown)
      try await mesh.eventually {
        let report = $0.dispatcher.loadReport()
        return report.deployments.isEmpty && report.versions.isEmpty
      }
    }
  }

  @Test func aHedgeAsksAnotherReplicaAndCancelsTheSlowOne() async throws {
    try await Mesh.run { mesh in
      let heard = Heard()
      let hedge = HedgeNode(body: Self.call("a"), delay: .milliseconds(50))
      // The first request of all is slow, wherever it goes.
      let table = heard.table(after: .seconds(20), .zero)
      try await mesh.deploy(
        Self.app(.hedge(hedge), ["a"]),
        ["a": [try await mesh.start("a1", table), try await mesh.start("a2", table)]],
        schema: try Self.schema.get())
      #expect(try await Self.ask(mesh).status == .serving)
      #expect(heard.started == 2)
      try await mesh.eventually { _ in heard.cancelled == 1 }
      // In time there is no second copy.
      #expect(try await Self.ask(mesh).status == .serving)
      #expect(heard.started == 3)
    }
  }

  @Test func aNodeIsRunAgainUntilItAnswers() async throws {
    try await Mesh.run { mesh in
      let heard = Heard()
      var node = Self.call("a")
      node.options.retry = NodeOptions.RetrySpec(
        attempts: 3, backoff: .milliseconds(20), codes: [.aborted])
      try await mesh.deploy(
        Self.app(node, ["a"]),
        ["a": [try await mesh.start("a", heard.table(after: .zero, failures: 2))]],
        schema: try Self.schema.get())
      let before = Loop.now
      #expect(try await Self.ask(mesh).status == .serving)
      #expect(heard.started == 3)
      // 20 and 40 ms, less a fifth.
      #expect(Loop.now.duration(since: before) >= .milliseconds(48))
    }
  }

  /// `answered/failed/dropped` of the node at a path that no other one has.
  private static func counts(_ router: Router, _ path: String) -> String? {
    guard let graph = router.versions.compactMap({ $0?.graphs[0] }).first else { return nil }
    return graph.figures.recent(now: router.loop.now).first {
      "\(graph.plan.path(of: $0.key))" == path && $0.value.requests + $0.value.dropped > 0
    }.map { "\($0.value.answered.count)/\($0.value.failures)/\($0.value.dropped)" }
  }

  @Test func aCallThatIsTooLateHasFailed() async throws {
    try await Mesh.run { mesh in
      let heard = Heard()
      var late = Self.call("a")
      late.options.timeout = .milliseconds(30)
      try await mesh.deploy(
        Self.app(.fallback([late, Self.call("b")]), ["a", "b"]),
        [
          "a": [try await mesh.start("a", heard.table(after: .seconds(20)))],
          "b": [try await mesh.start("b", Heard().table(after: .zero))],
        ], schema: try Self.schema.get())
      #expect(try await Self.ask(mesh).status == .serving)
      try await mesh.eventually { _ in heard.cancelled == 1 }
      #expect(
        try await mesh.onLoop { Self.counts($0, "routes[0].graph.fallback[0]") } == "0/1/0")
      #expect(
        try await mesh.onLoop { Self.counts($0, "routes[0].graph.fallback[1]") } == "1/0/0")
    }
  }

  /// A message that kills every replica: neither the router nor the retry of a node sends it to a third.
  @Test func whatTheRouterSentAgainIsNotSentAsOftenByARetry() async throws {
    try await Mesh.run { mesh in
      let asked = Mutex(0)
      let count: @Sendable () -> Void = { asked.withLock { $0 += 1 } }
      var node = Self.call("a")
      node.options.retry = NodeOptions.RetrySpec(attempts: 5)
      try await mesh.deploy(
        Self.app(node, ["a"]),
        [
          "a": [
            try await mesh.startMortal("a1", whenAsked: count),
            try await mesh.startMortal("a2", whenAsked: count),
          ]
        ], schema: try Self.schema.get())
      let error = await mesh.failure { () throws(RPCError) in
        try await mesh.client.unary(Self.check, [])
      }
      #expect(error?.code == .unavailable)
      // Two died of it: neither does the router send it again, nor does the node.
      #expect(asked.withLock { $0 } == 2)
    }
  }

  @Test func aMirrorHoldsUpNobody() async throws {
    try await Mesh.run { mesh in
      let shadow = Heard()
      let mirror = MirrorNode(deployment: "shadow", method: Self.check)
      let graph = GraphNode.sequence([.mirror(mirror), Self.call("main")])
      try await mesh.deploy(
        Self.app(graph, ["shadow", "main", "idle"]),
        [
          "shadow": [
            try await mesh.start("shadow", shadow.table(after: .milliseconds(300), serving: false))
          ],
          "main": [try await mesh.start("main", Heard().table(after: .zero))],
        ], schema: try Self.schema.get())
      let before = Loop.now
      for _ in 0..<3 { #expect(try await Self.ask(mesh).status == .serving) }
      #expect(Loop.now.duration(since: before) < .milliseconds(300))
      try await mesh.eventually { _ in shadow.started == 3 }
      try await mesh.eventually {
        $0.mirroredCalls == 0 && $0.dispatcher.loadReport().versions.isEmpty
      }
      #expect(shadow.cancelled == 0)
      #expect(
        try await mesh.onLoop { Self.counts($0, "routes[0].graph.sequence[0]") } == "3/0/0")
    }
  }

  @Test func mirrorsThatFailAndThoseThatFindNoPlaceAreToldApart() async throws {
    try await Mesh.run { mesh in
      let mirrors = ["broken", "full"].map {
        GraphNode.mirror(MirrorNode(deployment: $0, method: Self.check))
      }
      let graph = GraphNode.sequence(mirrors + [Self.call("main")])
      var spec = Self.app(graph, ["broken", "full", "main"])
      spec.deployments[1].maxQueuedRequests = 0
      try await mesh.deploy(
        spec,
        [
          "broken": [try await mesh.start("broken", Heard().table(after: .zero, failures: 9))],
          "main": [try await mesh.start("main", Heard().table(after: .zero))],
        ], schema: try Self.schema.get())
      for _ in 0..<4 { #expect(try await Self.ask(mesh).status == .serving) }
      try await mesh.eventually { $0.mirroredCalls == 0 }
      let counts = try await mesh.onLoop { router in
        (0..<3).map { Self.counts(router, "routes[0].graph.sequence[\($0)]") }
      }
      #expect(counts == ["0/4/0", "0/0/4", "4/0/0"])
    }
  }

  @Test func mirrorsBeyondTheLimitAreDropped() async throws {
    try await Mesh.run { mesh in
      let mirror = MirrorNode(deployment: "shadow", method: Self.check)
      let graph = GraphNode.sequence([.mirror(mirror), Self.call("main")])
      // Nobody ever takes a mirrored message: all of them wait.
      var spec = Self.app(graph, ["shadow", "main"])
      spec.deployments[0].maxQueuedRequests = 100_000
      try await mesh.deploy(
        spec, ["main": [try await mesh.start("main", Heard().table(after: .zero))]],
        schema: try Self.schema.get())
      let limit = RouterLimits().maxMirroredCalls
      for _ in 0..<limit + 20 { #expect(try await Self.ask(mesh).status == .serving) }
      #expect(try await mesh.onLoop { $0.mirroredCalls } == limit)
      #expect(
        try await mesh.onLoop { Self.counts($0, "routes[0].graph.sequence[0]") } == "0/0/20")
    }
  }
}
