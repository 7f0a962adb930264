// What routes did of late, and when the controller is told.
import MartletCore
import MartletDispatch
import MartletNet
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct RouteFiguresTests {
  private func at(_ seconds: Int64) -> Timestamp { Timestamp.zero + .seconds(seconds) }

  @Test func whatIsToldIsToldAgainUntilItIsTooOld() {
    let figures = RouteFigures("a.B/*", now: at(0))
    #expect(figures.report(now: at(1)) == nil)
    figures.record(GraphFigures.whole, took: .milliseconds(1), failed: true, now: at(10))
    let first = figures.report(now: at(11))
    #expect(first?.nodes.map(\.path) == [""])
    #expect(first?.nodes.map(\.figures.failures) == [1])
    #expect(first?.period == .seconds(11))
    #expect(figures.report(now: at(29)) == nil)
    let second = figures.report(now: at(30))
    #expect(second?.nodes.count == 1)
    #expect(second?.period == .seconds(30))
    #expect(figures.report(now: at(59)) == nil)
    #expect(figures.report(now: at(60))?.nodes.isEmpty == true)
    #expect(figures.report(now: at(90)) == nil)
  }

  @Test func anotherControllerIsToldAllThereIs() {
    let (busy, idle) = (RouteFigures("a.B/C", now: at(0)), RouteFigures("a.B/D", now: at(0)))
    busy.record(GraphFigures.whole, took: .milliseconds(1), failed: false, now: at(1))
    #expect(busy.report(now: at(2)) != nil)
    for figures in [busy, idle] { figures.forgetReports() }
    #expect(busy.report(now: at(3))?.nodes.count == 1)
    #expect(idle.report(now: at(3)) == nil)
  }

  // MARK: Plain routes

  /// `answered/failed` of the first route.
  private static func counts(_ router: Router) -> String {
    let figures = router.versions.compactMap { $0?.figures.first }.first
    let node = figures?.recent(now: router.loop.now)[GraphFigures.whole]
    return "\(node?.answered.count ?? 0)/\(node?.failures ?? 0)"
  }

  @Test func requestsOfAPlainRouteAreCounted() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, _ in
        guard !request.isEmpty else { throw RPCError(.dataLoss, "empty") }
        return request
      }
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.start("r", table)]])
      for _ in 0..<3 { try await mesh.say("x") }
      let error = await mesh.failure { () throws(RPCError) in try await mesh.say("") }
      #expect(error?.code == .dataLoss)
      try await mesh.eventually { Self.counts($0) == "3/1" }
      // A call that names its deployment takes no route.
      let named: Metadata = [MeshHeader.app: "app", MeshHeader.deployment: "echo"]
      _ = try await mesh.handle.unary(Mesh.echo, [1], metadata: named)
      #expect(try await mesh.onLoop { Self.counts($0) } == "3/1")
    }
  }

  @Test func whatNoReplicaAnswersHasFailed() async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(
        Mesh.echoApp { $0.maxQueuedRequests = 0 }, ["echo": []])
      let refused = await mesh.failure { () throws(RPCError) in try await mesh.say("x") }
      #expect(refused?.code == .resourceExhausted)
      try await mesh.eventually { Self.counts($0) == "0/1" }
    }
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.startMortal("r")]])
      _ = await mesh.failure { () throws(RPCError) in try await mesh.say("x") }
      try await mesh.eventually { Self.counts($0) == "0/1" }
    }
  }

  @Test func aClientThatIsGoneIsNotCounted() async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": []])
      let call = Task { try await mesh.say("x") }
      try await mesh.eventually { $0.dispatcher.loadReport().deployments.first?.queued == 1 }
      call.cancel()
      _ = await call.result
      try await mesh.eventually { $0.dispatcher.loadReport().versions.isEmpty }
      #expect(try await mesh.onLoop { Self.counts($0) } == "0/0")
    }
  }
}
