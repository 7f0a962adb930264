// What the router tells its dispatcher of answers, and what it does with requests that fail or kill.
import MartletCore
import MartletDispatch
import MartletNet
import Synchronization
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct OutlierRequestTests {
  /// A replica that answers everything with an error.
  private static func failing(_ status: RPCStatus, pushback: String? = nil) -> HandlerTable {
    var table = HandlerTable()
    table.unary(Mesh.echo) { _, _ in
      var metadata: Metadata = [:]
      if let pushback { metadata = ["grpc-retry-pushback-ms": pushback] }
      throw RPCError(status, metadata: metadata)
    }
    return table
  }

  @Test(arguments: [RPCStatus.Code.internalError, .unavailable, .unknown, .resourceExhausted])
  func aReplicaThatFailsIsEjected(code: RPCStatus.Code) async throws {
    try await Mesh.run { mesh in
      let bad = try await mesh.start("r1", Self.failing(RPCStatus(code, "no")))
      let replicas = [bad, try await mesh.startEcho("r2"), try await mesh.startEcho("r3")]
      try await mesh.deploy(Mesh.echoApp(), ["echo": replicas])
      var failures = 0
      for _ in 0..<120 {
        do throws(RPCError) { try await mesh.say("x") } catch { failures += 1 }
      }
      #expect((1...40).contains(failures))
      let report = try await mesh.onLoop { $0.dispatcher.loadReport().suspects }
      #expect(report.isEmpty, "it fails, and does not hang")
    }
  }

  @Test func anAnswerThatSpeaksOfTheRequestEjectsNobody() async throws {
    try await Mesh.run { mesh in
      let picky = try await mesh.start("r1", Self.failing(RPCStatus(.invalidArgument, "no")))
      try await mesh.deploy(
        Mesh.echoApp(), ["echo": [picky, try await mesh.startEcho("r2")]])
      var failures = 0
      for _ in 0..<100 {
        do throws(RPCError) { try await mesh.say("x") } catch { failures += 1 }
      }
      #expect(failures == 50)
    }
  }

  @Test func anIdempotentCallThatIsUnavailableIsAskedOfAnother() async throws {
    try await Mesh.run { mesh in
      let bad = try await mesh.start("r1", Self.failing(RPCStatus(.unavailable, "no")))
      let good = try await mesh.startEcho("r2")
      try await mesh.deploy(Mesh.echoApp { $0.idempotent = true }, ["echo": [bad, good]])
      for number in 0..<20 { #expect(try await mesh.say("\(number)").text == "\(number)") }
    }
  }

  @Test(arguments: ["-1", "never", "60000"])
  func aReplicaMayForbidIt(pushback: String) async throws {
    try await Mesh.run { mesh in
      let table = Self.failing(RPCStatus(.unavailable, "no"), pushback: pushback)
      let bad = try await mesh.start("r1", table)
      let good = try await mesh.startEcho("r2")
      try await mesh.deploy(Mesh.echoApp { $0.idempotent = true }, ["echo": [bad, good]])
      var statuses: Set<RPCStatus> = []
      for _ in 0..<6 {
        do throws(RPCError) { try await mesh.say("x") } catch { statuses.insert(error.status) }
      }
      #expect(statuses == [RPCStatus(.unavailable, "no")], "the replica's own answer")
    }
  }

  @Test func whereAllAreUnavailableTheCallerGetsAnAnswer() async throws {
    try await Mesh.run { mesh in
      let table = Self.failing(RPCStatus(.unavailable, "no"))
      let replicas = [try await mesh.start("r1", table), try await mesh.start("r2", table)]
      try await mesh.deploy(Mesh.echoApp { $0.idempotent = true }, ["echo": replicas])
      let error = await mesh.failure { () throws(RPCError) in try await mesh.say("x") }
      #expect(error?.status == RPCStatus(.unavailable, "no"))
    }
  }

  @Test func aRequestThatKillsIsNotSentToAThird() async throws {
    try await Mesh.run { mesh in
      let asked = Mutex(0)
      let replicas = try await ["r1", "r2", "r3"].asyncMap { name in
        try await mesh.startMortal(name) { asked.withLock { $0 += 1 } }
      }
      try await mesh.deploy(Mesh.echoApp { $0.idempotent = true }, ["echo": replicas])
      let error = await mesh.failure { () throws(RPCError) in
        try await mesh.say("x", metadata: ["x-request-id": "r-7"])
      }
      #expect(error?.code == .unavailable)
      #expect(error?.status.message.contains("died while they had this request") == true)
      #expect(error?.metadata["grpc-retry-pushback-ms"] == "-1")
      #expect(asked.withLock { $0 } == 2)
      let deadly = try await mesh.onLoop { $0.deadlyRequests.take() }
      #expect(deadly.map(\.name.id) == ["r-7"])
      #expect(deadly.map(\.name.method) == ["test.Echo/Say"])
      #expect(deadly.first?.replicas.count == 2)
    }
  }
}

extension Array {
  fileprivate func asyncMap<Value>(_ make: (Element) async throws -> Value) async rethrows
    -> [Value]
  {
    var values: [Value] = []
    for element in self { values.append(try await make(element)) }
    return values
  }
}
