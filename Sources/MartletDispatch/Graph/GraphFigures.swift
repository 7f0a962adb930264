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
    var nodes: [Int: Node] = [:]
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
    if failed {
      current.nodes[node, default: Node()].failures += 1
    } else {
      current.nodes[node, default: Node()].answered.record(duration)
    }
  }

  /// All that is known, and over what time.
  package mutating func recent(now: Timestamp) -> (nodes: [Int: Node], period: Duration) {
    turn(now)
    var nodes = current.nodes
    for (node, figures) in previous?.nodes ?? [:] { nodes[node, default: Node()].add(figures) }
    return (nodes, now.duration(since: previous?.began ?? current.began))
  }

  /// The time within which a share of a node's answers came, once there are `least` of them.
  package mutating func quantile(
    _ share: Double, of node: Int, least: UInt64, now: Timestamp
  ) -> Duration? {
    turn(now)
    var answered = current.nodes[node]?.answered ?? LatencyHistogram()
    if let earlier = previous?.nodes[node]?.answered { answered.add(earlier) }
    return answered.count >= least ? answered.quantile(share) : nil
  }

  private mutating func turn(_ now: Timestamp) {
    let age = now.duration(since: current.began)
    guard age >= Self.window else { return }
    previous = age < Self.window * 2 ? current : nil
    current = Window(began: now)
  }
}
