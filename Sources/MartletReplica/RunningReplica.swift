// A replica's parts while it runs: its server, its health, its way to other deployments.
internal import Logging
package import MartletCore
package import MartletNet
package import MartletRPC

/// One replica: a process of its own, or a part of a `LocalMesh`.
package final class RunningReplica: Sendable {
  private let options: ReplicaOptions
  private let load: @Sendable (ReplicaContext) async throws -> Void
  private let executor: ThreadExecutor?
  private let health: HealthService
  private let reflection: ReflectionService
  private let server: GRPCServer
  private let mesh: MeshHandles
  private let registration: Registration?

  /// Throws when the files of the mesh's identity cannot be used.
  package init(
    _ service: ReplicaService, execution: Execution, options: ReplicaOptions, loops: LoopGroup
  ) throws(RPCError) {
    self.options = options
    let logger = Logger(label: "replica")
    let tls = try MeshTLS(options.security, logger: logger)
    executor = if case .threads(let count) = execution { ThreadExecutor(count: count) } else { nil }
    health = HealthService(services: service.serviceNames)
    reflection = ReflectionService(
      services: service.serviceNames + [Grpc_Health_V1_Health.name],
      descriptorSets: service.descriptorSets + [Grpc_Health_V1_Health.descriptorSet])
    var limits = Limits()
    limits.maxMessageBytes = options.maxMessageBytes
    mesh = try MeshHandles(
      app: options.app, router: options.router, tls, loop: loops.next(), limits)
    registration = try Registration(options, tls, loop: loops.next(), logger: logger)
    let instance = service.instance(HandlerSetting(executor: executor))
    load = instance.load
    var handlers = instance.handlers
    var unlimited = HandlerSetting()
    unlimited.countsAsOngoing = false
    handlers.add(health, setting: unlimited)
    handlers.add(reflection, setting: unlimited)
    limits.connectionsAreShared = true
    server = GRPCServer(
      loops: loops, limits: limits, handlers: handlers, maxOngoing: options.maxOngoingRequests,
      tls: try tls.server(at: options.listen), logger: logger)
  }

  /// Listens, loads the service, says SERVING, calls `whenServing` and returns when the server has drained.
  package func serve(whenServing: @Sendable () -> Void = {}) async throws {
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await serveUntilDrained(whenServing))
    } catch {
      outcome = .failure(error)
    }
    await mesh.close()
    if server.ongoing == 0 { executor?.stop() }
    try outcome.get()
  }

  private func serveUntilDrained(_ whenServing: @Sendable () -> Void) async throws {
    _ = try await server.listen(on: options.listen)
    try await withThrowingTaskGroup { group in
      group.addTask { try await self.server.run() }
      try await makeService()
      health.set(.serving)
      whenServing()
      if let registration { group.addTask { await registration.run() } }
      try await group.next()
      group.cancelAll()
    }
  }

  /// Says NOT_SERVING, takes nothing new and waits for what is under way.
  ///
  /// - Parameter limit: after it what is left is cancelled; nil means `gracefulShutdownTimeout`.
  package func drain(within limit: Duration? = nil) async {
    await registration?.drain()
    health.close()
    reflection.close()
    await server.drain(within: limit ?? options.gracefulShutdownTimeout)
  }

  /// Off the loop, which answers health checks meanwhile: loading a model blocks.
  private func makeService() async throws {
    let mesh = mesh
    let context = ReplicaContext(
      app: options.app, replica: options.replica, config: options.config
    ) { mesh.target($0) }
    guard let executor else { return try await load(in: context) }
    try await withTaskExecutorPreference(executor) { try await load(in: context) }
  }

  @concurrent
  private func load(in context: ReplicaContext) async throws {
    // Not for its own sake: without it Swift 6.3 leaves the change of threads out.
    try Task.checkCancellation()
    try await load(context)
  }
}
