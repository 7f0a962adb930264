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
    DeploymentSpec(name: "splitter", services: ["graph.v1.Splitter"]),
  ]

  static func schema() throws -> Schema { try Schema(descriptorSet: descriptorSet) }

  static func compile(
    _ graph: GraphNode, for method: String, at path: SpecPath = []
  ) throws -> GraphPlan {
    let route = MethodName(service: "graph.v1.Understanding", method: method)
    return try GraphCompiler.compile(
      graph, for: route, schema: schema(), deployments: deployments, at: path)
  }

  /// Every problem of a graph as text.
  static func problems(_ graph: GraphNode, for method: String) throws -> [String] {
    do {
      _ = try compile(graph, for: method)
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

  static func method(_ text: String) -> MethodName {
    let parts = text.split(separator: "/")
    return MethodName(service: "graph.v1.\(parts[0])", method: String(parts[1]))
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

  static func ensemble(_ branches: [GraphNode], _ combiner: EnsembleNode.Combiner) -> GraphNode {
    .ensemble(EnsembleNode(branches: branches, combiner: combiner))
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
