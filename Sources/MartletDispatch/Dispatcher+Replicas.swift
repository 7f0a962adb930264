// Replicas that connect, fail, are ejected and come back.
package import MartletCore

extension Dispatcher {
  /// The driver has a connection to the replica that takes calls.
  package mutating func replicaConnected(_ replica: ReplicaSlot, now: Timestamp) {
    let slot = replica.index
    guard replicas.contains(slot), !replicas[slot].isConnected else { return }
    replicas[slot].isConnected = true
    becomePickable(slot, now: now)
  }

  /// A connection attempt failed, or the connection ended or takes no more calls. Report this before
  /// the failure of the calls that it had, so that none of them is sent there again.
  package mutating func replicaConnectionEnded(_ replica: ReplicaSlot, now: Timestamp) {
    let slot = replica.index
    guard replicas.contains(slot) else { return }
    if replicas[slot].mayBePicked { becomeUnpickable(slot) }
    replicas[slot].isConnected = false
    replicas[slot].connectionFailures += 1
    if replicas[slot].isListed {
      orderConnect(slot)
      readmitIfNoneIsLeft(replicas[slot].pool, now: now)
    }
  }

  mutating func orderConnect(_ slot: Int) {
    let replica = replicas[slot]
    var delay = Duration.zero
    if replica.connectionFailures > 1 {
      let doublings = min(replica.connectionFailures - 2, 20)
      delay = min(limits.maxReconnectDelay, limits.baseReconnectDelay * (1 << doublings))
    }
    orders.append(
      .connect(
        ReplicaSlot(index: slot),
        ReplicaID(deployment: pools[replica.pool].name, number: replica.number), replica.endpoint,
        after: delay))
  }

  /// Puts a replica that may be picked among those that are.
  mutating func becomePickable(_ slot: Int, now: Timestamp) {
    guard replicas[slot].mayBePicked else { return }
    let pool = replicas[slot].pool
    if pools[pool].outstanding.count == 0 { pools[pool].servingSince = now }
    pools[pool].outstanding.insert(slot, &replicas)
    serve(pool, now: now)
  }

  /// Call before the replica's state says that it may not be picked.
  mutating func becomeUnpickable(_ slot: Int) {
    pools[replicas[slot].pool].outstanding.remove(slot, &replicas)
  }

  // MARK: Outlier ejection

  mutating func callWentWell(at slot: Int) {
    replicas[slot].connectionFailures = 0
    replicas[slot].callFailures = 0
    replicas[slot].ejections = 0
  }

  /// A call failed on a live connection; ejects the replica after a few of those, unless it is the last
  /// one.
  mutating func callBroke(at slot: Int, now: Timestamp) {
    replicas[slot].callFailures += 1
    guard replicas[slot].callFailures >= limits.ejectAfterFailures, replicas[slot].mayBePicked,
      pools[replicas[slot].pool].outstanding.count > 1
    else { return }
    let doublings = min(replicas[slot].ejections, 20)
    let until = now + min(limits.maxEjection, limits.baseEjection * (1 << doublings))
    becomeUnpickable(slot)
    replicas[slot].ejectedUntil = until
    replicas[slot].ejections += 1
    replicas[slot].callFailures = 0
    replicaWakes.set(slot, at: until)
  }

  /// Ends an ejection.
  mutating func readmit(_ slot: Int, now: Timestamp) {
    replicas[slot].ejectedUntil = nil
    replicaWakes.remove(slot)
    becomePickable(slot, now: now)
  }

  /// A doubtful replica is better than none.
  mutating func readmitIfNoneIsLeft(_ pool: Int, now: Timestamp) {
    guard pools[pool].outstanding.count == 0 else { return }
    for (_, slot) in pools[pool].listed.sorted(by: { $0.key < $1.key })
    where replicas[slot].ejectedUntil != nil {
      readmit(slot, now: now)
    }
  }
}
