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

  /// How its calls ended.
  var record = OutlierRecord()
  var ejectedUntil: Timestamp?

  /// Calls that it may have, while it recovers from an ejection; beside the limit of its deployment.
  var room = Int.max

  /// Calls that count for picking as if it still had them.
  var phantoms = 0

  /// Calls in hand that do not count for picking: they hang, and it is to be seen whether others do.
  var uncounted = 0

  /// It comes first among its equals once its phantoms are gone.
  var goesFirst = false

  /// Calls that it has whose replica died before; and as many as it had when its connection ended.
  var suspectCalls = 0
  var suspectCallsAtEnd = 0

  /// Its place in the index: ongoing calls that count, and phantoms. -1 for none: it has no room, or may not be picked.
  var level = -1

  /// Neighbours among the replicas with as many ongoing calls; -1 for none. Only for one that may be picked.
  var previous = -1
  var next = -1

  var mayBePicked: Bool { isListed && isConnected && ejectedUntil == nil }
}

/// The replicas of a pool that may be picked, by the number of their ongoing calls and phantoms. Picking the one
/// with the fewest and changing a count take the same time whatever the number of replicas.
struct OutstandingIndex: Sendable {
  private struct Level: Sendable {
    var first = -1
    var last = -1
  }

  /// Replicas with room, by ongoing calls and phantoms. Within a level the one that has been in it longest comes
  /// first, so that ties rotate. Phantoms take no room: they only put a replica behind the others.
  private var levels: [Level] = []

  /// No level below has a replica.
  private var lowest = 0

  /// Replicas that may be picked, those without room included.
  private(set) var count = 0
  private var withRoom = 0

  /// Whether `pick` would find one.
  var hasRoom: Bool { withRoom > 0 }

  /// The replica with the fewest ongoing calls and phantoms that has room; `excluded` only when there is no other.
  mutating func pick(excluding excluded: Int, _ replicas: borrowing Slab<Replica>) -> Int? {
    guard withRoom > 0 else { return nil }
    while levels[lowest].first < 0 { lowest += 1 }
    let best = levels[lowest].first
    guard best == excluded else { return best }
    if replicas[best].next >= 0 { return replicas[best].next }
    return levels[lowest...].dropFirst().first { $0.first >= 0 }?.first ?? best
  }

  /// The first of those with room, in the order of picking, for which `fits` is true.
  func first(
    _ replicas: borrowing Slab<Replica>, where fits: (borrowing Replica, _ slot: Int) -> Bool
  ) -> Int? {
    guard withRoom > 0 else { return nil }
    for level in levels[lowest...] {
      var slot = level.first
      while slot >= 0 {
        if fits(replicas[slot], slot) { return slot }
        slot = replicas[slot].next
      }
    }
    return nil
  }

  /// Changes the number of ongoing calls of a replica that may be picked, and puts it where it belongs by that and
  /// by its phantoms and room. `limit`: the calls that each replica may have.
  mutating func move(
    _ slot: Int, by change: Int, limit: Int, _ replicas: inout Slab<Replica>
  ) {
    unlink(slot, &replicas)
    replicas[slot].ongoing += change
    link(slot, limit: limit, &replicas)
  }

  mutating func insert(_ slot: Int, limit: Int, _ replicas: inout Slab<Replica>) {
    count += 1
    link(slot, limit: limit, &replicas)
  }

  mutating func remove(_ slot: Int, _ replicas: inout Slab<Replica>) {
    count -= 1
    unlink(slot, &replicas)
  }

  private mutating func link(_ slot: Int, limit: Int, _ replicas: inout Slab<Replica>) {
    let ongoing = replicas[slot].ongoing
    guard ongoing < limit, ongoing < replicas[slot].room else { return }
    let level = max(0, ongoing - replicas[slot].uncounted) + replicas[slot].phantoms
    while levels.count <= level { levels.append(Level()) }
    replicas[slot].level = level
    lowest = min(lowest, level)
    withRoom += 1
    if replicas[slot].goesFirst, replicas[slot].phantoms == 0 { return linkFirst(slot, &replicas) }
    let last = levels[level].last
    replicas[slot].previous = last
    replicas[slot].next = -1
    if last >= 0 { replicas[last].next = slot } else { levels[level].first = slot }
    levels[level].last = slot
  }

  private mutating func linkFirst(_ slot: Int, _ replicas: inout Slab<Replica>) {
    replicas[slot].goesFirst = false
    let level = replicas[slot].level
    let first = levels[level].first
    replicas[slot].previous = -1
    replicas[slot].next = first
    if first >= 0 { replicas[first].previous = slot } else { levels[level].last = slot }
    levels[level].first = slot
  }

  private mutating func unlink(_ slot: Int, _ replicas: inout Slab<Replica>) {
    let level = replicas[slot].level
    guard level >= 0 else { return }
    replicas[slot].level = -1
    let (previous, next) = (replicas[slot].previous, replicas[slot].next)
    if previous >= 0 { replicas[previous].next = next } else { levels[level].first = next }
    if next >= 0 { replicas[next].previous = previous } else { levels[level].last = previous }
    withRoom -= 1
  }
}
