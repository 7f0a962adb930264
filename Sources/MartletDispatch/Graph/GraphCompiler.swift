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
  let deployments: [DeploymentSpec]
  var nodes: [GraphPlan.Node] = []
  var problems: [SpecProblem] = []

  /// Makes the plan of a route's graph; `path` is where the graph is in the app file. Throws every
  /// problem with its path.
  package static func compile(
    _ graph: GraphNode, for route: MethodName, schema: Schema, deployments: [DeploymentSpec],
    at path: SpecPath = []
  ) throws(SpecProblems) -> GraphPlan {
    guard let method = schema.method(route) else {
      throw SpecProblems([SpecProblem(path, "the schema has no method \(route)")])
    }
    var compiler = GraphCompiler(schema: schema, deployments: deployments)
    if !method.isUnary {
      compiler.note(path, "\(route) is a streaming method; a graph answers unary methods")
    }
    let (root, output) = compiler.compile(graph, input: method.input, at: path, depth: 1)
    if let output, output != method.output {
      compiler.note(path, "the graph answers \(output), but \(route) answers \(method.output)")
    }
    guard compiler.problems.isEmpty else { throw SpecProblems(compiler.problems) }
    return GraphPlan(
      route: route, input: method.input, output: method.output, nodes: compiler.nodes, root: root)
  }

  private init(schema: Schema, deployments: [DeploymentSpec]) {
    self.schema = schema
    self.deployments = deployments
  }

  mutating func note(_ path: SpecPath, _ message: String) {
    problems.append(SpecProblem(path, message))
  }

  /// Compiles a node. A nil `input` is not known because of an earlier problem; so is a nil output.
  mutating func compile(
    _ node: GraphNode, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (index: Int, output: MessageType?) {
    let index = nodes.count
    guard depth <= GraphLimits.maxDepth else {
      note(path, "nodes are nested deeper than \(GraphLimits.maxDepth)")
      return (index, nil)
    }
    guard index < GraphLimits.maxNodes else {
      if index == GraphLimits.maxNodes, !problems.contains(where: { $0.message == Self.tooMany }) {
        note(path, Self.tooMany)
      }
      return (index, nil)
    }
    // The node's place is taken before its children take theirs.
    nodes.append(GraphPlan.Node(path: path, kind: .sequence([])))
    let (kind, output) =
      switch node {
      case .call(let deployment, let method):
        call(deployment, method, input: input, at: path)
      case .sequence(let steps): sequence(steps, input: input, at: path, depth: depth)
      case .switch(let node): switchNode(node, input: input, at: path, depth: depth)
      case .forEach(let node): forEach(node, input: input, at: path, depth: depth)
      case .ensemble(let node): ensemble(node, input: input, at: path, depth: depth)
      }
    nodes[index].kind = kind
    return (index, output)
  }

  private static let tooMany = "the graph has more than \(GraphLimits.maxNodes) nodes"

  private mutating func call(
    _ deployment: String, _ name: MethodName, input: MessageType?, at path: SpecPath
  ) -> (GraphPlan.Kind, MessageType?) {
    let kind = GraphPlan.Kind.call(deployment: deployment, method: name)
    checkDeployment(deployment, serves: name.service, at: path.appending("call"))
    let path = path.appending("method")
    guard let method = schema.method(name) else {
      note(path, schema.unknownMethod(name))
      return (kind, nil)
    }
    if !method.isUnary { note(path, "\(name) is a streaming method; a graph calls unary methods") }
    if let input, input != method.input {
      note(path, "\(name) takes \(method.input), but what comes here is \(input)")
    }
    return (kind, method.output)
  }

  mutating func checkDeployment(_ name: String, serves service: String, at path: SpecPath) {
    let names = deployments.map(\.name)
    guard let deployment = deployments.first(where: { $0.name == name }) else {
      note(path, "no deployment \(name)\(Spelling.hint(for: name, among: names))")
      return
    }
    if !deployment.services.isEmpty, !deployment.services.contains(service) {
      note(
        path,
        "\(name) does not serve \(service)"
          + Spelling.hint(for: service, among: deployment.services))
    }
  }

  private mutating func sequence(
    _ steps: [GraphNode], input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, MessageType?) {
    let path = path.appending("sequence")
    if steps.isEmpty { note(path, "a sequence has at least one node") }
    var current = input
    var indices: [Int] = []
    for (position, step) in steps.enumerated() {
      let (index, output) = compile(
        step, input: current, at: path.appending(position), depth: depth + 1)
      indices.append(index)
      current = output
    }
    return (.sequence(indices), steps.isEmpty ? nil : current)
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
