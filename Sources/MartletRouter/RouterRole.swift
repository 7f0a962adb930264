// The router process.
internal import CLinux
internal import Glibc
internal import Logging
internal import MartletCore
internal import MartletNet

/// The role `router`: dispatches requests to replicas and runs graphs.
package enum RouterRole {
  /// Serves until SIGTERM, SIGINT or the parent's end, then drains. Throws when it cannot listen.
  @concurrent
  package static func run(_ options: RouterOptions) async throws {
    TerminationSignals.block()
    DescriptorLimit.raise()
    let group = LoopGroup(
      count: 1, memory: options.messageMemory.map { MessageMemory($0) } ?? .ofProcess)
    let loop = group.loops[0]
    var failure: (any Error)?
    do {
      try await withTaskExecutorPreference(loop) {
        try await RouterProcess(options, loop).run()
      }
    } catch {
      failure = error
    }
    await group.shutdown()
    if let failure { throw failure }
  }
}

/// A router with its listeners. Runs on the loop.
private struct RouterProcess {
  /// Callers of the local socket are replicas whose own requests have been drained before.
  private static let localDrainTime = Duration.seconds(1)

  private let options: RouterOptions
  private let loop: Loop
  private let router: Router
  private let ingress: Listener
  private let local: Listener
  private let link: ControllerLink

  init(_ options: RouterOptions, _ loop: Loop) throws(RPCError) {
    self.options = options
    self.loop = loop
    let logger = Logger(label: "martlet.\(options.name)")
    let mesh = try MeshTLS(options.mesh, logger: logger)
    router = Router(loop: loop, limits: options.limits, mesh: mesh, logger: logger)
    var tls: ServerTLS?
    if let files = options.security.tls {
      tls = try ServerTLS(files, protocols: ["h2", "http/1.1"], logger: logger)
    }
    let gate = RequestGate(
      router, isLocal: false, crossOrigin: CrossOrigin(options.security.origins))
    ingress = Listener(
      on: loop, limits: options.limits, acceptor: gate,
      port: SharedPort(
        pages: gate, calls: gate, tls: tls, takesPlaintext: options.security.takesPlaintext))
    // A socket that was bound already is the supervisor's unix socket.
    var localTLS: ServerTLS?
    if case .bind(let endpoint)? = options.local { localTLS = try mesh.server(at: endpoint) }
    local = Listener(
      on: loop, limits: options.limits, acceptor: RequestGate(router, isLocal: true),
      port: localTLS.map { SharedPort(tls: $0, takesPlaintext: false) })
    router.pingIntervalChanged = { [ingress] in ingress.setLeastPingInterval($0) }
    link = ControllerLink(
      router: router, name: options.name, controller: options.controller,
      tls: try mesh.client(to: options.controller))
  }

  func run() async throws {
    let (ends, end) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1))
    let parent = options.endsWithParent ? watchParent(end) : nil
    defer { parent?.cancel() }
    let signals = try TerminationSignals(on: loop)
    options.heartbeat.map { Heartbeat(descriptor: $0) }?.begin(on: loop)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let table = expectTable()
      group.addTask { [link] in await link.run() }
      await table.arrival()
      do {
        try await listen(ingress, on: options.ingress)
        if let socket = options.local { try await listen(local, on: socket) }
      } catch {
        group.cancelAll()
        throw error
      }
      group.addTask {
        if let signal = await signals.next() { end.yield("\(signal)") }
      }
      for await reason in ends {
        router.logger.info("draining: \(reason)")
        break
      }
      router.own.close()
      await ingress.drain(within: options.drainTimeout)
      await local.drain(within: RouterProcess.localDrainTime)
      router.close()
      group.cancelAll()
    }
  }

  /// Until there is something to route by, new connections wait in the kernel's queue: a router that
  /// takes the place of a killed one turns nobody away. Bounded, since a table may be long in coming.
  private func expectTable() -> ExpectedTable {
    let (moments, moment) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingOldest(1))
    router.tableArrived = { moment.yield() }
    let patience = loop.schedule(after: router.routerLimits.maxWaitForFirstTable) {
      moment.yield()
    }
    return ExpectedTable(moments: moments, patience: patience)
  }

  private func listen(_ listener: Listener, on socket: RouterOptions.Socket) async throws {
    switch socket {
    case .inherited(let descriptor): try await listener.listen(onInherited: descriptor)
    case .bind(let endpoint): _ = try await listener.listen(on: endpoint)
    }
  }

  /// Ends the process with its parent. The signal is for a parent that dies while the loop is stuck;
  /// it comes when the parent's spawning thread ends, so the parent keeps that alive. The descriptor stays
  /// open for as long as the process lives.
  private func watchParent(_ end: AsyncStream<String>.Continuation) -> DescriptorWatch? {
    let parent = getppid()
    _ = martlet_die_with_parent(SIGTERM)
    let descriptor = martlet_pidfd_open(parent)
    guard descriptor >= 0, getppid() == parent else {
      end.yield("the parent is gone")
      return nil
    }
    return loop.watch(descriptor) {
      end.yield("the parent is gone")
      return .stop
    }
  }
}

/// The first routing table, or the end of the patience for it.
private struct ExpectedTable {
  let moments: AsyncStream<Void>
  let patience: Timer

  func arrival() async {
    for await _ in moments { break }
    patience.cancel()
  }
}
