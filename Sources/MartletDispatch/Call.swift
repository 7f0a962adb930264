// What the dispatcher knows of one call.
internal import MartletCore

/// A call that waits in its pool's queue or is at a replica.
struct Call: Sendable {
  var pool: Int

  /// The slot of the replica that has the call, or -1 while it waits.
  var replica = -1

  /// The replica that had it last and failed; the next attempt goes elsewhere if it can.
  var failedReplica = -1

  var attempts = 0

  /// A leg of a graph must stay with the version of its request.
  let isLeg: Bool

  let deadline: Deadline?

  /// When it came to the queue it is in.
  var queuedAt: Timestamp

  /// Neighbours in the queue, towards its front and its back; -1 for none.
  var previous = -1
  var next = -1

  init(pool: Int, isLeg: Bool, deadline: Deadline?, now: Timestamp) {
    self.pool = pool
    self.isLeg = isLeg
    self.deadline = deadline
    queuedAt = now
  }
}

/// The calls that wait in one pool: oldest first, unless the queue stands.
struct CallQueue: Sendable {
  private(set) var first = -1
  private var last = -1
  private(set) var count = 0

  /// Since when the delay has been above `DispatchLimits.standingDelay`.
  private var standingSince: Timestamp?

  var isEmpty: Bool { count == 0 }

  mutating func append(_ call: Int, _ calls: inout Slab<Call>) {
    calls[call].previous = last
    calls[call].next = -1
    if last >= 0 { calls[last].next = call } else { first = call }
    last = call
    count += 1
  }

  /// Puts a call that was sent before in front of all.
  mutating func prepend(_ call: Int, _ calls: inout Slab<Call>) {
    calls[call].previous = -1
    calls[call].next = first
    if first >= 0 { calls[first].previous = call } else { last = call }
    first = call
    count += 1
  }

  mutating func remove(_ call: Int, _ calls: inout Slab<Call>) {
    let (previous, next) = (calls[call].previous, calls[call].next)
    if previous >= 0 { calls[previous].next = next } else { first = next }
    if next >= 0 { calls[next].previous = previous } else { last = previous }
    count -= 1
    if count == 0 { standingSince = nil }
  }

  /// The call that a free replica takes next. `servingSince` is when the pool last got its first
  /// replica: waiting for that is no sign of overload.
  mutating func next(
    _ calls: borrowing Slab<Call>, servingSince: Timestamp, _ limits: DispatchLimits, now: Timestamp
  ) -> Int {
    let oldest = max(calls[first].queuedAt, servingSince)
    guard oldest + limits.standingDelay < now else {
      standingSince = nil
      return first
    }
    let since = standingSince ?? now
    standingSince = since
    return since + limits.standingInterval <= now ? last : first
  }
}
