// Writing graphs, as `AppFileReader` reads them.

extension AppFile {
  static func graph(_ node: GraphNode) -> YAMLValue {
    if node == .return { return .plain("return") }
    return .mapping(members(of: node.kind) + members(of: node.options))
  }

  private static func members(of kind: GraphNode.Kind) -> [YAMLValue.Member] {
    switch kind {
    case .call(let deployment, let method): target("call", deployment, method)
    case .sequence(let nodes): [("sequence", .list(nodes.map(graph)))]
    case .switch(let node): [("switch", .mapping(members(of: node)))]
    case .splitter(let node): members(of: node)
    case .forEach(let node): members(of: node)
    case .ensemble(let node): members(of: node)
    case .fallback(let nodes): [("fallback", .list(nodes.map(graph)))]
    case .hedge(let node):
      [("hedge", graph(node.body))] + (node.delay.map { [("after_s", .seconds($0))] } ?? [])
        + (node.percentile.map { [("after_percentile", .number($0))] } ?? [])
    case .loop(let node):
      [
        (node.kind.key, .text(node.field)), ("is", .text(node.condition)),
        ("do", graph(node.body)), ("max", .plain("\(node.maxRounds)")),
      ]
    case .mirror(let node):
      target("mirror", node.deployment, node.method)
        + (node.percent == 100 ? [] : [("percent", .plain("\(node.percent)"))])
    case .map(let node): members(of: node)
    case .route(let method): [("route", .text(method.description))]
    case .return: [("return", .mapping([]))]
    }
  }

  private static func members(of node: MapNode) -> [YAMLValue.Member] {
    let fields = node.fields.map { assignment -> YAMLValue.Member in
      switch assignment.source {
      case .path(let path): (assignment.field, .text(path))
      case .value(let value): (assignment.field, .mapping([("value", YAMLValue(value))]))
      }
    }
    return [("map", .mapping(fields))] + (node.type.map { [("as", .text($0))] } ?? [])
  }

  private static func members(of options: NodeOptions) -> [YAMLValue.Member] {
    var members: [YAMLValue.Member] = []
    if let name = options.name { members.append(("name", .text(name))) }
    if options.takesRequest { members.append(("data", .text("$request"))) }
    if let timeout = options.timeout { members.append(("timeout_s", .seconds(timeout))) }
    if let retry = options.retry {
      var fields: [YAMLValue.Member] = [("attempts", .plain("\(retry.attempts)"))]
      if retry.backoff != .zero { fields.append(("backoff_s", .seconds(retry.backoff))) }
      if retry.codes != [.unavailable] { fields.append(("on", .texts(retry.codes.map(\.name)))) }
      members.append(("retry", .mapping(fields)))
    }
    switch options.onError {
    case .fail: break
    case .skip: members.append(("on_error", .plain("skip")))
    case .answer(let value):
      members.append(("on_error", .mapping([("default", YAMLValue(value))])))
    }
    return members
  }

  private static func members(of node: SwitchNode) -> [YAMLValue.Member] {
    var members: [YAMLValue.Member] = [
      ("on", .text(node.field)),
      ("cases", .mapping(node.cases.map { ($0.value, graph($0.node)) })),
    ]
    if let fallback = node.default { members.append(("default", graph(fallback))) }
    return members
  }

  private static func members(of node: SplitterNode) -> [YAMLValue.Member] {
    let shares = node.shares.map { share in
      YAMLValue.mapping([("weight", .plain("\(share.weight)")), ("do", graph(share.node))])
    }
    let sticky: [YAMLValue.Member] =
      switch node.sticky {
      case .field(let name): [("by", .text(name))]
      case .metadata(let key): [("by_metadata", .text(key))]
      case nil: []
      }
    return [("splitter", .list(shares))] + sticky
  }

  private static func members(of node: ForEachNode) -> [YAMLValue.Member] {
    var members: [YAMLValue.Member] = [
      ("for_each", .text(node.field)), ("do", graph(node.body)),
    ]
    if let into = node.into { members.append(("into", .text(into))) }
    if let count = node.parallelism { members.append(("parallelism", .plain("\(count)"))) }
    return members
  }

  private static func members(of node: EnsembleNode) -> [YAMLValue.Member] {
    let combiner: YAMLValue =
      switch node.combiner {
      case .merge: .plain("merge")
      case .first: .plain("first")
      case .vote(let field): .mapping([("vote", .text(field))])
      case .maxBy(let field): .mapping([("max_by", .text(field))])
      case .collect(let field): .mapping([("collect", .text(field))])
      case .mean(let fields): .mapping([("mean", .texts(fields))])
      case .weightedMean(let fields, let weights):
        .mapping([
          (
            "weighted_mean",
            .mapping([
              ("fields", .texts(fields)), ("weights", .list(weights.map(YAMLValue.number))),
            ])
          )
        ])
      case .call(let deployment, let method): .mapping(target("call", deployment, method))
      case .map(let node): .mapping(members(of: node))
      }
    var members: [YAMLValue.Member] = [
      ("ensemble", .list(node.branches.map(graph))), ("combine", combiner),
    ]
    if let quorum = node.quorum { members.append(("quorum", .plain("\(quorum)"))) }
    return members
  }

  private static func target(
    _ key: String, _ deployment: String, _ method: MethodName
  ) -> [YAMLValue.Member] {
    [(key, .text(deployment)), ("method", .text(method.description))]
  }
}
