// Whose answers a graph's own answer is made of.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphSourcesTests {
  private static let label: [UInt8] = [0x0a, 1, 0x61]

  /// The legs behind the answer, when every leg answers, in this order, and says more than its message. Legs in
  /// `failing` fail instead.
  private func sources(
    _ graph: GraphNode, for method: String, _ input: [UInt8] = [], isAnswer: Bool = false,
    order: [Int], failing: Set<Int> = [], silent: Set<Int> = [], answer: [UInt8] = Self.label
  ) throws -> [Int] {
    var run = GraphRun(try GraphFixture.compile(graph, for: method))
    var orders = run.started(input, isAnswer: isAnswer)
    for leg in order {
      orders =
        failing.contains(leg)
        ? run.failed(GraphLeg(leg), RPCStatus(.unavailable, "away"))
        : run.answered(GraphLeg(leg), answer, saysMore: !silent.contains(leg))
    }
    guard case .finish? = orders.last else {
      Issue.record("the run has not ended: \(orders)")
      return []
    }
    return run.answerSources.map(\.number)
  }

  @Test func ofASequenceTheLastCallCounts() throws {
    let graph = GraphNode.sequence([.fetch, .combine])
    #expect(try sources(graph, for: "Analyze", order: [0, 1], answer: []) == [1])
    #expect(try sources(graph, for: "Analyze", order: [0, 1], silent: [1], answer: []) == [])
  }

  @Test func branchesAreInTheirOrder() throws {
    let branches = [GraphNode.looped, .open, .generalist]
    #expect(
      try sources(.ensemble(branches, .merge), for: "Judge", order: [2, 0, 1]) == [0, 1, 2])
    #expect(
      try sources(.ensemble(branches, .merge), for: "Judge", order: [2, 0, 1], silent: [0])
        == [1, 2])
    // Of those that say the same the first branch is taken.
    #expect(
      try sources(.ensemble(branches, .vote(field: "object")), for: "Judge", order: [2, 1, 0])
        == [0])
    let skipping = branches.map { $0.with(onError: .skip) }
    #expect(try sources(.ensemble(skipping, .first), for: "Judge", order: [1]) == [1])
  }

  @Test func theWayThatAnsweredCounts() throws {
    #expect(
      try sources(.fallback([.looped, .open]), for: "Judge", order: [0, 1], failing: [0]) == [1])
    #expect(
      try sources(.hedge(.seconds(1), .sureA), for: "Judge", order: [0, 1], failing: [0]) == [1])
    let replaced = GraphNode.looped.with(onError: .answer(.object([:])))
    #expect(try sources(replaced, for: "Judge", order: [0], failing: [0]) == [])
  }

  @Test func elementsComeBehindTheirInput() throws {
    // Two crops.
    let page: [UInt8] = [0x0a, 0, 0x0a, 0]
    let each = GraphNode.forEach("crops", .looped)
    #expect(try sources(each, for: "Refine", page, order: [1, 0]) == [0, 1])
    #expect(try sources(each, for: "Refine", page, isAnswer: true, order: [0, 1]) == [-1, 0, 1])
  }
}
