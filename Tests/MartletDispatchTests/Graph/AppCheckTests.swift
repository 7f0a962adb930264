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
}
