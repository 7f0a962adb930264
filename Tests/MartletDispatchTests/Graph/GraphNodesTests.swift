// What each kind of node does, in exact order.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphNodesTests {
  // MARK: Fallback and on_error

  @Test func aFallbackTakesTheNextBranchOnTheSameInput() throws {
    var judge = try Judge(.fallback([.looped, .open, .generalist]))
    #expect(judge.start() == ["0 expert-looped"])
    #expect(judge.fail(0) == ["1 expert-open"])
    #expect(try judge.answer(1, #"{"object":"b"}"#) == [#"{"object":"b"}"#])

    var hopeless = try Judge(.fallback([.looped, .open]))
    #expect(hopeless.start() == ["0 expert-looped"])
    #expect(hopeless.fail(0) == ["1 expert-open"])
    #expect(hopeless.fail(1, .internalError) == ["internalError: leg 1"])
  }

  @Test func aFailureGoesUpThroughSequencesToTheNodeThatHasAnotherWay() throws {
    var judge = try Judge(.fallback([.sequence([.split, .looped]), .open]))
    #expect(judge.start() == ["0 splitter"])
    #expect(judge.fail(0) == ["1 expert-open"])
  }

  @Test func aFallbackCancelsWhatTheFailedBranchStillDoes() throws {
    var judge = try Judge(.fallback([.ensemble([.looped, .open], .merge), .generalist]))
    #expect(judge.start() == ["0 expert-looped", "1 expert-open"])
    #expect(judge.fail(0) == ["cancel 1", "2 generalist"])
    #expect(try judge.answer(1) == [])
    #expect(try judge.answer(2) == ["{}"])
  }

  @Test func aFallbackMovesOnWhenABranchIsPastItsShareOfTheTime() throws {
    var judge = try Judge(.fallback([.looped, .open, .generalist]), deadline: 900)
    #expect(judge.start() == ["0 expert-looped by 300 ms"])
    #expect(try judge.wait() == ["cancel 0", "1 expert-open by 600 ms"])
    // It fails before its time: the last one has all that is left, and no time of its own.
    judge.now = judge.now + .milliseconds(100)
    #expect(judge.fail(1) == ["2 generalist"])
    #expect(judge.run.nextTimer == nil)
    // Too late.
    #expect(try judge.answer(0) == [])
    #expect(try judge.answer(2, #"{"object":"c"}"#) == [#"{"object":"c"}"#])
  }

  @Test func aShareIsOfTheNearestDeadlineAndABranchsOwnTimeCounts() throws {
    let branches = GraphNode.fallback([
      .looped.with(timeout: .milliseconds(10)), .sequence([.split, .open]), .generalist,
    ])
    // Of what the node around it has, not of the second that the request has.
    var judge = try Judge(branches.with(timeout: .milliseconds(410)), deadline: 1000)
    #expect(judge.start() == ["0 expert-looped by 10 ms"])
    #expect(try judge.wait() == ["cancel 0", "1 splitter by 210 ms"])
    #expect(try judge.answer(1) == ["2 expert-open by 210 ms"])
    #expect(try judge.wait() == ["cancel 2", "3 generalist by 410 ms"])
    #expect(try judge.wait().first == "cancel 3")

    // Without a deadline a branch takes as long as it takes.
    var calm = try Judge(.fallback([.looped, .open]))
    #expect(calm.start() == ["0 expert-looped"])
    #expect(calm.run.nextTimer == nil)
  }

  @Test func aFallbackInAFallbackSharesWhatTheBranchHas() throws {
    var judge = try Judge(.fallback([.fallback([.looped, .open]), .generalist]), deadline: 400)
    #expect(judge.start() == ["0 expert-looped by 100 ms"])
    #expect(try judge.wait() == ["cancel 0", "1 expert-open by 200 ms"])
    #expect(try judge.wait() == ["cancel 1", "2 generalist"])
  }

  @Test func onErrorAnswersWithAMessage() throws {
    let unknown = ConfigValue.object(["object": .string("unknown")])
    var judge = try Judge(.looped.with(onError: .answer(unknown)))
    #expect(judge.start() == ["0 expert-looped"])
    #expect(judge.fail(0) == [#"{"object":"unknown"}"#])
  }

  @Test func onErrorSkipsANodeInASequence() throws {
    var judge = try Judge(.sequence([.split.with(onError: .skip), .looped]))
    #expect(judge.start([0x08, 2]) == ["0 splitter"])
    #expect(judge.fail(0) == ["1 expert-looped"])
  }

  @Test func onErrorLeavesElementsAndBranchesOut() throws {
    var judge = try Judge(
      .ensemble([.looped.with(onError: .skip), .open.with(onError: .skip)], .merge))
    #expect(judge.start() == ["0 expert-looped", "1 expert-open"])
    #expect(judge.fail(0) == [])
    #expect(try judge.answer(1, #"{"votes":3}"#) == [#"{"votes":3}"#])

    var none = try Judge(
      .ensemble([.looped.with(onError: .skip), .open.with(onError: .skip)], .merge))
    _ = none.start()
    #expect(none.fail(0) == [])
    #expect(
      none.fail(1) == [
        "unavailable: graph.v1.Understanding/Judge at : every branch of the ensemble failed; the last "
          + "one: UNAVAILABLE: leg 1"
      ])

    var run = GraphRun(
      try GraphFixture.compile(.forEach("crops", .looped.with(onError: .skip)), for: "Refine"))
    _ = run.started([0x0a, 0, 0x0a, 0, 0x0a, 0])
    #expect(run.failed(GraphLeg(1), RPCStatus(.internalError)) == [])
    _ = run.answered(GraphLeg(2), [0x0a, 1, 0x63])
    #expect(
      run.answered(GraphLeg(0), [0x0a, 1, 0x61])
        == [
          .finish([0x0a, 0, 0x0a, 0, 0x0a, 0, 0x12, 3, 0x0a, 1, 0x61, 0x12, 3, 0x0a, 1, 0x63])
        ])
  }

  @Test func anEnsembleFailsAsAllOfItsBranchesDo() throws {
    let said =
      "graph.v1.Understanding/Judge at : every branch of the ensemble failed; the last one: "
    func failing(_ graph: GraphNode, _ codes: [RPCStatus.Code]) throws -> String? {
      var judge = try Judge(graph)
      _ = judge.start()
      var orders: [String] = []
      for (leg, code) in codes.enumerated() { orders = judge.fail(leg, code) }
      return orders.count == 1 ? orders[0] : nil
    }
    let first = GraphNode.ensemble([.looped, .open, .generalist], .first)
    #expect(
      try failing(first, [.invalidArgument, .invalidArgument, .invalidArgument])
        == "invalidArgument: \(said)INVALID_ARGUMENT: leg 2")
    for codes in [
      [.invalidArgument, .aborted, .aborted], [.aborted, .aborted, .invalidArgument],
      [.aborted, .invalidArgument, .aborted],
    ] as [[RPCStatus.Code]] {
      #expect(
        try failing(first, codes) == "unavailable: \(said)\(codes[2].name): leg 2")
    }
    let skipped = GraphNode.ensemble(
      [.looped.with(onError: .skip), .open.with(onError: .skip)], .merge)
    #expect(
      try failing(skipped, [.notFound, .notFound]) == "notFound: \(said)NOT_FOUND: leg 1")
  }

  // MARK: Ensembles

  @Test func theFirstGoodAnswerWins() throws {
    var judge = try Judge(.ensemble([.looped, .open, .generalist], .first))
    #expect(judge.start() == ["0 expert-looped", "1 expert-open", "2 generalist"])
    #expect(judge.fail(1) == [])
    #expect(try judge.answer(2, #"{"object":"c"}"#) == ["cancel 0", #"{"object":"c"}"#])
  }

  @Test func aQuorumIsEnoughAndMustBePossible() throws {
    let graph = GraphNode.ensemble(
      [.looped, .open, .generalist], .mean(fields: ["score"]), quorum: 2)
    var judge = try Judge(graph)
    _ = judge.start()
    #expect(judge.fail(0) == [])
    #expect(try judge.answer(2, #"{"score":1}"#) == [])
    #expect(try judge.answer(1, #"{"score":3}"#) == [#"{"score":2.0}"#])

    var lost = try Judge(graph)
    _ = lost.start()
    #expect(lost.fail(0) == [])
    let lastly =
      "unavailable: graph.v1.Understanding/Judge at : 2 of 3 branches failed, and the quorum is 2; "
    #expect(lost.fail(2) == ["cancel 1", lastly + "the last one: leg 2"])
  }

  @Test func aQuorumIsMissedByTheLastBranchToo() throws {
    let graph = GraphNode.ensemble(
      [.looped, .open.with(onError: .skip), .generalist], .mean(fields: ["score"]), quorum: 2)
    for order in [[0, 1, 2], [1, 0, 2], [1, 2, 0], [2, 1, 0]] {
      var judge = try Judge(graph)
      _ = judge.start()
      var last: [String] = []
      // Those but one fail, the one that answers not being the last.
      for (position, leg) in order.enumerated() {
        #expect(last == [])
        last =
          position == 1 ? try judge.answer(leg, #"{"score":1}"#) : judge.fail(leg)
      }
      #expect(last.count == 1 && last[0].contains("2 of 3 branches failed"), "\(order): \(last)")
    }
  }

  @Test func theLargestValueWins() throws {
    var judge = try Judge(.ensemble([.looped, .open, .generalist], .maxBy(field: "score")))
    _ = judge.start()
    _ = try judge.answer(2, #"{"object":"c","score":2}"#)
    _ = try judge.answer(0, #"{"object":"a","score":"NaN"}"#)
    #expect(
      try judge.answer(1, #"{"object":"b","score":2}"#) == [#"{"object":"b","score":2.0}"#])
  }

  @Test func weightsOfAMean() throws {
    let weighted = EnsembleNode.Combiner.weightedMean(
      fields: ["score", "votes"], weights: [3, 1, 4])
    var judge = try Judge(
      .ensemble([.looped, .open, .generalist.with(onError: .skip)], weighted))
    _ = judge.start()
    _ = try judge.answer(0, #"{"score":1,"votes":1}"#)
    _ = try judge.answer(1, #"{"score":5,"votes":3}"#)
    // 3/4 of 1 and 1/4 of 5; the branch that failed does not count.
    #expect(judge.fail(2) == [#"{"score":2.0,"votes":2}"#])
  }

  @Test func answersAreCollectedInTheInput() throws {
    var run = GraphRun(
      try GraphFixture.compile(
        .ensemble(
          [.sequence([.combineLabel]), .sequence([.combineLabel])], .collect(field: "labels")),
        for: "Refine"))
    #expect(run.started([0x1a, 1, 0x6e]).count == 2)
    #expect(run.answered(GraphLeg(1), [0x0a, 1, 0x62]) == [])
    #expect(
      run.answered(GraphLeg(0), [0x0a, 1, 0x61])
        == [.finish([0x1a, 1, 0x6e, 0x12, 3, 0x0a, 1, 0x61, 0x12, 3, 0x0a, 1, 0x62])])
  }

  @Test func aDeploymentHasTheLastWord() throws {
    var run = GraphRun(
      try GraphFixture.compile(
        .ensemble(
          [.looped, .open],
          .call(deployment: "jury", method: GraphFixture.method("Jury/Decide"))), for: "Judge"))
    #expect(run.started([]).count == 2)
    #expect(run.answered(GraphLeg(1), [0x20, 2]) == [])
    #expect(
      run.answered(GraphLeg(0), [0x20, 1]) == [
        .call(
          leg: GraphLeg(2), GraphFixture.callee("jury", "Jury/Decide"),
          message: [0x0a, 2, 0x20, 1, 0x0a, 2, 0x20, 2], deadline: nil)
      ])
    #expect(run.answered(GraphLeg(2), [0x20, 9]) == [.finish([0x20, 9])])
  }

  // MARK: Choosing

  @Test func casesCompareNumbersAndTheFirstThatHoldsIsTaken() throws {
    let graph = GraphNode.switchOn(
      "score", ["< 0.5": .call("refiner", "Refiner/Refine"), "0.5..<0.8": .return, ">= 1": .return])
    func chosen(_ score: String) throws -> [String] {
      var judge = try Judge(graph, for: "Improve")
      return judge.start(try GraphFixture.message("Label", #"{"score":\#(score)}"#))
    }
    #expect(try chosen("0.49") == ["0 refiner"])
    #expect(try chosen("0.5") == [#"{"score":0.5}"#])
    #expect(try chosen("1") == [#"{"score":1.0}"#])
    for score in ["0.8", #""NaN""#] {
      #expect(try chosen(score)[0].hasPrefix("failedPrecondition: "), "\(score)")
    }
  }

  /// A small model first; a large one, on what the small one got, when that is unsure.
  @Test func aCascadeReturnsEarly() throws {
    let graph = GraphNode.sequence([
      .looped,
      .switchOn("score", ["< 0.8": .generalist.with(takesRequest: true)], default: .return),
    ])
    var sure = try Judge(graph)
    #expect(sure.start([0x08, 2]) == ["0 expert-looped"])
    #expect(try sure.answer(0, #"{"score":0.9}"#) == [#"{"score":0.9}"#])

    var run = GraphRun(try GraphFixture.compile(graph, for: "Judge"))
    _ = run.started([0x08, 2])
    #expect(
      run.answered(GraphLeg(0), []) == [
        .call(
          leg: GraphLeg(1), GraphFixture.callee("generalist", "Classifier/Classify"),
          message: [0x08, 2], deadline: nil)
      ])
  }

  @Test func returnCancelsWhatElseRuns() throws {
    var judge = try Judge(
      .ensemble([.sequence([.looped, .return]), .open, .generalist], .merge))
    #expect(judge.start().count == 3)
    #expect(try judge.answer(0, #"{"votes":1}"#) == ["cancel 1", "cancel 2", #"{"votes":1}"#])
  }

  @Test func aSplitterKeepsItsWeights() throws {
    var counts: [String: Int] = [:]
    for seed in 0..<2_000 as Range<UInt64> {
      var judge = try Judge(.splitter([(90, .looped), (10, .open), (0, .generalist)]), seed: seed)
      counts[judge.start()[0], default: 0] += 1
    }
    // Five standard deviations of a binomial of 2,000 at 10 % are 67.
    #expect((133...267).contains(counts["0 expert-open"] ?? 0))
    #expect(counts["0 generalist"] == nil)
  }

  @Test func aStickySplitterStays() throws {
    let graph = GraphNode.splitter([(50, .looped), (50, .open)], .metadata("user"))
    var sides: Set<String> = []
    for user in 0..<64 {
      var both: Set<String> = []
      for seed in 0..<8 as Range<UInt64> {
        var judge = try Judge(graph, metadata: ["user": Array("u\(user)".utf8)], seed: seed)
        both.insert(judge.start()[0])
      }
      #expect(both.count == 1)
      sides.formUnion(both)
    }
    #expect(sides.count == 2)

    var byField: Set<String> = []
    for seed in 0..<16 as Range<UInt64> {
      var judge = try Judge(
        .splitter([(50, .looped), (50, .open)], .field("place.region")), seed: seed)
      byField.insert(
        judge.start(try GraphFixture.message("Crop", #"{"place":{"region":"EU"}}"#))[0])
    }
    #expect(byField.count == 1)
  }

  /// On which sides of a graph's splitters so many users are.
  private func sides(
    of graph: GraphNode, at path: SpecPath = [], method: String = "Judge", users: Int = 1_000
  ) throws -> [String] {
    let plan = try GraphFixture.compile(graph, for: method, at: path)
    return (0..<users).map { user in
      var run = GraphRun(plan, metadata: ["user": Array("u\(user)".utf8)])
      return run.started([]).map { order in
        if case .call(_, let callee, _, _) = order { callee.deployment } else { "?" }
      }.joined(separator: " ")
    }
  }

  /// A canary of 10 % within one of 50 % gets 5 % of the users, not all or none of them.
  @Test func splittersByOneKeyDrawIndependently() throws {
    let inner = GraphNode.splitter([(50, .looped), (50, .open)], .metadata("user"))
    let graph = GraphNode.splitter([(50, inner), (50, .generalist)], .metadata("user"))
    let found = try sides(of: graph)
    for side in ["expert-looped", "expert-open"] {
      // Five standard deviations of a binomial of 1,000 at 25 % are 68.
      #expect((182...318).contains(found.count { $0 == side }), "\(side)")
    }
    let two = GraphNode.ensemble(
      [inner, .splitter([(50, .sureA), (50, .sureB)], .metadata("user"))], .merge)
    let both = try sides(of: two)
    #expect((182...318).contains(both.count { $0 == "expert-looped sure-a" }))
  }

  /// What moves users: the name, or else the place, and the route.
  @Test func usersStayWhileTheSplittersNameDoes() throws {
    func split(_ name: String? = nil) -> GraphNode {
      .splitter([(50, .looped), (50, .open)], .metadata("user")).with(name: name)
    }
    let here = try sides(of: split())
    // The place in the graph counts, not that of the route in the file.
    #expect(try sides(of: split(), at: [.key("routes"), .index(3), .key("graph")]) == here)
    #expect(try sides(of: .sequence([split()])) != here)
    #expect(try sides(of: split(), method: "Reconsider") != here)
    let named = try sides(of: split("canary"))
    #expect(named != here)
    #expect(try sides(of: .sequence([split("canary")])) == named)
    #expect(try sides(of: split("other")) != named)
    // Within another route it is the same splitter.
    let routes = [RouteSpec.graph(method: GraphFixture.method("Understanding/Judge"), split())]
    let plan = try GraphFixture.compile(
      .sequence([.route(GraphFixture.method("Understanding/Judge"))]), for: "Reconsider",
      beside: routes)
    for user in 0..<50 {
      var run = GraphRun(plan, metadata: ["user": Array("u\(user)".utf8)])
      guard case .call(_, let callee, _, _)? = run.started([]).first else {
        Issue.record("no call")
        continue
      }
      #expect(callee.deployment == here[user])
    }
  }

  @Test func whoHasNoFieldTakesAnySide() throws {
    func summary(_ object: String) -> GraphNode {
      .map(
        MapNode(
          fields: [.init(field: "object", source: .value(.string(object)))],
          type: "graph.v1.Summary"))
    }
    let graph = GraphNode.splitter([(50, summary("a")), (50, summary("b"))], .field("hint"))
    let plan = try GraphFixture.compile(graph, for: "Examine")
    func sides(_ json: String) throws -> Int {
      let message = try GraphFixture.message("Question", json)
      return Set(
        try (0..<32 as Range<UInt64>).map { seed in
          var run = GraphRun(plan, seed: seed)
          guard case .finish(let bytes)? = run.started(message).first else { return "?" }
          return try GraphFixture.json("Summary", bytes)
        }
      ).count
    }
    #expect(try sides("{}") == 2)
    // Empty is a value as any other.
    #expect(try sides(#"{"hint":""}"#) == 1)
    #expect(try sides(#"{"hint":"x"}"#) == 1)
  }

  // MARK: Again and again

  @Test func aLoopEndsByItsCondition() throws {
    func loop(_ kind: LoopNode.Kind, _ condition: String) -> GraphNode {
      .loop(
        LoopNode(kind, field: "votes", condition: condition, body: .refine, maxRounds: 3))
    }
    let done = try GraphFixture.message("Label", #"{"votes":5}"#)
    var judge = try Judge(loop(.whileHolds, "< 5"), for: "Improve")
    #expect(judge.start(done) == [#"{"votes":5}"#])

    var until = try Judge(loop(.untilHolds, ">= 5"), for: "Improve")
    #expect(until.start(done) == ["0 refiner"])
    #expect(try until.answer(0, #"{"votes":4}"#) == ["1 refiner"])
    #expect(try until.answer(1, #"{"votes":5}"#) == [#"{"votes":5}"#])

    var endless = try Judge(loop(.whileHolds, "< 5"), for: "Improve")
    #expect(endless.start() == ["0 refiner"])
    #expect(try endless.answer(0) == ["1 refiner"])
    #expect(try endless.answer(1) == ["2 refiner"])
    #expect(
      try endless.answer(2) == [
        "resourceExhausted: graph.v1.Understanding/Improve at : the loop has not ended within 3 rounds"
      ])
  }

  // MARK: Others have their turn

  /// A loop that calls nobody and goes on to its last round.
  private static func spinning(_ rounds: Int) -> GraphNode {
    let map = MapNode(
      fields: [.init(field: "object", source: .path("object"))], type: "graph.v1.Label")
    return .loop(
      LoopNode(
        .whileHolds, field: "votes", condition: "< 5", body: .map(map), maxRounds: rounds))
  }

  /// How often a run pauses before it ends.
  private func pauses(
    rounds: Int, _ limits: GraphLimits, _ message: [UInt8] = []
  ) throws -> Int {
    var run = GraphRun(
      try GraphFixture.compile(Self.spinning(rounds), for: "Improve"), limits: limits)
    var orders = run.started(message)
    var count = 0
    while orders == [.resume] {
      count += 1
      orders = run.resumed(now: .zero)
    }
    guard case .fail(let status)? = orders.last, orders.count == 1 else {
      Issue.record("\(orders)")
      return count
    }
    #expect(status.code == .resourceExhausted)
    #expect(run.resumed(now: .zero) == [])
    return count
  }

  @Test func aRunPausesWhenItHasDoneMuch() throws {
    // The loop is entered, each round enters a map that answers, and the failure goes up two steps.
    var limits = GraphLimits()
    limits.maxStepsPerTurn = 1 + 2 * 10 + 2
    #expect(try pauses(rounds: 10, limits) == 0)
    #expect(try pauses(rounds: 11, limits) == 1)
    #expect(try pauses(rounds: 1_000, limits) == 2_003 / limits.maxStepsPerTurn)
    #expect(try pauses(rounds: 900, GraphLimits()) == 0)
    #expect(try pauses(rounds: 1_000, GraphLimits()) == 1)

    // Each round's map reads 102 bytes and makes as many, and the condition reads these.
    let label = try GraphFixture.message(
      "Label", #"{"object":"\#(String(repeating: "x", count: 100))"}"#)
    var fewBytes = GraphLimits()
    fewBytes.maxBytesPerTurn = 10 * 3 * label.count
    #expect(try pauses(rounds: 9, fewBytes, label) == 0)
    #expect(try pauses(rounds: 100, fewBytes, label) >= 9)
  }

  @Test func whatHappensInAPauseIsNotHeldUp() throws {
    var limits = GraphLimits()
    limits.maxStepsPerTurn = 20
    let spin = GraphNode.sequence([
      .map(MapNode(fields: [], type: "graph.v1.Label")), Self.spinning(1_000),
    ])
    func paused(_ branch: GraphNode, timeout: Duration? = nil) throws -> GraphRun {
      let late = spin.with(timeout: timeout, onError: timeout == nil ? .fail : .skip)
      let plan = try GraphFixture.compile(.ensemble([branch, late], .merge), for: "Judge")
      var run = GraphRun(plan, limits: limits)
      let orders = run.started([])
      #expect(orders.count == 2 && orders.last == .resume)
      return run
    }
    var failing = try paused(.looped)
    #expect(failing.failed(GraphLeg(0), RPCStatus(.aborted)) == [.fail(RPCStatus(.aborted))])
    #expect(failing.resumed(now: .zero) == [])

    var left = try paused(.looped)
    #expect(left.abandoned() == [.cancel(GraphLeg(0))])
    #expect(left.resumed(now: .zero) == [])

    // The next step begins at once, and nobody asks twice to go on.
    var busy = try paused(.sequence([.looped, .refine]))
    let next = busy.answered(GraphLeg(0), [])
    #expect(next.count == 1 && next != [.resume])
    #expect(busy.resumed(now: .zero) == [.resume])

    // The time of what has paused is over: there is nothing to go on with.
    var late = try paused(.looped, timeout: .milliseconds(5))
    #expect(late.timePassed(now: .zero + .milliseconds(5)) == [])
    #expect(late.resumed(now: .zero + .milliseconds(6)) == [])
    #expect(late.answered(GraphLeg(0), [], now: .zero + .milliseconds(7)) == [.finish([])])
  }

  @Test func aHedgeGoesByWhatWasMeasured() throws {
    func hedge(_ delays: [Int: Duration], delay: Duration? = nil) throws -> GraphRun {
      let graph = GraphNode.hedge(HedgeNode(body: .sureA, delay: delay, percentile: 95))
      let plan = try GraphFixture.compile(graph, for: "Judge")
      #expect(plan.measured.map(\.node) == [0])
      #expect(plan.measured.map(\.quantile) == [0.95])
      return GraphRun(plan, delays: delays)
    }
    var blind = try hedge([:])
    _ = blind.started([])
    #expect(blind.nextTimer == nil)
    var careful = try hedge([:], delay: .milliseconds(9))
    _ = careful.started([])
    #expect(careful.nextTimer == Timestamp.zero + .milliseconds(9))
    var run = try hedge([0: .milliseconds(4)], delay: .milliseconds(9))
    _ = run.started([], now: .zero)
    #expect(run.nextTimer == Timestamp.zero + .milliseconds(4))
    #expect(run.timePassed(now: Timestamp.zero + .milliseconds(4)).count == 1)
    let orders = run.answered(GraphLeg(1), [], now: Timestamp.zero + .milliseconds(6))
    #expect(
      orders == [
        .cancel(GraphLeg(0)), .measured(node: 0, .milliseconds(6)), .finish([]),
      ])
  }

  @Test func elementsWaitForEachOther() throws {
    var run = GraphRun(
      try GraphFixture.compile(
        .forEach(ForEachNode(field: "crops", body: .looped, parallelism: 2)), for: "Refine"))
    let page: [UInt8] = [0x0a, 2, 0x08, 1, 0x0a, 2, 0x08, 2, 0x0a, 0]
    #expect(run.started(page).count == 2)
    #expect(
      run.answered(GraphLeg(1), [0x20, 1]) == [
        .call(
          leg: GraphLeg(2), GraphFixture.callee("expert-looped", "Classifier/Classify"),
          message: [], deadline: nil)
      ])
    #expect(run.answered(GraphLeg(2), [0x20, 2]) == [])
    #expect(
      run.answered(GraphLeg(0), [0x20, 0])
        == [.finish(page + [0x12, 2, 0x20, 0, 0x12, 2, 0x20, 1, 0x12, 2, 0x20, 2])])
  }

  /// The time of an element runs from when its call can be made, not while it waits for those before it.
  @Test func theTimeOfAnElementBeginsWithItsCall() throws {
    let body = GraphNode.looped.with(timeout: .milliseconds(15), onError: .skip)
    var run = GraphRun(try GraphFixture.compile(.forEach("crops", body), for: "Refine"))
    let most = GraphLimits().maxOngoingLegs
    let page = Array(repeating: [0x0a, 0] as [UInt8], count: 3 * most).flatMap { $0 }
    var now = Timestamp.zero
    var orders = run.started(page, now: now)
    #expect(orders.count == most)
    // Each takes 10 ms: the last ones are sent after 20, with all of their time.
    for round in 1...3 {
      now = .zero + .milliseconds(10 * round)
      let legs = (most * (round - 1)..<most * round).map { GraphLeg($0) }
      orders = legs.flatMap { run.answered($0, [0x20, 1], now: now) }
      guard round < 3 else { break }
      #expect(orders.count == most)
      for case .call(_, _, _, let deadline) in orders {
        #expect(deadline == Deadline(now + .milliseconds(15)))
      }
    }
    let labels = Array(repeating: [0x12, 2, 0x20, 1] as [UInt8], count: 3 * most).flatMap { $0 }
    #expect(orders == [.finish(page + labels)])
  }

  @Test func aMirrorIsSentAndForgotten() throws {
    let mirror = MirrorNode(
      deployment: "generalist", method: GraphFixture.method("Classifier/Classify"))
    var judge = try Judge(.sequence([.mirror(mirror), .looped]))
    #expect(judge.start() == ["mirror generalist", "0 expert-looped"])
    #expect(try judge.answer(0) == ["{}"])

    var count = 0
    for seed in 0..<1_000 as Range<UInt64> {
      var some = mirror
      some.percent = 20
      var judge = try Judge(.sequence([.mirror(some), .looped]), seed: seed)
      count += judge.start().count - 1
    }
    #expect((137...263).contains(count))
  }
}

extension GraphNode {
  /// A label of a whole page: its crops are dropped.
  fileprivate static let combineLabel = GraphNode.call("pages", "Pages/Judge")
}
