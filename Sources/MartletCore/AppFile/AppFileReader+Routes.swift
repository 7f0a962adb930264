// `routes:` of an app file.

extension AppFileReader {
  mutating func route(_ node: SourceNode, at path: SpecPath) -> RouteSpec? {
    let keys = ["method", "service", "http", "graph", "deployment"]
    guard let fields = fields(node, at: path, allowed: keys) else { return nil }
    let http = http("http", in: fields)
    var route = route(fields)
    route?.http = http
    return route
  }

  private mutating func route(_ fields: Fields) -> RouteSpec? {
    let path = fields.path
    switch (fields["method"] != nil, fields["service"] != nil) {
    case (true, true):
      note(path, "method and service exclude each other; a route is for one of them")
      return nil
    case (false, false):
      note(path, "missing key method or service; a route says which requests it is for")
      return nil
    case (false, true):
      if fields["graph"] != nil {
        note(fields.path(of: "graph"), "a graph is for one method; write method instead of service")
        return nil
      }
      guard require(["deployment"], in: fields, of: "a route of a service"),
        let service = string("service", in: fields),
        let deployment = string("deployment", in: fields)
      else { return nil }
      return .service(service, deployment: deployment)
    case (true, false):
      return methodRoute(fields)
    }
  }

  private mutating func methodRoute(_ fields: Fields) -> RouteSpec? {
    let method = method("method", in: fields)
    if fields["graph"] != nil, fields["deployment"] != nil {
      note(fields.path, "graph and deployment exclude each other; a route has one of them")
      return nil
    }
    if let node = fields["graph"] {
      guard let graph = graph(node, at: fields.path(of: "graph")), let method else { return nil }
      return .graph(method: method, graph)
    }
    guard fields["deployment"] != nil else {
      note(fields.path, "missing key graph or deployment; a route says who answers")
      return nil
    }
    guard let deployment = string("deployment", in: fields), let method else { return nil }
    return .method(method, deployment: deployment)
  }

  private mutating func http(_ key: String, in fields: Fields) -> HTTPName? {
    guard let text = string(key, in: fields) else { return nil }
    if let name = HTTPName(text) { return name }
    let verbs = HTTPName.Verb.allCases.map(\.rawValue)
    note(
      fields.path(of: key),
      "expected a verb and a path such as POST /analyze, found \(text); verbs: "
        + Self.list(verbs))
    return nil
  }

  mutating func method(_ key: String, in fields: Fields) -> MethodName? {
    guard let text = string(key, in: fields) else { return nil }
    if let method = MethodName(text) { return method }
    note(
      fields.path(of: key),
      "expected a full method name such as content.v1.Classifier/Classify, found \(text)")
    return nil
  }
}
