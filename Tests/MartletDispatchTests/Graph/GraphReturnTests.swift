// Nodes that always end the graph with a `return`, and what comes out of them when they fail.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphReturnTests {
  private static let ending = GraphNode.sequence([.looped, .return])
  private static let other = GraphNode.sequence([.open, .return])

  private func run(_ graph: GraphNode, for method: String = "Judge") throws -> GraphRun {
    GraphRun(try GraphFixture.compile(graph, for: method))
  }

  private func call(_ leg: Int, _ deployment: String, _ message: [UInt8]) -> GraphOrder {
    .call(
      leg: GraphLeg(leg), GraphFixture.callee(deployment, "Classifier/Classify"),
      message: message, deadline: nil)
  }

  /// A crop that has one part, of kind 1.
  private let crop: [UInt8] = [0x08, 2, 0x1a, 2, 0x08, 1]

  @Test(arguments: [EnsembleNode.Combiner.first, .merge])
  func branchesRaceToTheirReturns(combiner: EnsembleNode.Combiner) throws {
    var run = try run(.ensemble([Self.ending, Self.other], combiner))
    #expect(run.started(crop) == [call(0, "expert-looped", crop), call(1, "expert-open", crop)])
    #expect(run.answered(GraphLeg(1), [0x20, 5]) == [.cancel(GraphLeg(0)), .finish([0x20, 5])])
  }

  @Test func aBranchThatReturnsIsOneBesideOthers() throws {
    var run = try run(.sequence([.ensemble([Self.ending, .open], .first), .refine]))
    _ = run.started(crop)
    #expect(run.answered(GraphLeg(0), [0x20, 5]) == [.cancel(GraphLeg(1)), .finish([0x20, 5])])
  }

  @Test func theFirstElementThatReturnsAnswers() throws {
    let graph = GraphNode.sequence([.forEach("parts", Self.ending), .generalist])
    var one = try run(graph)
    #expect(one.started(crop) == [call(0, "expert-looped", [0x08, 1])])
    #expect(one.answered(GraphLeg(0), [0x20, 5]) == [.finish([0x20, 5])])
    var none = try run(graph)
    #expect(none.started([0x08, 2]) == [call(0, "generalist", [0x08, 2])])
  }

  @Test func elementsThatAreLeftOutLeaveTheInputAsItIs() throws {
    let body = Self.ending.with(onError: .skip)
    var run = try run(.sequence([.forEach("parts", body), .generalist]))
    #expect(run.started(crop) == [call(0, "expert-looped", [0x08, 1])])
    #expect(
      run.failed(GraphLeg(0), RPCStatus(.unavailable)) == [call(1, "generalist", crop)])
  }

  /// Whatever comes after a node that was skipped runs, on what came to that node.
  @Test(
    arguments: [
      .switchOn("kind", ["1": .open], default: .generalist),
      .sequence([.forEach("parts", .split.with(onError: .skip)), .generalist]),
      .sequence([
        .map(
          MapNode(
            fields: [.init(field: "kind", source: .path("kind"))], type: "graph.v1.Crop")),
        .generalist,
      ]),
      .sequence([
        .loop(
          LoopNode(
            .whileHolds, field: "kind", condition: "KIND_LOOPED", body: .split, maxRounds: 3)),
        .generalist,
      ]),
      .generalist,
    ] as [GraphNode])
  func whatComesAfterASkippedNodeRuns(next: GraphNode) throws {
    var run = try run(.sequence([Self.ending.with(onError: .skip), next]))
    _ = run.started([0x08, 2])
    #expect(
      run.failed(GraphLeg(0), RPCStatus(.unavailable)) == [call(1, "generalist", [0x08, 2])])
  }

  @Test func whatIsSkippedPassesItsOwnType() throws {
    #expect(
      try GraphFixture.problems(
        .sequence([Self.ending.with(onError: .skip), .refine]), for: "Judge")
        == [
          "sequence[1].method: graph.v1.Refiner/Refine takes graph.v1.Label, but what comes here "
            + "is graph.v1.Crop"
        ])
    #expect(
      try GraphFixture.problems(Self.ending.with(onError: .skip), for: "Judge")
        == [
          ": the graph answers graph.v1.Crop, but graph.v1.Understanding/Judge answers "
            + "graph.v1.Label"
        ])
  }

  @Test func aDefaultIsWhatTheGraphAnswers() throws {
    func guarded(_ key: String, _ value: ConfigValue) -> GraphNode {
      Self.ending.with(onError: .answer(.object([key: value])))
    }
    var run = try run(guarded("votes", .integer(7)))
    _ = run.started(crop)
    #expect(run.failed(GraphLeg(0), RPCStatus(.unavailable)) == [.finish([0x20, 7])])
    #expect(
      try GraphFixture.problems(guarded("nonsense", .integer(1)), for: "Judge")
        == [
          "on_error.default: this is not a graph.v1.Label: nonsense: graph.v1.Label has no such "
            + "field"
        ])
    // Where more comes, that takes it.
    var further = try self.run(.sequence([guarded("votes", .integer(7)), .refine]))
    _ = further.started(crop)
    #expect(
      further.failed(GraphLeg(0), RPCStatus(.unavailable)) == [
        .call(
          leg: GraphLeg(1), GraphFixture.callee("refiner", "Refiner/Refine"), message: [0x20, 7],
          deadline: nil)
      ])
  }

  @Test func aReturnWithinARouteEndsThatAlone() throws {
    let plan = try GraphFixture.compile(
      .sequence([.route(GraphFixture.method("Understanding/Reconsider")), .refine]),
      for: "Judge",
      beside: [.graph(method: GraphFixture.method("Understanding/Reconsider"), Self.ending)])
    var run = GraphRun(plan)
    _ = run.started(crop)
    #expect(
      run.answered(GraphLeg(0), [0x20, 1]) == [
        .call(
          leg: GraphLeg(1), GraphFixture.callee("refiner", "Refiner/Refine"), message: [0x20, 1],
          deadline: nil)
      ])
  }

  private static let after = "nothing comes here: the step before always ends with return"

  /// A graph that answers a label to a crop, and the one thing that is wrong with it.
  private static let mistakes: [(GraphNode, String)] = [
    (.sequence([ending, .refine]), "sequence[1]: \(after)"),
    (
      .sequence([.looped, .return.with(onError: .skip), .refine]),
      "sequence[2]: nothing comes after return"
    ),
    (
      .sequence([.switchOn("kind", ["1": ending], default: other), .refine]),
      "sequence[1]: \(after)"
    ),
    (.sequence([.ensemble([ending, other], .first), .refine]), "sequence[1]: \(after)"),
    (.sequence([.fallback([ending, other]), .refine]), "sequence[1]: \(after)"),
    (.sequence([.splitter([(50, ending), (50, other)]), .refine]), "sequence[1]: \(after)"),
    (
      .sequence([
        .loop(
          LoopNode(
            .untilHolds, field: "kind", condition: "KIND_OPEN", body: ending, maxRounds: 2)),
        .looped,
      ]), "sequence[1]: \(after)"
    ),
    (
      .ensemble([ending, other], .vote(field: "object")),
      "combine: nothing comes here: every branch always ends with return; say first"
    ),
    (
      .ensemble(
        [ending.with(name: "a"), .open.with(name: "b")],
        .map(
          MapNode(
            fields: [
              .init(field: "votes", source: .path("a.votes")),
              .init(field: "score", source: .path("b.score")),
            ], type: "graph.v1.Label"))),
      "combine.map.votes: there is no answer of a, which always ends with return"
    ),
  ]

  @Test(arguments: mistakes.indices) func aMistakeIsNamedOnce(index: Int) throws {
    let (graph, problem) = Self.mistakes[index]
    let found = try GraphFixture.problems(graph, for: "Judge")
    #expect(found == [problem], "\(found)")
  }
}
