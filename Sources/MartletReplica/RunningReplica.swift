// A replica's parts while it runs: its server, its health, its way to other deployments.
internal import Logging
internal import MartletCore
internal import MartletNet
internal import MartletRPC

/// One replica of `Service`.
final class RunningReplica<Service: DeploymentService>: Sendable {
  private let options: ReplicaOptions
  private let service = ServerSlot<Service>()
  private let executor: ThreadExecutor?
  private let health: HealthService
  private let reflection: ReflectionService
  private let server: GRPCServer
  private let mesh: MeshHandles
  private let registration: Registration?

  /// Throws when the files of the mesh's identity cannot be used.
  init(execution: Execution, options: ReplicaOptions, loops: LoopGroup) throws(RPCError) {
    self.options = options
    let logger = Logger(label: "replica")
    let tls = try MeshTLS(options.security, logger: logger)
    executor = if case .threads(let count) = execution { ThreadExecutor(count: count) } else { nil }
    let binder = ServiceBinder<Service>()
    health = HealthService(services: binder.serviceNames)
    reflection = ReflectionService(
      services: binder.serviceNames + [Grpc_Health_V1_Health.name],
      descriptorSets: binder.descriptorSets + [Grpc_Health_V1_Health.descriptorSet])
    mesh = try MeshHandles(app: options.app, router: options.router, tls, loop: loops.next())
    registration = try Registration(options, tls, loop: loops.next(), logger: logger)
    var handlers = HandlerTable()
    binder.install(
      setting: HandlerSetting(executor: executor), into: &handlers,
      server: service)
    var unlimited = HandlerSetting()
    unlimited.countsAsOngoing = false
    handlers.add(health, setting: unlimited)
    handlers.add(reflection, setting: unlimited)
    var limits = Limits()
    limits.connectionsAreShared = true
    server = GRPCServer(
      loops: loops, limits: limits, handlers: handlers, maxOngoing: options.maxOngoingRequests,
      tls: try tls.server(at: options.listen), logger: logger)
  }

  /// Listens, loads the service, says SERVING and returns when the server has drained.
  func serve() async throws {
    _ = try await server.listen(on: options.listen)
    try await withThrowingTaskGroup { group in
      group.addTask { try await self.server.run() }
      service.load(try await makeService())
      health.set(.serving)
      if let registration { group.addTask { await registration.run() } }
      try await group.next()
      group.cancelAll()
    }
    await mesh.close()
  }

  /// Says NOT_SERVING, takes nothing new and waits for what is under way.
  func drain() async {
    await registration?.drain()
    health.close()
    reflection.close()
    await server.drain(within: options.gracefulShutdownTimeout)
  }

  /// Off the loop, which answers health checks meanwhile: loading a model blocks.
  private func makeService() async throws -> Service {
    let mesh = mesh
    let context = ReplicaContext(
      app: options.app, replica: options.replica, config: options.config
    ) { mesh.target($0) }
    guard let executor else { return try await load(context) }
    return try await withTaskExecutorPreference(executor) { try await load(context) }
  }

  @concurrent
  private func load(_ context: ReplicaContext) async throws -> Service {
    // Not for its own sake: without it Swift 6.3 leaves the change of threads out.
    try Task.checkCancellation()
    return try await Service(context)
  }
}
