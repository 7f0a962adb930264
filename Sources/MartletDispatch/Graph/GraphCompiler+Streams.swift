// The streams of a graph: the first calls of a route that takes one, and the last ones of one that gives one.

internal import MartletCore
internal import MartletSchema

extension GraphCompiler {
  /// Calls through which a stream goes, and what comes out of the last one.
  struct Stream {
    var calls: [GraphPlan.StreamCall] = []
    var output: MessageType?
    /// Whether many messages come out of the last one.
    var streams: Bool
  }

  /// The calls at the beginning that take the client's stream, and the steps after them.
  mutating func intake(
    _ graph: GraphNode, of method: MethodType, at path: SpecPath
  ) -> (Stream, rest: [GraphNode]) {
    var stream = Stream(output: method.input, streams: method.clientStreaming)
    guard stream.streams else { return (stream, []) }
    var steps = [graph]
    var path = path
    var isList = false
    if case .sequence(let inner) = graph.kind {
      guard graph.options == NodeOptions(name: graph.options.name) else {
        note(path, "a sequence that takes the client's stream has no options but a name")
        return (stream, [])
      }
      (steps, path, isList) = (inner, path.appending("sequence"), true)
    }
    while stream.streams, let step = steps.first {
      let path = isList ? path.appending(stream.calls.count) : path
      guard add(step, to: &stream, at: path) else { return (stream, []) }
      steps.removeFirst()
    }
    return (stream, steps)
  }

  /// Whether a call takes one message and gives many.
  func beginsStream(_ step: GraphNode) -> Bool {
    guard case .call(_, let name) = step.kind, let method = schema.method(name) else {
      return false
    }
    return method.serverStreaming && !method.clientStreaming
  }

  /// The last steps, the first of which begins a stream that goes through the others.
  mutating func streamed(
    _ steps: [GraphNode], input: MessageType?, at path: SpecPath
  ) -> (index: Int, output: NodeOutput) {
    let index = place(at: path, steps.first?.options.name)
    var stream = Stream(output: input, streams: false)
    for (position, step) in steps.enumerated() {
      var path = path
      if case .index(let first)? = path.steps.popLast() {
        path = path.appending(first + position)
      }
      guard add(step, to: &stream, at: path) else { break }
    }
    nodes[index].kind = .streamed(stream.calls)
    streams = streams || stream.streams
    return (index, NodeOutput(stream.output))
  }

  /// A call that stands alone where it may stream, or one of one message.
  mutating func step(
    _ deployment: String, _ name: MethodName, of node: GraphNode, input: MessageType?,
    at path: SpecPath
  ) -> (GraphPlan.Kind, NodeOutput) {
    guard isLast, beginsStream(node) else {
      return call(deployment, name, input: input, at: path)
    }
    var stream = Stream(output: input, streams: false)
    var call = GraphNode.call(deployment: deployment, method: name)
    call.options.name = node.options.name
    _ = add(call, to: &stream, at: path)
    streams = streams || stream.streams
    return (.streamed(stream.calls), NodeOutput(stream.output))
  }

  /// Has a stream, or one message, go through one more call; false when it cannot.
  private mutating func add(_ step: GraphNode, to stream: inout Stream, at path: SpecPath) -> Bool {
    guard case .call(let deployment, let name) = step.kind else {
      note(path, "a stream comes here, and only calls of methods that take one may follow")
      return false
    }
    var named = NodeOptions()
    named.name = step.options.name
    guard step.options == named else {
      note(path, "a call that streams has no options but a name")
      return false
    }
    checkDeployment(deployment, serves: name.service, at: path.appending("call"))
    let methodPath = path.appending("method")
    guard let method = schema.method(name) else {
      note(methodPath, schema.unknownMethod(name))
      return false
    }
    if stream.streams, !method.clientStreaming {
      note(methodPath, "a stream comes here, but \(name) takes one message")
      return false
    }
    if let input = stream.output, input != method.input {
      note(methodPath, "\(name) takes \(method.input), but what comes here is \(input)")
    }
    stream.calls.append(
      GraphPlan.StreamCall(
        deployment: deployment, method: name, answersOne: !method.serverStreaming, path: path,
        name: step.options.name))
    stream.output = method.output
    stream.streams = method.serverStreaming
    return true
  }
}

extension GraphNode {
  /// Whether the node, where it has the last word, leaves that to one of its own.
  var mayStream: Bool {
    var harmless = NodeOptions()
    harmless.name = options.name
    harmless.takesRequest = options.takesRequest
    guard options == harmless else { return false }
    switch kind {
    case .call, .sequence, .switch, .splitter, .route: return true
    case .forEach, .ensemble, .fallback, .hedge, .loop, .mirror, .map, .return: return false
    }
  }
}
