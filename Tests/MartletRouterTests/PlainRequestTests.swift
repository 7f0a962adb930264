// Requests that go through the router to one deployment.
import MartletCore
import MartletDispatch
import MartletNet
import Synchronization
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct PlainRequestTests {
  @Test func requestAndResponsePassWithTheirMetadata() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, call in
        call.setInitialMetadata(["x-initial": call.metadata["x-request"] ?? "none"])
        var trailing: Metadata = [:]
        trailing.add(call.metadata[binary: "x-key-bin"] ?? [], for: "x-trailing-bin")
        trailing.add(call.metadata["martlet-app-version"] ?? "none", for: "x-version")
        trailing.add(call.metadata["martlet-app"] ?? "none", for: "x-app")
        call.setTrailingMetadata(trailing)
        return request
      }
      let replica = try await mesh.start("r", table)
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      var metadata: Metadata = ["x-request": "one", "martlet-app": "forged"]
      metadata.add([0, 1, 255], for: "x-key-bin")
      let response = try await mesh.say("hello", metadata: metadata)
      #expect(response.text == "hello")
      #expect(response.initialMetadata["x-initial"] == "one")
      #expect(response.trailingMetadata[binary: "x-trailing-bin"] == [0, 1, 255])
      #expect(response.trailingMetadata["x-version"] == "1")
      #expect(response.trailingMetadata["x-app"] == "none")
    }
  }

  @Test func whoCallsIsNotForTheCallerToSay() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { _, call in
        let named = call.metadata["x-forwarded-client-cert"] ?? "nothing"
        return Array("\(call.peerIdentity?.uris ?? []) \(named)".utf8)
      }
      let replica = try await mesh.start("r", table)
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let forged: Metadata = ["x-forwarded-client-cert": "URI=spiffe://example.org/root"]
      #expect(try await mesh.say("x", metadata: forged).text == "[] nothing")
      let named: Metadata = [MeshHeader.app: "app", MeshHeader.deployment: "echo"]
      var both = forged
      both.add(contentsOf: named)
      let fromReplica = try await mesh.handle.unary(Mesh.echo, [], metadata: both)
      #expect(fromReplica.text == "[] nothing")
      // A replica believes what the mesh says on its socket.
      let direct = GRPCChannel(endpoint: replica, loops: LoopGroup(count: 1))
      let believed = try await direct.unary(Mesh.echo, [], metadata: forged)
      #expect(believed.text == #"["spiffe://example.org/root"] nothing"#)
      await direct.close()
    }
  }

  @Test func statusAndMessagePass() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { _, _ in throw RPCError(.outOfRange, "zu weit – 100 %") }
      let replica = try await mesh.start("r", table)
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let error = await mesh.failure { () throws(RPCError) in try await mesh.say("x") }
      #expect(error?.status == RPCStatus(.outOfRange, "zu weit – 100 %"))
    }
  }

  @Test func theLargestMessagePassesAndALargerOneDoesNot() async throws {
    try await Mesh.run { mesh in
      let replica = try await mesh.startEcho("r")
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let largest = [UInt8](repeating: 7, count: Limits().maxMessageBytes)
      let response = try await mesh.client.unary(Mesh.echo, largest)
      #expect(response.message == largest)
    }
  }

  @Test func manyCallsAtOnceAllGetTheirOwnAnswer() async throws {
    try await Mesh.run { mesh in
      let replicas = [try await mesh.startEcho("r1"), try await mesh.startEcho("r2")]
      try await mesh.deploy(
        Mesh.echoApp {
          $0.maxOngoingRequests = 100
          $0.maxQueuedRequests = 500
        }, ["echo": replicas])
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<500 {
          group.addTask { try await mesh.say("call \(number)").text == "call \(number)" }
        }
        for try await isRight in group { #expect(isRight) }
      }
      try await mesh.eventually { $0.dispatcher.loadReport().deployments.isEmpty }
      #expect(try await mesh.onLoop { $0.replayBytes } == 0)
    }
  }

  @Test func aReplicaNamesADeploymentOnItsSocket() async throws {
    try await Mesh.run { mesh in
      let replicas = [
        "a": [try await mesh.startEcho("a", prefix: "a:")],
        "b": [try await mesh.startEcho("b", prefix: "b:")],
      ]
      let spec = AppSpec(
        name: "app", deployments: [DeploymentSpec(name: "a"), DeploymentSpec(name: "b")])
      try await mesh.deploy(spec, replicas)
      let metadata: Metadata = [MeshHeader.app: "app", MeshHeader.deployment: "b"]
      let response = try await mesh.handle.unary(Mesh.echo, [120], metadata: metadata)
      #expect(response.text == "b:x")
      let wrong: Metadata = [MeshHeader.app: "app", MeshHeader.deployment: "c"]
      let unknown = await mesh.failure { () throws(RPCError) in
        try await mesh.handle.unary(Mesh.echo, [120], metadata: wrong)
      }
      #expect(
        unknown?.status == RPCStatus(.unimplemented, "app app has no deployment c; did you mean a?")
      )
      let outside = await mesh.failure { () throws(RPCError) in
        try await mesh.say("x", metadata: metadata)
      }
      #expect(outside?.code == .unimplemented)
    }
  }

  @Test func anUnknownMethodIsToldTheNearest() async throws {
    try await Mesh.run { mesh in
      let before = await mesh.failure { () throws(RPCError) in try await mesh.say("x") }
      #expect(before?.code == .unavailable)
      try await mesh.deploy(
        AppSpec(
          name: "app", deployments: [DeploymentSpec(name: "echo")],
          routes: [.method(MethodName(service: "test.Echo", method: "Sya"), deployment: "echo")]),
        [:])
      let error = await mesh.failure { () throws(RPCError) in try await mesh.say("x") }
      #expect(
        error?.status
          == RPCStatus(.unimplemented, "no route for test.Echo/Say; did you mean test.Echo/Sya?"))
    }
  }

  // MARK: Deadlines and cancellation

  @Test func theDeadlineEndsTheCallOnBothSides() async throws {
    try await Mesh.run { mesh in
      let cancelled = Mutex(false)
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, call in
        let left = call.deadline?.remaining(at: call.loop.now) ?? .zero
        #expect(left > .zero && left <= .milliseconds(100))
        do { try await Task.sleep(for: .seconds(20)) } catch { cancelled.withLock { $0 = true } }
        return request
      }
      let replica = try await mesh.start("r", table)
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let start = Loop.now
      let error = await mesh.failure { () throws(RPCError) in
        try await mesh.say("x", timeout: .milliseconds(100))
      }
      #expect(error?.code == .deadlineExceeded)
      // Beside hundreds of other tests on two cores; how exact it is, the integration tests measure.
      #expect(Loop.now.duration(since: start) < .seconds(2))
      try await mesh.eventually { _ in cancelled.withLock { $0 } }
    }
  }

  @Test func requestTimeoutEndsACallWithoutADeadline() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, _ in
        try await Task.sleep(for: .seconds(20))
        return request
      }
      let replica = try await mesh.start("r", table)
      try await mesh.deploy(
        Mesh.echoApp { $0.requestTimeout = .milliseconds(50) }, ["echo": [replica]])
      let error = await mesh.failure { () throws(RPCError) in try await mesh.say("x") }
      #expect(error?.code == .deadlineExceeded)
    }
  }

  @Test func aClientThatGoesAwayCancelsTheHandler() async throws {
    try await Mesh.run { mesh in
      let started = Mutex(false)
      let cancelled = Mutex(false)
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, _ in
        started.withLock { $0 = true }
        do { try await Task.sleep(for: .seconds(20)) } catch { cancelled.withLock { $0 = true } }
        return request
      }
      let replica = try await mesh.start("r", table)
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let call = Task { try await mesh.say("x") }
      try await mesh.eventually { _ in started.withLock { $0 } }
      call.cancel()
      try await mesh.eventually { _ in cancelled.withLock { $0 } }
      try await mesh.eventually {
        let report = $0.dispatcher.loadReport()
        return report.deployments.isEmpty && report.versions.isEmpty
      }
    }
  }
}
