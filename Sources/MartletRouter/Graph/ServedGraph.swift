// A graph that the router serves, and what it did of late.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet

/// One route's graph under one version. On the router's loop only.
final class ServedGraph {
  let plan: GraphPlan
  private var figures: GraphFigures
  /// Whether there were requests since the last report.
  private(set) var isNews = false

  init(_ plan: GraphPlan, now: Timestamp) {
    self.plan = plan
    figures = GraphFigures(now: now)
  }

  func record(_ node: Int, took duration: Duration, failed: Bool, now: Timestamp) {
    isNews = true
    figures.record(node, took: duration, failed: failed, now: now)
  }

  /// The delays of hedges that go by what was measured.
  func delays(now: Timestamp, least: UInt64) -> [Int: Duration] {
    guard !plan.measured.isEmpty else { return [:] }
    var delays: [Int: Duration] = [:]
    for (node, quantile) in plan.measured {
      delays[node] = figures.quantile(quantile, of: node, least: least, now: now)
    }
    return delays
  }

  /// Nil when nothing is new.
  func report(now: Timestamp) -> (nodes: [Int: GraphFigures.Node], period: Duration)? {
    guard isNews else { return nil }
    isNews = false
    return figures.recent(now: now)
  }
}
