// What holds for every graph, whatever happens to it.

import MartletCore
import MartletDispatch
import Testing

@Suite struct RandomGraphsTests {
  /// Whatever happens in whatever order, a run ends once, and never with a leg in flight that it did not
  /// cancel.
  @Test(arguments: 0..<600 as Range<UInt64>) func anyGraphEndsOnce(seed: UInt64) throws {
    var maker = GraphMaker(random: SeededGenerator(seed: seed))
    let graph = maker.node(depth: 4)
    var limits = GraphLimits()
    limits.maxOngoingLegs = Int.random(in: 1...4, using: &maker.random)
    limits.maxStepsPerTurn = Int.random(in: 1...20, using: &maker.random)
    let deadline = maker.chance(50) ? Deadline(.zero + .milliseconds(15)) : nil
    var run = GraphRun(
      try GraphFixture.compile(
        graph, for: "Judge",
        beside: [
          .graph(
            method: GraphFixture.method("Understanding/Reconsider"), .sequence([.sureA, .refine]))
        ]), seed: seed, deadline: deadline, limits: limits)
    var now = Timestamp.zero
    var inFlight: Set<Int> = []
    var ends = 0
    var (hasPaused, isLate) = (false, false)
    var orders = run.started([], now: now)
    while true {
      for order in orders {
        #expect(ends == 0)
        switch order {
        case .call(let leg, _, _, let deadline):
          #expect(inFlight.insert(leg.number).inserted)
          if let deadline { #expect(deadline.time > now) }
        case .cancel(let leg): #expect(inFlight.remove(leg.number) != nil)
        case .finish, .stream, .fail: ends += 1
        case .mirror, .measured: break
        case .resume:
          #expect(!hasPaused)
          hasPaused = true
        }
      }
      if isLate { ends += 1 }
      isLate = false
      #expect(inFlight.count <= limits.maxOngoingLegs)
      if let deadline, ends == 0, deadline.hasPassed(at: now) {
        orders = run.abandoned(isLate: true, now: now)
        isLate = true
        continue
      }
      let passes = Int.random(in: 0..<4, using: &maker.random) == 0
      if hasPaused, passes || inFlight.isEmpty {
        hasPaused = false
        orders = run.resumed(now: now)
        continue
      }
      if let next = run.nextTimer, passes || inFlight.isEmpty {
        now = max(now, next)
        orders = run.timePassed(now: now)
        continue
      }
      guard let leg = inFlight.sorted().randomElement(using: &maker.random) else { break }
      inFlight.remove(leg)
      now = now + .milliseconds(1)
      orders =
        Int.random(in: 0..<4, using: &maker.random) == 0
        ? run.failed(GraphLeg(leg), RPCStatus(.unavailable), now: now)
        : run.answered(GraphLeg(leg), [], now: now)
    }
    #expect(ends == 1, "\(graph)")
    #expect(run.hasEnded == true)
    #expect(run.nextTimer == nil)
  }
}

/// Random graphs from a crop to a label.
private struct GraphMaker {
  var random: SeededGenerator

  private static let ending = GraphNode.sequence([.sureA, .return])

  mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  private mutating func nodes(depth: Int) -> [GraphNode] {
    (0..<Int.random(in: 1...3, using: &random)).map { _ in node(depth: depth - 1) }
  }

  mutating func node(depth: Int) -> GraphNode {
    var node = bare(depth: depth)
    if chance(20) { node.options.timeout = .milliseconds(Int.random(in: 1...9, using: &random)) }
    if chance(20) {
      node.options.retry = NodeOptions.RetrySpec(
        attempts: 3, backoff: .milliseconds(Int.random(in: 0...3, using: &random)))
    }
    if chance(20) { node.options.onError = .answer(.object(["votes": .integer(1)])) }
    return node
  }

  private mutating func bare(depth: Int) -> GraphNode {
    guard depth > 0 else { return chance(50) ? .sureA : .sureB }
    switch Int.random(in: 0..<11, using: &random) {
    case 9: return .sequence([.split, .route(GraphFixture.method("Understanding/Reconsider"))])
    case 10:
      let map = MapNode(
        fields: [.init(field: "votes", source: .path("b.votes"))], type: "graph.v1.Label")
      let branches = [node(depth: depth - 1).with(name: "a"), GraphNode.sureB.with(name: "b")]
      return .sequence([.ensemble(branches, .map(map)), .refine])
    case 0: return .sequence([.split, node(depth: depth - 1)])
    case 1: return .sequence([node(depth: depth - 1), .refine])
    case 2:
      var branches = nodes(depth: depth)
      // After one that never fails none is asked.
      for index in branches.indices.dropLast() { branches[index].options.onError = .fail }
      return .fallback(branches)
    case 3:
      let other = chance(30) ? Self.ending : node(depth: depth - 1)
      return .switchOn("kind", ["KIND_OPEN": node(depth: depth - 1)], default: other)
    case 4: return .splitter([(30, node(depth: depth - 1)), (70, node(depth: depth - 1))])
    case 5:
      let body = GraphNode.sureA.with(timeout: .milliseconds(4))
      return .hedge(.milliseconds(Int.random(in: 0...5, using: &random)), body)
    case 6:
      var branches = nodes(depth: depth)
      if chance(40), branches[0].options.onError == .fail { branches[0].options.onError = .skip }
      let quorum = chance(50) ? Int.random(in: 1...branches.count, using: &random) : nil
      return .ensemble(branches, .merge, quorum: quorum)
    case 7: return .ensemble(nodes(depth: depth) + (chance(30) ? [Self.ending] : []), .first)
    default:
      return .sequence([
        node(depth: depth - 1), node(depth: depth - 1).with(takesRequest: true),
      ])
    }
  }
}
