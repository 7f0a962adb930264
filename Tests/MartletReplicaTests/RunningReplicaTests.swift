// A replica's life, in this process and over real sockets.
import Foundation
import MartletCore
import MartletNet
import MartletRPC
import SwiftProtobuf
import Synchronization
import Testing

@testable import MartletReplica

@Suite struct RunningReplicaTests {
  private typealias Health = Grpc_Health_V1_Health

  @Test func itSaysServingOnceItHasLoaded() async throws {
    try await withReplica(["waits": .bool(true)]) { replica, channel in
      let health = Health.Client(CallTarget(channel, waitsForReady: true))
      let loading = try await health.check(.init(), timeout: .seconds(10))
      #expect(loading.status == .notServing)
      let error = await #expect(throws: RPCError.self) {
        try await CallTarget(channel).say(Probe.say, "early")
      }
      #expect(error?.status == RPCStatus(.unavailable, "the replica is still starting"))
      Probe.loading.open()
      try await untilServing(channel)
      let answer = try await CallTarget(channel).say(Probe.say, "hello")
      #expect(answer.hasPrefix("hello"))
      let service = try await Health.client(channel).check(.with { $0.service = "test.Probe" })
      #expect(service.status == .serving)
    }
  }

  @Test func whatLoadingThrowsEndsIt() async throws {
    let error = await #expect(throws: RPCError.self) {
      try await withReplica(["fails": .bool(true)]) { _, _ in }
    }
    #expect(error?.status == RPCStatus(.dataLoss, "no weights"))
  }

  @Test func drainEndsHealthWatchesWithNotServing() async throws {
    try await withReplica { replica, channel in
      try await untilServing(channel)
      let statuses = try await Health.client(channel).watch(.init()) { responses in
        var statuses: [HealthService.Status] = []
        for try await response in responses {
          statuses.append(response.status)
          if statuses.count == 1 { Task { await replica.drain() } }
        }
        return statuses
      }
      #expect(statuses == [.serving, .notServing])
    }
  }

  @Test func itTellsWhatItServesAndKeepsNoStreamWhenItDrains() async throws {
    try await withReplica { replica, channel in
      try await untilServing(channel)
      var services: [String] = []
      let error = await #expect(throws: RPCError.self) {
        try await Grpc_Reflection_V1_ServerReflection.client(channel).serverReflectionInfo {
          questions, answers in
          try await questions.write(.with { $0.listServices = "" })
          for try await answer in answers {
            services = answer.listServicesResponse.service.map(\.name)
            Task { await replica.drain() }
          }
        }
      }
      #expect(error?.code == .unavailable)
      #expect(
        services == [
          "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection", "test.Probe",
        ])
    }
  }

  @Test func handlersRunOnTheirOwnThreadsWhenToldSo() async throws {
    try await withReplica(execution: .threads(2)) { _, channel in
      try await untilServing(channel)
      let answer = try await CallTarget(channel).say(Probe.say, "hello")
      #expect(answer == "hello on \(ThreadExecutor.threadName)")
    }
  }

  @Test func withoutAMeshHandlesSayWhatIsMissing() async throws {
    try await withReplica { _, channel in
      try await untilServing(channel)
      let error = await #expect(throws: RPCError.self) {
        try await CallTarget(channel).say(Probe.relay, "hello")
      }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("MARTLET_ROUTER is not set") == true)
    }
  }

  @Test func handlesTakeOverMetadataAndDeadline() async throws {
    let router = Router()
    try await withServer(router.handlers, in: try Scratch()) { endpoint in
      try await withReplica(router: endpoint) { _, channel in
        try await untilServing(channel)
        let answer = try await CallTarget(channel).say(
          Probe.relay, "hello", timeout: .seconds(60),
          metadata: ["trace": "t1", "own": "theirs", "martlet-app-version": "3"])
        #expect(answer == "routed")
      }
    }
    let seen = try #require(router.seen.withLock { $0 })
    #expect(seen.metadata["martlet-app"] == "pages")
    #expect(seen.metadata["martlet-deployment"] == "other")
    #expect(seen.metadata["martlet-app-version"] == "3")
    #expect(seen.metadata["trace"] == "t1")
    #expect(seen.metadata[all: "own"] == ["set"])
    #expect(try #require(seen.left) <= .seconds(60))
  }
}

/// Takes the place of the router: notes what it is sent.
private final class Router: Sendable {
  let seen = Mutex<(metadata: Metadata, left: Duration?)?>(nil)

  var handlers: HandlerTable {
    var handlers = HandlerTable()
    handlers.unary(Probe.say.name) { _, call in
      let left = call.deadline?.remaining(at: Loop.now)
      self.seen.withLock { $0 = (call.metadata, left) }
      return try Text("routed").serializedBytes()
    }
    return handlers
  }
}

/// A folder for sockets that goes with its owner.
private final class Scratch: Sendable {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "replica-\(UUID().uuidString.prefix(8))")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  func socket(_ name: String) -> Endpoint { .unix(path: folder.appending(path: name).path) }
}

/// Runs `body` beside a replica of `Probe`, which is drained after.
private func withReplica(
  _ config: [String: ConfigValue] = [:], execution: Execution = .loop, router: Endpoint? = nil,
  _ body: (RunningReplica, GRPCChannel) async throws -> Void
) async throws {
  let scratch = try Scratch()
  let loops = LoopGroup(count: 1)
  var options = ReplicaOptions(
    listen: scratch.socket("replica"), app: "pages",
    replica: ReplicaID(deployment: "probe", number: 1))
  options.config = .object(config)
  options.router = router
  let replica = try RunningReplica(
    ReplicaService(Probe.self), execution: execution, options: options, loops: loops)
  let channel = GRPCChannel(endpoint: options.listen, loop: loops.next())
  try await withThrowingTaskGroup { group in
    group.addTask { try await replica.serve() }
    try await body(replica, channel)
    await channel.close()
    await replica.drain()
    try await group.waitForAll()
  }
  await loops.shutdown()
}

/// Runs `body` beside a server with `handlers`.
private func withServer(
  _ handlers: HandlerTable, in scratch: Scratch, _ body: (Endpoint) async throws -> Void
) async throws {
  let loops = LoopGroup(count: 1)
  let server = GRPCServer(loops: loops, handlers: handlers)
  let endpoint = try await server.listen(on: scratch.socket("router"))
  try await withThrowingTaskGroup { group in
    group.addTask { try await server.run() }
    try await body(endpoint)
    await server.drain(within: .seconds(5))
    try await group.waitForAll()
  }
  await loops.shutdown()
}

private func untilServing(_ channel: GRPCChannel) async throws {
  let health = Grpc_Health_V1_Health.Client(CallTarget(channel, waitsForReady: true))
  try await health.watch(.init(), timeout: .seconds(10)) { statuses in
    for try await response in statuses where response.status == .serving { return }
  }
}
