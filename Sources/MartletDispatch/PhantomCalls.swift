// Calls that failed at once, and count for a while as if they were still in hand.
internal import MartletCore

/// The least busy replica is picked, and one that fails at once is never busy: it would draw all calls. So a failure
/// is counted, for the picking alone, for as long as an answer takes. First in, first out; it is looked at when a
/// replica is picked, and needs no timer.
struct PhantomCalls: Sendable {
  struct Entry: Sendable {
    var slot: Int
    /// Tells the replica from a later one at the same slot, and from itself before an ejection.
    var generation: UInt32
    var ejections: Int
    var end: Timestamp
  }

  private var entries: [Entry] = []
  private var head = 0

  var isEmpty: Bool { head == entries.count }
  var count: Int { entries.count - head }

  /// None ends before those that came earlier.
  mutating func add(_ entry: Entry) {
    var entry = entry
    if let last = entries.last, !isEmpty { entry.end = max(entry.end, last.end) }
    entries.append(entry)
  }

  /// Takes out one whose time is over.
  mutating func popEnded(at now: Timestamp) -> Entry? {
    guard !isEmpty, entries[head].end <= now else { return nil }
    defer {
      head += 1
      if head == entries.count {
        entries.removeAll(keepingCapacity: true)
        head = 0
      } else if head >= 512 {
        entries.removeFirst(head)
        head = 0
      }
    }
    return entries[head]
  }
}
