// What a trace says of each node.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphTraceTests {
  private func run(
    _ graph: GraphNode, for method: String = "Judge", limits: GraphLimits = GraphLimits()
  ) throws -> GraphRun {
    GraphRun(
      try GraphFixture.compile(graph, for: method), seed: 1, traces: true, limits: limits)
  }

  /// `path kind began–ended outcome`, times in milliseconds.
  private func texts(_ run: borrowing GraphRun) -> [String] {
    (run.trace?.spans ?? []).map { span in
      let end = span.ended.map { "\($0.nanoseconds / 1_000_000)" } ?? ""
      let outcome: String =
        switch span.outcome {
        case .running: "running"
        case .answered: "ok"
        case .replaced: "replaced"
        case .failed(let code): code.name
        case .cancelled: "cancelled"
        }
      return "\(span.path) \(span.kind) \(span.began.nanoseconds / 1_000_000)–\(end) \(outcome)"
        + (span.detail.map { " \($0)" } ?? "") + (span.leg.map { " \($0)" } ?? "")
    }
  }

  private func at(_ milliseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: milliseconds * 1_000_000)
  }

  @Test func nobodyAskedNothingIsKept() throws {
    var run = GraphRun(try GraphFixture.compile(.looped, for: "Judge"))
    _ = run.started([])
    #expect(run.trace == nil)
  }

  @Test func aReturnGoesByItsName() throws {
    var run = try run(.sequence([.looped, GraphNode.return.with(name: "early")]))
    _ = run.started([])
    _ = run.answered(GraphLeg(0), [])
    let names = run.trace?.spans.map(\.name)
    #expect(names == [nil, nil, "early"])
  }

  @Test func eachNodeHasItsTimesAndItsEnd() throws {
    let graph = GraphNode.sequence([
      .split,
      .switchOn("kind", ["KIND_OPEN": .open], default: .looped),
      .refine,
    ])
    var run = try run(graph)
    _ = run.started([1 << 3, 2], now: at(1))
    _ = run.answered(GraphLeg(0), [1 << 3, 2], now: at(3))
    _ = run.answered(GraphLeg(1), [], now: at(7))
    #expect(
      texts(run) == [
        " sequence 1– running",
        "sequence[0] call 1–3 ok leg 0",
        "sequence[1] switch 3–7 ok KIND_OPEN",
        "sequence[1].switch.cases.KIND_OPEN call 3–7 ok leg 1",
        "sequence[2] call 7– running leg 2",
      ])
    _ = run.answered(GraphLeg(2), [32, 1], now: at(8))
    #expect(texts(run).first == " sequence 1–8 ok")
    #expect(run.trace?.spans.map(\.parent) == [nil, 0, 0, 0, 0])
    #expect(run.trace?.spans.first?.inputBytes == 2)
    #expect(run.trace?.spans.last?.outputBytes == 2)
  }

  @Test func callsThatStreamAndWhatIsAroundThemGoOn() throws {
    let graph = GraphNode.sequence([
      .map(MapNode(fields: [], type: "graph.v1.Request")),
      .call("streamer", "Streamer/Watch"), .call("streamer", "Streamer/Change"),
    ])
    var run = try run(graph, for: "Watch")
    _ = run.started([], now: at(1))
    #expect(run.hasEnded == true)
    #expect(
      texts(run) == [
        " sequence 1– running",
        "sequence[0] map 1–1 ok",
        "sequence[1] call 1– running",
        "sequence[2] call 1– running",
      ])
    #expect(run.trace?.spans.map(\.stream) == [nil, nil, 0, 1])
    #expect(run.trace?.spans.map(\.parent) == [nil, 0, 0, 0])
    _ = run.abandoned(now: at(2))
    #expect(run.trace?.spans.last?.outcome == .running)
  }

  @Test func whatIsGivenUpIsCancelled() throws {
    var run = try run(.ensemble([.looped, GraphNode.open.with(onError: .skip)], .merge, quorum: 1))
    _ = run.started([], now: at(0))
    _ = run.failed(GraphLeg(1), RPCStatus(.unavailable, "gone"), now: at(1))
    _ = run.answered(GraphLeg(0), [], now: at(2))
    #expect(
      texts(run) == [
        " ensemble 0–2 ok",
        "ensemble[0] call 0–2 ok leg 0",
        "ensemble[1] on_error 0–1 replaced skip",
        "ensemble[1] call 0–1 UNAVAILABLE leg 1",
      ])
    #expect(run.trace?.spans.map(\.slot) == [0, 0, 1, 0])

    var first = try self.run(.ensemble([.looped, .open], .first))
    _ = first.started([], now: at(0))
    _ = first.answered(GraphLeg(1), [], now: at(5))
    #expect(texts(first)[1] == "ensemble[0] call 0–5 cancelled leg 0")

    var left = try self.run(.sequence([.looped, .refine]))
    _ = left.started([], now: at(0))
    _ = left.abandoned(now: at(4))
    #expect(
      texts(left) == [" sequence 0–4 cancelled", "sequence[0] call 0–4 cancelled leg 0"])
  }

  @Test func whatAReturnAnswersForIsAnswered() throws {
    let early = GraphNode.sequence([
      .looped, .switchOn("score", ["< 0.5": .return], default: .refine),
    ])
    var run = try run(.ensemble([early, .open], .merge))
    _ = run.started([], now: at(0))
    _ = run.answered(GraphLeg(0), [32, 1], now: at(3))
    #expect(
      texts(run) == [
        " ensemble 0–3 ok",
        "ensemble[0] sequence 0–3 ok",
        "ensemble[0].sequence[0] call 0–3 ok leg 0",
        "ensemble[1] call 0–3 cancelled leg 1",
        "ensemble[0].sequence[1] switch 3–3 ok < 0.5",
        "ensemble[0].sequence[1].switch.cases.< 0.5 return 3–3 ok",
      ])
    #expect(run.trace?.spans.map(\.outputBytes) == [2, 2, 2, nil, 2, 2])
  }

  @Test func aReturnAnswersForTheGraphOfItsRoute() throws {
    let route = GraphFixture.method("Understanding/Reconsider")
    let reconsidered = GraphNode.sequence([
      .ensemble([.sureA, .sequence([.sureB, .return])], .merge), .refine,
    ])
    let plan = try GraphFixture.compile(
      .sequence([.split, .route(route), .refine]), for: "Judge",
      beside: [.graph(method: route, reconsidered)])
    var run = GraphRun(plan, traces: true)
    _ = run.started([], now: at(0))
    _ = run.answered(GraphLeg(0), [], now: at(1))
    _ = run.answered(GraphLeg(2), [32, 1], now: at(2))
    let spans = texts(run)
    #expect(
      spans.filter { $0.contains(" running") } == [
        " sequence 0– running", "sequence[2] call 2– running leg 3",
      ])
    #expect(spans.filter { $0.contains("cancelled") }.count == 1)
    #expect(spans.first { $0.contains("cancelled") }?.hasSuffix("1–2 cancelled leg 1") == true)
    #expect(run.trace?.spans.filter { $0.outcome == .answered }.count == 7)
  }

  @Test func whatIsPastItsTimeIsToldFromWhatLost() throws {
    let slow = GraphNode.sequence([.looped, .refine]).with(timeout: .milliseconds(5))
    var run = try run(.fallback([slow, .open]))
    _ = run.started([], now: at(0))
    _ = run.timePassed(now: at(5))
    #expect(
      texts(run) == [
        " fallback 0– running",
        "fallback[0] on_error 0–5 DEADLINE_EXCEEDED",
        "fallback[0] sequence 0–5 DEADLINE_EXCEEDED",
        "fallback[0].sequence[0] call 0–5 DEADLINE_EXCEEDED leg 0",
        "fallback[1] call 5– running leg 1",
      ])

    // The share of a branch, then the request's own deadline.
    let plan = try GraphFixture.compile(.fallback([.looped, .open]), for: "Judge")
    var shared = GraphRun(plan, deadline: Deadline(at(8)), traces: true)
    _ = shared.started([], now: at(0))
    _ = shared.timePassed(now: at(4))
    _ = shared.abandoned(isLate: true, now: at(8))
    #expect(
      texts(shared) == [
        " fallback 0–8 DEADLINE_EXCEEDED",
        "fallback[0] call 0–4 DEADLINE_EXCEEDED leg 0",
        "fallback[1] call 4–8 DEADLINE_EXCEEDED leg 1",
      ])
    #expect(shared.trace?.spans.map(\.parent) == [nil, 0, 0])
  }

  @Test func whatRunsAgainIsThereAgain() throws {
    let retry = NodeOptions.RetrySpec(attempts: 2)
    var run = try run(GraphNode.sureA.with(retry: retry))
    _ = run.started([], now: at(0))
    _ = run.failed(GraphLeg(0), RPCStatus(.unavailable, "gone"), now: at(1))
    let next = run.nextTimer
    let again = try #require(next)
    _ = run.timePassed(now: again)
    _ = run.answered(GraphLeg(1), [], now: at(3))
    #expect(
      texts(run) == [
        " retry 0–3 ok", " call 0–1 UNAVAILABLE leg 0", " call 1–3 ok leg 1",
      ])
  }

  @Test func beyondTheLimitSpansAreCounted() throws {
    var limits = GraphLimits()
    limits.maxTracedNodes = 2
    var run = try run(.ensemble([.looped, .open, .generalist], .merge), limits: limits)
    _ = run.started([], now: at(0))
    for leg in 0..<3 { _ = run.answered(GraphLeg(leg), [], now: at(1)) }
    #expect(texts(run) == [" ensemble 0–1 ok", "ensemble[0] call 0–1 ok leg 0"])
    #expect(run.trace?.omittedSpans == 2)
  }
}
