// Messages of other types between steps, routes within routes, and conditions on what is set.

import MartletCore
import MartletDispatch
import Testing

@Suite struct GraphMapTests {
  /// A run of a graph and the orders it gave.
  private struct Request: ~Copyable {
    var run: GraphRun
    let output: String

    init(
      _ graph: GraphNode, for method: String, answering output: String,
      beside routes: [RouteSpec] = [], limits: GraphLimits = GraphLimits()
    ) throws {
      run = GraphRun(
        try GraphFixture.compile(graph, for: method, beside: routes), limits: limits)
      self.output = output
    }

    mutating func start(_ type: String, _ json: String) throws -> [String] {
      texts(run.started(try GraphFixture.message(type, json)))
    }

    mutating func answer(_ leg: Int, _ type: String, _ json: String) throws -> [String] {
      texts(run.answered(GraphLeg(leg), try GraphFixture.message(type, json)))
    }

    mutating func fail(_ leg: Int, _ code: RPCStatus.Code = .unavailable) -> [String] {
      texts(run.failed(GraphLeg(leg), RPCStatus(code, "leg \(leg)")))
    }

    private func texts(_ orders: [GraphOrder]) -> [String] {
      orders.map { order in
        switch order {
        case .call(let leg, let callee, let message, _):
          "\(leg.number) \(callee.deployment) "
            + ((try? GraphFixture.json(of: callee.method, message)) ?? "\(message)")
        case .mirror(_, let deployment, _, _): "mirror \(deployment)"
        case .cancel(let leg): "cancel \(leg.number)"
        case .measured(let node, let time): "node \(node) took \(time)"
        case .resume: "resume"
        case .stream(let calls, _): "stream \(calls.map(\.deployment))"
        case .finish(let bytes): (try? GraphFixture.json(output, bytes)) ?? "\(bytes)"
        case .fail(let status): "\(status.code): \(status.message)"
        }
      }
    }
  }

  private static func map(
    _ fields: KeyValuePairs<String, MapNode.Source>, as type: String? = nil
  ) -> MapNode {
    MapNode(
      fields: fields.map { MapNode.Assignment(field: $0.key, source: $0.value) },
      type: type.map { "graph.v1.\($0)" })
  }

  private static let judge = GraphNode.route(GraphFixture.method("Understanding/Judge"))

  // MARK: Maps

  @Test func aMapMakesWhatTheNextStepTakes() throws {
    let graph = GraphNode.sequence([
      .map(Self.map(["kind": .value(.string("KIND_OPEN")), "place.region": .path("hint")])),
      .open,
      .map(
        Self.map(
          [
            "object": .path("object"), "score": .path("score"), "votes": .path("votes"),
            "best": .path("$response"), "all": .path("$response"), "hint": .path("$request.hint"),
            "place.region": .path("$request.text"),
          ], as: "Summary")),
    ])
    var request = try Request(graph, for: "Examine", answering: "Summary")
    #expect(
      try request.start("Question", #"{"text":"t","hint":"h"}"#)
        == [#"0 expert-open {"kind":"KIND_OPEN","place":{"region":"h"}}"#])
    #expect(
      try request.answer(0, "Label", #"{"object":"o","votes":2}"#) == [
        #"{"object":"o","best":{"object":"o","votes":2},"all":[{"object":"o","votes":2}],"hint":"h","#
          + #""votes":"2","place":{"region":"t"}}"#
      ])
  }

  @Test func whatStandsLaterCounts() throws {
    func made(_ fields: KeyValuePairs<String, MapNode.Source>) throws -> [String] {
      var request = try Request(
        .map(Self.map(fields, as: "Crop")), for: "Split", answering: "Crop")
      return try request.start("Crop", #"{"kind":"KIND_OPEN","place":{"region":"old"}}"#)
    }
    let (copy, new) = (MapNode.Source.path("place"), MapNode.Source.value(.string("new")))
    #expect(try made(["place": copy, "place.region": new]) == [#"{"place":{"region":"new"}}"#])
    #expect(try made(["place.region": new, "place": copy]) == [#"{"place":{"region":"old"}}"#])
    // Also where that is zero, which is not sent otherwise.
    let empty = MapNode.Source.value(.string(""))
    #expect(try made(["place": copy, "place.region": empty]) == [#"{"place":{}}"#])
    #expect(
      try made(["kind": .path("kind"), "place.region": new, "parts": .path("$response")])
        == [
          #"{"kind":"KIND_OPEN","place":{"region":"new"},"parts":[{"kind":"KIND_OPEN","place":"#
            + #"{"region":"old"}}]}"#
        ])
  }

  @Test func ofAOneofTheLaterMemberCounts() throws {
    let (crop, text) = (MapNode.Source.path("$response"), MapNode.Source.value(.string("t")))
    for (fields, json) in [
      (["text": text, "crop": crop], #"{"crop":{"kind":"KIND_OPEN"}}"#),
      (["crop": crop, "text": text], #"{"text":"t"}"#),
    ] as [(KeyValuePairs<String, MapNode.Source>, String)] {
      let graph = GraphNode.sequence([
        .map(Self.map(fields)), .route(GraphFixture.method("Understanding/Examine")),
        .map(Self.map(["object": .path("object")], as: "Label")),
      ])
      let inner = GraphNode.switchOn(
        "subject",
        [
          "crop": .map(Self.map(["object": .value(.string("crop"))], as: "Summary")),
          "text": .map(Self.map(["object": .path("text")], as: "Summary")),
        ])
      var request = try Request(
        graph, for: "Judge", answering: "Label",
        beside: [.graph(method: GraphFixture.method("Understanding/Examine"), inner)])
      let object = json.hasPrefix(#"{"crop"#) ? "crop" : "t"
      #expect(try request.start("Crop", #"{"kind":"KIND_OPEN"}"#) == [#"{"object":"\#(object)"}"#])
    }
  }

  @Test func aMapOfAnswersTakesFromEachBranch() throws {
    let combiner = EnsembleNode.Combiner.map(
      Self.map(
        [
          "object": .path("expert-looped.object"), "best": .path("second"),
          "kind": .path("third.kind"), "hint": .path("$request.hint"),
        ], as: "Summary"))
    let branches: [GraphNode] = [
      .looped, GraphNode.open.with(name: "second"), GraphNode.split.with(name: "third"),
    ]
    let graph = GraphNode.sequence([
      .map(Self.map(["kind": .value(.integer(1))], as: "Crop")),
      .ensemble(branches, combiner),
    ])
    var request = try Request(graph, for: "Examine", answering: "Summary")
    _ = try request.start("Question", "{}")
    #expect(try request.answer(2, "Crop", #"{"kind":"KIND_LOOPED"}"#) == [])
    #expect(try request.answer(0, "Label", #"{"object":"a"}"#) == [])
    #expect(
      try request.answer(1, "Label", #"{"object":"b"}"#)
        == [#"{"object":"a","best":{"object":"b"},"kind":"KIND_LOOPED"}"#])
  }

  @Test func aBranchThatIsLeftOutSetsNothing() throws {
    let combiner = EnsembleNode.Combiner.map(
      Self.map(
        ["object": .path("a.object"), "best": .path("b")], as: "Summary"))
    let graph = GraphNode.sequence([
      .map(Self.map([:], as: "Crop")),
      .ensemble(
        [GraphNode.looped.with(name: "a", onError: .skip), GraphNode.open.with(name: "b")], combiner
      ),
    ])
    var request = try Request(graph, for: "Examine", answering: "Summary")
    _ = try request.start("Question", "{}")
    #expect(request.fail(0) == [])
    #expect(try request.answer(1, "Label", #"{"object":"b"}"#) == [#"{"best":{"object":"b"}}"#])
  }

  @Test func bytesThatAreNoMessageAreTheFaultOfWhoSentThem() throws {
    let graph = GraphNode.sequence([
      .map(Self.map(["place.region": .path("hint")])), .open,
      .map(Self.map(["object": .path("object")], as: "Summary")),
    ])
    var request = try Request(graph, for: "Examine", answering: "Summary")
    let bad: [UInt8] = [0x1a, 9]
    let failed = request.run.started(bad)
    guard case .fail(let status)? = failed.first else {
      Issue.record("\(failed)")
      return
    }
    #expect(status.code == .invalidArgument)
    #expect(status.message.contains("sequence[0]: the request is not a graph.v1.Question"))
    request = try Request(graph, for: "Examine", answering: "Summary")
    _ = try request.start("Question", "{}")
    guard case .fail(let other)? = request.run.answered(GraphLeg(0), [0x0a, 9]).first else {
      Issue.record("the answer was taken")
      return
    }
    #expect(other.code == .internalError)
    #expect(other.message.contains("sequence[2]: expert-open answered"))
  }

  // MARK: Routes

  @Test func aRouteRunsWithinAnother() throws {
    let inner = GraphNode.sequence([
      .looped, .switchOn("votes", [">= 2": .return], default: .refine),
    ])
    let routes: [RouteSpec] = [
      .graph(method: GraphFixture.method("Understanding/Judge"), inner),
      .service("graph.v1.Refiner", deployment: "refiner"),
    ]
    let graph = GraphNode.forEach("crops", Self.judge)
    var request = try Request(graph, for: "Refine", answering: "Page", beside: routes)
    #expect(
      try request.start("Page", #"{"crops":[{},{}]}"#)
        == ["0 expert-looped {}", "1 expert-looped {}"])
    // `return` ends the inner graph only.
    #expect(try request.answer(0, "Label", #"{"votes":2}"#) == [])
    #expect(try request.answer(1, "Label", #"{"votes":1}"#) == [#"2 refiner {"votes":1}"#])
    #expect(
      try request.answer(2, "Label", #"{"votes":9}"#)
        == [#"{"crops":[{},{}],"labels":[{"votes":2},{"votes":9}]}"#])

    let plain = GraphNode.sequence([.looped, .route(GraphFixture.method("Refiner/Refine"))])
    var judge = try Request(plain, for: "Judge", answering: "Label", beside: routes)
    #expect(try judge.start("Crop", "{}") == ["0 expert-looped {}"])
    #expect(try judge.answer(0, "Label", "{}") == ["1 refiner {}"])
    #expect(judge.fail(1) == ["unavailable: leg 1"])
  }

  @Test func returnLeavesWhatRunsBesideItInItsGraph() throws {
    let inner = GraphNode.sequence([
      .ensemble([.sequence([.looped, .return]), .open], .merge), .refine,
    ])
    let routes = [RouteSpec.graph(method: GraphFixture.method("Understanding/Judge"), inner)]
    let graph = GraphNode.sequence([Self.judge, .refine])
    var request = try Request(graph, for: "Reconsider", answering: "Label", beside: routes)
    #expect(try request.start("Crop", "{}") == ["0 expert-looped {}", "1 expert-open {}"])
    #expect(
      try request.answer(0, "Label", #"{"votes":2}"#) == ["cancel 1", #"2 refiner {"votes":2}"#])
  }

  // MARK: What is set

  @Test func conditionsAskWhatIsSet() throws {
    let toLabel = GraphNode.map(Self.map(["hint": .path("hint")], as: "Summary"))
    func named(_ text: String) -> GraphNode {
      .map(Self.map(["object": .value(.string(text))], as: "Summary"))
    }
    func answer(_ graph: GraphNode, _ json: String) throws -> [String] {
      var request = try Request(graph, for: "Examine", answering: "Summary")
      return try request.start("Question", json)
    }
    let has = GraphNode.switchOn("has(hint)", ["true": toLabel, "false": named("none")])
    #expect(try answer(has, #"{"hint":""}"#) == ["{}"])
    #expect(try answer(has, "{}") == [#"{"object":"none"}"#])
    let subject = GraphNode.switchOn(
      "subject", ["crop": named("a crop"), "text": named("a text")], default: named("nothing"))
    #expect(try answer(subject, #"{"text":""}"#) == [#"{"object":"a text"}"#])
    #expect(try answer(subject, #"{"crop":{}}"#) == [#"{"object":"a crop"}"#])
    #expect(try answer(subject, "{}") == [#"{"object":"nothing"}"#])
    let strict = GraphNode.switchOn("subject", ["crop": toLabel])
    #expect(
      try answer(strict, #"{"text":""}"#) == [
        "failedPrecondition: graph.v1.Understanding/Examine at : no case for subject = text of "
          + "graph.v1.Question, and there is no default"
      ])
  }

  // MARK: Limits

  @Test func aLoopThatCallsNobodyIsBounded() throws {
    let mirror = GraphNode.mirror(
      MirrorNode(deployment: "refiner", method: GraphFixture.method("Refiner/Refine")))
    let loop = GraphNode.loop(
      LoopNode(.whileHolds, field: "votes", condition: "0", body: mirror, maxRounds: 1_000))
    var limits = GraphLimits()
    limits.maxEntries = 40
    var request = try Request(loop, for: "Improve", answering: "Label", limits: limits)
    let texts = try request.start("Label", "{}")
    #expect(
      texts.last
        == "resourceExhausted: graph.v1.Understanding/Improve at do: the request runs more than 40 nodes"
    )
  }

  /// A double can be what JSON's numbers cannot.
  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func aDoubleMayBeNoNumber(value: Double) throws {
    let graph = GraphNode.map(Self.map(["score": .value(.number(value))], as: "Summary"))
    #expect(try GraphFixture.problems(graph, for: "Examine") == [])
  }

  // MARK: Mistakes

  @Test(arguments: mistakes.indices) func aMistakeIsNamedOnce(index: Int) throws {
    let (graph, method, problem) = Self.mistakes[index]
    let circle: [RouteSpec] = [
      .graph(
        method: GraphFixture.method("Understanding/Judge"),
        .sequence([.looped, .route(Self.improve)])),
      .graph(method: Self.improve, .sequence([.refine, .route(Self.improve)])),
      .method(GraphFixture.method("Pages/Fetch"), deployment: "pages"),
    ]
    let found = try GraphFixture.problems(graph, for: method, beside: circle)
    #expect(found == [problem], "\(found)")
  }

  private static let improve = GraphFixture.method("Understanding/Improve")

  private static let mistakes: [(GraphNode, String, String)] = [
    (
      .map(map(["objekt": .path("hint")], as: "Summary")), "Examine",
      "map.objekt: graph.v1.Summary has no field \"objekt\"; did you mean object?"
    ),
    (
      .map(map(["object": .path("hin")], as: "Summary")), "Examine",
      "map.object: graph.v1.Question has no field \"hin\"; did you mean hint?"
    ),
    (
      .map(map(["score": .path("hint")], as: "Summary")), "Examine",
      "map.score: graph.v1.Summary.score is double, but graph.v1.Question.hint is string"
    ),
    (
      .map(map(["best": .path("$response")], as: "Summary")), "Examine",
      "map.best: graph.v1.Summary.best is graph.v1.Label, but what comes here is graph.v1.Question; "
        + "graph.v1.Label has doubt with the number 5, and graph.v1.Question has no such number"
    ),
    (
      .map(map(["object": .path("$request.hint")], as: "Summary")), "Examine",
      "map.object: $request is what came into the sequence around the node, and there is none"
    ),
    (
      .map(map(["votes": .value(.string("many"))], as: "Summary")), "Examine",
      "map.votes: this is not a value of graph.v1.Summary.votes: votes: expected an integer, found "
        + "\"many\""
    ),
    (
      .map(map(["votes": .value(.number(.nan))], as: "Summary")), "Examine",
      "map.votes: this is not a value of graph.v1.Summary.votes: votes: expected an integer, found "
        + "\"NaN\""
    ),
    (
      .map(map(["object": .path("hint")], as: "Sumary")), "Examine",
      "as: the schema has no message graph.v1.Sumary; did you mean graph.v1.Summary?"
    ),
    (
      .map(map(["object": .path("hint")])), "Examine",
      ": say as: the full name of the message that the map makes; no call comes next"
    ),
    (
      .sequence([
        .map(map(["object": .path("hint")], as: "Summary")), .looped,
        .map(map(["best": .path("$response")], as: "Summary")),
      ]), "Examine",
      "sequence[1].method: graph.v1.Classifier/Classify takes graph.v1.Crop, but what comes here is "
        + "graph.v1.Summary"
    ),
    (
      .ensemble([.looped], .map(map(["object": .path("expert-lopped.object")], as: "Label"))),
      "Judge",
      "combine.map.object: no branch has the name expert-lopped; did you mean expert-looped?; "
        + "allowed: expert-looped"
    ),
    (
      .ensemble(
        [.looped, .looped], .map(map(["object": .path("expert-looped.object")], as: "Label"))),
      "Judge",
      "combine.map.object: 2 branches are called expert-looped; give each a name of its own"
    ),
    (
      .switchOn("has(hin)", ["true": .looped]), "Judge",
      "switch.on: graph.v1.Crop has no field \"hin\""
    ),
    (
      .switchOn("has(kind)", ["yes": .looped]), "Judge",
      "switch.cases.yes: has(kind) is true or false, not yes"
    ),
    (
      .switchOn("place", ["x": .looped]), "Judge",
      "switch.on: graph.v1.Crop.place is graph.v1.Where; a condition is on a number, bool, string or "
        + "enum, on a oneof, or on whether a field is set: has(place)"
    ),
    (
      .switchOn("subject", ["corp": .map(map([:], as: "Summary"))]), "Examine",
      "switch.cases.corp: subject of graph.v1.Question has no member corp; did you mean crop?; "
        + "allowed: crop, text"
    ),
    (
      .route(GraphFixture.method("Understanding/Jugde")), "Judge",
      "route: the app has no route graph.v1.Understanding/Jugde; did you mean "
        + "graph.v1.Understanding/Judge?"
    ),
    (
      .sequence([.refine, .route(improve)]), "Improve",
      "sequence[1].route: routes that call each other never end: graph.v1.Understanding/Improve → "
        + "graph.v1.Understanding/Improve"
    ),
    (
      .sequence([
        .split, .route(GraphFixture.method("Pages/Fetch")), .map(map([:], as: "Crop")),
      ]), "Split",
      "sequence[1].route.method: graph.v1.Pages/Fetch takes graph.v1.Request, but what comes here is "
        + "graph.v1.Crop"
    ),
  ]
}
