// Reports in, orders out, in exact order.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphRunTests {
  private func run(
    _ graph: GraphNode, for method: String, limits: GraphLimits = GraphLimits()
  ) throws -> GraphRun {
    GraphRun(
      try GraphFixture.compile(graph, for: method, at: [.key("routes"), .index(0), .key("graph")]),
      limits: limits)
  }

  private func call(
    _ leg: Int, _ deployment: String, _ method: String, _ message: [UInt8]
  ) -> GraphOrder {
    .call(
      leg: GraphLeg(leg), GraphFixture.callee(deployment, method), message: message, deadline: nil)
  }

  private func classify(_ leg: Int, _ deployment: String, _ message: [UInt8]) -> GraphOrder {
    call(leg, deployment, "Classifier/Classify", message)
  }

  private func status(_ orders: [GraphOrder]) -> RPCStatus? {
    guard orders.count == 1, case .fail(let status) = orders[0] else { return nil }
    return status
  }

  // Crops of each kind: looped, open, and unsure.
  private let looped: [UInt8] = [0x08, 1]
  private let open: [UInt8] = [0x08, 2]
  private let unsure: [UInt8] = []

  private func page(_ crops: [[UInt8]]) -> [UInt8] {
    crops.flatMap { [0x0a, UInt8($0.count)] + $0 }
  }

  private func label(_ json: String) throws -> [UInt8] {
    try GraphFixture.message("Label", json)
  }

  @Test func aCallIsForwardedUndecoded() throws {
    var run = try run(.looped, for: "Judge")
    // Not a message at all, and nobody looks.
    #expect(run.started([0xff]) == [classify(0, "expert-looped", [0xff])])
    #expect(run.answered(GraphLeg(0), [0xfe]) == [.finish([0xfe])])
    #expect(run.hasEnded == true)
  }

  @Test func aSequencePassesAnswersOn() throws {
    var run = try run(.sequence([.fetch, .combine]), for: "Analyze")
    #expect(run.started([1]) == [call(0, "pages", "Pages/Fetch", [1])])
    #expect(run.answered(GraphLeg(0), [2]) == [call(1, "pages", "Pages/Combine", [2])])
    #expect(run.answered(GraphLeg(1), [3]) == [.finish([3])])
  }

  @Test func aSwitchTakesTheCaseOfTheField() throws {
    let graph = GraphNode.switchOn(
      "kind", ["KIND_LOOPED": .looped, "2": .open], default: .generalist)
    for (crop, deployment) in [
      (looped, "expert-looped"), (open, "expert-open"), (unsure, "generalist"),
      ([0x08, 99], "generalist"), (looped + open, "expert-open"),
    ] {
      var run = try run(graph, for: "Judge")
      #expect(run.started(crop) == [classify(0, deployment, crop)])
      #expect(run.answered(GraphLeg(0), [7]) == [.finish([7])])
    }
  }

  @Test func aCaseThatNobodyTookFails() throws {
    var run = try run(.switchOn("kind", ["KIND_LOOPED": .looped]), for: "Judge")
    #expect(
      status(run.started(open))
        == RPCStatus(
          .failedPrecondition,
          "graph.v1.Understanding/Judge at routes[0].graph: no case for kind = KIND_OPEN of "
            + "graph.v1.Crop, and there is no default"))
    #expect(run.hasEnded == true)
  }

  @Test func casesCompareBytes() throws {
    let graph = GraphNode.switchOn("object", ["caf\u{e9}": .refine], default: .return)
    for (text, isTaken) in [("caf\u{e9}", true), ("cafe\u{301}", false)] {
      var run = try run(graph, for: "Improve")
      let message = try label("{\"object\":\"\(text)\"}")
      let expected =
        isTaken ? call(0, "refiner", "Refiner/Refine", message) : GraphOrder.finish(message)
      #expect(run.started(message) == [expected])
    }
  }

  @Test func aLongValueIsCutInTheStatus() throws {
    var run = try run(.switchOn("object", ["x": .return]), for: "Improve")
    let long = String(repeating: "y", count: 20_000)
    let message = status(run.started(try label(#"{"object":"\#(long)"}"#)))?.message
    let cut = String(repeating: "y", count: 100)
    #expect(message?.contains("no case for object = \"\(cut)…\" of") == true)
  }

  @Test func forEachGathersInTheOrderOfTheElements() throws {
    var run = try run(.forEach("crops", .looped), for: "Refine")
    let input = page([looped, open, unsure])
    #expect(
      run.started(input) == [
        classify(0, "expert-looped", looped), classify(1, "expert-looped", open),
        classify(2, "expert-looped", unsure),
      ])
    #expect(run.answered(GraphLeg(2), try label(#"{"object": "c"}"#)) == [])
    #expect(run.answered(GraphLeg(0), try label(#"{"object": "a"}"#)) == [])
    let orders = run.answered(GraphLeg(1), try label(#"{"object": "b"}"#))
    guard case .finish(let answer)? = orders.first, orders.count == 1 else {
      Issue.record("\(orders)")
      return
    }
    #expect(
      try GraphFixture.json("Page", answer)
        == #"{"crops":[{"kind":"KIND_LOOPED"},{"kind":"KIND_OPEN"},{}],"#
        + #""labels":[{"object":"a"},{"object":"b"},{"object":"c"}]}"#)
  }

  @Test func forEachReplacesWhatIntoHeld() throws {
    var run = try run(.forEach("crops", into: "crops", .split), for: "Refine")
    let input = page([looped]) + [0x1a, 1, 0x78]
    #expect(run.started(input) == [call(0, "splitter", "Splitter/Split", looped)])
    #expect(run.answered(GraphLeg(0), open) == [.finish([0x1a, 1, 0x78] + page([open]))])
  }

  @Test func forEachOverNothingGoesOn() throws {
    var run = try run(
      .sequence([.forEach("crops", .looped), .forEach("crops", .open)]), for: "Refine")
    // Old labels are replaced by none.
    #expect(run.started([0x12, 0]) == [.finish([])])
  }

  @Test func nodesNest() throws {
    var run = try run(.understanding, for: "Analyze")
    #expect(run.started([9]) == [call(0, "pages", "Pages/Fetch", [9])])
    #expect(
      run.answered(GraphLeg(0), page([unsure, looped])) == [
        classify(1, "expert-looped", unsure), classify(2, "expert-open", unsure),
        classify(3, "generalist", unsure), classify(4, "expert-looped", looped),
      ])
    let (a, b) = (try label(#"{"object": "a"}"#), try label(#"{"object": "b"}"#))
    #expect(run.answered(GraphLeg(4), a) == [])
    #expect(run.answered(GraphLeg(1), a) == [])
    #expect(run.answered(GraphLeg(3), b) == [])
    let page = page([unsure, looped]) + [0x12, 3] + b + [0x12, 3] + a
    #expect(run.answered(GraphLeg(2), b) == [call(5, "pages", "Pages/Combine", page)])
    #expect(run.answered(GraphLeg(5), [1]) == [.finish([1])])
  }

  // MARK: Combiners

  private func combined(
    _ combiner: EnsembleNode.Combiner, _ answers: [[UInt8]]
  ) throws -> [GraphOrder] {
    var run = try run(.ensemble([.looped, .open, .generalist], combiner), for: "Judge")
    #expect(run.started(looped).count == 3)
    #expect(run.answered(GraphLeg(0), answers[0]) == [])
    #expect(run.answered(GraphLeg(2), answers[2]) == [])
    return run.answered(GraphLeg(1), answers[1])
  }

  private func combinedJSON(
    _ combiner: EnsembleNode.Combiner, _ answers: [String]
  ) throws -> String {
    let orders = try combined(combiner, answers.map(label))
    guard case .finish(let bytes)? = orders.first, orders.count == 1 else { return "\(orders)" }
    return try GraphFixture.json("Label", bytes)
  }

  @Test func voteTakesTheMajoritysFirstAnswer() throws {
    #expect(
      try combinedJSON(
        .vote(field: "object"),
        [#"{"object":"x","votes":0}"#, #"{"object":"y","votes":1}"#, #"{"object":"y","votes":2}"#])
        == #"{"object":"y","votes":1}"#)
  }

  @Test func voteBreaksTiesByTheFirstBranch() throws {
    #expect(
      try combinedJSON(
        .vote(field: "object"), [#"{"object":"c"}"#, #"{"object":"a"}"#, #"{"object":"b"}"#])
        == #"{"object":"c"}"#)
  }

  @Test func meanReplacesNumbersOnly() throws {
    #expect(
      try combinedJSON(
        .mean(fields: ["score", "scores", "votes"]),
        [
          #"{"object":"a","score":0.5,"scores":[1,2],"votes":1}"#,
          #"{"object":"b","scores":[2,4],"votes":2}"#,
          #"{"object":"c","score":1,"scores":[3,0],"votes":2}"#,
        ]) == #"{"object":"a","score":0.5,"scores":[2.0,2.0],"votes":2}"#)
  }

  @Test func integerMeansRoundHalvesAwayFromZero() throws {
    for (votes, mean) in [([1, 2, 0], 1), ([-1, -2, -2], -2), ([0, 0, 1], 0), ([3, 0, 1], 1)] {
      let json = try combinedJSON(
        .mean(fields: ["votes"]), votes.map { #"{"votes":\#($0)}"# })
      #expect(json == (mean == 0 ? "{}" : #"{"votes":\#(mean)}"#))
    }
    var run = try run(.ensemble([.looped, .open], .mean(fields: ["votes"])), for: "Judge")
    _ = run.started(looped)
    _ = run.answered(GraphLeg(0), try label(#"{"votes":-1}"#))
    #expect(
      run.answered(GraphLeg(1), try label(#"{"votes":-2}"#))
        == [.finish(try label(#"{"votes":-2}"#))])
  }

  @Test func whatNoAnswerSaysHasNoMean() throws {
    let mean = EnsembleNode.Combiner.mean(fields: ["doubt", "score"])
    #expect(try combinedJSON(mean, [#"{"object":"a"}"#, "{}", "{}"]) == #"{"object":"a"}"#)
    #expect(try combinedJSON(mean, ["{}", #"{"doubt":0}"#, "{}"]) == #"{"doubt":0.0}"#)
    #expect(try combinedJSON(mean, ["{}", #"{"doubt":3}"#, "{}"]) == #"{"doubt":1.0}"#)
    let weighted = EnsembleNode.Combiner.weightedMean(fields: ["doubt"], weights: [1, 2, 3])
    #expect(try combinedJSON(weighted, ["{}", "{}", "{}"]) == "{}")
  }

  @Test func meansOfLargeNumbersAreRight() throws {
    func mean(_ numbers: [String], _ weights: [Double]? = nil, of field: String) throws -> String {
      let combiner =
        weights.map { EnsembleNode.Combiner.weightedMean(fields: [field], weights: $0) }
        ?? .mean(fields: [field])
      return try combinedJSON(combiner, numbers.map { #"{"\#(field)":\#($0)}"# })
    }
    let large = "1.5e308"
    #expect(
      try mean([large, large, large], of: "score") == #"{"score":1.5e+308}"#)
    let largest = "1.7976931348623157e308"
    #expect(
      try mean([largest, largest, largest], of: "score") == #"{"score":1.7976931348623157e+308}"#)
    #expect(try mean([large, large, "-\(large)"], of: "score") != #"{"score":"Infinity"}"#)
    #expect(try mean([#""Infinity""#, "1", "1"], of: "score") == #"{"score":"Infinity"}"#)
    // Between 2⁵³ and 2⁵⁴ doubles are even.
    let odd = "9007199254740993"
    #expect(try mean([odd, odd, odd], [1, 1, 1], of: "area") == #"{"area":"\#(odd)"}"#)
    #expect(
      try mean([odd, "9007199254740997", odd], [1, 1, 2], of: "area")
        == #"{"area":"9007199254740994"}"#)
    let ends = ["9223372036854775807", "-9223372036854775808", "-1"]
    #expect(try mean(ends, [1, 0, 0], of: "area") == #"{"area":"9223372036854775807"}"#)
    #expect(try mean(ends, [0, 1, 0], of: "area") == #"{"area":"-9223372036854775808"}"#)
  }

  /// Two ways to write é are two values.
  @Test func votesCompareBytes() throws {
    #expect(
      try combinedJSON(
        .vote(field: "object"),
        [#"{"object":"x"}"#, "{\"object\":\"e\u{301}\"}", "{\"object\":\"\u{e9}\"}"])
        == #"{"object":"x"}"#)
  }

  @Test func meanOfUnlikeLengthsFails() throws {
    let answers = try [#"{"scores":[1]}"#, #"{"scores":[1,2]}"#, "{}"].map(label)
    let status = status(try combined(.mean(fields: ["scores"]), answers))
    #expect(
      status
        == RPCStatus(
          .failedPrecondition,
          "graph.v1.Understanding/Judge at routes[0].graph: branch 0 answered 1 elements of "
            + "graph.v1.Label.scores and branch 1 2; a mean needs as many of each"))
  }

  @Test func mergeIsProtobufsMerge() throws {
    #expect(
      try combinedJSON(
        .merge,
        [#"{"object":"a","score":1,"scores":[1]}"#, #"{"object":"b","scores":[2]}"#, "{}"])
        == #"{"object":"b","score":1.0,"scores":[1.0,2.0]}"#)
  }

  // MARK: Failures

  @Test func theFirstFailureCancelsTheRestAndEndsTheRun() throws {
    var run = try run(.ensemble([.looped, .open, .generalist], .merge), for: "Judge")
    #expect(run.started(looped).count == 3)
    let status = RPCStatus(.unavailable, "no replica")
    #expect(
      run.failed(GraphLeg(1), status)
        == [.cancel(GraphLeg(0)), .cancel(GraphLeg(2)), .fail(status)])
    #expect(run.failed(GraphLeg(0), status) == [])
    #expect(run.answered(GraphLeg(2), []) == [])
    #expect(run.abandoned() == [])
  }

  @Test func anAbandonedRunCancelsItsLegs() throws {
    var run = try run(.ensemble([.looped, .open], .merge), for: "Judge")
    #expect(run.started(looped).count == 2)
    #expect(run.answered(GraphLeg(0), []) == [])
    #expect(run.abandoned() == [.cancel(GraphLeg(1))])
    #expect(run.answered(GraphLeg(1), []) == [])
  }

  @Test func whatTheRouterSaysOfALegNamesItsPlace() throws {
    var run = try run(.sequence([.fetch, .combine]), for: "Analyze")
    #expect(
      run.lateStatus.message
        == "graph.v1.Understanding/Analyze: the graph did not end before the deadline")
    _ = run.started([1])
    let place = "graph.v1.Understanding/Analyze at routes[0].graph.sequence[0]"
    #expect(
      run.placing(RPCStatus(.resourceExhausted, "its queue is full"), of: GraphLeg(0))
        == RPCStatus(.resourceExhausted, "\(place): calling pages: its queue is full"))
    #expect(
      run.lateStatus
        == RPCStatus(
          .deadlineExceeded,
          "\(place): the graph did not end before the deadline; it waited for pages"))
    let strange = RPCStatus(.unavailable, "x")
    #expect(run.placing(strange, of: GraphLeg(1)) == strange)
  }

  @Test func reportsAboutStrangeLegsAreIgnored() throws {
    var run = try run(.sequence([.fetch, .combine]), for: "Analyze")
    #expect(run.started([]).count == 1)
    #expect(run.answered(GraphLeg(5), []) == [])
    #expect(run.answered(GraphLeg(0), []).count == 1)
    #expect(run.answered(GraphLeg(0), []) == [])
  }

  @Test func aMalformedRequestIsTheClientsFault() throws {
    var run = try run(.switchOn("kind", ["1": .looped]), for: "Judge")
    #expect(
      status(run.started([0x08]))
        == RPCStatus(
          .invalidArgument,
          "graph.v1.Understanding/Judge at routes[0].graph: the request is not a graph.v1.Crop: "
            + "graph.v1.Crop.kind: message is truncated at byte 1"))
  }

  @Test func aMalformedAnswerIsTheDeploymentsFault() throws {
    var run = try run(.understanding, for: "Analyze")
    _ = run.started([])
    let status = status(run.answered(GraphLeg(0), [0x0a, 9]))
    #expect(status?.code == .internalError)
    #expect(
      status?.message
        == "graph.v1.Understanding/Analyze at routes[0].graph.sequence[1]: pages answered "
        + "graph.v1.Pages/Fetch with bytes that are not a graph.v1.Page: message is truncated at "
        + "byte 1")
  }

  @Test func aFailureInsideCancelsWhatRuns() throws {
    var run = try run(
      .forEach("crops", .switchOn("kind", ["KIND_LOOPED": .looped])), for: "Refine")
    // The first crop's call was not ordered yet when the second one failed: nothing to cancel.
    #expect(status(run.started(page([looped, open])))?.code == .failedPrecondition)
    var later = try self.run(
      .ensemble([.generalist, .sequence([.split, .switchOn("kind", ["1": .looped])])], .merge),
      for: "Judge")
    #expect(later.started(looped).count == 2)
    let orders = later.answered(GraphLeg(1), open)
    #expect(orders.first == .cancel(GraphLeg(0)))
    #expect(orders.count == 2)
  }

  // MARK: Limits

  @Test func callsBeyondTheLimitWaitTheirTurn() throws {
    var limits = GraphLimits()
    limits.maxOngoingLegs = 2
    var run = try run(.forEach("crops", .looped), for: "Refine", limits: limits)
    let input = page([looped, open, unsure, looped])
    #expect(
      run.started(input)
        == [classify(0, "expert-looped", looped), classify(1, "expert-looped", open)])
    #expect(run.answered(GraphLeg(1), []) == [classify(2, "expert-looped", unsure)])
    #expect(run.answered(GraphLeg(0), []) == [classify(3, "expert-looped", looped)])
    #expect(run.answered(GraphLeg(3), []) == [])
    #expect(run.answered(GraphLeg(2), []).count == 1)
  }

  @Test func callsThatWaitNeverStartAfterAFailure() throws {
    var limits = GraphLimits()
    limits.maxOngoingLegs = 1
    var run = try run(.forEach("crops", .looped), for: "Refine", limits: limits)
    #expect(run.started(page([looped, open])).count == 1)
    let status = RPCStatus(.aborted)
    #expect(run.failed(GraphLeg(0), status) == [.fail(status)])
  }

  @Test func elementsAreBounded() throws {
    var limits = GraphLimits()
    limits.maxElements = 2
    var fits = try run(.forEach("crops", .looped), for: "Refine", limits: limits)
    #expect(fits.started(page([open, open])).count == 2)
    var run = try run(.forEach("crops", .looped), for: "Refine", limits: limits)
    #expect(
      status(run.started(page([open, open, open])))
        == RPCStatus(
          .resourceExhausted,
          "graph.v1.Understanding/Refine at routes[0].graph: graph.v1.Page.crops has 3 elements; a "
            + "for_each runs on 2 at most"))
  }

  @Test func legsAreBounded() throws {
    var limits = GraphLimits()
    limits.maxLegs = 2
    var run = try run(
      .forEach("crops", .ensemble([.looped, .open], .merge)), for: "Refine", limits: limits)
    #expect(status(run.started(page([open, open])))?.code == .resourceExhausted)
    var fits = try self.run(
      .forEach("crops", .ensemble([.looped, .open], .merge)), for: "Refine", limits: limits)
    #expect(fits.started(page([open])).count == 2)
  }

  @Test func answersThatGoIntoOneMessageAreBounded() throws {
    var limits = GraphLimits()
    limits.maxMessageBytes = 10
    let labels: [[UInt8]] = [[0x0a, 3, 0x61, 0x62, 0x63], [0x0a, 4, 0x61, 0x62, 0x63, 0x64]]
    var merged = try run(.ensemble([.looped, .open, .open], .merge), for: "Judge", limits: limits)
    _ = merged.started([])
    #expect(merged.answered(GraphLeg(0), labels[0]) == [])
    // Before the last one is there.
    let orders = merged.answered(GraphLeg(2), labels[1])
    #expect(orders.count == 2 && orders[0] == .cancel(GraphLeg(1)))
    let late = status(Array(orders.dropFirst()))
    #expect(late?.code == .resourceExhausted)
    #expect(late?.message.contains("more than 10 bytes together") == true)

    // Two of five bytes fit.
    var fits = try run(.ensemble([.looped, .open], .merge), for: "Judge", limits: limits)
    _ = fits.started([])
    _ = fits.answered(GraphLeg(0), labels[0])
    #expect(fits.answered(GraphLeg(1), labels[0]) == [.finish(labels[0] + labels[0])])

    // Of a vote one is taken, however many there are.
    var vote = try run(
      .ensemble([.looped, .open, .open], .vote(field: "object")), for: "Judge", limits: limits)
    _ = vote.started([])
    for leg in 0..<2 { #expect(vote.answered(GraphLeg(leg), labels[1]) == []) }
    #expect(vote.answered(GraphLeg(2), labels[1]) == [.finish(labels[1])])

    // What was there before and what comes make one message: 8 bytes of crops, 8 of labels.
    var crops = try run(.forEach("crops", .looped), for: "Refine", limits: limits)
    _ = crops.started(page([open, open]))
    _ = crops.answered(GraphLeg(0), [0x20, 1])
    let made = status(crops.answered(GraphLeg(1), [0x20, 1]))
    #expect(made?.code == .resourceExhausted)
    #expect(made?.message.contains("has 16 bytes, beyond the limit of 10") == true)
  }

  /// Whatever order reports come in, a run ends once, and never with a leg in flight that it did
  /// not cancel.
  @Test(arguments: 0..<200) func anyOrderOfReportsEndsOnce(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var limits = GraphLimits()
    limits.maxOngoingLegs = Int.random(in: 1...5, using: &random)
    var run = try run(.understanding, for: "Analyze", limits: limits)
    var inFlight: Set<Int> = []
    var ends = 0
    var orders = run.started([])
    while true {
      for order in orders {
        #expect(ends == 0)
        switch order {
        case .call(let leg, _, _, _): #expect(inFlight.insert(leg.number).inserted)
        case .cancel(let leg): #expect(inFlight.remove(leg.number) != nil)
        case .finish, .stream, .fail: ends += 1
        case .mirror, .measured, .resume: break
        }
      }
      #expect(inFlight.count <= limits.maxOngoingLegs)
      guard let leg = inFlight.randomElement(using: &random) else { break }
      inFlight.remove(leg)
      if Int.random(in: 0..<20, using: &random) == 0 {
        orders = run.failed(GraphLeg(leg), RPCStatus(.unavailable))
      } else {
        orders = run.answered(GraphLeg(leg), leg == 0 ? page([looped, unsure, open]) : [])
      }
    }
    #expect(ends == 1)
    #expect(run.hasEnded == true)
  }
}
