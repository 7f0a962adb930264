// Names of methods in plain HTTP.
import Testing

@testable import MartletCore

@Suite struct HTTPNameTests {
  @Test(arguments: [
    ("POST /analyze", HTTPName(.post, "/analyze")),
    ("GET /v1/a-b_c.d~e", HTTPName(.get, "/v1/a-b_c.d~e")),
    ("post /x", nil), ("HEAD /x", nil), ("POST", nil), ("/x", nil), ("POST /a b", nil), ("", nil),
  ])
  func texts(text: String, name: HTTPName?) {
    #expect(HTTPName(text) == name)
    if let name { #expect(name.description == text) }
  }

  @Test(arguments: ["/x", "/v1/analyze", "/a/b/c", "/a.b", "/a.b/c/d", "/x:y@z,(1)", "/-x"])
  func paths(path: String) {
    #expect(HTTPName(.get, path).pathProblem == nil)
  }

  @Test(arguments: [
    "", "/", "x", "//x", "/x/", "/a//b", "/x?y", "/x#y", "/a%2fb", "/ä", "/{id}", "/a/*", "/-/x",
    "/-", "/a.v1.S/M", "/a/./b", "/a/..", "/a b", "/" + String(repeating: "x", count: 1024),
  ])
  func wrongPaths(path: String) {
    #expect(HTTPName(.get, path).pathProblem != nil)
  }

  @Test func longestPath() {
    #expect(HTTPName(.get, "/" + String(repeating: "x", count: 1023)).pathProblem == nil)
  }

  private func problems(_ routes: [RouteSpec]) -> [String] {
    AppSpec(
      name: "a", deployments: [DeploymentSpec(name: "d", command: ["x"])], routes: routes
    ).problems().map(\.description)
  }

  @Test func namesAndPathsOfGRPCAreKeptApart() {
    let method = MethodName(service: "S", method: "M")
    let other = MethodName(service: "S", method: "N")
    #expect(
      problems([
        .method(method, deployment: "d", http: HTTPName(.get, "/x")),
        .method(other, deployment: "d", http: HTTPName(.put, "/x")),
      ]) == [])
    #expect(
      problems([
        .method(method, deployment: "d", http: HTTPName(.get, "/x")),
        .method(other, deployment: "d", http: HTTPName(.get, "/x")),
      ]) == ["routes[1].http: GET /x has a route already, routes[0]"])
    // Services need no package.
    #expect(
      problems([
        .method(method, deployment: "d", http: HTTPName(.get, "/S/M")),
        .service("T", deployment: "d"),
        .method(other, deployment: "d", http: HTTPName(.get, "/T/x")),
      ]) == [
        "routes[0].http: /S/M is a path of gRPC's already, by the route of S/M",
        "routes[2].http: /T/x is a path of gRPC's already, by the route of T",
      ])
    var service = RouteSpec.service("T", deployment: "d")
    service.http = HTTPName(.get, "/x")
    #expect(
      problems([service])
        == ["routes[0].http: a name in HTTP is for one method; write a route with method for it"])
  }
}
