// What stands in a row of steps, whatever it takes and gives.
package import MartletCore
package import MartletRPC
public import SwiftProtobuf

/// Steps in a row as a value without types.
public struct StepRow: Sendable {
  package var nodes: [GraphNode]
  package var descriptorSets: [DescriptorSet]

  package init(_ nodes: [GraphNode], _ descriptorSets: [DescriptorSet]) {
    self.nodes = nodes
    self.descriptorSets = descriptorSets
  }

  package init(_ deployment: String, _ method: some RPCMethod) {
    self.init(
      [.call(deployment: deployment, method: method.name)], [method.descriptorSet])
  }

  /// One node: several are a sequence.
  package var node: GraphNode { nodes.count == 1 ? nodes[0] : .sequence(nodes) }

  /// The same with other options. An end has none but a name: any other is that of a sequence around it.
  package func changed(_ change: (inout NodeOptions) -> Void) -> StepRow {
    var node = node
    change(&node.options)
    if case .return = node.kind, node.options != NodeOptions(name: node.options.name) {
      let end = GraphNode(.return, NodeOptions(name: node.options.name))
      node.options.name = nil
      node = GraphNode(.sequence([end]), node.options)
    }
    return StepRow([node], descriptorSets)
  }

  package static func + (first: StepRow, next: StepRow) -> StepRow {
    StepRow(first.nodes + next.nodes, first.descriptorSets + next.descriptorSets)
  }
}

/// Something that can be written as a step of a graph.
public protocol StepPart: Sendable {
  associatedtype Joined: JoinedSteps

  /// What stands in the row.
  var joined: Joined { get }
}

/// Steps in a row, of one of the types that say what they take and give.
public protocol JoinedSteps: StepPart where Joined == Self {
  /// The same where nothing can follow them.
  associatedtype Ended: JoinedSteps

  init(_ row: StepRow)
  var row: StepRow { get }
}

extension JoinedSteps {
  public var joined: Self { self }
}

/// All that a case, a share or what takes the request's message can do: it gives one message for one, or a
/// stream that is the route's answer.
public protocol EndedSteps<Input>: JoinedSteps {
  associatedtype Input: Message
}

extension StepPart {
  /// Names the step in errors and traces. Names are unique within a graph.
  public func named(_ name: String) -> Joined {
    Joined(joined.row.changed { $0.name = name })
  }
}
