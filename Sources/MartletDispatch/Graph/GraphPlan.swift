// A graph that was checked against a schema and is ready to run.

package import MartletCore
package import MartletSchema

/// The outcome of `GraphCompiler`: nodes in one array that refer to each other by index. Every type
/// on the way fits, so running it needs no further checks of types.
package struct GraphPlan: Sendable {
  /// The method whose requests run the graph.
  package let route: MethodName
  package let input: MessageType
  package let output: MessageType

  let nodes: [Node]
  let root: Int

  /// Every deployment that the graph may call, without repetition, in the order of the graph.
  package var deployments: [String] {
    var names: [String] = []
    for node in nodes {
      if case .call(let deployment, _) = node.kind, !names.contains(deployment) {
        names.append(deployment)
      }
    }
    return names
  }

  struct Node: Sendable {
    /// Where the node is in the app file, for messages: `graph.sequence[3].do`.
    var path: SpecPath
    var kind: Kind
  }

  enum Kind: Sendable {
    case call(deployment: String, method: MethodName)
    case sequence([Int])
    case `switch`(SwitchPlan)
    case forEach(ForEachPlan)
    case ensemble(branches: [Int], CombinerPlan)
  }

  struct SwitchPlan: Sendable {
    var field: FieldPath
    var cases: [FieldValue: Int]
    var `default`: Int?
  }

  struct ForEachPlan: Sendable {
    var field: Field
    var into: Field
    var body: Int

    var type: MessageType { field.parent }
  }

  enum CombinerPlan: Sendable {
    case vote(FieldPath)
    case mean([Field])
    case merge
  }
}
