// The calls that wait for a replica.
internal import MartletCore

/// The calls that wait in one pool. The most urgent go first; of those that are as urgent, the oldest, unless
/// their line stands.
struct CallQueue: Sendable {
  /// By urgency.
  private var lines = Array(repeating: CallLine(), count: Priority.all.count)
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ call: Int, _ calls: inout Slab<Call>) {
    lines[Self.line(of: call, calls)].append(call, &calls)
    count += 1
  }

  /// Puts a call that was sent before in front of those that are as urgent.
  mutating func prepend(_ call: Int, _ calls: inout Slab<Call>) {
    lines[Self.line(of: call, calls)].prepend(call, &calls)
    count += 1
  }

  mutating func remove(_ call: Int, _ calls: inout Slab<Call>) {
    lines[Self.line(of: call, calls)].remove(call, &calls)
    count -= 1
  }

  /// Any call; nil when none waits.
  var any: Int? { firstLine.map { lines[$0].first } }

  /// The call that a free replica takes next; nil when none waits. `servingSince` is when the pool last got
  /// its first replica: waiting for that is no sign of overload.
  mutating func next(
    _ calls: borrowing Slab<Call>, servingSince: Timestamp, _ limits: DispatchLimits, now: Timestamp
  ) -> Int? {
    guard let line = firstLine else { return nil }
    return lines[line].next(calls, servingSince: servingSince, limits, now: now)
  }

  /// The call that gives up its place in a full queue to one of this priority: the last of the least urgent.
  /// Nil when all are at least as urgent.
  func loser(to priority: Priority) -> Int? {
    let less = lines.indices.dropFirst(Int(priority.urgency) + 1)
    return less.last { !lines[$0].isEmpty }.map { lines[$0].last }
  }

  /// Since when the call has waited that has waited longest in its line; nil when none waits.
  func waitingSince(_ calls: borrowing Slab<Call>) -> Timestamp? {
    var oldest: Timestamp?
    for line in lines where !line.isEmpty {
      let since = calls[line.first].queuedAt
      oldest = min(oldest ?? since, since)
    }
    return oldest
  }

  private var firstLine: Int? {
    isEmpty ? nil : lines.firstIndex { !$0.isEmpty }
  }

  private static func line(of call: Int, _ calls: borrowing Slab<Call>) -> Int {
    Int(calls[call].terms.priority.urgency)
  }
}

/// Calls that wait and are as urgent as each other, linked through the calls themselves.
struct CallLine: Sendable {
  /// -1 for none.
  private(set) var first = -1
  private(set) var last = -1

  /// Since when the delay has been above `DispatchLimits.standingDelay`.
  private var standingSince: Timestamp?

  /// Whose turn it is while the line stands.
  private var isTurnOfOldest = false

  var isEmpty: Bool { first < 0 }

  mutating func append(_ call: Int, _ calls: inout Slab<Call>) {
    calls[call].previous = last
    calls[call].next = -1
    if last >= 0 { calls[last].next = call } else { first = call }
    last = call
  }

  mutating func prepend(_ call: Int, _ calls: inout Slab<Call>) {
    calls[call].previous = -1
    calls[call].next = first
    if first >= 0 { calls[first].previous = call } else { last = call }
    first = call
  }

  mutating func remove(_ call: Int, _ calls: inout Slab<Call>) {
    let (previous, next) = (calls[call].previous, calls[call].next)
    if previous >= 0 { calls[previous].next = next } else { first = next }
    if next >= 0 { calls[next].previous = previous } else { last = previous }
    if isEmpty { standingSince = nil }
  }

  /// The oldest, unless the line stands: then the newest and the oldest in turn. There must be one.
  mutating func next(
    _ calls: borrowing Slab<Call>, servingSince: Timestamp, _ limits: DispatchLimits, now: Timestamp
  ) -> Int {
    let oldest = max(calls[first].queuedAt, servingSince)
    guard oldest + limits.standingDelay < now else {
      standingSince = nil
      isTurnOfOldest = false
      return first
    }
    let since = standingSince ?? now
    standingSince = since
    guard since + limits.standingInterval <= now else { return first }
    defer { isTurnOfOldest.toggle() }
    return isTurnOfOldest ? first : last
  }
}
