// Checks an app against its schema: what `AppSpec.problems()` cannot see.

package import MartletCore
package import MartletSchema

/// Every mistake in the services, routes and graphs of an app that its schema shows, in the order
/// of the file; what `AppSpec.problems()` reports is not repeated. An app without protos has no
/// schema: its services and methods cannot be checked, and a graph in it is a mistake.
package func checkApp(_ app: AppSpec, _ schema: Schema?) -> [SpecProblem] {
  let known = Set(app.problems().map(\.path))
  var problems: [SpecProblem] = []
  if let schema {
    for (index, deployment) in app.deployments.enumerated() {
      for (position, service) in deployment.services.enumerated()
      where schema.service(named: service) == nil {
        let path: SpecPath = [
          .key("deployments"), .index(index), .key("services"), .index(position),
        ]
        problems.append(SpecProblem(path, schema.unknownService(service)))
      }
    }
  }
  for (index, route) in app.routes.enumerated() {
    let path: SpecPath = [.key("routes"), .index(index)]
    problems += check(route.target, of: app, schema, at: path)
    if let problem = route.httpProblem(schema, at: path) { problems.append(problem) }
  }
  return problems.withoutEchoes.filter { !known.contains($0.path) }
}

extension [SpecProblem] {
  /// A graph that another one calls is compiled with it, too; what is wrong with it is said once:
  /// where it stands, or else, since only who calls it makes it wrong, where it comes up first.
  fileprivate var withoutEchoes: [SpecProblem] {
    var said = Set(lazy.filter { !$0.path.isWithinRoute }.map(\.message))
    return filter { !$0.path.isWithinRoute || said.insert($0.message).inserted }
  }
}

extension SpecPath {
  /// Whether the place is below a `route` node: in the graph of another route. A case may have the
  /// same key.
  fileprivate var isWithinRoute: Bool {
    zip(steps, steps.dropFirst().dropLast()).contains {
      $1 == .key("route") && $0 != .key("cases")
    }
  }
}

private func check(
  _ route: RouteSpec.Target, of app: AppSpec, _ schema: Schema?, at path: SpecPath
) -> [SpecProblem] {
  guard let schema else {
    guard case .graph = route else { return [] }
    let message = "a graph needs the types of its messages; name the descriptor set in protos"
    return [SpecProblem(path.appending("graph"), message)]
  }
  switch route {
  case .service(let service, _):
    guard schema.service(named: service) == nil else { return [] }
    return [SpecProblem(path.appending("service"), schema.unknownService(service))]
  case .method(let method, _):
    guard schema.method(method) == nil else { return [] }
    return [SpecProblem(path.appending("method"), schema.unknownMethod(method))]
  case .graph(let method, let graph):
    guard schema.method(method) != nil else {
      return [SpecProblem(path.appending("method"), schema.unknownMethod(method))]
    }
    do throws(SpecProblems) {
      _ = try GraphCompiler.compile(
        graph, for: method, of: app, schema: schema, at: path.appending("graph"))
      return []
    } catch {
      return error.problems
    }
  }
}
