// What the dispatcher knows of one replica.
internal import MartletCore

/// A replica of a pool. It may be picked while it is listed in the table, connected and not ejected.
struct Replica: Sendable {
  let pool: Int
  let number: UInt64
  let endpoint: Endpoint

  /// Calls that it has in hand.
  var ongoing = 0

  /// Named by the last table. One that is not finishes what it has.
  var isListed = true

  /// The driver has a connection that takes calls.
  var isConnected = false

  /// Connection attempts or connections that failed one after another.
  var connectionFailures = 0

  /// Calls that failed one after another on a live connection.
  var callFailures = 0

  /// Ejections since the last call that went well.
  var ejections = 0
  var ejectedUntil: Timestamp?

  /// Neighbours among the replicas with as many ongoing calls; -1 for none. Only for one that may be picked.
  var previous = -1
  var next = -1

  var mayBePicked: Bool { isListed && isConnected && ejectedUntil == nil }
}

/// The replicas of a pool that may be picked, by the number of their ongoing calls. Picking the one
/// with the fewest and changing a count take the same time whatever the number of replicas.
struct OutstandingIndex: Sendable {
  private struct Level: Sendable {
    var first = -1
    var last = -1
  }

  /// By ongoing calls. Within a level the one that has been in it longest comes first, so that ties rotate.
  private var levels: [Level] = []

  /// No level below has a replica.
  private var lowest = 0

  private(set) var count = 0

  /// The replica with the fewest ongoing calls, if it has fewer than `limit`; `excluded` only when
  /// there is no other.
  mutating func pick(
    below limit: Int, excluding excluded: Int, _ replicas: borrowing Slab<Replica>
  ) -> Int? {
    guard hasRoom(below: limit) else { return nil }
    let best = levels[lowest].first
    guard best == excluded else { return best }
    if replicas[best].next >= 0 { return replicas[best].next }
    for level in levels[lowest...].dropFirst().prefix(limit - lowest - 1) where level.first >= 0 {
      return level.first
    }
    return best
  }

  /// Whether `pick` would find one.
  mutating func hasRoom(below limit: Int) -> Bool {
    guard count > 0 else { return false }
    while levels[lowest].first < 0 { lowest += 1 }
    return lowest < limit
  }

  /// Changes the number of ongoing calls of a replica that may be picked.
  mutating func move(_ slot: Int, by change: Int, _ replicas: inout Slab<Replica>) {
    remove(slot, &replicas)
    replicas[slot].ongoing += change
    insert(slot, &replicas)
  }

  mutating func insert(_ slot: Int, _ replicas: inout Slab<Replica>) {
    let level = replicas[slot].ongoing
    while levels.count <= level { levels.append(Level()) }
    let last = levels[level].last
    replicas[slot].previous = last
    replicas[slot].next = -1
    if last >= 0 { replicas[last].next = slot } else { levels[level].first = slot }
    levels[level].last = slot
    lowest = min(lowest, level)
    count += 1
  }

  mutating func remove(_ slot: Int, _ replicas: inout Slab<Replica>) {
    let level = replicas[slot].ongoing
    let (previous, next) = (replicas[slot].previous, replicas[slot].next)
    if previous >= 0 { replicas[previous].next = next } else { levels[level].first = next }
    if next >= 0 { replicas[next].previous = previous } else { levels[level].last = previous }
    count -= 1
  }
}
