// Taking over what an earlier controller left.

package import MartletCore

/// A replica whose process was found alive.
package struct AdoptedReplica: Sendable, Equatable {
  package var number: UInt64
  package var group: GroupKey
  package var placement: Placement
  /// It had answered SERVING.
  package var wasReady: Bool
  /// It had been sent SIGTERM.
  package var wasStopping: Bool

  package init(
    number: UInt64, group: GroupKey, placement: Placement, wasReady: Bool, wasStopping: Bool
  ) {
    self.number = number
    self.group = group
    self.placement = placement
    self.wasReady = wasReady
    self.wasStopping = wasStopping
  }
}

extension Fleet {
  /// Puts back apps and replicas as they were stored. Replicas that had been ready keep their
  /// requests; capacity may only be added until routers have told what they have in hand.
  package mutating func restore(
    apps stored: [FleetApp], replicas adopted: [AdoptedReplica], now: Timestamp
  ) -> [FleetOrder] {
    var orders: [FleetOrder] = []
    hasAdopted = !adopted.isEmpty
    for var app in stored {
      for (version, record) in app.versions where version != app.current && version != app.target {
        app.retiring[version] = RetiringVersion(deadline: now + record.longestGrace)
      }
      if app.handover != nil, let current = app.current.flatMap({ app.versions[$0] }) {
        app.handover = RetiringVersion(deadline: now + current.longestGrace)
      }
      apps[app.name] = app
      for record in app.versions.values.sorted(by: { $0.version > $1.version }) {
        restoreGroups(of: record, app, adopted, now: now)
      }
    }
    for replica in adopted { adopt(replica, now: now, &orders) }
    orders += handle(.timePassed, now: now)
    return orders
  }

  private mutating func restoreGroups(
    of record: VersionRecord, _ app: FleetApp, _ adopted: [AdoptedReplica], now: Timestamp
  ) {
    for spec in record.spec.deployments {
      guard let revision = record.revisions[spec.name] else { continue }
      let key = GroupKey(
        deployment: DeploymentKey(app: app.name, deployment: spec.name), revision: revision)
      guard groups[key] == nil else { continue }
      let there = adopted.count { $0.group == key && !$0.wasStopping }
      // A version that has not proved itself yet still has to, with a replica at least.
      let isNext = purpose(of: key) == .next
      let initial = isNext ? max(there, spec.replicas.initial, app.current == nil ? 0 : 1) : there
      var scaler = Autoscaler(spec.replicas, initial: initial, mayScaleDown: false, now: now)
      if isNext, let pin = app.nextPins[spec.name] { scaler.pinned(to: max(1, pin)) }
      if let pin = app.pins[spec.name], purpose(of: key) == .serving { scaler.pinned(to: pin) }
      groups[key] = ReplicaGroup(
        spec: spec, scaler: scaler, backoff: RestartBackoff(limits.backoff))
    }
  }

  private mutating func adopt(
    _ adopted: AdoptedReplica, now: Timestamp, _ orders: inout [FleetOrder]
  ) {
    let spec = groups[adopted.group]?.spec ?? DeploymentSpec(name: "")
    if groups[adopted.group] == nil {
      groups[adopted.group] = ReplicaGroup(
        spec: spec, scaler: Autoscaler(.fixed(0), mayScaleDown: false, now: now),
        backoff: RestartBackoff(limits.backoff))
    }
    replicas[adopted.number] = FleetReplica(
      number: adopted.number, group: adopted.group,
      machine: ReplicaMachine(
        adopted: adopted.wasReady, limits: limits.replica, terms: HealthTerms(spec), now: now),
      placement: adopted.placement, endpoint: nil)
    groups[adopted.group]?.replicas.insert(adopted.number)
    packer.adopt(adopted.number, adopted.placement)
    nextReplica = max(nextReplica, adopted.number + 1)
    if adopted.wasStopping { stop(adopted.number, now: now, &orders) }
  }
}
