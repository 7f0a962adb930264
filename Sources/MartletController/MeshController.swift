// The controller's driver: it asks the fleet and does what the fleet says.
internal import Glibc
internal import Logging
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletScaling

/// Owns the fleet, its store and the replicas' processes. What is asynchronous (checks, exits, the
/// clock) comes in through `inputs`, which `run` reads.
actor MeshController {
  /// What happened outside.
  enum Input: Sendable {
    case wake
    /// A pidfd became readable.
    case exited(UInt64)
    /// The fleet wants to know a replica's health.
    case check(UInt64, HealthProbe, within: Duration)
    case close(HealthProbe)
  }

  /// A router's stream.
  struct RouterSession {
    let changed: AsyncStream<Void>.Continuation
    var name = ""
    var appliedGeneration: UInt64 = 0
    /// Nil before the first table.
    var sentGeneration: UInt64?
    var sentDefinitions: Set<DefinitionKey> = []
    /// What its graphs did of late, as it last said.
    var graphs: [GraphKey: ReportedGraph] = [:]
  }

  struct GraphKey: Hashable {
    var app: String
    var version: UInt64
    var route: String
  }

  struct ReportedGraph {
    var figures: Martlet_Control_V1_GraphFigures
    var at: Timestamp
  }

  struct DefinitionKey: Hashable {
    var app: String
    var version: AppVersion
  }

  let options: ControllerOptions
  let files: ReplicaFiles
  let store: StateStore
  let loop: Loop
  let log: Logger
  /// What is spoken with replicas.
  let tls: MeshTLS
  var fleet: Fleet
  var processes: [UInt64: ReplicaProcess] = [:]
  /// Of every replica that has, or is about to have, a process of ours.
  var ids: [UInt64: ReplicaID] = [:]
  var startedAt: [UInt64: Int64] = [:]
  var deployedAt: [String: Int64] = [:]
  var routers: [UInt64: RouterSession] = [:]
  var registrations: [UInt64: AsyncStream<Void>.Continuation] = [:]
  /// Registrations of apps that are not deployed yet wait here for a deploy.
  var deployWaiters: [UInt64: AsyncStream<Void>.Continuation] = [:]
  var nextSession: UInt64 = 1
  private var probes: [UInt64: HealthProbe] = [:]
  var processTimes = ProcessTimes()
  private var emptyWaiters: [CheckedContinuation<Void, Never>] = []
  private let alarm: Alarm
  private let inputs: AsyncStream<Input>
  private let send: AsyncStream<Input>.Continuation

  /// Opens the store; nothing is started or adopted yet.
  init(_ options: ControllerOptions, _ tls: MeshTLS, loop: Loop, log: Logger) throws {
    self.options = options
    self.tls = tls
    self.loop = loop
    self.log = log
    files = ReplicaFiles(directory: options.runDirectory)
    store = try StateStore(path: options.runDirectory.state)
    (inputs, send) = AsyncStream.makeStream(of: Input.self)
    let send = send
    alarm = Alarm(loop: loop) { send.yield(.wake) }
    let (epoch, nextReplica) = try store.transaction { transaction in
      let epoch = try transaction.counter("epoch") + 1
      try transaction.setCounter("epoch", epoch)
      return (epoch, try transaction.counter("next_replica"))
    }
    // Every start of a controller has a range of generations of its own, above all earlier ones.
    fleet = Fleet(
      capacity: MachineInventory.capacity(milliCPUs: options.milliCPUs, gpus: options.gpus),
      generation: epoch << 32, nextReplica: max(1, nextReplica), limits: options.fleet)
  }

  var nowUnixMs: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Reads what happens outside until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await input in inputs {
        switch input {
        case .wake: handle(.timePassed)
        case .exited(let number): reap(number)
        case .check(let number, let probe, let timeout):
          group.addTask {
            let result = await probe.check(within: timeout)
            await self.checked(number, result)
          }
        case .close(let probe): group.addTask { await probe.close() }
        }
      }
      group.cancelAll()
    }
  }

  /// Tells the fleet and does what it says.
  func handle(_ event: FleetEvent) {
    perform(fleet.handle(event, now: Loop.now))
  }

  func perform(_ orders: [FleetOrder]) {
    do {
      try keep(orders)
    } catch {
      // Nothing may be done that is not on disk. What was wanted is tried again with the next
      // controller, which adopts what runs.
      log.critical("cannot store the state: \(error); ending")
      exit(74)
    }
    for order in orders { act(on: order) }
    if let wake = fleet.nextWake { alarm.set(wake) }
    if fleet.isEmpty {
      for waiter in emptyWaiters { waiter.resume() }
      emptyWaiters = []
    }
  }

  /// Intents, all in one transaction, before any of them is acted on.
  private func keep(_ orders: [FleetOrder]) throws {
    let matters = orders.contains { order in
      switch order {
      case .check, .kill, .publish: false
      case .storeApp, .forgetApp, .spawn, .storeReady, .terminate, .forget, .note: true
      }
    }
    guard matters else { return }
    let now = nowUnixMs
    try store.transaction { transaction in
      for order in orders {
        switch order {
        case .storeApp(let name):
          guard let app = fleet.apps[name] else { break }
          try transaction.save(app, deployedAtUnixMs: deployedAt[name] ?? now)
        case .forgetApp(let name): try transaction.forgetApp(name)
        case .spawn(let spawn):
          try transaction.setCounter("next_replica", fleet.nextReplica)
          try transaction.save(
            StoredReplica(
              number: spawn.number, group: spawn.group, identity: nil,
              placement: spawn.placement, wasReady: false, wasStopping: false,
              startedAtUnixMs: now))
        case .storeReady(let number): try transaction.setReady(number)
        case .terminate(let number): try transaction.setStopping(number)
        case .forget(let number): try transaction.forgetReplica(number)
        case .note(let note): try transaction.add(note, unixMs: now)
        case .kill, .check, .publish: break
        }
      }
    }
  }

  private func act(on order: FleetOrder) {
    switch order {
    case .spawn(let spawn): start(spawn)
    case .terminate(let number): processes[number]?.terminate()
    case .kill(let number): processes[number]?.kill()
    case .check(let number):
      let terms = fleet.replicas[number]?.machine.terms ?? HealthTerms()
      send.yield(.check(number, probe(number), within: terms.timeout))
    case .forget(let number): cleanUp(number)
    case .publish: for session in routers.values { session.changed.yield() }
    case .note(let note):
      log.info("\(note.reason) \(note.app) \(note.deployment): \(note.message)")
    case .forgetApp(let name): deployedAt[name] = nil
    case .storeApp, .storeReady: break
    }
  }

  // MARK: Processes

  private func start(_ spawn: SpawnOrder) {
    let id = ReplicaID(deployment: spawn.spec.name, number: spawn.number)
    ids[spawn.number] = id
    do {
      let source = try store.read { try $0.source(of: spawn.group.deployment.app, spawn.version) }
      guard let source else { throw ControllerError("its app file is no longer stored") }
      try TextFile.write(spawn.spec.userConfig.json, to: files.configPath(spawn.number))
      let process = try ReplicaProcess(starting: command(spawn, id, source.directory))
      try store.transaction { try $0.setIdentity(spawn.number, process.identity) }
      startedAt[spawn.number] = nowUnixMs
      watch(spawn.number, process)
      handle(.spawned(spawn.number))
    } catch {
      handle(.spawnFailed(spawn.number, why: "\(error)"))
    }
  }

  private func command(
    _ spawn: SpawnOrder, _ id: ReplicaID, _ directory: String
  ) -> ReplicaCommand {
    var environment = ProcessEnvironment.own.merging(options.mesh.variables) { $1 }
      .merging(spawn.spec.environment) { $1 }
    environment[ReplicaVariable.listen] = "\(endpoint(of: spawn.number))"
    environment[ReplicaVariable.app] = spawn.group.deployment.app
    environment[ReplicaVariable.deployment] = spawn.spec.name
    environment[ReplicaVariable.replica] = "\(id)"
    environment[ReplicaVariable.config] = files.configPath(spawn.number)
    environment[ReplicaVariable.router] = "unix:\(options.runDirectory.routerSocket)"
    environment[ReplicaVariable.maxOngoingRequests] = "\(spawn.spec.maxOngoingRequests)"
    environment[ReplicaVariable.gracefulShutdownTimeout] =
      "\(spawn.spec.gracefulShutdownTimeout.inSeconds)"
    environment[ReplicaVariable.supervisorPID] = options.supervisorPID.map { "\($0)" }
    if let devices = spawn.placement.visibleDevices {
      environment["CUDA_VISIBLE_DEVICES"] = devices
    }
    return ReplicaCommand(
      words: spawn.spec.command, directory: directory, environment: environment,
      logPath: files.logPath(id))
  }

  func watch(_ number: UInt64, _ process: ReplicaProcess) {
    processes[number] = process
    let send = send
    let loop = loop
    loop.run {
      loop.watch(process.descriptor) {
        send.yield(.exited(number))
        return .stop
      }
    }
  }

  private func reap(_ number: UInt64) {
    guard let process = processes.removeValue(forKey: number) else { return }
    let how = process.reap()
    if !process.isChild {
      // Its group cannot be told from a recycled one by number, so its children go one by one.
      for other in MeshProcess.all(of: options.runDirectory) where other.number == number {
        other.kill()
      }
    }
    guard let replica = fleet.replicas[number], let id = ids[number] else { return }
    let isExpected = replica.machine.isStopping && !replica.machine.gaveUp
    let lines = isExpected ? "" : files.lastLines(id)
    handle(.exited(number, how: how, lastLines: lines))
  }

  private func cleanUp(_ number: UInt64) {
    startedAt[number] = nil
    if let probe = probes.removeValue(forKey: number) { send.yield(.close(probe)) }
    registrations.removeValue(forKey: number)?.finish()
    files.remove(number)
    if let id = ids.removeValue(forKey: number) {
      files.pruneLogs(of: id.deployment, alive: Set(processes.keys))
    }
  }

  /// Bounds the logs, for as long as the task lives.
  func keepLogsShort() async {
    while (try? await Task.sleep(for: .seconds(5))) != nil {
      for id in ids.values { files.boundLog(id) }
    }
  }

  /// Where a replica listens.
  func endpoint(of number: UInt64) -> Endpoint {
    fleet.replicas[number]?.endpoint
      ?? .unix(path: options.runDirectory.replicaSocket(number))
  }

  private func probe(_ number: UInt64) -> HealthProbe {
    if let probe = probes[number] { return probe }
    let probe = HealthProbe(endpoint: endpoint(of: number), tls, loop: loop)
    probes[number] = probe
    return probe
  }

  /// Returns when no replica of ours is left.
  func waitUntilEmpty() async {
    if fleet.isEmpty { return }
    await withCheckedContinuation { emptyWaiters.append($0) }
  }
}

/// One timer that can be set anew from anywhere.
private final class Alarm: Sendable {
  private let loop: Loop
  private let ring: @Sendable () -> Void
  /// Touched on the loop only.
  private nonisolated(unsafe) var timer: MartletNet.Timer?

  init(loop: Loop, ring: @escaping @Sendable () -> Void) {
    self.loop = loop
    self.ring = ring
  }

  func set(_ time: Timestamp) {
    loop.run { [self] in
      timer?.cancel()
      timer = loop.schedule(at: time) { self.ring() }
    }
  }
}
