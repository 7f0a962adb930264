// Replicas that connect, fail, are ejected and come back.
package import MartletCore

extension Dispatcher {
  /// The driver has a connection to the replica that takes calls.
  package mutating func replicaConnected(_ replica: ReplicaSlot, now: Timestamp) {
    let slot = replica.index
    guard replicas.contains(slot), !replicas[slot].isConnected else { return }
    replicas[slot].isConnected = true
    replicas[slot].suspectCallsAtEnd = 0
    becomePickable(slot, now: now)
  }

  /// A connection attempt failed, or the connection ended or takes no more calls. Report this before
  /// the failure of the calls that it had, so that none of them is sent there again.
  package mutating func replicaConnectionEnded(_ replica: ReplicaSlot, now: Timestamp) {
    let slot = replica.index
    guard replicas.contains(slot) else { return }
    if replicas[slot].mayBePicked { becomeUnpickable(slot) }
    replicas[slot].isConnected = false
    replicas[slot].suspectCallsAtEnd = replicas[slot].suspectCalls
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
    pools[pool].outstanding.insert(slot, limit: pools[pool].limits.maxOngoing, &replicas)
    serve(pool, now: now)
  }

  /// What counts for picking has changed: puts a replica that may be picked where it belongs.
  mutating func relink(_ slot: Int) {
    guard replicas[slot].mayBePicked else { return }
    let pool = replicas[slot].pool
    pools[pool].outstanding.move(slot, by: 0, limit: pools[pool].limits.maxOngoing, &replicas)
  }

  /// Call before the replica's state says that it may not be picked.
  mutating func becomeUnpickable(_ slot: Int) {
    pools[replicas[slot].pool].outstanding.remove(slot, &replicas)
  }
}
