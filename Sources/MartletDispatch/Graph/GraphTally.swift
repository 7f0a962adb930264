// Which nodes a run came to.

/// The nodes that a run entered and those that failed, in order: what figures have beside the times of calls.
package struct GraphTally: Sendable {
  /// A node that failed is there as its complement.
  private var events: [Int32] = []

  package init() {}

  /// Those that there is room for without more memory.
  package var capacity: Int { events.capacity }

  mutating func entered(_ node: Int) {
    events.append(Int32(truncatingIfNeeded: node))
  }

  mutating func failed(_ node: Int) {
    events.append(~Int32(truncatingIfNeeded: node))
  }

  /// Keeps the memory.
  package mutating func removeAll() {
    events.removeAll(keepingCapacity: true)
  }

  func forEach(_ body: (_ node: Int, _ failed: Bool) -> Void) {
    for event in events { body(Int(event < 0 ? ~event : event), event < 0) }
  }
}
