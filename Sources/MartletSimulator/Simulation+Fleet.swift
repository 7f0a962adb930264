// The modelled machine and the modelled controller's driver: processes, checks, tables, reports.
internal import MartletCore
internal import MartletDispatch
internal import MartletScaling

/// A process of a replica, as far as the model goes.
struct ModelProcess: Sendable {
  var deployment: String
  var endpoint: Endpoint
  var isUp = false
  var isDraining = false
  var waiting: [Simulation.Attempt] = []
  var serving: Set<Simulation.Attempt> = []
}

extension Simulation {
  mutating func follow(_ orders: [FleetOrder]) {
    for order in orders {
      switch order {
      case .spawn(let spawn): self.spawn(spawn)
      case .check(let number): events.add(.checkAnswered(number), at: now + Self.hop)
      case .terminate(let number):
        processes[number]?.isDraining = true
        exitIfDrained(number)
      case .kill(let number): exit(number, how: "was killed by signal 9")
      case .publish: publish()
      case .storeApp, .forgetApp, .storeReady, .forget, .note: break
      }
    }
  }

  private mutating func spawn(_ order: SpawnOrder) {
    let name = order.group.deployment.deployment
    processes[order.number] = ModelProcess(
      deployment: name, endpoint: .unix(path: "replicas/\(order.number).sock"))
    outcome.deployments[name]?.replicasChanged(by: 1, now: now)
    events.add(.replicaIsUp(order.number), at: now + scenario.replica.startTime)
    follow(fleet.handle(.spawned(order.number), now: now))
  }

  mutating func answerCheck(_ number: UInt64) {
    guard let process = processes[number] else { return }
    let result: CheckResult = process.isUp ? .serving : .failed("connection refused")
    follow(fleet.handle(.checked(number, result), now: now))
  }

  mutating func exitIfDrained(_ number: UInt64) {
    guard let process = processes[number], process.isDraining, process.serving.isEmpty,
      process.waiting.isEmpty
    else { return }
    events.add(.exited(number, how: Self.ownEnd), at: now)
  }

  mutating func exit(_ number: UInt64, how: String) {
    guard let process = processes.removeValue(forKey: number) else { return }
    outcome.deployments[process.deployment]?.replicasChanged(by: -1, now: now)
    for (slot, replica) in slots.sorted(by: { $0.key.index < $1.key.index }) where replica == number
    {
      dispatcher.replicaConnectionEnded(slot, now: now)
    }
    lose(process.serving.sorted { $0.call.index < $1.call.index } + process.waiting)
    follow(
      fleet.handle(
        .exited(number, how: how, lastLines: "", bySignal: how != Self.ownEnd), now: now))
  }

  /// How a process ends that nobody kills.
  private static let ownEnd = "exited with 0"

  /// Sends the fleet's table on its way to the router.
  mutating func publish() {
    guard let connection else { return }
    let routing = fleet.routing
    let processes = processes
    let table = RoutingTable(
      generation: routing.generation,
      apps: routing.apps.map { app in
        AppRouting(
          app: app.name, currentVersion: app.current ?? .none,
          versions: app.versions.map {
            VersionRouting(version: $0.version, revisions: $0.revisions)
          },
          replicaSets: app.groups.map { Self.replicaSet($0, processes) })
      })
    let definitions = routing.apps.flatMap(\.versions).map {
      AppDefinition(version: $0.version, spec: $0.spec)
    }
    events.add(
      .tableArrived(table, definitions, connection: connection), at: now + scenario.controlDelay)
  }

  private static func replicaSet(
    _ group: FleetRouting.Group, _ processes: [UInt64: ModelProcess]
  ) -> ReplicaSet {
    ReplicaSet(
      deployment: group.deployment, revision: group.revision,
      replicas: group.replicas.compactMap { number in
        processes[number].map { ReplicaAddress(number: number, endpoint: $0.endpoint) }
      },
      trouble: group.trouble.map { ReplicaTrouble($0.message, refusesCalls: $0.refusesCalls) })
  }

  /// Sends a report if there is news, and allows the next one after the interval.
  mutating func report() {
    guard let connection, dispatcher.loadChanges != reportedChanges else {
      reportIsDue = false
      return
    }
    reportedChanges = dispatcher.loadChanges
    let load = dispatcher.loadReport()
    var report = RouterReport(router: "router-0", generation: load.generation)
    for deployment in load.deployments {
      let key = DeploymentKey(app: deployment.app, deployment: deployment.deployment)
      report.queued[key] = deployment.queued
      for replica in deployment.replicas { report.ongoing[replica.number] = replica.ongoing }
    }
    for suspect in load.suspects { report.suspects[suspect.number] = suspect.reason }
    for version in load.versions {
      report.versions[version.app, default: [:]][version.version] = version.ongoing
    }
    events.add(
      .reportArrived(report, connection: connection), at: now + scenario.controlDelay)
    events.add(.reportDue, at: now + Self.reportInterval)
  }
}
