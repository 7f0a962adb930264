// All apps and replicas of a mesh: every decision of the controller, as one value.

package import MartletCore

/// Bounds and pauses of the fleet.
package struct FleetLimits: Sendable, Hashable {
  package var replica = ReplicaLimits()
  package var backoff = RestartBackoff.Limits()

  /// After the first router's report, how long the others have until their silence counts as no load.
  package var routerSettling = Duration.seconds(2)

  /// Starting replicas of one deployment while its program keeps failing to start.
  package var probesWhileFailing = 1

  package init() {}
}

/// The controller's state machine: events in, orders out.
///
/// After every event it *settles*: replicas that hang, routers that let go, rollouts that may switch,
/// versions that are over, groups that nobody wants, counts that differ from what is desired, replicas that wait for
/// room, and at last the routing table, each exactly once and in that order until nothing changes.
package struct Fleet: Sendable {
  package internal(set) var apps: [String: FleetApp] = [:]
  package internal(set) var replicas: [UInt64: FleetReplica] = [:]
  package internal(set) var routers = RouterLoads()
  package internal(set) var packer: ResourcePacker

  /// The last routing table that was ordered to be published.
  package internal(set) var routing: FleetRouting

  /// The number that the next replica gets.
  package internal(set) var nextReplica: UInt64

  var groups: [GroupKey: ReplicaGroup] = [:]
  var isStopping = false
  /// Replicas were there before this controller: routers may hold requests that it has not heard of.
  var hasAdopted = false
  var firstReport: Timestamp?
  /// Since when no router has been connected; nil while one is.
  var routersAbsentSince: Timestamp?
  /// The last moment to which everything was settled: nothing is due before it any more.
  private var settledAt: Timestamp?
  let limits: FleetLimits

  /// - Parameters:
  ///   - generation: greater than that of any table that a router may hold.
  ///   - nextReplica: greater than the number of any replica that ever was.
  package init(
    capacity: MachineCapacity, generation: UInt64 = 0, nextReplica: UInt64 = 1,
    limits: FleetLimits = FleetLimits()
  ) {
    packer = ResourcePacker(capacity)
    routing = FleetRouting(generation: generation)
    self.nextReplica = nextReplica
    self.limits = limits
  }

  /// Takes in what happened and says what to do.
  package mutating func handle(_ event: FleetEvent, now: Timestamp) -> [FleetOrder] {
    var orders: [FleetOrder] = []
    apply(event, now: now, &orders)
    settle(now: now, &orders)
    return orders
  }

  /// When to send `timePassed`; nil when nothing is due by itself.
  package var nextWake: Timestamp? {
    var times: [Timestamp] = []
    for replica in replicas.values {
      if let wake = replica.machine.nextWake { times.append(wake) }
      if case .leaving(let since, _, _) = replica.machine.state, let quiet = quiet(since: since) {
        times.append(quiet)
      }
    }
    for group in groups.values {
      if let change = group.scaler.nextChange { times.append(change) }
      if let until = group.hangPause.until, !routers.suspects.isEmpty { times.append(until) }
      if let blocked = group.backoff.blockedUntil, group.replicas.count < group.desired {
        times.append(blocked)
      }
    }
    for app in apps.values {
      times += app.retiring.values.map(\.deadline)
      if let handover = app.handover { times.append(handover.deadline) }
      if !app.retiring.isEmpty || app.handover != nil, let quiet = quiet(since: nil) {
        times.append(quiet)
      }
    }
    times += proofsDue
    if let firstReport, !knowsLoad, !routers.isEmpty { times.append(firstReport + settling) }
    return times.filter { time in settledAt.map { $0 < time } ?? true }.min()
  }

  /// When routers that are not connected count as gone, with nothing of theirs in hand that was
  /// begun before `since`; nil while one is connected. After a restart of the controller they get
  /// longer: they live on and are about to be back.
  func quiet(since: Timestamp?) -> Timestamp? {
    guard let absent = routersAbsentSince else { return nil }
    let patience = hasAdopted ? limits.routerSettling : limits.replica.routerAbsence
    return max(absent, since ?? absent) + patience
  }

  /// Nothing is left that this mesh started.
  package var isEmpty: Bool { replicas.values.allSatisfy(\.isExternal) }

  /// The load that routers report is all the load there is.
  private(set) var knowsLoad = false

  /// Routers have calls on a replica, or it is not known yet that they have none: a busy one must not be
  /// taken for an idle one.
  package func mayHaveCalls(_ number: UInt64) -> Bool {
    !knowsLoad || routers.ongoing(replica: number) > 0
  }

  private mutating func apply(
    _ event: FleetEvent, now: Timestamp, _ orders: inout [FleetOrder]
  ) {
    switch event {
    case .deployed(let record): deployed(record, now: now, &orders)
    case .deleted(let app): deleted(app, now: now, &orders)
    case .rolledBack(let app): rolledBack(app, now: now, &orders)
    case .pinned(let key, let replicas): pinned(key, replicas, &orders)
    case .routerReported(let report, let connection):
      firstReport = firstReport ?? now
      reported(report, connection: connection, &orders)
    case .routerDisconnected(let connection): routers.disconnected(connection)
    case .spawned(let number): replicas[number]?.machine.spawned(now: now)
    case .spawnFailed(let number, let why):
      ended(number, how: "could not be started: \(why)", lastLines: "", now: now, &orders)
    case .checked(let number, let result):
      let callsInHand = mayHaveCalls(number)
      guard
        let order = replicas[number]?.machine.checked(result, callsInHand: callsInHand, now: now)
      else { return }
      follow(order, number, now: now, &orders)
    case .exited(let number, let how, let lines, let bySignal):
      ended(number, how: how, lastLines: lines, bySignal: bySignal, now: now, &orders)
    case .registered(let number, let key, let endpoint):
      registered(number, key, endpoint, now: now, &orders)
    case .announcedDraining(let number): stop(number, now: now, &orders)
    case .unregistered(let number):
      ended(number, how: "is no longer registered", lastLines: "", now: now, &orders)
    case .stopped: isStopping = true
    case .timePassed: break
    }
  }

  private mutating func settle(now: Timestamp, _ orders: inout [FleetOrder]) {
    noteTime(now: now, &orders)
    noteProofs(now: now)
    noteLoad(now: now)
    replaceSuspects(now: now, &orders)
    advanceRollouts(now: now, &orders)
    reconcile(now: now, &orders)
    placeWaiting(now: now, &orders)
    letGo(now: now, &orders)
    forgetDeletedApps(&orders)
    publish(&orders)
    settledAt = now
  }

  private mutating func noteTime(now: Timestamp, _ orders: inout [FleetOrder]) {
    for number in replicas.keys.sorted() {
      guard let order = replicas[number]?.machine.timePassed(now: now) else { continue }
      follow(order, number, now: now, &orders)
    }
    routersAbsentSince = routers.isEmpty ? routersAbsentSince ?? now : nil
    guard let firstReport, !routers.isEmpty else {
      knowsLoad = false
      return
    }
    knowsLoad = firstReport + settling <= now
  }

  private var settling: Duration { hasAdopted ? limits.routerSettling : .zero }

  private mutating func noteLoad(now: Timestamp) {
    for key in groups.keys {
      let purpose = purpose(of: key)
      groups[key]?.scaler.scalingDownBecame(
        allowed: knowsLoad && purpose == .serving, now: now)
      guard purpose == .serving else { continue }
      let load = load(of: key)
      groups[key]?.scaler.loadChanged(to: load, now: now)
    }
  }

  private func load(of key: GroupKey) -> DeploymentLoad {
    let members = groups[key]?.replicas ?? []
    return DeploymentLoad(
      running: members.reduce(0) { $0 + routers.ongoing(replica: $1) },
      queued: routers.queued(key.deployment),
      ready: members.count { replicas[$0]?.machine.state == .running })
  }
}
