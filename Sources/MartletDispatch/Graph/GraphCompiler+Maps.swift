// The nodes of a graph that make a message of another type, and routes within routes.

package import MartletCore
internal import MartletSchema

extension GraphCompiler {
  mutating func map(
    _ node: MapNode, input: MessageType?, at path: SpecPath
  ) -> (GraphPlan.Kind, NodeOutput) {
    guard let type = typeMade(by: node, at: path) else { return (standIn(), .unknown) }
    let plan = map(node, to: type, at: path.appending("map")) { compiler, text, path in
      compiler.source(text, input: input, at: path)
    }
    guard let plan, let input else { return (standIn(), .message(type)) }
    return (.map(plan, of: input), .message(type))
  }

  /// The combiner that makes a message out of the answers of branches, of the types that they answer.
  mutating func mapped(
    _ node: MapNode, _ branches: [GraphNode], answering outputs: [NodeOutput], at path: SpecPath
  ) -> (GraphPlan.MapPlan, MessageType)? {
    guard let type = typeMade(by: node, at: path) else { return nil }
    let names = branches.map(\.branchName)
    let plan = map(node, to: type, at: path.appending("map")) { compiler, text, path in
      compiler.source(text, named: names, answering: outputs, at: path)
    }
    return plan.map { ($0, type) }
  }

  /// A field that a map reads: whose message, of which type, and which field of it; nil: all of it.
  private typealias Source = (
    origin: GraphPlan.MapPlan.Origin, type: MessageType, field: FieldPlace?
  )

  private mutating func map(
    _ node: MapNode, to type: MessageType, at path: SpecPath,
    _ source: (inout GraphCompiler, String, SpecPath) -> Source?
  ) -> GraphPlan.MapPlan? {
    let before = problems.count
    var plan = GraphPlan.MapPlan(parts: [])
    var earlier: [String] = []
    for assignment in node.fields {
      let path = path.appending(assignment.field)
      guard let target = place(assignment.field, in: type, at: path) else { continue }
      defer { earlier.append(assignment.field) }
      switch assignment.source {
      case .value(let value):
        var bytes = constant(value, for: assignment.field, of: type, at: path)
        // Zero is not sent, unless something is there that it takes the place of.
        if earlier.contains(where: { assignment.field.hasPrefix($0 + ".") }),
          let zero = target.zero(unlessIn: bytes)
        {
          bytes = zero
        }
        plan.append(constant: bytes)
      case .path(let text):
        guard let source = source(&self, text, path) else { continue }
        do throws(SchemaError) {
          let copy = try FieldCopy(from: source.field, of: source.type, to: target)
          plan.parts.append(.copy(copy, from: source.origin))
        } catch {
          note(path, error.message)
        }
      }
    }
    return problems.count == before ? plan : nil
  }

  private mutating func typeMade(by node: MapNode, at path: SpecPath) -> MessageType? {
    guard let name = node.type else {
      if let takenNext { return takenNext }
      note(path, "say as: the full name of the message that the map makes; no call comes next")
      return nil
    }
    if let type = schema.message(named: name) { return type }
    let names = schema.messageNames.sorted()
    note(
      path.appending("as"),
      "the schema has no message \(name)\(Spelling.hint(for: name, among: names))")
    return nil
  }

  /// `FIELD`, `$response`, `$response.FIELD`, `$request` or `$request.FIELD`.
  private mutating func source(
    _ text: String, input: MessageType?, at path: SpecPath
  ) -> Source? {
    if let rest = text.rest(after: "$request") {
      return request(at: path).flatMap { self.source(rest, of: $0, .request, at: path) }
    }
    guard let input else { return nil }
    guard let rest = text.rest(after: "$response") else {
      return place(text, in: input, at: path).map { (.input, input, $0) }
    }
    return self.source(rest, of: input, .input, at: path)
  }

  /// `BRANCH`, `BRANCH.FIELD`, `$request` or `$request.FIELD`.
  private mutating func source(
    _ text: String, named names: [String?], answering outputs: [NodeOutput], at path: SpecPath
  ) -> Source? {
    if let rest = text.rest(after: "$request") {
      return request(at: path).flatMap { self.source(rest, of: $0, .request, at: path) }
    }
    // The longest name, since names may have dots.
    let fitting = names.indices.filter { names[$0].flatMap(text.rest(after:)) != nil }
    let longest = fitting.compactMap { names[$0]?.count }.max()
    let chosen = fitting.filter { names[$0]?.count == longest }
    guard let branch = chosen.first, let name = names[branch] else {
      let known = names.compactMap { $0 }
      let part = text.split(separator: ".").first.map(String.init) ?? text
      note(
        path,
        "no branch has the name \(part)\(Spelling.hint(for: part, among: known)); allowed: "
          + (known.isEmpty ? "none, give the branches a name" : known.joined(separator: ", ")))
      return nil
    }
    guard chosen.count == 1 else {
      note(path, "\(chosen.count) branches are called \(name); give each a name of its own")
      return nil
    }
    if outputs[branch] == .never {
      note(path, "there is no answer of \(name), which always ends with return")
    }
    guard let type = outputs[branch].type, let rest = text.rest(after: name) else { return nil }
    return source(rest, of: type, .branch(branch), at: path)
  }

  private mutating func source(
    _ rest: String, of type: MessageType, _ origin: GraphPlan.MapPlan.Origin, at path: SpecPath
  ) -> Source? {
    if rest.isEmpty { return (origin, type, nil) }
    return place(rest, in: type, at: path).map { (origin, type, $0) }
  }

  /// The encoding of a message that has only this field.
  private mutating func constant(
    _ value: ConfigValue, for field: String, of type: MessageType, at path: SpecPath
  ) -> [UInt8] {
    let parts = field.split(separator: ".")
    let object = parts.reversed().reduce(value) { .object([String($1): $0]) }
    do throws(MartletSchema.JSONError) {
      return try type.encode(json: object.json)
    } catch {
      note(path, "this is not a value of \(type).\(field): \(error)")
      return []
    }
  }
}

/// Routes within routes.
extension GraphCompiler {
  mutating func route(
    _ name: MethodName, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    let path = path.appending("route")
    guard let route = app.route(of: name) else {
      let names = app.routes.compactMap(\.method?.description)
      note(path, "the app has no route \(name)\(Spelling.hint(for: "\(name)", among: names))")
      return (standIn(), .unknown)
    }
    switch route.target {
    case .service(_, let deployment), .method(_, let deployment):
      let call = GraphNode.call(deployment: deployment, method: name)
      return step(deployment, name, of: call, input: input, at: path)
    case .graph(_, let graph):
      return subgraph(graph, of: name, input: input, at: path, depth: depth)
    }
  }

  private mutating func subgraph(
    _ graph: GraphNode, of name: MethodName, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    guard let method = schema.method(name) else {
      note(path, schema.unknownMethod(name))
      return (standIn(), .unknown)
    }
    if let input, input != method.input {
      note(path, "\(name) takes \(method.input), but what comes here is \(input)")
    }
    if method.clientStreaming {
      note(path, "\(name) takes a stream; a graph within another takes one message")
    }
    if let first = callers.firstIndex(of: name) {
      let circle = (callers[first...] + [name]).map(\.description).joined(separator: " → ")
      note(path, "routes that call each other never end: \(circle)")
      return (standIn(), .message(method.output))
    }
    callers.append(name)
    let outer = (answer: answer, requests: requests, routeDepth: routeDepth)
    (answer, requests, routeDepth) = (method.output, [], path.steps.count)
    let (index, _) = compile(graph, input: method.input, at: path, depth: depth + 1)
    (answer, requests, routeDepth) = outer
    callers.removeLast()
    return (.subgraph(index), .message(method.output))
  }
}

extension AppSpec {
  /// The route that takes a method's requests.
  package func route(of method: MethodName) -> RouteSpec? {
    routes.first { $0.method == method }
      ?? routes.first { if case .service(method.service, _) = $0.target { true } else { false } }
  }
}

extension GraphNode {
  /// What a map of answers calls a branch.
  fileprivate var branchName: String? {
    if let name = options.name { return name }
    return if case .call(let deployment, _) = kind { deployment } else { nil }
  }
}

extension String {
  /// What follows a first part of a dotted path: nothing, or the rest behind the dot. Nil: the path
  /// begins with another part.
  fileprivate func rest(after first: String) -> String? {
    if self == first { return "" }
    return hasPrefix(first + ".") ? String(dropFirst(first.count + 1)) : nil
  }
}
