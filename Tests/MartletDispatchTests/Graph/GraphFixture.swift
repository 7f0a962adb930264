// The schema, deployments and shorthands of the graph tests.

import Foundation
import MartletCore
import MartletDispatch
import MartletSchema
import Testing

enum GraphFixture {
  /// `Protos/graph.proto` as protoc compiled it.
  static let descriptorSet: [UInt8] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent("Protos/graph.binpb")
    return (try? Data(contentsOf: file)).map(Array.init) ?? []
  }()

  static let deployments = [
    DeploymentSpec(name: "pages", services: ["graph.v1.Pages"]),
    DeploymentSpec(name: "expert-looped", services: ["graph.v1.Classifier"]),
    DeploymentSpec(name: "expert-open", services: ["graph.v1.Classifier"]),
    DeploymentSpec(name: "generalist"),
    idempotent("sure-a"), idempotent("sure-b"),
    DeploymentSpec(name: "streamer", services: ["graph.v1.Streamer"]),
    DeploymentSpec(name: "jury", services: ["graph.v1.Jury"]),
    idempotent("refiner", "graph.v1.Refiner"),
    idempotent("splitter", "graph.v1.Splitter"),
  ]

  private static func idempotent(
    _ name: String, _ service: String = "graph.v1.Classifier"
  ) -> DeploymentSpec {
    var spec = DeploymentSpec(name: name, services: [service])
    spec.idempotent = true
    return spec
  }

  static func schema() throws -> Schema { try Schema(descriptorSet: descriptorSet) }

  static func compile(
    _ graph: GraphNode, for method: String, at path: SpecPath = [], beside routes: [RouteSpec] = []
  ) throws -> GraphPlan {
    let route = MethodName(service: "graph.v1.Understanding", method: method)
    let app = AppSpec(name: "graphs", deployments: deployments, routes: routes)
    return try GraphCompiler.compile(graph, for: route, of: app, schema: schema(), at: path)
  }

  /// Every problem of a graph as text.
  static func problems(
    _ graph: GraphNode, for method: String, beside routes: [RouteSpec] = []
  ) throws -> [String] {
    do {
      _ = try compile(graph, for: method, beside: routes)
      return []
    } catch let error as SpecProblems {
      return error.problems.map(\.description)
    }
  }

  /// Bytes of `graph.v1.TYPE` from JSON.
  static func message(_ type: String, _ json: String) throws -> [UInt8] {
    try #require(schema().message(named: "graph.v1.\(type)")).encode(json: json)
  }

  /// JSON of `graph.v1.TYPE`.
  static func json(_ type: String, _ bytes: [UInt8]) throws -> String {
    try #require(schema().message(named: "graph.v1.\(type)")).json(bytes)
  }

  /// JSON of a method's input.
  static func json(of method: MethodName, _ bytes: [UInt8]) throws -> String {
    try #require(schema().method(method)).input.json(bytes)
  }

  static func method(_ text: String) -> MethodName {
    let parts = text.split(separator: "/")
    return MethodName(service: "graph.v1.\(parts[0])", method: String(parts[1]))
  }

  static func callee(_ deployment: String, _ method: String) -> GraphPlan.Callee {
    GraphPlan.Callee(deployment: deployment, method: self.method(method))
  }
}

extension GraphNode {
  static func call(_ deployment: String, _ method: String) -> GraphNode {
    .call(deployment: deployment, method: GraphFixture.method(method))
  }

  static let fetch = GraphNode.call("pages", "Pages/Fetch")
  static let combine = GraphNode.call("pages", "Pages/Combine")
  static let looped = GraphNode.call("expert-looped", "Classifier/Classify")
  static let open = GraphNode.call("expert-open", "Classifier/Classify")
  static let generalist = GraphNode.call("generalist", "Classifier/Classify")
  static let split = GraphNode.call("splitter", "Splitter/Split")
  static let sureA = GraphNode.call("sure-a", "Classifier/Classify")
  static let sureB = GraphNode.call("sure-b", "Classifier/Classify")
  static let refine = GraphNode.call("refiner", "Refiner/Refine")

  /// The node with options.
  func with(
    name: String? = nil, timeout: Duration? = nil, retry: NodeOptions.RetrySpec? = nil,
    onError: NodeOptions.OnError = .fail, takesRequest: Bool = false
  ) -> GraphNode {
    GraphNode(
      kind,
      NodeOptions(
        name: name, timeout: timeout, retry: retry, onError: onError, takesRequest: takesRequest))
  }

  static func forEach(_ field: String, into: String? = nil, _ body: GraphNode) -> GraphNode {
    .forEach(ForEachNode(field: field, body: body, into: into))
  }

  static func switchOn(
    _ field: String, _ cases: KeyValuePairs<String, GraphNode>, default: GraphNode? = nil
  ) -> GraphNode {
    .switch(
      SwitchNode(
        field: field, cases: cases.map { SwitchNode.Case(value: $0.key, node: $0.value) },
        default: `default`))
  }

  static func ensemble(
    _ branches: [GraphNode], _ combiner: EnsembleNode.Combiner, quorum: Int? = nil
  ) -> GraphNode {
    .ensemble(EnsembleNode(branches: branches, combiner: combiner, quorum: quorum))
  }

  static func hedge(_ delay: Duration, _ body: GraphNode) -> GraphNode {
    .hedge(HedgeNode(body: body, delay: delay))
  }

  static func splitter(
    _ shares: [(Int, GraphNode)], _ sticky: SplitterNode.Sticky? = nil
  ) -> GraphNode {
    .splitter(
      SplitterNode(
        shares: shares.map { SplitterNode.Share(weight: $0.0, node: $0.1) }, sticky: sticky))
  }

  /// The whole of content understanding: fetch, judge every crop by its kind, combine.
  static let understanding = GraphNode.sequence([
    .fetch,
    .forEach(
      "crops",
      .switchOn(
        "kind", ["KIND_LOOPED": .looped, "KIND_OPEN": .open],
        default: .ensemble([.looped, .open, .generalist], .vote(field: "object")))),
    .combine,
  ])
}
