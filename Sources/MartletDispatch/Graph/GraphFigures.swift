// What the nodes of one graph did of late, over all its requests.

package import MartletCore

/// Figures of the last one to two windows. Only calls, hedges that wait for a measured time and the graph
/// as a whole are counted.
package struct GraphFigures: Sendable {
  package static let window = Duration.seconds(30)

  /// One node's.
  package struct Node: Sendable, Equatable {
    package var answered = LatencyHistogram()
    package var failures: UInt64 = 0

    package init() {}

    package var requests: UInt64 { answered.count + failures }

    package mutating func add(_ other: Node) {
      answered.add(other.answered)
      failures += other.failures
    }
  }

  private struct Window {
    var began: Timestamp
    /// By node, after that of the graph as a whole; it grows to the last one that was counted.
    var nodes: [Node] = []

    subscript(node: Int) -> Node? {
      nodes.indices.contains(node + 1) ? nodes[node + 1] : nil
    }

    mutating func record(_ node: Int, took duration: Duration, failed: Bool) {
      while nodes.count <= node + 1 { nodes.append(Node()) }
      if failed {
        nodes[node + 1].failures += 1
      } else {
        nodes[node + 1].answered.record(duration)
      }
    }
  }

  /// The graph as a whole goes by this number.
  package static let whole = -1

  private let began: Timestamp
  private var current: Window
  private var previous: Window?

  package init(now: Timestamp) {
    began = now
    current = Window(began: now)
  }

  /// Counts one request of a node.
  package mutating func record(_ node: Int, took duration: Duration, failed: Bool, now: Timestamp) {
    turn(now)
    current.record(node, took: duration, failed: failed)
  }

  /// All that is known, and over what time.
  package mutating func recent(now: Timestamp) -> (nodes: [Int: Node], period: Duration) {
    turn(now)
    var nodes: [Int: Node] = [:]
    for window in [previous, current] {
      for (index, figures) in (window?.nodes ?? []).enumerated() where figures.requests > 0 {
        nodes[index - 1, default: Node()].add(figures)
      }
    }
    return (nodes, now.duration(since: previous?.began ?? current.began))
  }

  /// The time within which a share of a node's answers came, once there are `least` of them.
  package mutating func quantile(
    _ share: Double, of node: Int, least: UInt64, now: Timestamp
  ) -> Duration? {
    turn(now)
    var answered = current[node]?.answered ?? LatencyHistogram()
    if let earlier = previous?[node]?.answered { answered.add(earlier) }
    return answered.count >= least ? answered.quantile(share) : nil
  }

  private mutating func turn(_ now: Timestamp) {
    let age = now.duration(since: current.began)
    guard age >= Self.window else { return }
    previous = age < Self.window * 2 ? current : nil
    current = Window(began: now)
  }
}
