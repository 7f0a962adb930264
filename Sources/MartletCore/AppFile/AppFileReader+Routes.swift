// `routes:` of an app file and the graphs in them.

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

  private mutating func method(_ key: String, in fields: Fields) -> MethodName? {
    guard let text = string(key, in: fields) else { return nil }
    if let method = MethodName(text) { return method }
    note(
      fields.path(of: key),
      "expected a full method name such as content.v1.Classifier/Classify, found \(text)")
    return nil
  }
}

/// The nodes of a graph.
extension AppFileReader {
  /// The keys of each kind of node; the first tells the kind.
  static let nodeKinds: [[String]] = [
    ["call", "method"], ["sequence"], ["switch"], ["for_each", "do", "into"],
    ["ensemble", "combine"],
  ]

  mutating func graph(_ node: SourceNode, at path: SpecPath) -> GraphNode? {
    guard case .mapping(let members) = node.content else {
      note(
        path,
        "expected a node, a mapping with one of \(Self.list(Self.nodeKinds.map { $0[0] }))"
          + ", found \(node.kind)", at: node.mark)
      return nil
    }
    let names = members.map(\.name)
    let kinds = Self.nodeKinds.filter { names.contains($0[0]) }
    guard let kind = kinds.first else {
      let heads = Self.nodeKinds.map { $0[0] }
      let hint = names.lazy.compactMap { Spelling.nearest(to: $0, among: heads) }.first
      note(
        path,
        "a node has one of \(Self.list(heads))"
          + (hint.map { "; did you mean \($0)?" } ?? ""), at: node.mark)
      return nil
    }
    guard kinds.count == 1 else {
      note(
        path, "\(Self.list(kinds.map { $0[0] })) exclude each other; put them in a sequence",
        at: node.mark)
      return nil
    }
    guard let fields = fields(node, at: path, allowed: kind) else { return nil }
    switch kind[0] {
    case "call": return call(fields)
    case "sequence":
      return branches("sequence", in: fields).map(GraphNode.sequence)
    case "switch": return switchNode(fields)
    case "for_each": return forEach(fields)
    default: return ensemble(fields)
    }
  }

  private mutating func call(_ fields: Fields) -> GraphNode? {
    guard require(["method"], in: fields, of: "a call") else { return nil }
    let method = method("method", in: fields)
    guard let deployment = string("call", in: fields), let method else { return nil }
    return .call(deployment: deployment, method: method)
  }

  /// A list of nodes that has at least one; nil when any of them is wrong.
  private mutating func branches(_ key: String, in fields: Fields) -> [GraphNode]? {
    let path = fields.path(of: key)
    guard let node = fields[key], let elements = elements(node, at: path, of: "nodes") else {
      return nil
    }
    var nodes: [GraphNode] = []
    for (index, element) in elements.enumerated() {
      if let node = graph(element, at: path.appending(index)) { nodes.append(node) }
    }
    return nodes.count == elements.count ? nodes : nil
  }

  private mutating func switchNode(_ outer: Fields) -> GraphNode? {
    let path = outer.path(of: "switch")
    guard let node = outer["switch"],
      let fields = fields(node, at: path, allowed: ["on", "cases", "default"]),
      require(["on", "cases"], in: fields, of: "a switch"), let casesNode = fields["cases"]
    else { return nil }
    let field = string("on", in: fields)
    let casesPath = fields.path(of: "cases")
    guard case .mapping(let members) = casesNode.content else {
      note(
        casesPath, "expected a mapping of values to nodes, found \(casesNode.kind)",
        at: casesNode.mark)
      return nil
    }
    var cases: [SwitchNode.Case] = []
    for member in members {
      if let node = graph(member.value, at: casesPath.appending(member.name)) {
        cases.append(SwitchNode.Case(value: member.name, node: node))
      }
    }
    let fallback = fields["default"].map { graph($0, at: fields.path(of: "default")) }
    guard let field, cases.count == members.count else { return nil }
    if case .some(nil) = fallback { return nil }
    return .switch(SwitchNode(field: field, cases: cases, default: fallback ?? nil))
  }

  private mutating func forEach(_ fields: Fields) -> GraphNode? {
    guard require(["do"], in: fields, of: "for_each"), let node = fields["do"] else { return nil }
    let field = string("for_each", in: fields)
    let into = string("into", in: fields)
    guard let body = graph(node, at: fields.path(of: "do")), let field else { return nil }
    return .forEach(ForEachNode(field: field, body: body, into: into))
  }

  private mutating func ensemble(_ fields: Fields) -> GraphNode? {
    guard require(["combine"], in: fields, of: "an ensemble") else { return nil }
    let combiner = combiner(fields)
    guard let branches = branches("ensemble", in: fields), let combiner else { return nil }
    return .ensemble(EnsembleNode(branches: branches, combiner: combiner))
  }

  /// `merge`, `{vote: FIELD}`, `{mean: FIELD}` or `{mean: [FIELD, …]}`.
  private mutating func combiner(_ outer: Fields) -> EnsembleNode.Combiner? {
    guard let node = outer["combine"] else { return nil }
    let path = outer.path(of: "combine")
    let allowed = "allowed: merge, {vote: FIELD}, {mean: [FIELD, …]}"
    switch node.content {
    case .plain("merge"), .quoted("merge"): return .merge
    case .plain(let word), .quoted(let word):
      let hint = Spelling.hint(for: word, among: ["merge", "vote", "mean"])
      note(path, "unknown combiner \(word)\(hint); \(allowed)", at: node.mark)
      return nil
    case .sequence:
      note(path, "expected a combiner, found a list; \(allowed)", at: node.mark)
      return nil
    case .mapping: break
    }
    guard let fields = fields(node, at: path, allowed: ["vote", "mean"]) else { return nil }
    switch (fields["vote"], fields["mean"]) {
    case (.some, nil): return string("vote", in: fields).map { .vote(field: $0) }
    case (nil, .some(let node)):
      if case .sequence = node.content {
        return strings(node, at: fields.path(of: "mean"), of: "fields").map { .mean(fields: $0) }
      }
      return string("mean", in: fields).map { .mean(fields: [$0]) }
    case (.some, .some), (nil, nil):
      note(path, "a combiner is one thing; \(allowed)", at: node.mark)
      return nil
    }
  }
}
