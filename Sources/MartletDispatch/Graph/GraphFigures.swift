// What the nodes of one graph did of late, over all its requests.

package import MartletCore

/// Figures of the last one to two windows. Calls, mirrors, hedges that wait for a measured time and the graph as a
/// whole have times; of other nodes it is known how often they ran and how often they failed.
///
/// Windows begin at multiples of their length on the machine's clock, so that all routers of a machine have the
/// same ones.
package struct GraphFigures: Sendable {
  package static let window = Duration.seconds(30)

  /// One node's.
  package struct Node: Sendable, Equatable {
    package var answered = LatencyHistogram()
    package var failures: UInt64 = 0
    /// What a mirror was to send and did not.
    package var dropped: UInt64 = 0
    /// How often requests came to the node.
    package var entered: UInt64 = 0

    package init() {}

    package var requests: UInt64 { answered.count + failures }
    var isEmpty: Bool { requests == 0 && dropped == 0 && entered == 0 }

    package mutating func add(_ other: Node) {
      answered.add(other.answered)
      failures += other.failures
      dropped += other.dropped
      entered += other.entered
    }
  }

  /// The graph as a whole goes by this number.
  package static let whole = -1

  private let began: Timestamp
  /// By node, after that of the graph as a whole; it grows to the last one that was counted.
  private var current: [Node] = []
  private var previous: [Node] = []
  /// When the current window ends.
  private var end: Timestamp

  package init(now: Timestamp) {
    began = now
    end = Self.windowEnd(at: now)
  }

  /// When the window ends that a moment is in. What was known before is too old then, or about to be.
  package static func windowEnd(at now: Timestamp) -> Timestamp {
    let length = window.saturatedNanoseconds
    return Timestamp(nanoseconds: (now.nanoseconds / length + 1) * length)
  }

  /// Counts one request of a node.
  package mutating func record(_ node: Int, took duration: Duration, failed: Bool, now: Timestamp) {
    let place = place(of: node, now)
    if failed {
      current[place].failures += 1
    } else {
      current[place].answered.record(duration)
    }
  }

  /// Counts one message that a mirror did not send.
  package mutating func recordDrop(_ node: Int, now: Timestamp) {
    current[place(of: node, now)].dropped += 1
  }

  /// Counts the nodes that a request came to.
  package mutating func count(_ tally: GraphTally, now: Timestamp) {
    turn(now)
    tally.forEach { node, failed in
      let place = place(of: node)
      if failed { current[place].failures += 1 } else { current[place].entered += 1 }
    }
  }

  /// All that is known, and over what time.
  package mutating func recent(now: Timestamp) -> (nodes: [Int: Node], period: Duration) {
    turn(now)
    var nodes: [Int: Node] = [:]
    for window in [previous, current] {
      for (index, figures) in window.enumerated() where !figures.isEmpty {
        nodes[index - 1, default: Node()].add(figures)
      }
    }
    return (nodes, now.duration(since: max(began, end - Self.window * 2)))
  }

  /// The time within which a share of a node's answers came, once there are `least` of them.
  package mutating func quantile(
    _ share: Double, of node: Int, least: UInt64, now: Timestamp
  ) -> Duration? {
    turn(now)
    var answered = LatencyHistogram()
    for window in [previous, current] where window.indices.contains(node + 1) {
      answered.add(window[node + 1].answered)
    }
    return answered.count >= least ? answered.quantile(share) : nil
  }

  /// Where a node is counted now.
  private mutating func place(of node: Int, _ now: Timestamp) -> Int {
    turn(now)
    return place(of: node)
  }

  private mutating func place(of node: Int) -> Int {
    while current.count <= node + 1 { current.append(Node()) }
    return node + 1
  }

  private mutating func turn(_ now: Timestamp) {
    guard now >= end else { return }
    previous = now < end + Self.window ? current : []
    current = []
    end = Self.windowEnd(at: now)
  }
}
