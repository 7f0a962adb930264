// Steps that run on their own output again and again.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Runs steps on their own output as long as a field meets a condition, which is looked at before each round.
/// A loop that has not ended after the last round fails with RESOURCE_EXHAUSTED.
public struct While<Value: Message>: GraphStep {
  public let step: Step<Value, Value>

  /// - Parameter rounds: at most, 1 or more.
  public init<Values: NumberRange>(
    _ field: PathToField<Value, Values.Bound, some FieldEnd>, is range: Values, max rounds: Int,
    @StepsTaking<Value> _ body: () -> Step<Value, Value>
  ) {
    step = .loop(.whileHolds, field.text, range.condition, rounds, body())
  }

  /// - Parameter rounds: at most, 1 or more.
  public init<Expected: SwitchValue>(
    _ field: PathToField<Value, Expected, some PathEnd>, is value: Expected, max rounds: Int,
    @StepsTaking<Value> _ body: () -> Step<Value, Value>
  ) {
    step = .loop(.whileHolds, field.text, value.description, rounds, body())
  }

  /// - Parameter rounds: at most, 1 or more.
  public init<Expected: SwiftProtobuf.Enum>(
    _ field: PathToField<Value, Expected, some FieldEnd>, is value: Expected, max rounds: Int,
    @StepsTaking<Value> _ body: () -> Step<Value, Value>
  ) {
    step = .loop(.whileHolds, field.text, "\(value.rawValue)", rounds, body())
  }

  /// - Parameter rounds: at most, 1 or more.
  public init<Member>(
    _ oneof: OneofPath<Value, Member>, is member: Member, max rounds: Int,
    @StepsTaking<Value> _ body: () -> Step<Value, Value>
  ) {
    step = .loop(.whileHolds, oneof.text, member.rawValue, rounds, body())
  }
}

/// Runs steps on their own output until a field meets a condition, which is looked at after each round. A
/// loop that has not ended after the last round fails with RESOURCE_EXHAUSTED.
public struct RepeatUntil<Value: Message>: GraphStep {
  public let step: Step<Value, Value>

  /// - Parameter rounds: at most, 1 or more.
  public init<Values: NumberRange>(
    _ field: PathToField<Value, Values.Bound, some FieldEnd>, is range: Values, max rounds: Int,
    @StepsTaking<Value> _ body: () -> Step<Value, Value>
  ) {
    step = .loop(.untilHolds, field.text, range.condition, rounds, body())
  }

  /// - Parameter rounds: at most, 1 or more.
  public init<Expected: SwitchValue>(
    _ field: PathToField<Value, Expected, some PathEnd>, is value: Expected, max rounds: Int,
    @StepsTaking<Value> _ body: () -> Step<Value, Value>
  ) {
    step = .loop(.untilHolds, field.text, value.description, rounds, body())
  }

  /// - Parameter rounds: at most, 1 or more.
  public init<Expected: SwiftProtobuf.Enum>(
    _ field: PathToField<Value, Expected, some FieldEnd>, is value: Expected, max rounds: Int,
    @StepsTaking<Value> _ body: () -> Step<Value, Value>
  ) {
    step = .loop(.untilHolds, field.text, "\(value.rawValue)", rounds, body())
  }

  /// - Parameter rounds: at most, 1 or more.
  public init<Member>(
    _ oneof: OneofPath<Value, Member>, is member: Member, max rounds: Int,
    @StepsTaking<Value> _ body: () -> Step<Value, Value>
  ) {
    step = .loop(.untilHolds, oneof.text, member.rawValue, rounds, body())
  }
}

extension Step where Input == Output {
  fileprivate static func loop(
    _ kind: LoopNode.Kind, _ field: String, _ condition: String, _ rounds: Int,
    _ body: Step<Input, Output>
  ) -> Step<Input, Output> {
    let node = LoopNode(
      kind, field: field, condition: condition, body: body.node, maxRounds: rounds)
    return Step(.loop(node), body.descriptorSets)
  }
}
