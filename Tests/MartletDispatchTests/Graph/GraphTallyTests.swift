// What a run tells of its nodes beside the times of calls.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphTallyTests {
  /// `place: entered/failed` of every node, those of one place in the order of the plan.
  private func counts(_ plan: GraphPlan, _ tally: GraphTally) -> [String] {
    var figures = GraphFigures(now: .zero)
    figures.count(tally, now: .zero)
    return figures.recent(now: .zero).nodes.sorted { $0.key < $1.key }.map { number, node in
      "\(plan.path(of: number)): \(node.entered)/\(node.failures)"
    }
  }

  private let status = RPCStatus(.unavailable, "gone")
  private let looped: [UInt8] = [0x08, 1]
  private let open: [UInt8] = [0x08, 2]

  @Test func theCaseThatIsTakenIsEntered() throws {
    let plan = try GraphFixture.compile(
      .switchOn("kind", ["KIND_LOOPED": .looped, "KIND_OPEN": .open]), for: "Judge")
    var run = GraphRun(plan)
    _ = run.started(open)
    _ = run.answered(GraphLeg(0), [])
    #expect(counts(plan, run.takeTally()) == [": 1/0", "switch.cases.KIND_OPEN: 1/0"])
    #expect(counts(plan, run.takeTally()) == [])
  }

  @Test func aCaseThatNobodyTookIsAFailureOfTheSwitch() throws {
    let plan = try GraphFixture.compile(.switchOn("kind", ["KIND_LOOPED": .looped]), for: "Judge")
    var run = GraphRun(plan)
    _ = run.started(open)
    #expect(counts(plan, run.takeTally()) == [": 1/1"])
  }

  @Test func aNodeFailsWhenItHasNoOtherWay() throws {
    let plan = try GraphFixture.compile(
      .fallback([.sequence([.split, .looped]), .open]), for: "Judge")
    var run = GraphRun(plan)
    _ = run.started(looped)
    _ = run.answered(GraphLeg(0), looped)
    _ = run.failed(GraphLeg(1), status)
    _ = run.answered(GraphLeg(2), [])
    let places = [
      ": 1/0", "fallback[0]: 1/1", "fallback[0].sequence[0]: 1/0", "fallback[0].sequence[1]: 1/0",
      "fallback[1]: 1/0",
    ]
    // A call's own failures are those of its legs.
    #expect(counts(plan, run.takeTally()) == places)

    var hopeless = GraphRun(plan)
    _ = hopeless.started(looped)
    _ = hopeless.failed(GraphLeg(0), status)
    _ = hopeless.failed(GraphLeg(1), status)
    #expect(
      counts(plan, hopeless.takeTally()) == [
        ": 1/1", "fallback[0]: 1/1", "fallback[0].sequence[0]: 1/0", "fallback[1]: 1/0",
      ])
  }

  /// A branch with its share of the deadline waits in a frame of its own, which is no node.
  @Test func aBranchThatFailsWithinItsShareIsNoFailureOfTheFallback() throws {
    let plan = try GraphFixture.compile(
      .fallback([.sequence([.split, .looped]), .open]), for: "Judge")
    let places = [
      ": 1/0", "fallback[0]: 1/1", "fallback[0].sequence[0]: 1/0", "fallback[1]: 1/0",
    ]
    var run = GraphRun(plan, deadline: Deadline(.zero + .seconds(1)))
    _ = run.started(looped)
    _ = run.failed(GraphLeg(0), status)
    _ = run.answered(GraphLeg(1), [])
    #expect(counts(plan, run.takeTally()) == places)

    var late = GraphRun(plan, deadline: Deadline(.zero + .seconds(1)))
    _ = late.started(looped)
    _ = late.timePassed(now: .zero + .milliseconds(500))
    _ = late.answered(GraphLeg(1), [])
    #expect(counts(plan, late.takeTally()) == places)
  }

  @Test func aQuorumThatIsMissedIsOneFailure() throws {
    let plan = try GraphFixture.compile(
      .ensemble([.looped, .open, .generalist], .vote(field: "object"), quorum: 2), for: "Judge")
    var run = GraphRun(plan)
    _ = run.started(looped)
    for leg in 0..<2 { _ = run.failed(GraphLeg(leg), status) }
    #expect(run.hasEnded == true)
    #expect(counts(plan, run.takeTally()).first == ": 1/1")
  }

  @Test func aNodeThatIsLateHasFailedAndACallIsCountedByItsLeg() throws {
    let plan = try GraphFixture.compile(
      .fallback([
        .sequence([.split, .looped]).with(timeout: .milliseconds(10)),
        .open.with(timeout: .milliseconds(10)), .generalist,
      ]), for: "Judge")
    var run = GraphRun(plan)
    _ = run.started(looped)
    for _ in 0..<2 {
      let next = run.nextTimer
      _ = run.timePassed(now: try #require(next))
    }
    _ = run.answered(GraphLeg(2), [])
    #expect(
      counts(plan, run.takeTally()) == [
        // The time of a node is a node before it.
        ": 1/0", "fallback[0]: 1/0", "fallback[0]: 1/1", "fallback[0].sequence[0]: 1/0",
        "fallback[1]: 1/0", "fallback[1]: 1/0", "fallback[2]: 1/0",
      ])
  }

  @Test func memoryIsUsedAgain() throws {
    let plan = try GraphFixture.compile(.looped, for: "Judge")
    var run = GraphRun(plan)
    _ = run.started([])
    _ = run.answered(GraphLeg(0), [])
    var tally = run.takeTally()
    let capacity = tally.capacity
    tally.removeAll()
    #expect(tally.capacity == capacity)
    var other = GraphRun(plan, tally: tally)
    _ = other.started([])
    #expect(counts(plan, other.takeTally()) == [": 1/0"])
  }
}
