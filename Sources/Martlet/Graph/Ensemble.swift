// A step that asks several graphs the same and combines what they answer.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Runs every branch on the same input at once.
public struct Ensemble<Input: Message, Output: Message>: GraphStep {
  public let step: Step<Input, Output>

  /// - Parameter quorum: how many answers are waited for, 1 to the number of branches. The first so many
  ///   are combined, what still runs is cancelled, and branches may fail as long as there can be so many.
  ///   Nil: all, and the first failure is the ensemble's.
  public init<Answer: Message>(
    combine combiner: Combiner<Answer, Output>, quorum: Int? = nil,
    @BranchesBuilder _ branches: () -> [Step<Input, Answer>]
  ) {
    let branches = branches()
    let node = EnsembleNode(
      branches: branches.map(\.node), combiner: combiner.combiner, quorum: quorum)
    step = Step(
      .ensemble(node), branches.flatMap(\.descriptorSets) + combiner.descriptorSets)
  }

  /// The answers of all branches, in their order, in a repeated field of the input.
  ///
  /// - Parameter field: a repeated message field; the answers replace what it held.
  public init<Answer: Message>(
    collect field: FieldPath<Input, [Answer]>, quorum: Int? = nil,
    @BranchesBuilder _ branches: () -> [Step<Input, Answer>]
  ) where Output == Input {
    let branches = branches()
    let node = EnsembleNode(
      branches: branches.map(\.node), combiner: .collect(field: field.text), quorum: quorum)
    step = Step(.ensemble(node), branches.flatMap(\.descriptorSets))
  }
}

/// Ensembles whose branches answer different types.
extension Ensemble {
  /// Makes a message of another type out of the answers of all branches.
  ///
  /// - Parameter quorum: as for other ensembles; a branch without an answer sets nothing.
  public init(
    to output: Output.Type, quorum: Int? = nil,
    @NamedBranchesBuilder<Input, Output> _ branches: () -> [Branch<Input, Output>]
  ) {
    let branches = branches()
    let map = MapNode(
      fields: branches.flatMap(\.assignments), type: Output.protoMessageName)
    let node = EnsembleNode(branches: branches.map(\.node), combiner: .map(map), quorum: quorum)
    step = Step(.ensemble(node), branches.flatMap(\.descriptorSets))
  }
}

/// A branch of an ensemble, and the fields of the ensemble's output that its answer sets.
public struct Branch<Input: Message, Output: Message>: Sendable {
  fileprivate let node: GraphNode
  fileprivate let descriptorSets: [DescriptorSet]
  fileprivate let assignments: [MapNode.Assignment]

  /// - Parameter name: of the branch's step; unique within a graph.
  public init<Answer: Message>(
    _ name: String, _ step: some GraphStep<Input, Answer>,
    @AssignmentsBuilder<Answer, Output> _ assignments: () -> [Assign<Answer, Output>]
  ) {
    let step = step.step.named(name)
    node = step.node
    descriptorSets = step.descriptorSets
    self.assignments = assignments().map { $0.assignment(ofBranch: name) }
  }
}

/// Collects the branches of an ensemble that makes a message of another type.
@resultBuilder
public enum NamedBranchesBuilder<Input: Message, Output: Message> {
  public static func buildExpression(
    _ branch: Branch<Input, Output>
  ) -> [Branch<Input, Output>] {
    [branch]
  }

  public static func buildBlock(
    _ branches: [Branch<Input, Output>]...
  ) -> [Branch<Input, Output>] {
    branches.flatMap(\.self)
  }

  public static func buildArray(
    _ branches: [[Branch<Input, Output>]]
  ) -> [Branch<Input, Output>] {
    branches.flatMap(\.self)
  }
}

/// How the answers of an ensemble become one.
public struct Combiner<Answer: Message, Output: Message>: Sendable {
  fileprivate let combiner: EnsembleNode.Combiner
  fileprivate var descriptorSets: [DescriptorSet] = []
}

extension Combiner where Answer == Output {
  /// The answer whose value of `field` most branches share; of several such values the one with the
  /// first branch, and of the branches that share it the first.
  public static func vote(
    _ field: PathToField<Output, some SingleValue, some FieldEnd>
  ) -> Combiner {
    Combiner(combiner: .vote(field: field.text))
  }

  /// The answer whose value of `field` most branches share, as for other fields.
  public static func vote(
    _ field: PathToField<Output, some SwiftProtobuf.Enum, some FieldEnd>
  ) -> Combiner {
    Combiner(combiner: .vote(field: field.text))
  }

  @available(*, unavailable, message: "a vote is on a value, and the field is a message")
  public static func vote(
    _ field: PathToField<Output, some Message, some FieldEnd>
  ) -> Combiner {
    Combiner(combiner: .merge)
  }

  @available(*, unavailable, message: "a vote is on a value, and the field is repeated")
  public static func vote<Element>(
    _ field: PathToField<Output, [Element], some FieldEnd>
  ) -> Combiner {
    Combiner(combiner: .merge)
  }

  /// The first branch's answer with these numeric fields replaced by the mean over all branches,
  /// element by element where they are repeated.
  public static func mean<each Value: AveragedValue>(_ fields: repeat FieldPath<Output, each Value>)
    -> Combiner
  {
    var names: [String] = []
    for field in repeat each fields { names.append(field.text) }
    return Combiner(combiner: .mean(fields: names))
  }

  /// As `mean`, each branch counting by its weight.
  ///
  /// - Parameter weights: one for each branch, 0 or more; of branches that are left out they do not count.
  public static func weightedMean<each Value: AveragedValue>(
    _ fields: repeat FieldPath<Output, each Value>, weights: [Double]
  ) -> Combiner {
    var names: [String] = []
    for field in repeat each fields { names.append(field.text) }
    return Combiner(combiner: .weightedMean(fields: names, weights: weights))
  }

  /// The answer with the largest value of a numeric field; of equal ones the first branch's.
  public static func max<Value: Comparable & Numeric>(
    by field: PathToField<Output, Value, some FieldEnd>
  ) -> Combiner {
    Combiner(combiner: .maxBy(field: field.text))
  }

  /// Protobuf's merge of all answers in order.
  public static var merge: Combiner { Combiner(combiner: .merge) }

  /// The first good answer; the other branches are cancelled.
  public static var first: Combiner { Combiner(combiner: .first) }
}

extension Combiner {
  /// What a deployment answers to a message that has the answers in its one repeated field of their type.
  public static func call<Question: Message>(
    _ method: UnaryMethod<Question, Output>, on deployment: String
  ) -> Combiner {
    Combiner(
      combiner: .call(deployment: deployment, method: method.name),
      descriptorSets: [method.descriptorSet])
  }
}

/// Collects branches, all with the same input and the same output.
@resultBuilder
public enum BranchesBuilder {
  public static func buildExpression<Part: GraphStep>(
    _ part: Part
  ) -> [Step<Part.Input, Part.Output>] {
    [part.step]
  }

  public static func buildBlock<Input, Output>(
    _ first: [Step<Input, Output>], _ others: [Step<Input, Output>]...
  ) -> [Step<Input, Output>] {
    first + others.flatMap(\.self)
  }

  public static func buildArray<Input, Output>(
    _ branches: [[Step<Input, Output>]]
  ) -> [Step<Input, Output>] {
    branches.flatMap(\.self)
  }

  @available(*, unavailable, message: "say on which deployment the branch runs: .on(\"NAME\")")
  public static func buildExpression<Input, Output>(
    _ method: UnaryMethod<Input, Output>
  ) -> [Step<Input, Output>] {
    []
  }

  @available(*, unavailable, message: "say at least one branch")
  public static func buildBlock<Input, Output>() -> [Step<Input, Output>] { [] }
}
