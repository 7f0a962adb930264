// The graph of a route as a tree for people to look at.

internal import MartletCore
internal import MartletDispatch

/// A node of a graph, with what it did of late.
struct GraphTree {
  /// Which way leads here from the node above, such as a case; empty: there is only one.
  var edge: String
  var title: String
  /// What the node says beside that, such as a call's method and its options.
  var detail: String
  /// Where the node is in the app file.
  var path: SpecPath
  var figures: NodeRates?
  /// How often the node above took this way, 0 to 1; nil: it has no choice, or did not run.
  var share: Double?
  private let role: NodeRole
  var children: [GraphTree] = []

  init(_ graph: GraphNode, of method: MethodName, in app: AppSpec, at path: SpecPath) {
    var routes = Routes(app: app, callers: [method])
    self.init(graph, at: path, &routes)
  }

  private init(
    _ node: GraphNode, at path: SpecPath, edge: String = "", _ routes: inout Routes
  ) {
    self.edge = edge
    self.path = path
    role = NodeRole(node.kind, in: routes.app)
    (title, detail, children) = Self.look(at: node.kind, path, &routes)
    let options = Self.text(of: node.options)
    if let name = node.options.name { title = "\(name): \(title)" }
    detail = [detail, options].filter { !$0.isEmpty }.joined(separator: "  ")
  }

  /// A plain route.
  init(deployment: String, method: String, at path: SpecPath) {
    (edge, title, detail, self.path) = ("", "call \(deployment)", method, path)
    role = .call
  }

  /// The same with what is known of each place.
  func with(_ counts: (SpecPath) -> NodeCounts?) -> GraphTree {
    var tree = self
    let own = own(counts)
    tree.figures = own?.rates(of: role)
    tree.children = children.map { $0.with(counts) }
    if role == .choice, let entered = own?.entered, entered > 0 {
      for (index, child) in children.enumerated() {
        let taken = child.own(counts)?.taken ?? 0
        tree.children[index].share = min(1, Double(taken) / Double(entered))
      }
    }
    return tree
  }

  /// A plain route's call that streams is counted where the node names the route.
  private func own(_ counts: (SpecPath) -> NodeCounts?) -> NodeCounts? {
    guard role == .call, let named = counts(path.appending("route")) else { return counts(path) }
    return counts(path)?.adding(named) ?? named
  }

  /// The routes that a graph may go into, and those around what is drawn.
  private struct Routes {
    let app: AppSpec
    var callers: [MethodName]
    /// Graphs that call others twice, which call others twice, have many nodes.
    var left = GraphLimits.maxNodes
  }

  private static func look(
    at kind: GraphNode.Kind, _ path: SpecPath, _ routes: inout Routes
  ) -> (title: String, detail: String, [GraphTree]) {
    routes.left -= 1
    func list(_ key: String, _ nodes: [GraphNode]) -> [GraphTree] {
      nodes.enumerated().map {
        GraphTree($1, at: path.appending(key).appending($0), edge: "\($0 + 1)", &routes)
      }
    }
    switch kind {
    case .call(let deployment, let method): return ("call \(deployment)", "\(method)", [])
    case .sequence(let nodes): return ("sequence", "", list("sequence", nodes))
    case .switch(let node):
      let base = path.appending("switch")
      let cases = node.cases.map {
        GraphTree($0.node, at: base.appending("cases").appending($0.value), edge: $0.value, &routes)
      }
      let rest = node.default.map {
        GraphTree($0, at: base.appending("default"), edge: "default", &routes)
      }
      return ("switch", "on \(node.field)", cases + (rest.map { [$0] } ?? []))
    case .splitter(let node):
      let list = path.appending("splitter")
      let shares = node.shares.enumerated().map {
        GraphTree(
          $1.node, at: list.appending($0).appending("do"), edge: "\($1.weight) %", &routes)
      }
      let by: String =
        switch node.sticky {
        case .field(let name): "by \(name)"
        case .metadata(let key): "by metadata \(key)"
        case nil: ""
        }
      return ("splitter", by, shares)
    case .forEach(let node):
      let into = node.into.map { " into \($0)" } ?? ""
      let count = node.parallelism.map { ", \($0) at once" } ?? ""
      return (
        "for_each", "\(node.field)\(into)\(count)",
        [GraphTree(node.body, at: path.appending("do"), &routes)]
      )
    case .ensemble(let node):
      let branches = list("ensemble", node.branches)
      return ensemble(node, path, branches, &routes)
    case .fallback(let nodes): return ("fallback", "", list("fallback", nodes))
    case .hedge(let node):
      let times = [
        node.percentile.map { "after p\($0 == $0.rounded() ? "\(Int($0))" : "\($0)")" },
        node.delay.map { "after \($0)" },
      ]
      return (
        "hedge", times.compactMap { $0 }.joined(separator: ", or "),
        [GraphTree(node.body, at: path.appending("hedge"), &routes)]
      )
    case .loop(let node):
      return (
        node.kind.key, "\(node.field) is \(node.condition), at most \(node.maxRounds) rounds",
        [GraphTree(node.body, at: path.appending("do"), &routes)]
      )
    case .mirror(let node):
      return ("mirror \(node.deployment)", "\(node.method), \(node.percent) %", [])
    case .map(let node): return ("map", text(of: node), [])
    case .route(let method): return route(method, path, &routes)
    case .return: return ("return", "", [])
    }
  }

  /// What another route does is below the node; of a plain one that is its call.
  private static func route(
    _ method: MethodName, _ path: SpecPath, _ routes: inout Routes
  ) -> (title: String, detail: String, [GraphTree]) {
    let title = "route \(method)"
    switch routes.app.route(of: method)?.target {
    case .service(_, let deployment), .method(_, let deployment):
      return (title, "call \(deployment)", [])
    case .graph(_, let graph):
      guard !routes.callers.contains(method), routes.left > 0 else { return (title, "…", []) }
      routes.callers.append(method)
      defer { routes.callers.removeLast() }
      return (title, "", [GraphTree(graph, at: path.appending("route"), &routes)])
    case nil: return (title, "", [])
    }
  }

  private static func ensemble(
    _ node: EnsembleNode, _ path: SpecPath, _ branches: [GraphTree], _ routes: inout Routes
  ) -> (title: String, detail: String, [GraphTree]) {
    let quorum = node.quorum.map { ", quorum \($0) of \(node.branches.count)" } ?? ""
    let combiner: String
    switch node.combiner {
    case .vote(let field): combiner = "vote on \(field)"
    case .mean(let fields): combiner = "mean of \(fields.joined(separator: ", "))"
    case .weightedMean(let fields, _):
      combiner = "weighted mean of \(fields.joined(separator: ", "))"
    case .maxBy(let field): combiner = "max by \(field)"
    case .merge: combiner = "merge"
    case .first: combiner = "first"
    case .collect(let field): combiner = "collect in \(field)"
    case .map(let map): combiner = "map \(text(of: map))"
    case .call(let deployment, let method):
      let call = GraphTree(
        .call(deployment: deployment, method: method), at: path.appending("combine"),
        edge: "combine", &routes)
      return ("ensemble", "combine by \(deployment)\(quorum)", branches + [call])
    }
    return ("ensemble", "\(combiner)\(quorum)", branches)
  }

  private static func text(of map: MapNode) -> String {
    let type = map.type.map { " as \($0)" } ?? ""
    return "\(map.fields.map(\.field).joined(separator: ", "))\(type)"
  }

  private static func text(of options: NodeOptions) -> String {
    var parts: [String] = []
    if options.takesRequest { parts.append("data $request") }
    if let timeout = options.timeout { parts.append("timeout \(timeout)") }
    if let retry = options.retry { parts.append("\(retry.attempts) attempts") }
    switch options.onError {
    case .fail: break
    case .skip: parts.append("skip errors")
    case .answer: parts.append("default on errors")
    }
    return parts.joined(separator: ", ")
  }
}
