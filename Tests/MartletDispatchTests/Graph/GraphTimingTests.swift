// The times of nodes, and how often they run again, in exact order.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphTimingTests {
  // MARK: Time

  @Test func aNodeFailsAfterItsTime() throws {
    var judge = try Judge(
      .fallback([
        .sequence([.split, .looped]).with(name: "slow", timeout: .milliseconds(200)), .open,
      ]))
    #expect(judge.start() == ["0 splitter by 200 ms"])
    judge.now = judge.now + .milliseconds(50)
    #expect(
      judge.run.answered(GraphLeg(0), [], now: judge.now).count == 1)
    #expect(try judge.wait() == ["cancel 1", "2 expert-open"])
    #expect(judge.now == .zero + .milliseconds(200))
    #expect(judge.run.nextTimer == nil)
  }

  /// Each element is given up by a timer of its own, which must not look at those of the others.
  @Test(arguments: [64, 1_024, 4_096]) func givingUpCostsWhatIsGivenUp(elements: Int) throws {
    let body = GraphNode.hedge(.milliseconds(1), .sureA)
      .with(timeout: .milliseconds(10), onError: .skip)
    var run = GraphRun(try GraphFixture.compile(.forEach("crops", body), for: "Refine"))
    var orders = run.started(Array(repeating: [0x0a, 0], count: elements).flatMap { $0 })
    var now = Timestamp.zero
    while let next = run.nextTimer {
      now = next
      orders = run.timePassed(now: now)
    }
    #expect(run.hasEnded == true)
    #expect(orders.last == .finish(Array(repeating: [0x0a, 0], count: elements).flatMap { $0 }))
    // The hedge in each.
    #expect(run.prunedFrames == elements)
  }

  @Test func aCallThatWaitsForAnotherIsForgottenWithItsNode() throws {
    var limits = GraphLimits()
    limits.maxOngoingLegs = 1
    let late = GraphNode.open.with(timeout: .milliseconds(5), onError: .skip)
    var run = GraphRun(
      try GraphFixture.compile(.ensemble([.looped, late, .generalist], .merge), for: "Judge"),
      limits: limits)
    #expect(run.started([]).count == 1)
    #expect(run.timePassed(now: .zero + .milliseconds(5)) == [])
    #expect(
      run.answered(GraphLeg(0), [], now: .zero + .milliseconds(6)) == [
        .call(
          leg: GraphLeg(2), GraphFixture.callee("generalist", "Classifier/Classify"), message: [],
          deadline: nil)
      ])
    #expect(run.answered(GraphLeg(2), [], now: .zero + .milliseconds(7)) == [.finish([])])
  }

  @Test func anAnswerInTimeStopsTheTimer() throws {
    var judge = try Judge(.looped.with(timeout: .seconds(1)))
    #expect(judge.start() == ["0 expert-looped by 1000 ms"])
    #expect(try judge.answer(0) == ["{}"])
    #expect(judge.run.nextTimer == nil)
  }

  @Test func theNearestTimeCounts() throws {
    var judge = try Judge(
      .sequence([.looped.with(timeout: .seconds(5))]).with(name: "all", timeout: .seconds(1)))
    #expect(judge.start() == ["0 expert-looped by 1000 ms"])
    #expect(
      try judge.wait() == [
        "cancel 0",
        "deadlineExceeded: graph.v1.Understanding/Judge at  (all): no answer within 1.0 seconds",
      ])
  }

  @Test func aHedgeSendsASecondCopyAfterAWhile() throws {
    var judge = try Judge(.hedge(.milliseconds(20), .sureA))
    #expect(judge.start() == ["0 sure-a"])
    #expect(try judge.wait() == ["1 sure-a"])
    #expect(try judge.answer(1, #"{"votes":1}"#) == ["cancel 0", #"{"votes":1}"#])
  }

  @Test func aHedgeSendsTheSecondCopyAtOnceWhenTheFirstFails() throws {
    var judge = try Judge(.hedge(.milliseconds(20), .sureA))
    #expect(judge.start() == ["0 sure-a"])
    #expect(judge.fail(0) == ["1 sure-a"])
    #expect(judge.run.nextTimer == nil)
    #expect(judge.fail(1) == ["unavailable: leg 1"])

    var other = try Judge(.hedge(.milliseconds(20), .sureA))
    _ = other.start()
    _ = try other.wait()
    #expect(other.fail(0) == [])
    #expect(try other.answer(1) == ["{}"])
  }

  // MARK: Retries

  @Test func aNodeIsRunAgainLaterAndLater() throws {
    let retry = NodeOptions.RetrySpec(attempts: 3, backoff: .milliseconds(100))
    var judge = try Judge(.sureA.with(retry: retry))
    #expect(judge.start() == ["0 sure-a"])
    #expect(judge.fail(0) == [])
    #expect(try judge.wait() == ["1 sure-a"])
    let first = judge.now.duration(since: .zero)
    #expect(first >= .milliseconds(80) && first <= .milliseconds(120))
    #expect(judge.fail(1) == [])
    #expect(try judge.wait() == ["2 sure-a"])
    let second = judge.now.duration(since: .zero) - first
    #expect(second >= .milliseconds(160) && second <= .milliseconds(240))
    #expect(judge.fail(2) == ["unavailable: leg 2"])
  }

  @Test func onlyTheNamedStatusesAreRetriedAndOnlyInTime() throws {
    let retry = NodeOptions.RetrySpec(
      attempts: 5, backoff: .milliseconds(100), codes: [.aborted])
    var other = try Judge(.sureA.with(retry: retry))
    _ = other.start()
    #expect(other.fail(0) == ["unavailable: leg 0"])

    // The pause is 80 ms at least: the node fails at once, with what it has failed with.
    var late = try Judge(.sureA.with(timeout: .milliseconds(80), retry: retry))
    #expect(late.start() == ["0 sure-a by 80 ms"])
    #expect(late.fail(0, .aborted) == ["aborted: leg 0"])

    var hurried = try Judge(.sureA.with(retry: retry), deadline: 80)
    _ = hurried.start()
    #expect(hurried.fail(0, .aborted) == ["aborted: leg 0"])

    // There is time for one pause of 120 ms at most, not for a second one of 160 at least.
    var once = try Judge(.sureA.with(retry: retry), deadline: 240)
    _ = once.start()
    #expect(once.fail(0, .aborted) == [])
    #expect(try once.wait() == ["1 sure-a"])
    #expect(once.fail(1, .aborted) == ["aborted: leg 1"])
  }

  /// Four steps of five attempts each, around one that fails always: attempts do not multiply.
  @Test func retriesShareOneBudget() throws {
    let retry = NodeOptions.RetrySpec(attempts: 5)
    var graph = GraphNode.sureA.with(retry: retry)
    for _ in 0..<3 { graph = .sequence([.split, graph]).with(retry: retry) }
    var judge = try Judge(graph)
    var orders = judge.start()
    var calls = 0
    while let order = orders.first, let leg = Int(order.prefix { $0 != " " }) {
      calls += 1
      orders = order.hasSuffix("splitter") ? try judge.answer(leg) : judge.fail(leg)
      if orders.isEmpty, judge.run.nextTimer != nil { orders = try judge.wait() }
    }
    #expect(orders.count == 1 && orders[0].hasPrefix("unavailable: leg"))
    // The way down is four calls; three retries of the innermost.
    #expect(calls == 7)
  }

  @Test func whatTheRouterSentAgainCountsAsRetries() throws {
    var judge = try Judge(.sureA.with(retry: NodeOptions.RetrySpec(attempts: 5)))
    #expect(judge.start() == ["0 sure-a"])
    judge.run.sentAgain(2)
    #expect(judge.fail(0) == [])
    #expect(try judge.wait() == ["1 sure-a"])
    // Twice by the router, once by the node.
    #expect(judge.fail(1) == ["unavailable: leg 1"])
  }

  @Test func secondCopiesOfHedgesCountAsRetries() throws {
    let hedge = GraphNode.hedge(.milliseconds(20), .sureA)
    var judge = try Judge(.ensemble(Array(repeating: hedge, count: 4), .merge))
    #expect(judge.start().count == 4)
    // Three in any case: the last one goes on with its first copy, and fails with it.
    #expect(try judge.wait() == ["4 sure-a", "5 sure-a", "6 sure-a"])
    #expect(judge.run.nextTimer == nil)
    var orders: [String] = []
    for leg in 0..<4 where orders.isEmpty {
      orders = judge.fail(leg)
      if !orders.isEmpty { #expect(orders.last == "unavailable: leg \(leg)") }
    }
    #expect(judge.run.hasEnded == true)
  }

  @Test func aHedgeWithoutABudgetFailsWithItsFirstCopy() throws {
    var judge = try Judge(.hedge(.milliseconds(20), .sureA))
    #expect(judge.start() == ["0 sure-a"])
    judge.run.sentAgain(3)
    #expect(judge.fail(0) == ["unavailable: leg 0"])
  }

  @Test func manyCallsMayRetryMore() throws {
    let retry = NodeOptions.RetrySpec(attempts: 2, backoff: .milliseconds(100))
    var run = GraphRun(
      try GraphFixture.compile(
        .forEach("crops", .sureA.with(retry: retry, onError: .skip)), for: "Refine"), seed: 1)
    let started = run.started(Array(repeating: [0x0a, 0], count: 50).flatMap { $0 })
    #expect(started.count == 50)
    for leg in 0..<50 { #expect(run.failed(GraphLeg(leg), RPCStatus(.unavailable)) == []) }
    // One call in five.
    #expect(run.timePassed(now: .zero + .seconds(1)).count == 10)
  }
}
