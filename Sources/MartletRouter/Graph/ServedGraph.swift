// A graph that the router serves.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// One route's graph under one version. On the router's loop only.
final class ServedGraph {
  let plan: GraphPlan
  let figures: RouteFigures

  /// Bytes of the largest message that comes, goes or is made.
  let maxMessageBytes: Int

  /// What does not change from one call of a node to the next, by node.
  private var calls: [NodeCall?] = []

  /// Memory for what runs count.
  private var spareTallies: [GraphTally] = []
  private static let maxSpareTallies = 64
  /// Nodes of a tally that is kept: most requests come to fewer.
  private static let maxSpareEvents = 1_024

  private struct NodeCall {
    let head: HeaderBlock
    var pool: PoolID
    /// The router's `routeEpoch` under which the pool was looked up.
    var epoch: Int
  }

  init(_ plan: GraphPlan, _ figures: RouteFigures, maxMessageBytes: Int) {
    self.plan = plan
    self.figures = figures
    self.maxMessageBytes = maxMessageBytes
  }

  /// How a request of a node's call begins, and where it goes; nil when there is no such deployment.
  func call(
    of node: Int, _ callee: GraphPlan.Callee, _ version: VersionID, _ router: Router
  ) -> (head: HeaderBlock, pool: PoolID)? {
    while calls.count <= node { calls.append(nil) }
    if let known = calls[node], known.epoch == router.routeEpoch { return (known.head, known.pool) }
    guard let pool = router.dispatcher.pool(of: callee.deployment, in: version) else { return nil }
    let head =
      calls[node]?.head ?? HeaderBlock.grpcRequest(path: callee.method.path, authority: "localhost")
    calls[node] = NodeCall(head: head, pool: pool, epoch: router.routeEpoch)
    return (head, pool)
  }

  func takeTally() -> GraphTally { spareTallies.popLast() ?? GraphTally() }

  /// A request is over.
  func count(_ tally: consuming GraphTally, now: Timestamp) {
    figures.count(tally, now: now)
    guard spareTallies.count < Self.maxSpareTallies, tally.capacity <= Self.maxSpareEvents else {
      return
    }
    tally.removeAll()
    spareTallies.append(tally)
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
}
