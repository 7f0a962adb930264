// The controller's life: take over, serve, stop everything.
internal import CLinux
internal import Glibc
internal import Logging
package import MartletCore
internal import MartletNet
internal import MartletRPC

/// The process that decides what runs.
package enum ControllerRole {
  /// Why a controller ends.
  private enum Ending: Sendable {
    /// Every replica is to stop.
    case signal
    /// The mesh is over: nobody else will remove its files.
    case supervisorGone
    /// `Shutdown` was answered.
    case shutDown
  }

  /// How long clients get to read the last answers.
  private static let farewell = Duration.milliseconds(500)

  /// Runs a controller until SIGTERM or SIGINT, `Shutdown`, or the end of the supervisor; then all
  /// replicas have been stopped. Call `TerminationSignals.block()` before the process has threads.
  ///
  /// - Throws: `ControllerError` or `RPCError` when it cannot start.
  package static func run(_ options: ControllerOptions) async throws {
    let files = ReplicaFiles(directory: options.runDirectory)
    try files.makeFolders()
    let lock = try soleController(options.runDirectory)
    defer { close(lock) }
    let loops = LoopGroup(count: 1)
    let loop = loops.loops[0]
    let signals = try TerminationSignals(on: loop)
    var log = Logger(label: "controller")
    log.logLevel = .info
    let tls = try MeshTLS(options.mesh, logger: log)
    let controller = try MeshController(options, tls, loop: loop, log: log)
    try await withTaskExecutorPreference(loop) {
      try await serve(controller, options, tls, loops, signals)
    }
    await loops.shutdown()
  }

  /// Checks an app as a deploy would, on this machine.
  ///
  /// - Throws: INVALID_ARGUMENT with every mistake and its place.
  package static func check(_ source: AppSource) throws(RPCError) {
    _ = try ValidatedApp(source, launcher: nil)
  }

  /// Two controllers over one state would undo each other's work. The lock goes with the process.
  private static func soleController(_ directory: RunDirectory) throws(ControllerError) -> Int32 {
    let path = "\(directory.path)/controller.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw ControllerError("cannot open \(path): \(lastError())") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw ControllerError("another controller runs in \(directory.path)")
    }
    return descriptor
  }

  private static func serve(
    _ controller: MeshController, _ options: ControllerOptions, _ tls: MeshTLS,
    _ loops: LoopGroup, _ signals: TerminationSignals
  ) async throws {
    let (shutdowns, finished) = AsyncStream.makeStream(of: Void.self)
    let health = HealthService(services: ["martlet.control.v1.Controller"])
    let reflection = ReflectionService(
      services: [
        Martlet_Control_V1_Controller.name, Martlet_Control_V1_Mesh.name,
        Grpc_Health_V1_Health.name,
      ],
      descriptorSets: [
        Martlet_Control_V1_Controller.descriptorSet, Grpc_Health_V1_Health.descriptorSet,
      ])
    var handlers = HandlerTable()
    handlers.add(ControlService(controller: controller, finished: finished))
    handlers.add(MeshService(controller: controller))
    handlers.add(health)
    handlers.add(reflection)
    let socket = options.runDirectory.controllerSocket
    let endpoints = [.unix(path: socket)] + [options.listen].compactMap { $0 }
    var servers: [GRPCServer] = []
    for endpoint in endpoints {
      servers.append(
        GRPCServer(
          loops: loops, handlers: handlers, tls: try tls.server(at: endpoint),
          logger: controller.log))
    }

    try await withThrowingTaskGroup { group in
      group.addTask { await controller.run() }
      group.addTask { await controller.keepLogsShort() }
      group.addTask { await controller.keepKnowingHelpers() }
      try await controller.recover()
      for app in options.apps { _ = try await controller.deploy(app) }
      unlink(socket)
      for (server, endpoint) in zip(servers, endpoints) {
        _ = try await server.listen(on: endpoint)
        group.addTask { try await server.run() }
      }
      chmod(socket, 0o600)
      group.addTask { await controller.keepFiles() }
      health.set(.serving)
      if let descriptor = options.heartbeat {
        let heartbeat = Heartbeat(descriptor: descriptor)
        group.addTask { await controller.keepBeating(heartbeat) }
      }
      let ending = await firstReasonToEnd(signals, shutdowns, options, loops.loops[0])
      health.close()
      reflection.close()
      if ending != .shutDown { await controller.stopReplicas() }
      for server in servers { await server.drain(within: farewell) }
      group.cancelAll()
      controller.groups?.removeAll()
      clear(options.runDirectory, ending)
    }
  }

  private static func firstReasonToEnd(
    _ signals: TerminationSignals, _ shutdowns: AsyncStream<Void>, _ options: ControllerOptions,
    _ loop: Loop
  ) async -> Ending {
    await withTaskGroup { group in
      group.addTask {
        _ = await signals.next()
        return Ending.signal
      }
      group.addTask {
        for await _ in shutdowns { break }
        return Ending.shutDown
      }
      if let pid = options.supervisorPID {
        group.addTask {
          await end(of: pid, on: loop)
          return Ending.supervisorGone
        }
      }
      let first = await group.next() ?? .signal
      group.cancelAll()
      return first
    }
  }

  /// Returns when process `pid` is gone or the task is cancelled.
  private static func end(of pid: Int32, on loop: Loop) async {
    let descriptor = martlet_pidfd_open(pid)
    // ESRCH: it is gone already.
    guard descriptor >= 0 else { return }
    let (ends, ended) = AsyncStream.makeStream(of: Void.self)
    loop.run {
      let watch = loop.watch(descriptor) {
        ended.finish()
        return .stop
      }
      ended.onTermination = { _ in
        loop.execute {
          watch.cancel()
          close(descriptor)
        }
      }
    }
    for await _ in ends {}
  }

  /// With the supervisor gone its sockets are nobody's.
  private static func clear(_ directory: RunDirectory, _ ending: Ending) {
    unlink(directory.controllerSocket)
    guard ending == .supervisorGone else { return }
    for path in [directory.routerSocket, directory.address, directory.lock] { unlink(path) }
  }
}
