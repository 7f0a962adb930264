// The graphs of an app file.

extension AppFileReader {
  /// The keys of each kind of node; the first tells the kind.
  static let nodeKinds: [[String]] = [
    ["call", "method"], ["sequence"], ["switch"], ["splitter", "by", "by_metadata"],
    ["for_each", "do", "into", "parallelism"], ["ensemble", "combine", "quorum"], ["fallback"],
    ["hedge", "after_s", "after_percentile"], ["while", "is", "do", "max"],
    ["repeat_until", "is", "do", "max"],
    ["mirror", "method", "percent"], ["map", "as"], ["route"], ["return"],
  ]

  /// The keys that every node may have.
  static let nodeOptions = ["name", "data", "timeout_s", "retry", "on_error"]

  mutating func graph(_ node: SourceNode, at path: SpecPath) -> GraphNode? {
    let heads = Self.nodeKinds.map { $0[0] }
    guard case .mapping(let members) = node.content else {
      switch node.content {
      case .plain("return"), .quoted("return"): return .return
      case .plain, .quoted, .sequence, .mapping: break
      }
      note(
        path,
        "expected a node, a mapping with one of \(Self.list(heads)); or the word return"
          + "; found \(node.kind)", at: node.mark)
      return nil
    }
    let names = members.map(\.name)
    let kinds = Self.nodeKinds.filter { names.contains($0[0]) }
    guard let kind = kinds.first else {
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
    guard let fields = fields(node, at: path, allowed: kind + Self.nodeOptions) else { return nil }
    let options = options(fields)
    guard let what = self.kind(kind[0], fields), let options else { return nil }
    return GraphNode(what, options)
  }

  private mutating func kind(_ word: String, _ fields: Fields) -> GraphNode.Kind? {
    switch word {
    case "call": call(fields)
    case "sequence": branches("sequence", in: fields).map(GraphNode.Kind.sequence)
    case "switch": switchNode(fields)
    case "splitter": splitter(fields)
    case "for_each": forEach(fields)
    case "ensemble": ensemble(fields)
    case "fallback": branches("fallback", in: fields).map(GraphNode.Kind.fallback)
    case "hedge": hedge(fields)
    case "while": loop(.whileHolds, fields)
    case "repeat_until": loop(.untilHolds, fields)
    case "map": map(fields).map(GraphNode.Kind.map)
    case "route": method("route", in: fields).map(GraphNode.Kind.route)
    case "return": returnNode(fields)
    default: mirror(fields)
    }
  }

  /// With options `return` is a key, which has no value.
  private mutating func returnNode(_ fields: Fields) -> GraphNode.Kind? {
    guard let node = fields["return"] else { return nil }
    switch node.content {
    case .mapping(let members) where members.isEmpty: return .return
    case .plain(let text):
      if case .null = PlainScalar(text) { return .return }
    case .quoted, .mapping, .sequence: break
    }
    note(
      fields.path(of: "return"), "return takes no value: {return: {}, name: NAME}", at: node.mark)
    return nil
  }

  private mutating func options(_ fields: Fields) -> NodeOptions? {
    let before = problems.count
    var options = NodeOptions()
    options.name = string("name", in: fields)
    options.timeout = seconds("timeout_s", in: fields)
    switch string("data", in: fields) {
    case "$request": options.takesRequest = true
    case nil, "$response": break
    case let other?:
      note(
        fields.path(of: "data"),
        "expected $request, what came into the sequence, or $response, what the step before "
          + "answered; found \(other)")
    }
    if let node = fields["retry"] {
      options.retry = retry(node, at: fields.path(of: "retry"))
    }
    if let node = fields["on_error"] {
      options.onError = onError(node, at: fields.path(of: "on_error")) ?? .fail
    }
    return problems.count == before ? options : nil
  }

  private mutating func retry(_ node: SourceNode, at path: SpecPath) -> NodeOptions.RetrySpec? {
    guard let fields = fields(node, at: path, allowed: ["attempts", "backoff_s", "on"]),
      require(["attempts"], in: fields, of: "a retry"),
      let attempts = integer("attempts", in: fields)
    else { return nil }
    var retry = NodeOptions.RetrySpec(attempts: attempts)
    if let backoff = seconds("backoff_s", in: fields) { retry.backoff = backoff }
    if fields["on"] != nil {
      retry.codes =
        each("on", in: fields, of: "statuses") { reader, element, path in
          reader.statusCode(element, at: path)
        } ?? []
    }
    return retry
  }

  mutating func statusCode(_ node: SourceNode, at path: SpecPath) -> RPCStatus.Code? {
    guard let text = string(node, at: path) else { return nil }
    let codes = RPCStatus.Code.allCases.dropFirst()
    if let code = codes.first(where: { $0.name == text }) { return code }
    let names = codes.map(\.name)
    note(
      path,
      "\(text) is no gRPC status\(Spelling.hint(for: text, among: names)); allowed: "
        + Self.list(names), at: node.mark)
    return nil
  }

  private mutating func onError(_ node: SourceNode, at path: SpecPath) -> NodeOptions.OnError? {
    let allowed = "fail, skip or {default: MESSAGE}"
    switch node.content {
    case .plain("fail"), .quoted("fail"): return .fail
    case .plain("skip"), .quoted("skip"): return .skip
    case .mapping:
      guard let fields = fields(node, at: path, allowed: ["default"]) else { return nil }
      if let node = fields["default"] {
        return .answer(value(node, at: fields.path(of: "default")))
      }
      note(path, "expected \(allowed)", at: node.mark)
    case .plain(let word), .quoted(let word):
      let hint = Spelling.hint(for: word, among: ["fail", "skip", "default"])
      note(path, "expected \(allowed), found \(word)\(hint)", at: node.mark)
    case .sequence:
      note(path, "expected \(allowed), found a list", at: node.mark)
    }
    return nil
  }

  private mutating func call(_ fields: Fields) -> GraphNode.Kind? {
    target("call", of: "a call", fields).map { .call(deployment: $0, method: $1) }
  }

  /// A deployment and a method of it.
  mutating func target(
    _ key: String, of thing: String, _ fields: Fields
  ) -> (String, MethodName)? {
    guard require(["method"], in: fields, of: thing) else { return nil }
    let method = method("method", in: fields)
    guard let deployment = string(key, in: fields), let method else { return nil }
    return (deployment, method)
  }

  /// A list of nodes that has at least one; nil when any of them is wrong.
  mutating func branches(_ key: String, in fields: Fields) -> [GraphNode]? {
    each(key, in: fields, of: "nodes") { reader, element, path in
      reader.graph(element, at: path)
    }
  }

  /// A list, all elements of which can be read.
  mutating func each<Value>(
    _ key: String, in fields: Fields, of things: String,
    _ read: (inout AppFileReader, SourceNode, SpecPath) -> Value?
  ) -> [Value]? {
    let path = fields.path(of: key)
    guard let node = fields[key], let elements = elements(node, at: path, of: things) else {
      return nil
    }
    var values: [Value] = []
    for (index, element) in elements.enumerated() {
      if let value = read(&self, element, path.appending(index)) { values.append(value) }
    }
    return values.count == elements.count ? values : nil
  }

  /// The node of a key.
  private mutating func node(_ key: String, of thing: String, _ fields: Fields) -> GraphNode? {
    guard require([key], in: fields, of: thing), let node = fields[key] else { return nil }
    return graph(node, at: fields.path(of: key))
  }

  private mutating func switchNode(_ outer: Fields) -> GraphNode.Kind? {
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

  private mutating func splitter(_ fields: Fields) -> GraphNode.Kind? {
    let shares = each("splitter", in: fields, of: "shares") { reader, element, path in
      reader.share(element, at: path)
    }
    let field = string("by", in: fields)
    let key = string("by_metadata", in: fields)
    if field != nil, key != nil {
      note(fields.path, "by and by_metadata exclude each other")
      return nil
    }
    let sticky = field.map(SplitterNode.Sticky.field) ?? key.map(SplitterNode.Sticky.metadata)
    return shares.map { .splitter(SplitterNode(shares: $0, sticky: sticky)) }
  }

  private mutating func share(_ node: SourceNode, at path: SpecPath) -> SplitterNode.Share? {
    guard let fields = fields(node, at: path, allowed: ["weight", "do"]),
      require(["weight"], in: fields, of: "a share of a splitter")
    else { return nil }
    let weight = integer("weight", in: fields)
    guard let body = self.node("do", of: "a share of a splitter", fields), let weight else {
      return nil
    }
    return SplitterNode.Share(weight: weight, node: body)
  }

  private mutating func forEach(_ fields: Fields) -> GraphNode.Kind? {
    let field = string("for_each", in: fields)
    let into = string("into", in: fields)
    let parallelism = integer("parallelism", in: fields)
    guard let body = node("do", of: "for_each", fields), let field else { return nil }
    return .forEach(ForEachNode(field: field, body: body, into: into, parallelism: parallelism))
  }

  private mutating func hedge(_ fields: Fields) -> GraphNode.Kind? {
    let before = problems.count
    let delay = seconds("after_s", in: fields)
    let percentile = fields["after_percentile"].flatMap {
      number($0, at: fields.path(of: "after_percentile"))
    }
    guard let body = node("hedge", of: "a hedge", fields), problems.count == before else {
      return nil
    }
    return .hedge(HedgeNode(body: body, delay: delay, percentile: percentile))
  }

  private mutating func loop(_ kind: LoopNode.Kind, _ fields: Fields) -> GraphNode.Kind? {
    guard require(["is", "max"], in: fields, of: "a loop") else { return nil }
    let field = string(kind.key, in: fields)
    let condition = fields["is"].flatMap { text($0, at: fields.path(of: "is")) }
    let maxRounds = integer("max", in: fields)
    guard let body = node("do", of: "a loop", fields), let field, let condition, let maxRounds
    else { return nil }
    return .loop(
      LoopNode(kind, field: field, condition: condition, body: body, maxRounds: maxRounds))
  }

  private mutating func mirror(_ fields: Fields) -> GraphNode.Kind? {
    let percent = fields["percent"] == nil ? 100 : integer("percent", in: fields)
    guard let (deployment, method) = target("mirror", of: "a mirror", fields), let percent else {
      return nil
    }
    return .mirror(MirrorNode(deployment: deployment, method: method, percent: percent))
  }
}
