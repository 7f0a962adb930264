// An app beside its schema.

import MartletCore
import MartletDispatch
import Testing

@Suite struct AppCheckTests {
  private func app(_ routes: [RouteSpec]) -> AppSpec {
    AppSpec(
      name: "app",
      deployments: GraphFixture.deployments.map { spec in
        var spec = spec
        spec.command = ["./serve"]
        return spec
      }, routes: routes)
  }

  private func problems(_ app: AppSpec) throws -> [String] {
    try checkApp(app, GraphFixture.schema()).map(\.description)
  }

  @Test func aFittingAppHasNoProblems() throws {
    let spec = app([
      .graph(method: GraphFixture.method("Understanding/Analyze"), .understanding),
      .service("graph.v1.Classifier", deployment: "expert-open"),
      .method(GraphFixture.method("Pages/Follow"), deployment: "pages"),
    ])
    #expect(spec.problems() == [])
    #expect(try problems(spec) == [])
  }

  @Test func pathsAreThoseOfTheFile() throws {
    let spec = app([
      .service("graph.v1.Classifier", deployment: "expert-open"),
      .graph(
        method: GraphFixture.method("Understanding/Analyze"), .sequence([.looped, .combine])),
    ])
    #expect(
      try problems(spec).map { String($0.prefix { $0 != ":" }) }
        == ["routes[1].graph.sequence[0].method", "routes[1].graph.sequence[1].method"])
  }

  @Test func unknownServicesAndMethods() throws {
    var spec = app([
      .service("graph.v1.Clasifier", deployment: "generalist"),
      .method(GraphFixture.method("Pages/Fetsh"), deployment: "pages"),
      .graph(method: GraphFixture.method("Understanding/Analyse"), .understanding),
    ])
    spec.deployments[3].services = ["graph.v1.Clasifier", "graph.v1.Classifier", "graph.v1.Pages"]
    let hint = "the schema has no service graph.v1.Clasifier; did you mean graph.v1.Classifier?"
    #expect(
      try problems(spec) == [
        "deployments[3].services[0]: \(hint)", "routes[0].service: \(hint)",
        "routes[1].method: graph.v1.Pages has no method Fetsh; did you mean Fetch?",
        "routes[2].method: graph.v1.Understanding has no method Analyse; did you mean Analyze?",
      ])
  }

  @Test func whatTheAppItselfReportsIsNotRepeated() throws {
    let graph = GraphNode.sequence([.call("nobody", "Pages/Fetch"), .combine])
    let spec = app([.graph(method: GraphFixture.method("Understanding/Analyze"), graph)])
    #expect(spec.problems().map(\.path.description) == ["routes[0].graph.sequence[0].call"])
    #expect(try problems(spec) == [])
  }

  @Test func aGraphNeedsASchema() {
    let spec = app([
      .service("graph.v1.Classifier", deployment: "expert-open"),
      .graph(method: GraphFixture.method("Understanding/Analyze"), .understanding),
    ])
    #expect(checkApp(spec, nil).map(\.path.description) == ["routes[1].graph"])
  }

  // MARK: Graphs in graphs

  private static func route(_ method: String, _ graph: GraphNode) -> RouteSpec {
    .graph(method: GraphFixture.method("Understanding/\(method)"), graph)
  }

  private static func callee(_ method: String) -> GraphNode {
    .route(GraphFixture.method("Understanding/\(method)"))
  }

  private static func nested(_ node: GraphNode, _ depth: Int) -> GraphNode {
    (0..<depth).reduce(node) { inner, _ in .sequence([inner]) }
  }

  private static let retry = NodeOptions.RetrySpec(attempts: 2)

  @Test func aMistakeIsSaidWhereItStandsAndNotWhereItIsCalled() throws {
    let spec = app([
      Self.route("Judge", .sequence([.fetch, .looped])),
      Self.route("Reconsider", .fallback([Self.callee("Judge"), Self.callee("Judge")])),
    ])
    #expect(
      try problems(spec).map { String($0.prefix { $0 != ":" }) }
        == ["routes[0].graph.sequence[0].method", "routes[0].graph.sequence[1].method"])
  }

  @Test func aMistakeThatOnlyItsCallersMakeIsSaidOnce() throws {
    let twice = GraphNode.fallback([
      Self.callee("Judge").with(retry: Self.retry), Self.callee("Judge").with(retry: Self.retry),
    ])
    let message = "retry may send a message twice; expert-looped does not say idempotent: true"
    for routes in [
      [Self.route("Judge", .looped), Self.route("Reconsider", twice)],
      [Self.route("Reconsider", twice), Self.route("Judge", .looped)],
    ] {
      let index = routes[0].method?.method == "Judge" ? 1 : 0
      #expect(
        try problems(app(routes)) == ["routes[\(index)].graph.fallback[0].route.call: \(message)"])
    }
  }

  @Test func aCaseThatIsCalledRouteIsNoRoute() throws {
    func cases(_ name: String) -> GraphNode {
      .switchOn("place.region", [name: .sequence([.fetch]), "other": .sequence([.fetch])])
    }
    let found = try problems(app([Self.route("Judge", cases("route"))]))
    // The two cases, and what the switch answers.
    #expect(found.count == 3, "\(found)")
  }

  /// Apps, each with graphs that are fine alone and wrong in others.
  private static let wrongTogether: [[RouteSpec]] = [
    [
      route("Judge", .looped),
      route("Reconsider", .fallback([.hedge(.zero, callee("Judge")), callee("Judge")])),
      route("Sort", .forEach("crops", into: "labels", .hedge(.zero, callee("Judge")))),
    ],
    [
      route("Improve", nested(.refine, 20)),
      route("Judge", nested(.sequence([.looped, callee("Improve")]), 15)),
      route("Reconsider", nested(.sequence([.looped, callee("Improve")]), 15)),
    ],
    [
      route("Split", .sequence(Array(repeating: .split, count: 600))),
      route("Judge", .sequence([callee("Split"), callee("Split"), .looped])),
      route("Reconsider", .sequence([callee("Split"), callee("Split"), .looped])),
    ],
    [
      route("Watch", .call("streamer", "Streamer/Watch")),
      route("Analyze", .fallback([callee("Watch"), callee("Watch")])),
    ],
    [
      route("Judge", callee("Reconsider")), route("Reconsider", callee("Judge")),
      route("Sort", .forEach("crops", into: "labels", callee("Judge"))),
    ],
    [route("Jugde", .looped), route("Judge", callee("Jugde"))],
  ]

  /// What passes here compiles in the router.
  @Test(arguments: wrongTogether) func whatDoesNotCompileIsAProblem(routes: [RouteSpec]) throws {
    let spec = app(routes)
    #expect(spec.problems() == [])
    let schema = try GraphFixture.schema()
    var refused = 0
    for case .graph(let method, let graph) in routes.map(\.target) {
      do throws(SpecProblems) {
        _ = try GraphCompiler.compile(graph, for: method, of: spec, schema: schema)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 0)
    #expect(try !problems(spec).isEmpty)
  }

  @Test func whatTheAppItselfReportsIsNotEchoed() throws {
    let graph = GraphNode.sequence([.call("nobody", "Classifier/Classify")])
    let spec = app([
      Self.route("Judge", graph),
      Self.route("Reconsider", .fallback([Self.callee("Judge"), Self.callee("Judge")])),
    ])
    #expect(spec.problems().map(\.path.description) == ["routes[0].graph.sequence[0].call"])
    #expect(try problems(spec) == [])
  }
}
