// Replicas come and go: counts, room on the machine, drains and deaths.

internal import MartletCore

extension Fleet {
  mutating func reconcile(now: Timestamp, _ orders: inout [FleetOrder]) {
    for key in groups.keys.sorted() {
      guard let group = groups[key] else { continue }
      let purpose = purpose(of: key)
      if apps[key.deployment.app]?.launcher == .external, purpose != .unwanted { continue }
      let members = group.replicas.compactMap { replicas[$0] }
      let isMakingWay = purpose == .serving && makesWay(key, now: now)
      let plan = ReconcilePlan(
        desired: desired(group, key, purpose, now: now),
        actual: members.compactMap { candidate($0) })
      switch plan {
      case .keep: break
      case .add(let count):
        guard purpose != .retiring, group.backoff.maySpawn(now: now) else { break }
        var wanted = count
        if group.backoff.failures > 0 {
          let starting = members.count { $0.machine.readySince == nil && $0.machine.isCapacity }
          wanted = min(count, max(0, limits.probesWhileFailing - starting))
        }
        for _ in 0..<min(wanted, room(for: key)) { add(to: key) }
      case .stop(let victims):
        // Before the load is known a busy one might be taken for an idle one.
        let mayStop =
          knowsLoad || isStopping || purpose == .unwanted || purpose == .next || isMakingWay
        guard mayStop, purpose != .retiring || isStopping else { break }
        for number in victims { stop(number, now: now, &orders) }
      }
      if purpose == .unwanted || isStopping || isMakingWay {
        stopUnhealthy(members, now: now, &orders)
      }
      if purpose == .unwanted, groups[key]?.replicas.isEmpty == true { groups[key] = nil }
    }
  }

  private func desired(
    _ group: ReplicaGroup, _ key: GroupKey, _ purpose: ReplicaGroup.Purpose, now: Timestamp
  ) -> Int {
    if isStopping { return 0 }
    switch purpose {
    case .serving: return makesWay(key, now: now) ? 0 : group.desired
    case .next where !waitsForWay(key, now: now): return group.desired
    // As many as there are: it neither grows nor shrinks.
    case .next, .retiring:
      return group.replicas.count { replicas[$0]?.machine.isCapacity == true }
    case .unwanted: return 0
    }
  }

  private func candidate(_ replica: FleetReplica) -> ReconcilePlan.Candidate? {
    guard replica.machine.isCapacity else { return nil }
    let phase: ReconcilePlan.Candidate.Phase =
      switch replica.machine.state {
      case .pending: .pending
      case .starting: .starting
      case .running, .unhealthy, .leaving, .terminating, .killing, .gone: .ready
      }
    return ReconcilePlan.Candidate(
      number: replica.number, phase: phase, ongoing: routers.ongoing(replica: replica.number))
  }

  private mutating func stopUnhealthy(
    _ members: [FleetReplica], now: Timestamp, _ orders: inout [FleetOrder]
  ) {
    for member in members where member.machine.state == .unhealthy {
      stop(member.number, now: now, &orders)
    }
  }

  private mutating func add(to key: GroupKey) {
    guard let group = groups[key] else { return }
    let number = nextReplica
    nextReplica += 1
    replicas[number] = FleetReplica(
      number: number, group: key,
      machine: ReplicaMachine(limits: limits.replica, terms: HealthTerms(group.spec)),
      placement: nil, endpoint: nil)
    groups[key]?.replicas.insert(number)
  }

  mutating func registered(
    _ number: UInt64, _ key: DeploymentKey, _ endpoint: Endpoint, now: Timestamp,
    _ orders: inout [FleetOrder]
  ) {
    let group = GroupKey(deployment: key, revision: 1)
    guard let spec = apps[key.app]?.newest(using: group)?.spec.deployment(named: key.deployment)
    else { return }
    nextReplica = max(nextReplica, number + 1)
    if groups[group] == nil {
      groups[group] = ReplicaGroup(
        spec: spec,
        scaler: Autoscaler(spec.replicas, mayScaleDown: false, now: now),
        backoff: RestartBackoff(limits.backoff))
    }
    replicas[number] = FleetReplica(
      number: number, group: group,
      machine: ReplicaMachine(
        adopted: false, limits: limits.replica, terms: HealthTerms(spec), isExternal: true,
        now: now),
      placement: nil, endpoint: endpoint)
    groups[group]?.replicas.insert(number)
    note("ReplicaRegistered", number, "at \(endpoint)", &orders)
  }

  /// First replicas before second ones, so that every deployment gets something before any gets all.
  mutating func placeWaiting(now: Timestamp, _ orders: inout [FleetOrder]) {
    guard !isStopping else { return }
    var waiting: [(ordinal: Int, number: UInt64)] = []
    for group in groups.values {
      let members = group.replicas.compactMap { replicas[$0] }.filter(\.machine.isCapacity)
      let pending = members.filter { $0.machine.state == .pending }.map(\.number).sorted()
      for (index, number) in pending.enumerated() {
        waiting.append((members.count - pending.count + index, number))
      }
    }
    for (_, number) in waiting.sorted(by: { ($0.ordinal, $0.number) < ($1.ordinal, $1.number) }) {
      place(number, now: now, &orders)
    }
  }

  private mutating func place(_ number: UInt64, now: Timestamp, _ orders: inout [FleetOrder]) {
    guard let replica = replicas[number], let group = groups[replica.group],
      let version = apps[replica.group.deployment.app]?.newest(using: replica.group)
    else { return }
    switch packer.place(number, group.spec.resources, borrowing: predecessors(of: replica.group)) {
    case .placed(let placement):
      replicas[number]?.placement = placement
      replicas[number]?.missing = ""
      guard replicas[number]?.machine.placed(now: now) == .spawn else { return }
      orders.append(
        .spawn(
          SpawnOrder(
            number: number, group: replica.group, version: version.version, spec: group.spec,
            placement: placement)))
    case .missing(let what):
      if replica.missing.isEmpty { note("ReplicaPending", number, "needs \(what)", &orders) }
      replicas[number]?.missing = what
    }
  }

  /// Replicas of the same deployment that are on their way out: an update takes over their room.
  private func predecessors(of key: GroupKey) -> Set<UInt64> {
    let isNext = purpose(of: key) == .next
    var numbers: Set<UInt64> = []
    for (other, group) in groups where other != key && other.deployment == key.deployment {
      let purpose = purpose(of: other)
      if isNext || purpose == .retiring || purpose == .unwanted {
        numbers.formUnion(group.replicas)
      }
    }
    return numbers
  }

  mutating func stop(_ number: UInt64, now: Timestamp, _ orders: inout [FleetOrder]) {
    guard let replica = replicas[number] else { return }
    let grace = groups[replica.group]?.spec.gracefulShutdownTimeout ?? .zero
    let inTable = routing.apps.contains { app in
      app.name == replica.group.deployment.app
        && app.groups.contains { $0.replicas.contains(number) }
    }
    guard
      let order = replicas[number]?.machine.stopOrdered(inTable: inTable, grace: grace, now: now)
    else { return }
    if order == .removeFromTable || order == .terminate {
      note("ReplicaStopping", number, "drains", &orders)
    }
    follow(order, number, now: now, &orders)
  }

  /// Replicas that left the table and that no router needs any more get their SIGTERM.
  mutating func letGo(now: Timestamp, _ orders: inout [FleetOrder]) {
    for number in replicas.keys.sorted() {
      guard let replica = replicas[number], case .leaving(let since, _, _) = replica.machine.state
      else { continue }
      let quiet =
        if let time = self.quiet(since: since) {
          time <= now
        } else if let leftIn = replica.leftIn {
          routers.allApplied(leftIn) && routers.ongoing(replica: number) == 0
        } else {
          false
        }
      guard quiet, let order = replicas[number]?.machine.routersLetGo(now: now) else { continue }
      follow(order, number, now: now, &orders)
    }
  }

  mutating func follow(
    _ order: ReplicaMachine.Order, _ number: UInt64, now: Timestamp, _ orders: inout [FleetOrder]
  ) {
    guard let replica = replicas[number] else { return }
    switch order {
    case .nothing, .spawn: break
    case .check: orders.append(.check(number))
    case .addToTable:
      groups[replica.group]?.backoff.becameReady()
      if groups[replica.group]?.backoff.failures == 0 { groups[replica.group]?.lastFailure = "" }
      groups[replica.group]?.hung = false
      orders.append(.storeReady(number))
      note("ReplicaReady", number, "takes requests", &orders)
    case .removeFromTable:
      if replica.machine.state == .unhealthy {
        note("ReplicaUnhealthy", number, replica.machine.message, &orders)
      }
    case .terminate where !replica.isExternal: orders.append(.terminate(number))
    case .kill where !replica.isExternal:
      note("ReplicaKilled", number, killReason(replica.machine), &orders)
      orders.append(.kill(number))
    case .terminate, .kill: break
    case .forget: remove(number, &orders)
    }
  }

  private func killReason(_ machine: ReplicaMachine) -> String {
    machine.gaveUp ? machine.message : "took longer than its graceful_shutdown_timeout_s"
  }

  mutating func ended(
    _ number: UInt64, how: String, lastLines: String, bySignal: Bool = false, now: Timestamp,
    _ orders: inout [FleetOrder]
  ) {
    guard let replica = replicas[number], let ending = replicas[number]?.machine.exited(now: now)
    else { return }
    let machine = replica.machine
    let reason = machine.gaveUp ? machine.message : how
    let full = lastLines.isEmpty ? reason : "\(reason); its last lines:\n\(lastLines)"
    switch ending {
    case .stopped: note("ReplicaStopped", number, how, &orders)
    case .neverReady:
      groups[replica.group]?.backoff.startFailed(now: now)
      groups[replica.group]?.lastFailure = full
      if machine.gaveUp { groups[replica.group]?.hung = true }
      note("ReplicaFailed", number, full, &orders)
    case .died(let uptime) where isEarly(replica, uptime, bySignal: bySignal):
      groups[replica.group]?.backoff.diedEarly(now: now)
      groups[replica.group]?.lastFailure = "was ready for \(uptime.inTenths) s, then \(full)"
      note("ReplicaDied", number, full, &orders)
    case .died(let uptime):
      groups[replica.group]?.backoff.died(uptime: uptime, now: now)
      groups[replica.group]?.lastFailure = full
      note("ReplicaDied", number, full, &orders)
    }
    remove(number, &orders)
  }

  mutating func remove(_ number: UInt64, _ orders: inout [FleetOrder]) {
    guard let replica = replicas.removeValue(forKey: number) else { return }
    groups[replica.group]?.replicas.remove(number)
    packer.release(number)
    orders.append(.forget(number))
  }

  func note(
    _ reason: String, _ number: UInt64, _ message: String, _ orders: inout [FleetOrder]
  ) {
    guard let deployment = replicas[number]?.group.deployment else { return }
    let id = ReplicaID(deployment: deployment.deployment, number: number)
    orders.append(
      .note(
        FleetNote(
          reason, app: deployment.app, deployment: deployment.deployment, "\(id) \(message)")))
  }
}
