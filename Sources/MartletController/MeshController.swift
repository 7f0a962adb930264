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
    /// It is time to look for helpers of replicas that have ended.
    case followEndings
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
  /// Nil where this process may not make control groups.
  let groups: ControlGroups?
  var store: StateStore
  let loop: Loop
  let log: Logger
  /// What is spoken with replicas.
  let tls: MeshTLS
  /// The names of the devices that placements count.
  let gpus: [String]
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
  /// Replicas whose process has ended, until their helpers have.
  var endings: [UInt64: ReplicaEnding] = [:]
  var endingsPause = HelperLimits.firstPause
  /// Helpers that the last scan told.
  var knownHelpers: [ProcessIdentity: UInt64] = [:]
  /// Replicas that ended before this controller began, with helpers that may still finish.
  var lingering: [UInt64: ProcessScan.Leader] = [:]
  /// Process groups that got SIGTERM as a whole.
  var toldGroups: Set<Int32> = []
  var listening = ListeningSockets(text: "")
  var listeningUntil = Timestamp.zero
  var scannedAt: Timestamp?
  var nextScan = Timestamp.zero
  var nextRoutineScan = Timestamp.zero
  /// Sockets whose names come back when others remove them, by replica; the controller's own is 0.
  var keptSockets: [UInt64: KeptSocket] = [:]
  /// Configurations that found no room on disk.
  var memoryFiles: [UInt64: MemoryFile] = [:]
  /// What could not be stored yet, and why.
  var unstored: [FleetOrder] = []
  var storeError = ""
  private var emptyWaiters: [CheckedContinuation<Void, Never>] = []
  private let alarm: Alarm
  let endingsAlarm: Alarm
  private let inputs: AsyncStream<Input>
  private let send: AsyncStream<Input>.Continuation

  /// Opens the store; nothing is started or adopted yet.
  init(_ options: ControllerOptions, _ tls: MeshTLS, loop: Loop, log: Logger) throws {
    self.options = options
    self.tls = tls
    self.loop = loop
    self.log = log
    files = ReplicaFiles(directory: options.runDirectory)
    groups = ControlGroups(of: options.runDirectory)
    store = try StateStore(path: options.runDirectory.state)
    (inputs, send) = AsyncStream.makeStream(of: Input.self)
    let send = send
    alarm = Alarm(loop: loop) { send.yield(.wake) }
    endingsAlarm = Alarm(loop: loop) { send.yield(.followEndings) }
    let (epoch, nextReplica) = try Self.begin(store, log)
    let devices = MachineInventory.gpus(
      options.gpus, inherited: ProcessEnvironment.own[ProcessEnvironment.visibleGPUs])
    if let wanted = options.gpus, wanted > devices.count {
      log.warning("\(wanted) GPUs are to be shared out; \(devices.count) were given to the mesh")
    }
    gpus = devices
    fleet = Fleet(
      capacity: MachineInventory.capacity(milliCPUs: options.milliCPUs, gpus: devices.count),
      generation: epoch << 32, nextReplica: max(1, nextReplica), limits: options.fleet)
  }

  /// Every start of a controller has a range of generations of its own, above all earlier ones. It goes by the clock, so
  /// that it is above those as well that could not be stored, or were lost.
  private static func begin(
    _ store: StateStore, _ log: Logger
  ) throws -> (epoch: UInt64, nextReplica: UInt64) {
    let (stored, nextReplica) = try store.read { state in
      (try state.counter("epoch"), try state.counter("next_replica"))
    }
    let epoch = max(stored + 1, UInt64(max(0, time(nil) - firstSecond)))
    do {
      try store.transaction { try $0.setCounter("epoch", epoch) }
    } catch {
      guard StateStore.isFull(error) else { throw error }
      log.error("cannot store that a controller begins: \(error)")
      // The next one is not to begin in the same second.
      sleep(2)
      return (epoch + 1, nextReplica)
    }
    return (epoch, nextReplica)
  }

  /// 2025-01-01; from there on seconds have room in the upper half of a generation.
  private static let firstSecond = 1_735_689_600

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
        case .exited(let number): leaderEnded(number)
        case .followEndings: followEndings()
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
    let intents = orders.filter(\.isIntent)
    do {
      // What could not be stored before comes first; it may say the opposite.
      try keep(unstored + intents)
      unstored = []
    } catch {
      keepForLater(intents, error)
    }
    for order in orders { act(on: order) }
    if let wake = fleet.nextWake { alarm.set(wake) }
    tellEmpty()
  }

  func tellEmpty() {
    guard isEmpty else { return }
    for waiter in emptyWaiters { waiter.resume() }
    emptyWaiters = []
  }

  /// Nothing is left that this mesh has started.
  private var isEmpty: Bool { fleet.isEmpty && endings.isEmpty }

  /// Intents, all in one transaction, before any of them is acted on.
  func keep(_ orders: [FleetOrder]) throws {
    guard !orders.isEmpty else { return }
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
              number: spawn.number, group: spawn.group,
              identity: processes[spawn.number]?.identity, placement: spawn.placement,
              wasReady: false, wasStopping: false, startedAtUnixMs: now))
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
    case .terminate(let number): terminate(number)
    case .kill(let number): killReplica(number)
    case .check(let number):
      let terms = fleet.replicas[number]?.machine.terms ?? HealthTerms()
      send.yield(.check(number, probe(number), within: terms.timeout))
    case .forget(let number): cleanUp(number)
    case .publish: for session in routers.values { session.changed.yield() }
    case .note(let note):
      log.info("\(note.reason) \(note.app) \(note.deployment): \(note.message)")
    case .forgetApp(let name): deployedAt[name] = nil
    case .storeReady(let number):
      keptSockets[number] = KeptSocket(path: options.runDirectory.replicaSocket(number))
    case .storeApp: break
    }
  }

  // MARK: Processes

  private func start(_ spawn: SpawnOrder) {
    let id = ReplicaID(deployment: spawn.spec.name, number: spawn.number)
    ids[spawn.number] = id
    do {
      let source = try store.read { try $0.source(of: spawn.group.deployment.app, spawn.version) }
      guard let source else { throw ControllerError("its app file is no longer stored") }
      if !files.hasFolders { try files.makeFolders() }
      try writeConfig(spawn.spec.userConfig.json, of: spawn.number)
      let process = try ReplicaProcess(
        starting: command(spawn, id, source.directory), files, in: groups, as: spawn.number)
      startedAt[spawn.number] = nowUnixMs
      watch(spawn.number, process)
      do {
        try store.transaction { try $0.setIdentity(spawn.number, process.identity) }
      } catch {
        keepForLater([.spawn(spawn)], error)
      }
      handle(.spawned(spawn.number))
    } catch {
      handle(.spawnFailed(spawn.number, why: "\(error)"))
    }
  }

  private func command(
    _ spawn: SpawnOrder, _ id: ReplicaID, _ directory: String
  ) -> ReplicaCommand {
    let values = ProcessEnvironment.values(of: spawn.spec)
    var environment = ProcessEnvironment.forReplicas.merging(options.mesh.variables) { $1 }
      .merging(values) { $1 }
    environment[ReplicaVariable.listen] = "\(endpoint(of: spawn.number))"
    environment[ReplicaVariable.app] = spawn.group.deployment.app
    environment[ReplicaVariable.deployment] = spawn.spec.name
    environment[ReplicaVariable.replica] = "\(id)"
    environment[ReplicaVariable.config] = files.configPath(spawn.number)
    environment[ReplicaVariable.router] = "unix:\(options.runDirectory.routerSocket)"
    environment[ReplicaVariable.lifeSocket] = options.runDirectory.lifeSocket(spawn.number)
    environment[ReplicaVariable.maxOngoingRequests] = "\(spawn.spec.maxOngoingRequests)"
    environment[ReplicaVariable.gracefulShutdownTimeout] =
      "\(spawn.spec.gracefulShutdownTimeout.inSeconds)"
    environment[MessageLimit.variable] = "\(options.maxMessageBytes(of: spawn.spec))"
    environment[MessageMemoryLimit.variable] = options.messageMemory.map { "\($0.bytes)" }
    environment[ReplicaVariable.supervisorPID] = options.supervisorPID.map { "\($0)" }
    let shares = spawn.placement.gpus.map(\.device).filter(gpus.indices.contains)
    if !shares.isEmpty {
      let names = shares.map { gpus[$0] }
      environment[ProcessEnvironment.visibleGPUs] = names.joined(separator: ",")
      environment[ProcessEnvironment.runtimeGPUs] =
        values[ProcessEnvironment.runtimeGPUs] ?? names.joined(separator: ",")
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

  /// A replica and all that it has started are gone.
  func reap(_ number: UInt64) {
    guard let process = processes.removeValue(forKey: number) else { return }
    let (how, bySignal) = process.reap()
    guard let replica = fleet.replicas[number], let id = ids[number] else { return }
    let isExpected = replica.machine.isStopping && !replica.machine.gaveUp
    let lines = isExpected ? "" : files.lastLines(id)
    handle(.exited(number, how: how, lastLines: lines, bySignal: bySignal))
  }

  private func cleanUp(_ number: UInt64) {
    startedAt[number] = nil
    keptSockets[number] = nil
    memoryFiles[number] = nil
    if let probe = probes.removeValue(forKey: number) { send.yield(.close(probe)) }
    registrations.removeValue(forKey: number)?.finish()
    files.remove(number)
    groups?.remove(number)
    if let id = ids.removeValue(forKey: number) {
      files.pruneLogs(of: id.deployment, alive: Set(processes.keys))
    }
  }

  /// Bounds the logs, for as long as the task lives.
  func keepLogsShort() async {
    var pace = LogPace(limit: Int64(ReplicaFiles.maxLogBytes))
    var pause = LogPace.longest
    while (try? await Task.sleep(for: pause)) != nil {
      var sizes: [String: Int64] = [:]
      for path in ids.values.map({ files.logPath($0) }) + files.ownLogs() {
        sizes[path] = files.boundLog(path)
      }
      pause = pace.looked(sizes, now: now)
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
    if isEmpty { return }
    await withCheckedContinuation { emptyWaiters.append($0) }
  }
}

/// One timer that can be set anew from anywhere.
final class Alarm: Sendable {
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
