// A modelled machine for the fleet's tests: processes and one router under a virtual clock.
import MartletCore
import MartletScaling

struct FleetWorld {
  var fleet: Fleet
  var now = Timestamp.zero
  /// Replicas with a process, and the version that each was started under.
  var alive: [UInt64: AppVersion] = [:]
  var serving: Set<UInt64> = []
  var notes: [String] = []
  var spawned: [SpawnOrder] = []
  var terminated: [UInt64] = []
  var stored: [String] = []
  /// Versions whose programs exit at once.
  var broken: Set<AppVersion> = []
  /// The router's requests on each replica, and in its queue.
  var ongoing: [UInt64: Int] = [:]
  var queued = 0
  /// Replicas that the router has seen hang.
  var suspects: [UInt64: String] = [:]
  var versionLoad: [AppVersion: Int] = [:]
  var hasRouter = true
  /// Time from spawn to SERVING.
  var startTime = Duration.milliseconds(5)
  /// Versions whose programs exit by themselves so long after they answered SERVING.
  var shortLived: [AppVersion: Duration] = [:]
  /// How long replicas of `app` have to stay ready in an update.
  var minReady = Duration.zero
  private var readyAt: [UInt64: Timestamp] = [:]

  init(cpus: Int = 64_000, gpus: Int = 0) {
    fleet = Fleet(
      capacity: MachineCapacity(milliCPUs: cpus, gpus: gpus, memoryBytes: 1 << 40))
  }

  mutating func send(_ event: FleetEvent) {
    perform(fleet.handle(event, now: now))
  }

  mutating func report() {
    guard hasRouter else { return }
    let key = DeploymentKey(app: "app", deployment: "a")
    var report = RouterReport(
      router: "router-0", generation: fleet.routing.generation,
      queued: queued > 0 ? [key: queued] : [:], ongoing: ongoing,
      versions: ["app": versionLoad])
    report.suspects = suspects
    send(.routerReported(report, connection: 1))
  }

  mutating func perform(_ orders: [FleetOrder]) {
    for order in orders {
      switch order {
      case .spawn(let spawn):
        spawned.append(spawn)
        alive[spawn.number] = spawn.version
        readyAt[spawn.number] = now + startTime
        send(.spawned(spawn.number))
        if broken.contains(spawn.version) { die(spawn.number, how: "exited with status 3") }
      case .terminate(let number):
        terminated.append(number)
        die(number, how: "exited with status 0")
      case .kill(let number): die(number, how: "was killed by signal 9")
      case .check(let number):
        let ready = readyAt[number].map { $0 <= now } ?? true
        send(.checked(number, alive[number] != nil && ready ? .serving : .failed("refused")))
        endShortLived()
      case .forget(let number):
        alive[number] = nil
        ongoing[number] = nil
      case .note(let note): notes.append(note.reason)
      case .storeApp(let name): stored.append(name)
      case .forgetApp(let name): stored.append("-\(name)")
      case .storeReady, .publish: break
      }
    }
  }

  mutating func die(_ number: UInt64, how: String = "was killed by signal 9") {
    guard alive.removeValue(forKey: number) != nil else { return }
    ongoing[number] = nil
    send(.exited(number, how: how, lastLines: "", bySignal: how.contains("signal")))
  }

  /// Those that have served for as long as they do.
  private mutating func endShortLived() {
    for (number, version) in alive.sorted(by: { $0.key < $1.key }) {
      guard let life = shortLived[version], let ready = readyAt[number], ready + life <= now else {
        continue
      }
      alive[number] = nil
      send(.exited(number, how: "exited with status 3", lastLines: "no such model"))
    }
  }

  /// Lets the clock run, the fleet's own wake-ups and a report every 10 ms included.
  mutating func run(_ duration: Duration) {
    let end = now + duration
    while now < end {
      let wake = fleet.nextWake ?? end
      now = min(end, max(min(wake, now + .milliseconds(10)), now + .microseconds(100)))
      report()
      endShortLived()
      send(.timePassed)
    }
  }

  func app(_ version: UInt64, replicas: ReplicaCount = .fixed(2), mark: String = "")
    -> VersionRecord
  {
    var deployment = DeploymentSpec(name: "a", command: ["./a\(mark)"], services: ["s.S"])
    deployment.replicas = replicas
    deployment.minReady = minReady
    deployment.resources = Resources(milliCPUs: 1000)
    return VersionRecord(
      version: AppVersion(version), spec: AppSpec(name: "app", deployments: [deployment]))
  }

  var condition: AppCondition? { fleet.summary(of: "app")?.condition }

  var routed: [UInt64] {
    fleet.routing.apps.flatMap { $0.groups.flatMap(\.replicas) }.sorted()
  }
}
