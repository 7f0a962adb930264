// Mistakes in nodes that only types show.

import MartletCore
import Testing

@Suite struct GraphNodeProblemsTests {
  private static let decide = GraphFixture.method("Jury/Decide")
  private static let classify = GraphFixture.method("Classifier/Classify")
  private static let whole = GraphNode.sequence([.fetch, .combine])

  private static func mirror(_ deployment: String, _ method: MethodName) -> GraphNode {
    .mirror(MirrorNode(deployment: deployment, method: method))
  }

  private static func loop(_ field: String, _ condition: String, _ body: GraphNode) -> GraphNode {
    .loop(LoopNode(.whileHolds, field: field, condition: condition, body: body, maxRounds: 3))
  }

  private static let doubled =
    "a hedge within a hedge multiplies the copies of a message; keep one of the two"

  /// A graph, the method that it answers, and the one thing that is wrong with it.
  static let mistakes: [(GraphNode, String, String)] = [
    (
      .hedge(.zero, .looped), "Judge",
      "hedge.call: a hedge may send a message twice; expert-looped does not say idempotent: true"
    ),
    (
      .hedge(.zero, .fallback([.sureA, .hedge(.zero, .sureB)])), "Judge",
      "hedge.fallback[1].hedge: \(doubled)"
    ),
    (
      .sequence([.looped]).with(retry: NodeOptions.RetrySpec(attempts: 2)), "Judge",
      "sequence[0].call: retry may send a message twice; expert-looped does not say idempotent: true"
    ),
    (
      .looped.with(onError: .skip), "Judge",
      "on_error: skip passes graph.v1.Crop on, but the node answers graph.v1.Label; say default, or "
        + "skip a branch of an ensemble or the body of a for_each"
    ),
    (
      .looped.with(onError: .answer(.object(["objec": .string("?")]))), "Judge",
      "on_error.default: this is not a graph.v1.Label: objec: graph.v1.Label has no such field; did "
        + "you mean object?"
    ),
    (
      .looped.with(takesRequest: true), "Judge",
      "data: $request is what came into the sequence around the node, and there is none"
    ),
    (
      .sequence([.looped, .refine.with(takesRequest: true)]), "Judge",
      "sequence[1].method: graph.v1.Refiner/Refine takes graph.v1.Label, but what comes here is "
        + "graph.v1.Crop"
    ),
    (
      .sequence([.split, .switchOn("kind", ["1": .return], default: .looped)]), "Judge",
      "sequence[1].switch.cases.1: return answers with graph.v1.Crop, but the graph answers "
        + "graph.v1.Label"
    ),
    (.sequence([.looped, .return, .refine]), "Judge", "sequence[2]: nothing comes after return"),
    (
      .fallback([.looped, .split]), "Judge",
      "fallback[1]: branch 1 answers graph.v1.Crop, but branch 0 answers graph.v1.Label; all branches "
        + "of the fallback answer the same type"
    ),
    (
      .fallback([.split.with(onError: .skip), .split]), "Split",
      "fallback[0].on_error: a branch that never fails; the ones behind it are never asked"
    ),
    (
      .fallback([.looped, .sureA.with(onError: .answer(.object([:]))), .open]), "Judge",
      "fallback[1].on_error: a branch that never fails; the ones behind it are never asked"
    ),
    (
      .sequence([.looped, .fallback([.return, .refine])]), "Judge",
      "sequence[1].fallback[0]: a branch that never fails; the ones behind it are never asked"
    ),
    (
      .splitter([(50, .looped), (50, .split)]), "Judge",
      "splitter[1].do: share 1 answers graph.v1.Crop, but share 0 answers graph.v1.Label; all branches "
        + "of the splitter answer the same type"
    ),
    (
      .splitter([(100, .looped)], .field("plaec")), "Judge",
      "by: graph.v1.Crop has no field \"plaec\"; did you mean place?"
    ),
    (
      .ensemble([.looped], .maxBy(field: "object")), "Judge",
      "combine.max_by: graph.v1.Label.object is string; max_by takes a number"
    ),
    (
      .ensemble([.looped], .weightedMean(fields: ["object"], weights: [1])), "Judge",
      "combine.weighted_mean.fields[0]: graph.v1.Label.object is string; weighted_mean takes numbers"
    ),
    (
      .ensemble([.combine], .collect(field: "labels")), "Refine",
      "combine.collect: graph.v1.Page.labels is repeated graph.v1.Label, but the branches answer "
        + "graph.v1.Answer"
    ),
    (
      .ensemble([.split], .call(deployment: "jury", method: decide)), "Judge",
      "combine.method: graph.v1.Jury/Decide takes graph.v1.Case, which has no repeated field of "
        + "graph.v1.Crop; a combiner gets the answers in one"
    ),
    (
      .ensemble([.looped], .call(deployment: "refiner", method: decide)), "Judge",
      "combine.call: refiner does not serve graph.v1.Jury"
    ),
    (
      loop("kind", "KIND_OPEN", .looped), "Split",
      "do: the body answers graph.v1.Label, but the next round takes graph.v1.Crop"
    ),
    (
      loop("votes", "< many", .refine), "Improve",
      "is: < many is not a value of graph.v1.Label.votes, which is int32"
    ),
    (
      loop("score", "0.5", .refine), "Improve",
      "is: graph.v1.Label.score is double, and whether two of those are equal is chance; say < 0.5, "
        + ">= 0.5 or a range such as 0.5..<0.8"
    ),
    (
      .switchOn("size", ["9..<3": whole]), "Analyze",
      "switch.cases.9..<3: 9..<3 is not a value of graph.v1.Request.size, which is int32"
    ),
    (
      .switchOn("size", ["< 3": whole, "<3": whole]), "Analyze",
      "switch.cases.<3: case <3 is the same value as case < 3"
    ),
    (
      .switchOn("size", ["3..<3": whole], default: whole), "Analyze",
      "switch.cases.3..<3: 3..<3 holds for no value of size"
    ),
    (
      loop("score", "0.5..<0.5", .refine), "Improve",
      "is: 0.5..<0.5 holds for no value of score"
    ),
    (
      .switchOn("size", ["< 5": whole, "3": whole]), "Analyze",
      "switch.cases.3: case 3 is never taken: case < 5 before it has its values"
    ),
    (
      .switchOn("weight", ["0.2...0.8": whole, "0.2..<0.8": whole, "< 1": whole]), "Analyze",
      "switch.cases.0.2..<0.8: case 0.2..<0.8 is never taken: case 0.2...0.8 before it has its "
        + "values"
    ),
    (
      .switchOn("weight", ["> 0.5": whole, "<= 0.5": whole, "> 0.7": whole]), "Analyze",
      "switch.cases.> 0.7: case > 0.7 is never taken: case > 0.5 before it has its values"
    ),
    (
      .sequence([mirror("pages", GraphFixture.method("Pages/Fetch")), .looped]), "Judge",
      "sequence[0].method: graph.v1.Pages/Fetch takes graph.v1.Request, but what comes here is "
        + "graph.v1.Crop"
    ),
    (
      .sequence([mirror("generalist", GraphFixture.method("Pages/Follow")), whole]), "Analyze",
      "sequence[0].method: graph.v1.Pages/Follow is a streaming method; only the last step of a graph "
        + "may stream, without options, and the first ones of a route that takes a stream"
    ),
    (
      .sequence([mirror("nobody", classify), .looped]), "Judge",
      "sequence[0].mirror: no deployment nobody"
    ),
  ]

  @Test(arguments: mistakes.indices) func aMistakeIsNamedOnce(index: Int) throws {
    let (graph, method, problem) = Self.mistakes[index]
    let found = try GraphFixture.problems(graph, for: method)
    #expect(found == [problem], "\(found)")
  }

  @Test func aHedgeWithinARouteIsWithinTheHedgeAroundIt() throws {
    let inner = GraphFixture.method("Understanding/Reconsider")
    let found = try GraphFixture.problems(
      .hedge(.zero, .route(inner)), for: "Judge",
      beside: [.graph(method: inner, .hedge(.zero, .sureA))])
    #expect(found == ["hedge.route.hedge: \(Self.doubled)"])
  }

  @Test func whatFitsIsTaken() throws {
    let fitting: [(GraphNode, String)] = [
      (.hedge(.zero, .ensemble([.sureA, .sureB], .merge)), "Judge"),
      (.ensemble([.hedge(.zero, .sureA), .hedge(.zero, .sureB)], .merge), "Judge"),
      (
        .switchOn("weight", ["< 0": Self.whole, "0...1": Self.whole], default: Self.whole),
        "Analyze"
      ),
      (.switchOn("size", ["< 3": Self.whole, "3": Self.whole], default: Self.whole), "Analyze"),
      (
        .switchOn(
          "size",
          [
            "3": Self.whole, "4..<6": Self.whole, "4...6": Self.whole, "< 4": Self.whole,
            "<= 4": Self.whole, "> 6": Self.whole, ">= 6": Self.whole,
          ]), "Analyze"
      ),
      (.switchOn("place.region", ["a": .looped, "b": .open]), "Judge"),
      (
        .fallback([
          .sequence([.split.with(onError: .skip), .looped]),
          .ensemble([.looped.with(onError: .skip), .open], .first),
          .sureA.with(onError: .answer(.object([:]))),
        ]), "Judge"
      ),
      (.sequence([.looped, .switchOn("votes", [">= 2": .return], default: .refine)]), "Judge"),
    ]
    for (graph, method) in fitting {
      #expect(try GraphFixture.problems(graph, for: method) == [])
    }
  }
}
