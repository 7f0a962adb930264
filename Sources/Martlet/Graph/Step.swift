// The typed steps of a graph. What fits together compiles; what does not, does not.
package import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Something that takes an `Input` and gives an `Output` within a router.
public protocol GraphStep<Input, Output>: StepPart {
  associatedtype Input: Message
  associatedtype Output: Message

  /// The step as a value without types.
  var step: Step<Input, Output> { get }
}

extension GraphStep {
  public var joined: Step<Input, Output> { step }
}

/// A step, or several in a row.
public struct Step<Input: Message, Output: Message>: GraphStep, EndedSteps {
  public typealias Joined = Step
  public typealias Ended = Step

  public let row: StepRow

  package init(_ node: GraphNode, _ descriptorSets: [DescriptorSet]) {
    self.init(StepRow([node], descriptorSets))
  }

  public init(_ row: StepRow) {
    self.row = row
  }

  public var joined: Step { self }
  public var step: Step<Input, Output> { self }

  package var node: GraphNode { row.node }
  package var descriptorSets: [DescriptorSet] { row.descriptorSets }
}

extension UnaryMethod {
  /// The step that calls this method of a deployment.
  public func on(_ deployment: String) -> Step<Input, Output> {
    Step(.call(deployment: deployment, method: name), [descriptorSet])
  }
}
