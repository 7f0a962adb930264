// `routes:` of an app file.

extension AppFileReader {
  mutating func route(_ node: SourceNode, at path: SpecPath) -> RouteSpec? {
    let keys = ["method", "service", "graph", "deployment"]
    guard let fields = fields(node, at: path, allowed: keys) else { return nil }
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

  mutating func method(_ key: String, in fields: Fields) -> MethodName? {
    guard let text = string(key, in: fields) else { return nil }
    if let method = MethodName(text) { return method }
    note(
      fields.path(of: key),
      "expected a full method name such as content.v1.Classifier/Classify, found \(text)")
    return nil
  }
}
