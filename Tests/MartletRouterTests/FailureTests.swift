// Replicas that are missing, full or dying.
import MartletCore
import MartletDispatch
import MartletNet
import Synchronization
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct FailureTests {
  @Test func anIdempotentCallSurvivesItsReplica() async throws {
    try await Mesh.run { mesh in
      let replicas = [try await mesh.startMortal("r1"), try await mesh.startEcho("r2")]
      try await mesh.deploy(Mesh.echoApp { $0.idempotent = true }, ["echo": replicas])
      for number in 0..<50 {
        let response = try await mesh.say("\(number)")
        #expect(response.text == "\(number)")
      }
    }
  }

  @Test func aReplicaThatIsPingedTooOftenIsPingedHalfAsOften() async throws {
    var limits = Limits()
    limits.keepalive.clientTime = .milliseconds(20)
    limits.keepalive.leastClientTime = .milliseconds(20)
    limits.keepalive.clientPingsWithoutCalls = true
    try await Mesh.run(limits: limits) { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.startEcho("r1")]])
      try await mesh.eventually { router in
        router.links.contains { $0?.keepalive.clientTime == .milliseconds(40) }
      }
      #expect(try await mesh.say("x").text == "x")
    }
  }

  @Test func aReplicaHearsOfTheAttemptsBeforeIt() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { _, call in
        Array((call.metadata["grpc-previous-rpc-attempts"] ?? "none").utf8)
      }
      let mortal = try await mesh.startMortal("r1")
      let replicas = [mortal, try await mesh.start("r2", table)]
      try await mesh.deploy(Mesh.echoApp { $0.idempotent = true }, ["echo": replicas])
      var heard: Set<String> = []
      for _ in 0..<10 { heard.insert(try await mesh.say("x").text) }
      #expect(heard == ["none", "1"])
      heard = []
      for _ in 0..<10 {
        let response = try await mesh.say("x", metadata: ["grpc-previous-rpc-attempts": "2"])
        heard.insert(response.text)
      }
      #expect(heard.isSubset(of: ["2", "3"]) && heard.contains("2"))
    }
  }

  @Test func aRefusedAttemptDoesNotCount() async throws {
    try await Mesh.run { mesh in
      let heard = Mutex<[String?]>([])
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, call in
        heard.withLock { $0.append(call.metadata["grpc-previous-rpc-attempts"]) }
        try await Task.sleep(for: .milliseconds(50))
        return request
      }
      let busy = try await mesh.start("r1", table, maxOngoing: 1)
      let free = try await mesh.start("r2", table)
      try await mesh.deploy(Mesh.echoApp { $0.idempotent = true }, ["echo": [busy, free]])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<8 { group.addTask { try await mesh.say("\(number)") } }
        try await group.waitForAll()
      }
      #expect(heard.withLock { $0 } == Array(repeating: nil, count: 8))
    }
  }

  @Test func anyOtherCallFailsWithItsReplica() async throws {
    try await Mesh.run { mesh in
      let replica = try await mesh.startMortal("r1")
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let error = await mesh.failure { () throws(RPCError) in try await mesh.say("x") }
      let message =
        "echo#1 died with the call in hand; echo is not idempotent, so it is not sent again"
      #expect(error?.status == RPCStatus(.unavailable, message))
    }
  }

  @Test func aRefusedCallGoesToAnotherReplica() async throws {
    try await Mesh.run { mesh in
      // One replica takes fewer calls than the router believes.
      let busy = try await mesh.start("r1", Self.slowTable(.milliseconds(100)), maxOngoing: 1)
      let free = try await mesh.start("r2", Self.slowTable(.milliseconds(100)))
      try await mesh.deploy(Mesh.echoApp(), ["echo": [busy, free]])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<8 { group.addTask { try await mesh.say("\(number)") } }
        try await group.waitForAll()
      }
    }
  }

  @Test func aFullQueueRefusesAtOnce() async throws {
    try await Mesh.run { mesh in
      let replica = try await mesh.start("r", Self.slowTable(.seconds(20)))
      try await mesh.deploy(
        Mesh.echoApp {
          $0.maxOngoingRequests = 1
          $0.maxQueuedRequests = 1
        }, ["echo": [replica]])
      let calls = [Task { try await mesh.say("1") }, Task { try await mesh.say("2") }]
      try await mesh.eventually {
        $0.dispatcher.loadReport().deployments == [
          .init(
            app: "app", deployment: "echo", queued: 1, replicas: [.init(number: 1, ongoing: 1)])
        ]
      }
      let error = await mesh.failure { () throws(RPCError) in try await mesh.say("3") }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.metadata["grpc-retry-pushback-ms"] != nil)
      for call in calls { call.cancel() }
    }
  }

  @Test func callsWaitForTheFirstReplica() async throws {
    try await Mesh.run { mesh in
      let spec = Mesh.echoApp()
      try await mesh.deploy(spec, [:])
      let calls = (0..<10).map { number in Task { try await mesh.say("\(number)").text } }
      try await mesh.eventually { $0.dispatcher.loadReport().deployments.first?.queued == 10 }
      let replica = try await mesh.startEcho("r")
      try await mesh.onLoop { $0.apply(Mesh.table(spec, ["echo": [replica]])) }
      for (number, call) in calls.enumerated() {
        #expect(try await call.value == "\(number)")
      }
    }
  }

  @Test func aReplicaThatComesLateIsFound() async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [.unix(path: "\(mesh.folder)/late")]])
      let call = Task { try await mesh.say("x").text }
      try await mesh.eventually { $0.dispatcher.loadReport().deployments.first?.queued == 1 }
      _ = try await mesh.startEcho("late")
      #expect(try await call.value == "x")
    }
  }

  @Test func aReplicaThatLeavesTheTableFinishes() async throws {
    try await Mesh.run { mesh in
      let spec = Mesh.echoApp()
      let old = try await mesh.start("old", Self.slowTable(.milliseconds(100)))
      try await mesh.deploy(spec, ["echo": [old]])
      let call = Task { try await mesh.say("slow").text }
      try await mesh.eventually { $0.dispatcher.loadReport().deployments.first?.queued == 0 }
      try await mesh.onLoop { $0.apply(Mesh.table(spec, [:])) }
      #expect(try await call.value == "slow")
      try await mesh.eventually { $0.dispatcher.loadReport().deployments.isEmpty }
    }
  }

  private static func slowTable(_ duration: Duration) -> HandlerTable {
    var table = HandlerTable()
    table.unary(Mesh.echo) { request, _ in
      try await Task.sleep(for: duration)
      return request
    }
    return table
  }
}
