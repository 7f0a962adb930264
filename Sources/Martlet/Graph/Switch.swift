// A step that chooses a graph by a field of its input.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Runs the first case whose value the field has, or the default. Without a default a request that
/// matches no case fails with FAILED_PRECONDITION.
public struct Switch<Input: Message, Output: Message>: GraphStep {
  public let step: Step<Input, Output>

  /// - Parameter field: a scalar or string field of the input.
  public init<Value: SwitchValue>(
    on field: FieldPath<Input, Value>, @CasesBuilder _ cases: () -> Cases<Input, Output>
  ) {
    step = cases().step(on: field.text)
  }

  /// - Parameter field: a number field of the input; its cases are comparisons.
  public init<Value: BinaryFloatingPoint>(
    on field: FieldPath<Input, Value>, @CasesBuilder _ cases: () -> Cases<Input, Output>
  ) {
    step = cases().step(on: field.text)
  }

  /// - Parameter field: an enum field of the input.
  public init<Value: SwiftProtobuf.Enum>(
    on field: FieldPath<Input, Value>, @CasesBuilder _ cases: () -> Cases<Input, Output>
  ) {
    step = cases().step(on: field.text)
  }
}

/// A value that a `Case` can name.
public protocol SwitchValue: Sendable, CustomStringConvertible {}
extension String: SwitchValue {}
extension Bool: SwitchValue {}
extension Int: SwitchValue {}
extension Int32: SwitchValue {}
extension Int64: SwitchValue {}
extension UInt32: SwitchValue {}
extension UInt64: SwitchValue {}

/// What a `Switch` does for one value, or for several.
public struct Case<Input: Message, Output: Message>: Sendable {
  fileprivate let values: [String]
  fileprivate let body: Step<Input, Output>

  public init<Value: SwitchValue>(
    _ values: Value..., @StepsBuilder body: () -> Step<Input, Output>
  ) {
    self.values = values.map(\.description)
    self.body = body()
  }

  public init<Value: SwiftProtobuf.Enum>(
    _ values: Value..., @StepsBuilder body: () -> Step<Input, Output>
  ) {
    self.values = values.map { "\($0.rawValue)" }
    self.body = body()
  }
}

extension Case {
  /// The field is within a range of numbers: `..<0.8`, `...0.8`, `0.8...`, `0.5..<0.8` or `0.5...0.8`.
  public init<Values: NumberRange>(
    _ range: Values, @StepsBuilder body: () -> Step<Input, Output>
  ) {
    values = [range.condition]
    self.body = body()
  }
}

/// What a `Switch` does when no case matches.
public struct Default<Input: Message, Output: Message>: Sendable {
  fileprivate let body: Step<Input, Output>

  public init(@StepsBuilder body: () -> Step<Input, Output>) {
    self.body = body()
  }
}

/// The cases of one `Switch`.
public struct Cases<Input: Message, Output: Message>: Sendable {
  fileprivate var cases: [Case<Input, Output>] = []
  fileprivate var other: Default<Input, Output>?

  fileprivate func step(on field: String) -> Step<Input, Output> {
    let node = SwitchNode(
      field: field,
      cases: cases.flatMap { one in
        one.values.map { SwitchNode.Case(value: $0, node: one.body.node) }
      },
      default: other?.body.node)
    let bodies = cases.map(\.body) + (other.map { [$0.body] } ?? [])
    return Step(.switch(node), bodies.flatMap(\.descriptorSets))
  }
}

/// Collects cases; a default comes last.
@resultBuilder
public enum CasesBuilder {
  public static func buildPartialBlock<Input, Output>(
    first: Case<Input, Output>
  ) -> Cases<Input, Output> {
    Cases(cases: [first])
  }

  public static func buildPartialBlock<Input, Output>(
    accumulated: Cases<Input, Output>, next: Case<Input, Output>
  ) -> Cases<Input, Output> {
    Cases(cases: accumulated.cases + [next])
  }

  public static func buildPartialBlock<Input, Output>(
    accumulated: Cases<Input, Output>, next: Default<Input, Output>
  ) -> CasesWithDefault<Input, Output> {
    CasesWithDefault(cases: Cases(cases: accumulated.cases, other: next))
  }

  public static func buildFinalResult<Input, Output>(
    _ cases: Cases<Input, Output>
  ) -> Cases<Input, Output> {
    cases
  }

  public static func buildFinalResult<Input, Output>(
    _ cases: CasesWithDefault<Input, Output>
  ) -> Cases<Input, Output> {
    cases.cases
  }
}

/// Cases that nothing can follow.
public struct CasesWithDefault<Input: Message, Output: Message>: Sendable {
  fileprivate let cases: Cases<Input, Output>
}
