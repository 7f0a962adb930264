// What routes and the nodes of graphs did of late, as the routers say it.
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import SwiftProtobuf

extension MeshController {
  /// Routers say anew what there is at the end of each window of half a minute. Older figures are those of a
  /// router that does not come to it, and say nothing about now.
  private static let longestAge = Duration.seconds(40)

  /// Routes that one router may report. An app has a handful of routes, and few versions at once.
  private static let maxGraphs = 4_096

  func take(_ graphs: [Martlet_Control_V1_GraphFigures], from session: UInt64) {
    guard !graphs.isEmpty, var known = routers[session]?.graphs else { return }
    let now = Loop.now
    known = known.filter { now.duration(since: $0.value.at) < Self.longestAge }
    for figures in graphs where known.count < Self.maxGraphs {
      let key = GraphKey(app: figures.app, version: figures.version, route: figures.route)
      guard !figures.nodes.isEmpty else {
        known[key] = nil
        continue
      }
      known[key] = ReportedGraph(figures: figures, at: now)
    }
    routers[session]?.graphs = known
  }

  /// The figures of all routers together; of every app for an empty name.
  func graphFigures(app: String) -> [Martlet_Control_V1_GraphFigures] {
    let now = Loop.now
    var sums: [GraphKey: Martlet_Control_V1_GraphFigures] = [:]
    for router in routers.values {
      for (key, graph) in router.graphs where app.isEmpty || key.app == app {
        let age = now.duration(since: graph.at)
        guard age < Self.longestAge else { continue }
        var figures = graph.figures
        figures.periodMs += UInt32(clamping: age.saturatedNanoseconds / 1_000_000)
        sums[key] = sums[key].map { $0.adding(figures) } ?? figures
      }
    }
    return sums.values.sorted {
      ($0.app, $0.version, $0.route) < ($1.app, $1.version, $1.route)
    }
  }
}

extension Martlet_Control_V1_GraphFigures {
  /// Both together, over the longer period.
  fileprivate func adding(_ other: Self) -> Self {
    var sum = self
    sum.periodMs = max(periodMs, other.periodMs)
    for node in other.nodes {
      guard let index = sum.nodes.firstIndex(where: { $0.path == node.path }) else {
        sum.nodes.append(node)
        continue
      }
      sum.nodes[index].failures += node.failures
      sum.nodes[index].dropped += node.dropped
      sum.nodes[index].entered += node.entered
      sum.nodes[index].taken += node.taken
      let missing = node.buckets.count - sum.nodes[index].buckets.count
      if missing > 0 { sum.nodes[index].buckets += Array(repeating: 0, count: missing) }
      for (bucket, count) in node.buckets.enumerated() {
        sum.nodes[index].buckets[bucket] += count
      }
    }
    return sum
  }
}
