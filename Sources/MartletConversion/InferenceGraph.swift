// KServe's InferenceGraph as its file says it (kserve, pkg/apis/serving/v1alpha1, InferenceGraph).

internal import MartletCore

/// Nodes by name; requests begin at `root`.
struct InferenceGraph {
  static let rootName = "root"

  var name: String
  var nodes: [String: Node] = [:]

  /// The names of all nodes of the file, also of those that could not be read.
  var nodeNames: Set<String> = []

  /// The time of a whole request.
  var timeout: Duration?

  /// The time of each call of a service.
  var serviceTimeout: Duration?

  enum RouterType: String, CaseIterable {
    case sequence = "Sequence"
    case `switch` = "Switch"
    case splitter = "Splitter"
    case ensemble = "Ensemble"
  }

  struct Node {
    var type: RouterType
    var steps: [Step]
    var path: SpecPath
  }

  struct Step {
    var path: SpecPath
    /// Its place in the node's list, which may have steps that could not be read.
    var index = 0
    var name: String?
    var target: Target
    /// `data: $response` of a step in a sequence: it takes what the step before answered, not the node's input.
    var takesResponse = false
    var weight: Int?
    var condition: String?
    /// There is a condition, but it could not be read.
    var hasLostCondition = false
    var dependency: Dependency?
  }

  enum Target: Hashable {
    case service(String)
    case node(String)
  }

  enum Dependency: String, CaseIterable {
    /// Its failure is an answer like any other.
    case soft = "Soft"
    /// Its failure is the node's.
    case hard = "Hard"
  }
}

/// Reading one.
extension Conversion {
  private static let routersReason =
    "it is about the pods of KServe's router; say martlet up --routers N where the mesh starts"

  /// Those of Kubernetes' ObjectMeta. But for the name they are state of the API server, or say who keeps
  /// the object and how to find it, which is nothing to the graph.
  private static let metadataKeys = [
    "name", "namespace", "labels", "annotations", "finalizers", "ownerReferences", "generateName",
    "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "managedFields", "clusterName",
  ]

  mutating func inferenceGraph(_ root: SourceNode) -> InferenceGraph? {
    let keys = ["apiVersion", "kind", "metadata", "spec", "status"]
    guard let fields = fields(root, at: [], allowed: keys),
      reader.require(["metadata", "spec"], in: fields, of: "an InferenceGraph"),
      let name = name(fields), let spec = spec(fields),
      reader.require(["nodes"], in: spec, of: "a spec"), let nodes = spec["nodes"]
    else { return nil }
    var graph = InferenceGraph(name: name)
    graph.timeout = seconds("timeout", in: spec)
    graph.serviceTimeout = serviceTimeout(spec)
    let path = spec.path(of: "nodes")
    guard case .mapping(let members) = nodes.content else {
      note(path, "expected a mapping of names to nodes, found \(nodes.kind)")
      return nil
    }
    addresses = addresses(of: nodes)
    for member in members {
      graph.nodeNames.insert(member.name)
      graph.nodes[member.name] = node(member.value, at: path.appending(member.name))
    }
    return graph
  }

  private mutating func name(_ outer: Fields) -> String? {
    guard let fields = fields("metadata", in: outer, allowed: Self.metadataKeys),
      reader.require(["name"], in: fields, of: "metadata")
    else { return nil }
    if let node = fields["namespace"], !node.isEmpty {
      tell(
        fields.path(of: "namespace"),
        "an app has no namespace; it is a mesh's run directory that keeps apps apart",
        at: node.mark)
    }
    return reader.string("name", in: fields).flatMap { appName($0, at: fields.path(of: "name")) }
  }

  private mutating func spec(_ outer: Fields) -> Fields? {
    let pods = [
      "affinity", "minReplicas", "maxReplicas", "nodeName", "nodeSelector", "scaleMetric",
      "scaleTarget", "tolerations",
    ]
    let keys = ["nodes", "timeout", "routerTimeouts", "resources"] + pods
    guard let fields = fields("spec", in: outer, allowed: keys) else { return nil }
    for key in pods { cannotSay([key: Self.routersReason], in: fields) }
    cannotSay(["resources": Self.routersReason], in: fields)
    return fields
  }

  private mutating func serviceTimeout(_ spec: Fields) -> Duration? {
    let keys = ["serverRead", "serverWrite", "serverIdle", "serviceClient"]
    guard let fields = fields("routerTimeouts", in: spec, allowed: keys) else { return nil }
    let reason = "a router's connections have Martlet's own limits; requests have their deadlines"
    cannotSay(["serverRead": reason, "serverWrite": reason, "serverIdle": reason], in: fields)
    return seconds("serviceClient", in: fields)
  }

  private mutating func node(_ node: SourceNode, at path: SpecPath) -> InferenceGraph.Node? {
    guard let fields = fields(node, at: path, allowed: ["routerType", "steps"]),
      reader.require(["routerType", "steps"], in: fields, of: "a node"),
      let type = word("routerType", in: fields, InferenceGraph.RouterType.self)
    else { return nil }
    let steps = each("steps", in: fields, of: "steps") { conversion, element, path in
      conversion.step(element, at: path, of: type)
    }
    if fields["steps"]?.isEmpty == true {
      note(fields.path(of: "steps"), "a node has at least one step")
    }
    return InferenceGraph.Node(type: type, steps: steps, path: path)
  }

  private mutating func step(
    _ node: SourceNode, at path: SpecPath, of type: InferenceGraph.RouterType
  ) -> InferenceGraph.Step? {
    let keys = [
      "name", "serviceName", "serviceUrl", "nodeName", "data", "weight", "condition", "dependency",
      "mapPredictionsToInstances",
    ]
    guard let fields = fields(node, at: path, allowed: keys), let target = target(fields) else {
      return nil
    }
    var step = InferenceGraph.Step(path: path, name: nil, target: target)
    // None and an empty one are the same for KServe.
    step.name = reader.string("name", in: fields).flatMap { $0.isEmpty ? nil : $0 }
    step.takesResponse = takesResponse(fields, of: type)
    step.weight = reader.integer("weight", in: fields)
    if case .index(let index)? = path.steps.last { step.index = index }
    step.condition = reader.string("condition", in: fields)
    step.hasLostCondition = fields["condition"] != nil && step.condition == nil
    if step.condition?.isEmpty == true { step.condition = nil }
    step.dependency = word("dependency", in: fields, InferenceGraph.Dependency.self)
    if type != .splitter, step.weight != nil {
      note(fields.path(of: "weight"), "only a Splitter looks at weights; remove it")
    }
    if type == .splitter || type == .ensemble, step.condition != nil {
      note(
        fields.path(of: "condition"), "a \(type.rawValue) does not look at conditions; remove it")
    }
    if reader.bool("mapPredictionsToInstances", in: fields) == true {
      note(
        fields.path(of: "mapPredictionsToInstances"),
        "the step's input is the message before it, unchanged; put {map: {instances: predictions}} before "
          + "its call"
      )
    }
    return step
  }

  private mutating func target(_ fields: Fields) -> InferenceGraph.Target? {
    let given = ["serviceName", "serviceUrl", "nodeName"].filter { fields[$0] != nil }
    guard given.count == 1 else {
      note(
        fields.path,
        "a step has one of serviceName, serviceUrl and nodeName"
          + (given.isEmpty ? "" : ", not \(given.joined(separator: " and "))"))
      return nil
    }
    guard let text = reader.string(given[0], in: fields) else { return nil }
    let path = fields.path(of: given[0])
    switch given[0] {
    case "serviceName":
      return possible(DeploymentSpec(name: text), at: { _ in path }).map { .service($0.name) }
    case "nodeName": return .node(text)
    default:
      guard let name = ServiceAddress(text).flatMap({ addresses[$0] }) else {
        note(
          fields.path(of: "serviceUrl"),
          "a deployment gets the first part of the host's name for its own, and \(text) has none; "
            + "say serviceName")
        return nil
      }
      return .service(name)
    }
  }

  private mutating func takesResponse(
    _ fields: Fields, of type: InferenceGraph.RouterType
  ) -> Bool {
    let path = fields.path(of: "data")
    switch reader.string("data", in: fields) {
    case nil, "$request": return false
    case let text? where type != .sequence:
      note(
        path,
        "every step of a \(type.rawValue) gets the node's input, and KServe's router does not look "
          + "at \(text); remove it")
      return false
    case "$response": return true
    case let text?:
      note(
        path,
        "KServe's router takes \(text) for $request; write $request for the node's input or $response "
          + "for what the step before answered")
      return false
    }
  }

  /// One of a few words.
  private mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ key: String, in fields: Fields, _ type: Word.Type
  ) -> Word? {
    guard let text = reader.string(key, in: fields) else { return nil }
    if let word = Word(rawValue: text) { return word }
    let words = Word.allCases.map(\.rawValue)
    note(
      fields.path(of: key),
      "unknown \(key) \(text)\(Spelling.hint(for: text, among: words)); allowed: "
        + words.joined(separator: ", "))
    return nil
  }
}
