// Where streams may be in a graph, and what the router is told of them.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphStreamTests {
  private static let watch = GraphNode.call("streamer", "Streamer/Watch")
  private static let follow = GraphNode.call("streamer", "Streamer/Follow")
  private static let change = GraphNode.call("streamer", "Streamer/Change")

  private func stream(
    _ method: String, at path: SpecPath = [], answersOne: Bool = false
  ) -> GraphPlan.StreamCall {
    GraphPlan.StreamCall(
      deployment: "streamer", method: GraphFixture.method("Streamer/\(method)"),
      answersOne: answersOne, path: path)
  }

  private func step(_ index: Int) -> SpecPath { SpecPath().appending("sequence").appending(index) }

  @Test func theLastStepStreams() throws {
    let plan = try GraphFixture.compile(Self.watch, for: "Watch")
    #expect(plan.intake.isEmpty)
    #expect(plan.deployments == ["streamer"])
    var run = GraphRun(plan)
    #expect(run.started([10, 0]) == [.stream([stream("Watch")], message: [10, 0])])
    #expect(run.hasEnded == true)
  }

  @Test func aStreamGoesThroughTheCallsAfterIt() throws {
    let graph = GraphNode.sequence([
      .map(MapNode(fields: [], type: "graph.v1.Request")), Self.watch, Self.change, Self.change,
    ])
    var run = GraphRun(try GraphFixture.compile(graph, for: "Watch"))
    #expect(
      run.started([10, 0]) == [
        .stream(
          [
            stream("Watch", at: step(1)), stream("Change", at: step(2)),
            stream("Change", at: step(3)),
          ], message: [])
      ])
    let gathered = GraphNode.sequence([Self.watch, Self.change, Self.follow])
    var unary = GraphRun(try GraphFixture.compile(gathered, for: "Analyze"))
    #expect(
      unary.started([]) == [
        .stream(
          [
            stream("Watch", at: step(0)), stream("Change", at: step(1)),
            stream("Follow", at: step(2), answersOne: true),
          ], message: [])
      ])
  }

  @Test func aStreamOfTheClientGoesToTheFirstSteps() throws {
    let plan = try GraphFixture.compile(Self.follow, for: "Gather")
    #expect(plan.intake == [stream("Follow", answersOne: true)])
    #expect(plan.intakeAnswers)
    let both = try GraphFixture.compile(.sequence([Self.change, Self.change]), for: "Chat")
    #expect(both.intake == [stream("Change", at: step(0)), stream("Change", at: step(1))])
    #expect(both.intakeAnswers)
    let named = GraphNode.map(
      MapNode(fields: [.init(field: "text", source: .path("text"))], type: "graph.v1.Answer"))
    let rest = try GraphFixture.compile(.sequence([Self.follow, named]), for: "Gather")
    #expect(!rest.intakeAnswers)
    var run = GraphRun(rest)
    #expect(run.started([10, 1, 97]) == [.finish([10, 1, 97])])
  }

  @Test func aCallThatStreamsKeepsItsName() throws {
    var named = Self.watch
    named.options.name = "first"
    let alone = try GraphFixture.compile(named, for: "Watch")
    var call = stream("Watch")
    call.name = "first"
    var run = GraphRun(alone)
    #expect(run.started([]) == [.stream([call], message: [])])
    let chain = try GraphFixture.compile(.sequence([named, Self.change]), for: "Watch")
    call.path = step(0)
    var other = GraphRun(chain)
    #expect(
      other.started([]) == [.stream([call, stream("Change", at: step(1))], message: [])])
  }

  @Test func theSequenceThatTakesAStreamMayHaveAName() throws {
    let answer = GraphNode.map(MapNode(fields: [], type: "graph.v1.Answer"))
    let graph = GraphNode.sequence([Self.follow, answer]).with(name: "whole")
    var run = GraphRun(try GraphFixture.compile(graph, for: "Gather"), traces: true)
    #expect(run.started([10, 1, 97]) == [.finish([])])
    let names = run.trace?.spans.map(\.name)
    #expect(names == ["whole", nil])
    #expect(
      try GraphFixture.compile(.sequence([Self.change]).with(name: "whole"), for: "Chat").intake
        == [stream("Change", at: step(0))])
  }

  @Test(arguments: mistakes.indices) func aMistakeIsNamedOnce(index: Int) throws {
    let (graph, method, problem) = Self.mistakes[index]
    let found = try GraphFixture.problems(graph, for: method)
    #expect(found == [problem], "\(found)")
  }

  private static let mistakes: [(GraphNode, String, String)] = [
    (
      watch, "Analyze",
      ": the graph ends with a stream, but graph.v1.Understanding/Analyze answers one message"
    ),
    (
      .fallback([watch]), "Watch",
      "fallback[0].method: graph.v1.Streamer/Watch is a streaming method; only the last step of a "
        + "graph may stream, without options, and the first ones of a route that takes a stream"
    ),
    (
      .sequence([watch, .fetch]), "Watch",
      "sequence[1].method: a stream comes here, but graph.v1.Pages/Fetch takes one message"
    ),
    (
      .sequence([watch, change.with(timeout: .seconds(1))]), "Watch",
      "sequence[1]: a call that streams has no options but a name"
    ),
    (
      .sequence([watch, .map(MapNode(fields: []))]), "Watch",
      "sequence[1]: a stream comes here, and only calls of methods that take one may follow"
    ),
    (
      .sequence([follow]).with(timeout: .seconds(1)), "Gather",
      ": a sequence that takes the client's stream has no options but a name"
    ),
    (
      .fetch, "Gather",
      "method: a stream comes here, but graph.v1.Pages/Fetch takes one message"
    ),
    (
      .sequence([.split, .route(GraphFixture.method("Streamer/Follow"))]), "Split",
      "sequence[1].route: the app has no route graph.v1.Streamer/Follow"
    ),
  ]
}
