// Finds the routes that have a name in plain HTTP.
package import MartletCore

/// A method by its name in plain HTTP.
package struct HTTPRoute: Sendable, Hashable {
  package let route: Route
  package let method: MethodName
}

/// By path and verb. Of two apps with one name the first keeps it, as with methods.
struct HTTPRouteIndex: Sendable {
  private var paths: [String: [HTTPName.Verb: HTTPRoute]] = [:]

  mutating func add(_ name: HTTPName, _ route: HTTPRoute) {
    guard paths[name.path]?[name.verb] == nil else { return }
    paths[name.path, default: [:]][name.verb] = route
  }

  subscript(path: String) -> [HTTPName.Verb: HTTPRoute] { paths[path] ?? [:] }
}
