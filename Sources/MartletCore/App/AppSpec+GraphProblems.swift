// What is wrong with a graph and shows without its types.

extension SpecCheck {
  mutating func graph(_ root: GraphNode, at path: SpecPath) {
    var names: Set<String> = []
    graph(root, at: path, &names)
  }

  private mutating func graph(_ node: GraphNode, at path: SpecPath, _ names: inout Set<String>) {
    options(node.options, at: path, &names)
    switch node.kind {
    case .call(let deployment, let method):
      self.method(method, at: path.appending("method"))
      target(deployment, of: method.service, at: path, "call", "method")
    case .sequence(let steps):
      nodes(steps, at: path.appending("sequence"), &names)
    case .switch(let node):
      switchNode(node, at: path.appending("switch"), &names)
    case .splitter(let node):
      splitter(node, at: path, &names)
    case .forEach(let node):
      field(node.field, at: path.appending("for_each"))
      if let into = node.into { field(into, at: path.appending("into")) }
      atLeastOne(node.parallelism, at: path.appending("parallelism"))
      graph(node.body, at: path.appending("do"), &names)
    case .ensemble(let node):
      nodes(node.branches, at: path.appending("ensemble"), &names)
      combiner(node, at: path.appending("combine"))
      quorum(node, at: path.appending("quorum"))
    case .fallback(let nodes):
      self.nodes(nodes, at: path.appending("fallback"), &names)
    case .hedge(let node):
      if let delay = node.delay, delay < .zero {
        note(path.appending("after_s"), "expected no negative time")
      }
      if let percentile = node.percentile, !(percentile > 0 && percentile < 100) {
        note(path.appending("after_percentile"), "expected more than 0 and less than 100 percent")
      }
      if node.delay == nil, node.percentile == nil {
        note(path, "a hedge says after_s or after_percentile")
      }
      graph(node.body, at: path.appending("hedge"), &names)
    case .loop(let node):
      field(node.field, at: path.appending(node.kind.key))
      if !(1...LoopNode.roundsLimit).contains(node.maxRounds) {
        note(
          path.appending("max"),
          "expected 1 to \(LoopNode.roundsLimit) rounds, found \(node.maxRounds)")
      }
      graph(node.body, at: path.appending("do"), &names)
    case .mirror(let node):
      self.method(node.method, at: path.appending("method"))
      target(node.deployment, of: node.method.service, at: path, "mirror", "method")
      if !(1...100).contains(node.percent) {
        note(path.appending("percent"), "expected 1 to 100, found \(node.percent)")
      }
    case .map(let node): map(node, at: path)
    case .route(let method): self.method(method, at: path.appending("route"))
    case .return: break
    }
  }

  private mutating func map(_ node: MapNode, at path: SpecPath) {
    let list = path.appending("map")
    var seen: Set<String> = []
    for assignment in node.fields {
      let path = list.appending(assignment.field)
      field(assignment.field, at: path)
      if !seen.insert(assignment.field).inserted {
        note(path, "the field \(assignment.field) is there twice")
      }
      if case .path(let source) = assignment.source { field(source, at: path) }
    }
    if let type = node.type, type.isEmpty {
      note(path.appending("as"), "expected the full name of a message, found nothing")
    }
  }

  private mutating func options(
    _ options: NodeOptions, at path: SpecPath, _ names: inout Set<String>
  ) {
    if let name = options.name {
      let path = path.appending("name")
      if name.isEmpty {
        note(path, "expected a name, found nothing")
      } else if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
        note(path, "a name has no control characters; terminals would obey them")
      } else if !names.insert(name).inserted {
        note(path, "another node of the graph has the name \(name)")
      }
    }
    if let timeout = options.timeout, timeout <= .zero {
      note(path.appending("timeout_s"), "expected more than 0 seconds")
    }
    guard let retry = options.retry else { return }
    let path = path.appending("retry")
    if !(2...5).contains(retry.attempts) {
      note(
        path.appending("attempts"),
        "expected 2 to 5 attempts, the first one included; found \(retry.attempts)")
    }
    if retry.backoff < .zero {
      note(path.appending("backoff_s"), "expected no negative time")
    } else if retry.backoff > NodeOptions.RetrySpec.maxBackoff {
      let most = Int(NodeOptions.RetrySpec.maxBackoff.inSeconds)
      note(
        path.appending("backoff_s"),
        "expected at most \(most) seconds, found \(retry.backoff.inSeconds)")
    }
    if retry.codes.isEmpty || retry.codes.contains(.ok) {
      note(path.appending("on"), "expected statuses of failures, such as UNAVAILABLE")
    }
  }

  private mutating func nodes(
    _ nodes: [GraphNode], at path: SpecPath, _ names: inout Set<String>
  ) {
    if nodes.isEmpty { note(path, "expected at least one node") }
    for (index, node) in nodes.enumerated() { graph(node, at: path.appending(index), &names) }
  }

  private mutating func switchNode(
    _ node: SwitchNode, at path: SpecPath, _ names: inout Set<String>
  ) {
    field(node.field, at: path.appending("on"))
    let cases = path.appending("cases")
    if node.cases.isEmpty { note(cases, "a switch has at least one case") }
    var seen: Set<String> = []
    var bodies: Set<GraphNode> = []
    let others = names
    for item in node.cases {
      let path = cases.appending(item.value)
      if !seen.insert(item.value).inserted { note(path, "the case \(item.value) is there twice") }
      if bodies.insert(item.node).inserted {
        graph(item.node, at: path, &names)
      } else {
        // Cases that do the same have its names in common.
        var known = others
        graph(item.node, at: path, &known)
      }
    }
    if let fallback = node.default { graph(fallback, at: path.appending("default"), &names) }
  }

  private mutating func splitter(
    _ node: SplitterNode, at path: SpecPath, _ names: inout Set<String>
  ) {
    let list = path.appending("splitter")
    for (index, share) in node.shares.enumerated() {
      let path = list.appending(index)
      if !(0...100).contains(share.weight) {
        note(path.appending("weight"), "expected 0 to 100 percent, found \(share.weight)")
      }
      graph(share.node, at: path.appending("do"), &names)
    }
    let sum = node.shares.reduce(0) { $0 &+ $1.weight }
    if sum != 100 { note(list, "the weights add up to \(sum); they are percent, 100 in all") }
    switch node.sticky {
    case .field(let name): field(name, at: path.appending("by"))
    case .metadata(let key):
      // Of the keys that metadata may have, those whose values are text.
      if key.isEmpty || key.hasSuffix("-bin") || key.contains(where: { !Self.isOfKey($0) }) {
        note(
          path.appending("by_metadata"),
          "expected a metadata key such as user-id (a-z, 0-9, _, -, . and not ending with -bin)")
      }
    case nil: break
    }
  }

  private static func isOfKey(_ character: Character) -> Bool {
    switch character {
    case "a"..."z", "0"..."9", "_", "-", ".": true
    default: false
    }
  }

  private mutating func combiner(_ node: EnsembleNode, at path: SpecPath) {
    switch node.combiner {
    case .merge, .first: break
    case .vote(let name): field(name, at: path.appending("vote"))
    case .maxBy(let name): field(name, at: path.appending("max_by"))
    case .collect(let name): field(name, at: path.appending("collect"))
    case .mean(let names): fields(names, at: path.appending("mean"), of: "mean")
    case .weightedMean(let names, let weights):
      let path = path.appending("weighted_mean")
      fields(names, at: path.appending("fields"), of: "weighted_mean")
      let list = path.appending("weights")
      if weights.count != node.branches.count {
        note(list, "\(node.branches.count) branches need as many weights, not \(weights.count)")
      }
      for (index, weight) in weights.enumerated() where !weight.isFinite || weight < 0 {
        note(list.appending(index), "expected 0 or more")
      }
      if !weights.isEmpty, weights.allSatisfy({ $0 == 0 }) {
        note(list, "at least one weight is more than 0")
      }
    case .call(let deployment, let method):
      self.method(method, at: path.appending("method"))
      target(deployment, of: method.service, at: path, "call", "method")
    case .map(let node):
      map(node, at: path)
      if node.type == nil {
        note(path, "a map of answers says as: the full name of the message that it makes")
      }
    }
  }

  private mutating func quorum(_ node: EnsembleNode, at path: SpecPath) {
    guard let quorum = node.quorum else { return }
    if case .first = node.combiner {
      note(path, "first waits for one answer; leave quorum out or combine otherwise")
    } else if !(1...max(1, node.branches.count)).contains(quorum) {
      note(path, "expected 1 to \(node.branches.count), the number of branches; found \(quorum)")
    }
  }

  private mutating func fields(_ names: [String], at path: SpecPath, of combiner: String) {
    if names.isEmpty { note(path, "\(combiner) needs at least one field") }
    for (index, name) in names.enumerated() { field(name, at: path.appending(index)) }
  }

  private mutating func field(_ name: String, at path: SpecPath) {
    if name.isEmpty { note(path, "expected the name of a field, found nothing") }
  }

  private mutating func atLeastOne(_ value: Int?, at path: SpecPath) {
    if let value, value < 1 { note(path, "expected 1 or more, found \(value)") }
  }
}

extension LoopNode.Kind {
  /// The key of the file.
  package var key: String {
    switch self {
    case .whileHolds: "while"
    case .untilHolds: "repeat_until"
    }
  }
}
