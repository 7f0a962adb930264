// Checks a graph against the types of its app and makes a plan of it.

package import MartletCore
package import MartletSchema

/// Everything that is wrong with an app or a graph.
package struct SpecProblems: Error, Sendable, Hashable, CustomStringConvertible {
  package var problems: [SpecProblem]

  package init(_ problems: [SpecProblem]) {
    self.problems = problems
  }

  package var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}

/// Compiles one graph. It finds every mistake, not just the first; what follows from a mistake
/// already found is not reported again.
package struct GraphCompiler {
  let schema: Schema
  let app: AppSpec
  /// What the graph must answer, or the route that is compiled into it.
  var answer: MessageType
  var nodes: [GraphPlan.Node] = []
  var problems: [SpecProblem] = []

  /// The sequences around what is compiled: what came into each, and whether a node takes that.
  var requests: [(type: MessageType?, isTaken: Bool)] = []

  /// The route that is compiled and those that it is compiled into, the outermost first.
  var callers: [MethodName]

  /// How many steps of a path lead to the graph of the last of these.
  var routeDepth: Int

  /// What the step after a `map` in its sequence takes, where that is a call.
  var takenNext: MessageType?

  /// What is compiled has the last word: it may stream.
  var isLast = true

  /// A node that streams was compiled.
  var streams = false

  /// What may send a message twice, of the nodes around what is compiled: the innermost last.
  var resenders: [String] = []

  /// Makes the plan of a route's graph; `path` is where the graph is in the file of the app. Throws
  /// every problem with its path.
  package static func compile(
    _ graph: GraphNode, for route: MethodName, of app: AppSpec, schema: Schema,
    at path: SpecPath = []
  ) throws(SpecProblems) -> GraphPlan {
    guard let method = schema.method(route) else {
      throw SpecProblems([SpecProblem(path, "the schema has no method \(route)")])
    }
    var compiler = GraphCompiler(
      schema: schema, app: app, answer: method.output, callers: [route],
      routeDepth: path.steps.count)
    let plan = compiler.plan(graph, of: method, at: path)
    guard compiler.problems.isEmpty else { throw SpecProblems(compiler.problems) }
    return plan
  }

  private mutating func plan(
    _ graph: GraphNode, of method: MethodType, at path: SpecPath
  ) -> GraphPlan {
    let (intake, rest) = intake(graph, of: method, at: path)
    guard problems.isEmpty else {
      return GraphPlan(
        route: method.name, input: method.input, output: method.output, nodes: [], root: 0)
    }
    var root: (index: Int, output: NodeOutput)
    if !method.clientStreaming {
      root = compile(graph, input: method.input, at: path, depth: 1)
    } else {
      root = (place(at: path, graph.options.name), NodeOutput(intake.output))
      let kind = sequence(rest, input: intake.output, at: path, depth: 1, from: intake.calls.count)
      if !rest.isEmpty { (nodes[root.index].kind, root.output) = kind }
      streams = streams || rest.isEmpty && intake.streams
    }
    if let output = root.output.type, output != method.output {
      note(path, "the graph answers \(output), but \(method.name) answers \(method.output)")
    }
    if streams, !method.serverStreaming {
      note(path, "the graph ends with a stream, but \(method.name) answers one message")
    }
    return GraphPlan(
      route: method.name, input: method.input, output: method.output, intake: intake.calls,
      intakeAnswers: rest.isEmpty && !intake.calls.isEmpty, nodes: nodes, root: root.index)
  }

  private init(
    schema: Schema, app: AppSpec, answer: MessageType, callers: [MethodName], routeDepth: Int
  ) {
    self.routeDepth = routeDepth
    self.schema = schema
    self.app = app
    self.answer = answer
    self.callers = callers
  }

  mutating func note(_ path: SpecPath, _ message: String) {
    problems.append(SpecProblem(path, message))
  }

  /// What stands for a node that a mistake, which was noted, keeps from being compiled.
  func standIn() -> GraphPlan.Kind {
    assert(!problems.isEmpty, "a node is left out without a mistake")
    return .return
  }

  /// Compiles a node with its options. A nil `input` is not known because of an earlier problem. A
  /// node that is one of many may be left out of what is around it.
  mutating func compile(
    _ node: GraphNode, input: MessageType?, at path: SpecPath, depth: Int, isOneOfMany: Bool = false
  ) -> (index: Int, output: NodeOutput) {
    let options = node.options
    let isGuarded = options.timeout != nil || options.onError != .fail
    let guardIndex = isGuarded ? place(at: path, options.name) : nil
    let retryIndex = options.retry == nil ? nil : place(at: path, options.name)
    let requestIndex = options.takesRequest ? place(at: path, options.name) : nil
    if retryIndex != nil { resenders.append("retry") }
    let taken = options.takesRequest ? request(at: path.appending("data")) : input
    var (index, output) = compileBare(node, input: taken, at: path, depth: depth)
    if retryIndex != nil { resenders.removeLast() }
    if let requestIndex {
      nodes[requestIndex].kind = .fromRequest(index)
      index = requestIndex
    }
    if let retryIndex, let spec = options.retry {
      nodes[retryIndex].kind = .retried(GraphPlan.RetryPlan(body: index, spec: spec))
      index = retryIndex
    }
    if let guardIndex {
      let (action, whole) = onError(
        of: node, input: input, output: output, at: path, isOneOfMany: isOneOfMany)
      nodes[guardIndex].kind = .guarded(
        GraphPlan.GuardPlan(body: index, timeout: options.timeout, onError: action))
      (index, output) = (guardIndex, whole)
    }
    return (index, output)
  }

  /// What a node does when it fails, and what comes out of it altogether.
  private mutating func onError(
    of node: GraphNode, input: MessageType?, output: NodeOutput, at path: SpecPath,
    isOneOfMany: Bool
  ) -> (GraphPlan.GuardPlan.OnError, NodeOutput) {
    let path = path.appending("on_error")
    // Of a node that ends the graph something comes out when it fails, which a `return` does not.
    func whole(_ type: MessageType?) -> NodeOutput {
      output != .never ? output : node.kind == .return ? .never : NodeOutput(type)
    }
    switch node.options.onError {
    case .fail: return (.fail, output)
    case .skip:
      if isOneOfMany { return (.leaveOut, output) }
      checkSkip(passing: input, as: output.type, at: path)
      return (.passInput, whole(input))
    case .answer(let value):
      let type = output == .never ? answer : output.type
      return (.answer(message(value, as: type, at: path.appending("default"))), whole(type))
    }
  }

  /// Takes a place before the nodes below take theirs.
  mutating func place(at path: SpecPath, _ name: String? = nil) -> Int {
    nodes.append(GraphPlan.Node(path: path, name: name, kind: .return))
    return nodes.count - 1
  }

  private mutating func compileBare(
    _ node: GraphNode, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (index: Int, output: NodeOutput) {
    let index = nodes.count
    guard depth <= GraphLimits.maxDepth else {
      note(path, "nodes are nested deeper than \(GraphLimits.maxDepth)")
      return (index, .unknown)
    }
    guard index < GraphLimits.maxNodes else {
      if !problems.contains(where: { $0.message == Self.tooMany }) { note(path, Self.tooMany) }
      return (index, .unknown)
    }
    _ = place(at: path, node.options.name)
    let wasLast = isLast
    if !node.mayStream { isLast = false }
    defer { isLast = wasLast }
    let (kind, output) =
      switch node.kind {
      case .call(let deployment, let method):
        step(deployment, method, of: node, input: input, at: path)
      case .sequence(let steps): sequence(steps, input: input, at: path, depth: depth)
      case .switch(let node): switchNode(node, input: input, at: path, depth: depth)
      case .splitter(let node): splitter(node, input: input, at: path, depth: depth)
      case .forEach(let node): forEach(node, input: input, at: path, depth: depth)
      case .ensemble(let node): ensemble(node, input: input, at: path, depth: depth)
      case .fallback(let nodes): fallback(nodes, input: input, at: path, depth: depth)
      case .hedge(let node): hedge(node, input: input, at: path, depth: depth)
      case .loop(let node): loop(node, input: input, at: path, depth: depth)
      case .mirror(let node): mirror(node, input: input, at: path)
      case .map(let node): map(node, input: input, at: path)
      case .route(let method): route(method, input: input, at: path, depth: depth)
      case .return: returnNode(input: input, at: path)
      }
    nodes[index].kind = kind
    return (index, output)
  }

  /// What came into the sequence around what is compiled, which from now on is kept.
  mutating func request(at path: SpecPath) -> MessageType? {
    guard let last = requests.indices.last else {
      note(path, "$request is what came into the sequence around the node, and there is none")
      return nil
    }
    requests[last].isTaken = true
    return requests[last].type
  }

  /// Where a node is skipped its input stands for its output.
  private mutating func checkSkip(
    passing input: MessageType?, as output: MessageType?, at path: SpecPath
  ) {
    guard let input, let output, input != output else { return }
    note(
      path,
      "skip passes \(input) on, but the node answers \(output); say default, or skip a branch of "
        + "an ensemble or the body of a for_each")
  }

  private mutating func message(
    _ value: ConfigValue, as type: MessageType?, at path: SpecPath
  ) -> [UInt8] {
    guard let type else { return [] }
    do throws(MartletSchema.JSONError) {
      return try type.encode(json: value.json)
    } catch {
      note(path, "this is not a \(type): \(error)")
      return []
    }
  }

  private mutating func returnNode(
    input: MessageType?, at path: SpecPath
  ) -> (GraphPlan.Kind, NodeOutput) {
    if let input, input != answer {
      note(path, "return answers with \(input), but the graph answers \(answer)")
    }
    return (.return, .never)
  }

  private static let tooMany = "the graph has more than \(GraphLimits.maxNodes) nodes"

  mutating func call(
    _ deployment: String, _ name: MethodName, input: MessageType?, at path: SpecPath
  ) -> (GraphPlan.Kind, NodeOutput) {
    let output = target("call", deployment, name, input: input, at: path)
    return (.call(GraphPlan.Callee(deployment: deployment, method: name)), NodeOutput(output))
  }

  /// What a method of a deployment answers to `input`. `key` names the deployment in the file.
  mutating func target(
    _ key: String, _ deployment: String, _ name: MethodName, input: MessageType?,
    at path: SpecPath
  ) -> MessageType? {
    checkDeployment(deployment, serves: name.service, at: path.appending(key))
    let path = path.appending("method")
    guard let method = schema.method(name) else {
      note(path, schema.unknownMethod(name))
      return nil
    }
    if !method.isUnary {
      note(
        path,
        "\(name) is a streaming method; only the last step of a graph may stream, without options, and "
          + "the first ones of a route that takes a stream")
    }
    if let input, input != method.input {
      note(path, "\(name) takes \(method.input), but what comes here is \(input)")
    }
    return method.output
  }

  /// A deployment that is called: it is there, has the service, and may get a message twice where a node
  /// sends it twice.
  mutating func checkDeployment(_ name: String, serves service: String, at path: SpecPath) {
    let names = app.deployments.map(\.name)
    guard let deployment = app.deployment(named: name) else {
      note(path, "no deployment \(name)\(Spelling.hint(for: name, among: names))")
      return
    }
    if !deployment.services.isEmpty, !deployment.services.contains(service) {
      note(
        path,
        "\(name) does not serve \(service)"
          + Spelling.hint(for: service, among: deployment.services))
    }
    if let resender = resenders.last, !deployment.idempotent {
      note(path, "\(resender) may send a message twice; \(name) does not say idempotent: true")
    }
  }

  /// `first` is where the steps begin in the file's list.
  private mutating func sequence(
    _ steps: [GraphNode], input: MessageType?, at path: SpecPath, depth: Int, from first: Int = 0
  ) -> (GraphPlan.Kind, NodeOutput) {
    let path = path.appending("sequence")
    if steps.isEmpty, first == 0 { note(path, "a sequence has at least one node") }
    let wasLast = isLast
    defer { isLast = wasLast }
    requests.append((input, isTaken: false))
    var current = NodeOutput(input)
    var indices: [Int] = []
    for (position, step) in steps.enumerated() {
      let path = path.appending(first + position)
      if current == .never {
        note(
          path,
          steps[position - 1].kind == .return
            ? "nothing comes after return"
            : "nothing comes here: the step before always ends with return")
        current = .unknown
      }
      takenNext = position + 1 < steps.count ? taken(by: steps[position + 1]) : nil
      if wasLast, beginsStream(step), position < steps.count - 1 {
        let rest = Array(steps[position...])
        let (index, output) = streamed(rest, input: current.type, at: path)
        indices.append(index)
        current = output
        break
      }
      isLast = wasLast && position == steps.count - 1
      let (index, output) = compile(step, input: current.type, at: path, depth: depth + 1)
      indices.append(index)
      current = output
    }
    let keepsInput = requests.removeLast().isTaken
    return (.sequence(indices, keepsInput: keepsInput), steps.isEmpty ? .unknown : current)
  }
}

/// What a step takes.
extension GraphCompiler {
  private func taken(by step: GraphNode) -> MessageType? {
    switch step.kind {
    case .call(_, let method): schema.method(method)?.input
    case .mirror(let node): schema.method(node.method)?.input
    case .route(let method): schema.method(method)?.input
    case .sequence(let steps): steps.first.flatMap(taken)
    case .fallback(let branches): branches.first.flatMap(taken)
    case .ensemble(let node): node.branches.first.flatMap(taken)
    case .hedge(let node): taken(by: node.body)
    case .switch, .splitter, .forEach, .loop, .map, .return: nil
    }
  }
}

extension Schema {
  /// What to say about a method that there is not: the nearest of its service, or the nearest
  /// service.
  func unknownMethod(_ name: MethodName) -> String {
    guard let service = service(named: name.service) else {
      return unknownService(name.service)
    }
    let methods = service.methods.map(\.name.method)
    return "\(name.service) has no method \(name.method)"
      + Spelling.hint(for: name.method, among: methods)
  }

  func unknownService(_ name: String) -> String {
    "the schema has no service \(name)"
      + Spelling.hint(for: name, among: services.map(\.fullName))
  }
}
