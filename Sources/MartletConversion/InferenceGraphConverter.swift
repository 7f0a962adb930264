// A KServe graph as the graph of a route, with the meaning that KServe's router gives it
// (kserve, cmd/router/main.go).

internal import MartletCore

/// Walks the nodes from the root. A node that several steps lead to is there for each of them.
struct InferenceGraphConverter {
  /// Nodes of the result at most: references can make few nodes mean very many.
  static let maxNodes = 2000

  var conversion: Conversion
  let graph: InferenceGraph
  var deployments: [DeploymentSpec] = []
  private var names: Set<String> = []
  private var visited: Set<String> = []
  private var count = 0

  init(_ conversion: Conversion, _ graph: InferenceGraph) {
    self.conversion = conversion
    self.graph = graph
  }

  /// The app; nil when nothing of the graph is left.
  mutating func app() -> AppSpec? {
    let path: SpecPath = [.key("spec"), .key("nodes")]
    guard graph.nodeNames.contains(InferenceGraph.rootName) else {
      note(path, "requests begin at a node named root, and there is none")
      return nil
    }
    var root = node(InferenceGraph.rootName, isLast: true, [], input: nil)
    for (name, node) in graph.nodes where !visited.contains(name) {
      note(node.path, "no step leads to \(name)")
    }
    if graph.timeout != nil { root?.options.timeout = graph.timeout }
    let options = conversion.options
    guard let root else { return nil }
    let route = options.route ?? options.defaultMethod ?? ConversionOptions.openInference
    return AppSpec(
      name: graph.name, protos: options.protos, launcher: options.launcher,
      deployments: deployments, routes: [.graph(method: route, root)])
  }

  mutating func note(_ path: SpecPath, _ message: String) {
    conversion.note(path, message)
  }

  /// What a node of KServe's does.
  ///
  /// - Parameters:
  ///   - isLast: what it answers is the graph's answer, so that `return` can end it.
  ///   - around: the nodes that lead here.
  ///   - input: whose answer comes in.
  mutating func node(
    _ name: String, isLast: Bool, _ around: [String], input: MethodName?
  ) -> GraphNode? {
    visited.insert(name)
    // What could not be read was noted where it is.
    guard let node = graph.nodes[name], !node.steps.isEmpty else { return nil }
    let place = Place(node: name, isLast: isLast, around: around + [name], input: input)
    switch node.type {
    case .sequence: return sequence(node, place)
    case .switch: return switchNode(node, place)
    case .splitter: return splitter(node, place)
    case .ensemble: return ensemble(node, place)
    }
  }

  /// Where a step is.
  struct Place {
    var node: String
    var isLast: Bool
    var around: [String]
    /// Whose answer comes in; nil: the graph's request, or an answer of which nothing is known.
    var input: MethodName?

    func ending(_ isLast: Bool) -> Place {
      var place = self
      place.isLast = isLast
      return place
    }

    func taking(_ input: MethodName?) -> Place {
      var place = self
      place.input = input
      return place
    }
  }

  /// What a step does, whatever its condition.
  mutating func target(_ step: InferenceGraph.Step, _ place: Place) -> GraphNode? {
    count += 1
    guard count <= Self.maxNodes else {
      if count == Self.maxNodes + 1 {
        note(step.path, "the graph has more than \(Self.maxNodes) nodes")
      }
      return nil
    }
    var result: GraphNode?
    switch step.target {
    case .service(let name): result = call(name, place)
    case .node(let name):
      let path = step.path.appending("nodeName")
      guard graph.nodeNames.contains(name) else {
        let hint = Spelling.hint(for: name, among: graph.nodeNames.sorted())
        note(path, "there is no node \(name)\(hint)")
        return nil
      }
      guard !place.around.contains(name) else {
        note(path, "\(name) leads back to itself")
        return nil
      }
      result = node(name, isLast: place.isLast, place.around, input: place.input)
    }
    if let name = step.name { result?.options.name = unused(name, in: place.node) }
    return result
  }

  /// What is called of a service.
  private func method(of service: String, in node: String) -> MethodName {
    let options = conversion.options
    return options.methods[service] ?? options.methods[node] ?? options.defaultMethod
      ?? ConversionOptions.openInference
  }

  /// Whose answer a step's is; nil where nothing is known of it.
  func answering(_ step: InferenceGraph.Step, _ place: Place) -> MethodName? {
    switch step.target {
    case .service(let name): return method(of: name, in: place.node)
    case .node(let name):
      guard let node = graph.nodes[name], node.type != .ensemble, !place.around.contains(name),
        let last = node.type == .sequence ? node.steps.last : node.steps.first
      else { return nil }
      let inner = Place(node: name, isLast: false, around: place.around + [name])
      return answering(last, inner)
    }
  }

  private mutating func call(_ service: String, _ place: Place) -> GraphNode {
    let options = conversion.options
    let method = method(of: service, in: place.node)
    let index =
      deployments.firstIndex { $0.name == service }
      ?? {
        let command = options.command(of: service)
        deployments.append(DeploymentSpec(name: service, command: command))
        return deployments.count - 1
      }()
    if !deployments[index].services.contains(method.service) {
      deployments[index].services.append(method.service)
    }
    var call = GraphNode.call(deployment: service, method: method)
    call.options.timeout = graph.serviceTimeout
    guard method == ConversionOptions.openInference, place.input == method else { return call }
    return .sequence([.map(Self.nextModel(service)), call])
  }

  /// The request of a model that takes the answer of the one before it, in the Open Inference Protocol: its
  /// outputs are the inputs. KServe's JSON has one word for both and finds the model by its address.
  private static func nextModel(_ name: String) -> MapNode {
    MapNode(
      fields: [
        .init(field: "model_name", source: .value(.string(name))),
        .init(field: "id", source: .path("id")),
        .init(field: "inputs", source: .path("outputs")),
        .init(field: "raw_input_contents", source: .path("raw_output_contents")),
      ], type: ConversionOptions.openInferenceRequest)
  }

  /// A name that no other node has: the step's, or one with its node's before it, or with a number.
  mutating func unused(_ name: String, in node: String) -> String {
    // A dot would end the name of a branch in the map of an ensemble's answers.
    let name = name.replacing(".", with: "-")
    var candidates = [name, "\(node.replacing(".", with: "-"))-\(name)"]
    while let candidate = candidates.first {
      candidates.removeFirst()
      if names.insert(candidate).inserted { return candidate }
      if candidates.isEmpty { candidates.append("\(name)-\(names.count)") }
    }
    return name
  }
}
