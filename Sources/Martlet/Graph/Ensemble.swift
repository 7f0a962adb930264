// A step that asks several graphs the same and combines what they answer.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Runs every branch on the same input at once.
public struct Ensemble<Input: Message, Output: Message>: GraphStep {
  public let step: Step<Input, Output>

  public init(
    combine combiner: Combiner<Output>,
    @BranchesBuilder _ branches: () -> [Step<Input, Output>]
  ) {
    let branches = branches()
    let node = EnsembleNode(branches: branches.map(\.node), combiner: combiner.combiner)
    step = Step(.ensemble(node), branches.flatMap(\.descriptorSets))
  }
}

/// How the answers of an ensemble become one.
public struct Combiner<Output: Message>: Sendable {
  fileprivate let combiner: EnsembleNode.Combiner

  /// The answer whose value of `field` most branches share; of several such values the one with the
  /// first branch, and of the branches that share it the first.
  public static func vote<Value>(_ field: FieldPath<Output, Value>) -> Combiner {
    Combiner(combiner: .vote(field: field.text))
  }

  /// The first branch's answer with these numeric fields replaced by the mean over all branches,
  /// element by element where they are repeated.
  public static func mean<each Value>(_ fields: repeat FieldPath<Output, each Value>) -> Combiner {
    var names: [String] = []
    for field in repeat each fields { names.append(field.text) }
    return Combiner(combiner: .mean(fields: names))
  }

  /// Protobuf's merge of all answers in order.
  public static var merge: Combiner { Combiner(combiner: .merge) }
}

/// Collects branches, all with the same input and the same output.
@resultBuilder
public enum BranchesBuilder {
  public static func buildExpression<Part: GraphStep>(
    _ part: Part
  ) -> Step<Part.Input, Part.Output> {
    part.step
  }

  public static func buildPartialBlock<Input, Output>(
    first: Step<Input, Output>
  ) -> [Step<Input, Output>] {
    [first]
  }

  public static func buildPartialBlock<Input, Output>(
    accumulated: [Step<Input, Output>], next: Step<Input, Output>
  ) -> [Step<Input, Output>] {
    accumulated + [next]
  }
}
