// A step that chooses a graph by a field of its input.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Runs the first case whose value the field has, or the default. Without a default a request that
/// matches no case fails with FAILED_PRECONDITION.
public struct Switch<Input: Message, Output: Message>: GraphStep {
  public let step: Step<Input, Output>

  /// - Parameter field: a number, bool, string or enum of the input; the cases are values of it or, of a
  ///   number, ranges.
  public init<Value>(
    on field: FieldPath<Input, Value>,
    @CasesBuilder<Input, Value> _ cases: () -> Cases<Input, Output>
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

/// What a `Switch` on a field of type `Value` does for one value, or for several.
public struct Case<Input: Message, Value, Output: Message>: Sendable {
  fileprivate let values: [String]
  fileprivate let body: Step<Input, Output>
}

extension Case where Value: SwitchValue {
  public init(_ values: Value..., @StepsTaking<Input> body: () -> Step<Input, Output>) {
    self.init(values: values.map(\.description), body: body())
  }
}

extension Case where Value: SwiftProtobuf.Enum {
  public init(_ values: Value..., @StepsTaking<Input> body: () -> Step<Input, Output>) {
    self.init(values: values.map { "\($0.rawValue)" }, body: body())
  }
}

extension Case where Value: BinaryFloatingPoint {
  @available(
    *, unavailable,
    message: "whether two fractions are equal is chance; say a range such as 0.5..<0.8"
  )
  public init(_ values: Value..., @StepsTaking<Input> body: () -> Step<Input, Output>) {
    self.init(values: [], body: body())
  }
}

extension Case where Value: ComparedNumber {
  /// The field is within a range of numbers: `..<0.8`, `...0.8`, `0.8...`, `0.5..<0.8` or `0.5...0.8`.
  public init<Values: NumberRange<Value>>(
    _ range: Values, @StepsTaking<Input> body: () -> Step<Input, Output>
  ) {
    self.init(values: [range.condition], body: body())
  }
}

/// Fields that a `Switch` refuses get any cases, so that the compiler speaks of the field.
extension Case {
  @available(
    *, unavailable, message: "a case is a value, and the field of this switch is a message"
  )
  public init<Other>(_ values: Other..., @StepsTaking<Input> body: () -> Step<Input, Output>)
  where Value: Message {
    self.init(values: [], body: body())
  }

  @available(*, unavailable, message: "a case is a value, and the field of this switch is repeated")
  public init<Other, Element>(
    _ values: Other..., @StepsTaking<Input> body: () -> Step<Input, Output>
  ) where Value == [Element] {
    self.init(values: [], body: body())
  }
}

/// What a `Switch` does when no case matches.
public struct Default<Input: Message, Output: Message>: Sendable {
  fileprivate let body: Step<Input, Output>

  public init(@StepsTaking<Input> body: () -> Step<Input, Output>) {
    self.body = body()
  }
}

/// The cases of one `Switch`.
public struct Cases<Input: Message, Output: Message>: Sendable {
  fileprivate var cases: [(values: [String], body: Step<Input, Output>)] = []
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
public enum CasesBuilder<Input: Message, Value> {
  public static func buildExpression<Output>(
    _ part: Case<Input, Value, Output>
  ) -> Case<Input, Value, Output> {
    part
  }

  public static func buildExpression<Output>(
    _ part: Default<Input, Output>
  ) -> Default<Input, Output> {
    part
  }

  public static func buildPartialBlock<Output>(
    first: Case<Input, Value, Output>
  ) -> Cases<Input, Output> {
    Cases(cases: [(first.values, first.body)])
  }

  public static func buildPartialBlock<Output>(
    accumulated: Cases<Input, Output>, next: Case<Input, Value, Output>
  ) -> Cases<Input, Output> {
    Cases(cases: accumulated.cases + [(next.values, next.body)])
  }

  public static func buildPartialBlock<Output>(
    accumulated: Cases<Input, Output>, next: Default<Input, Output>
  ) -> CasesWithDefault<Input, Output> {
    CasesWithDefault(cases: Cases(cases: accumulated.cases, other: next))
  }

  public static func buildFinalResult<Output>(
    _ cases: Cases<Input, Output>
  ) -> Cases<Input, Output> {
    cases
  }

  public static func buildFinalResult<Output>(
    _ cases: CasesWithDefault<Input, Output>
  ) -> Cases<Input, Output> {
    cases.cases
  }
}

/// Cases that nothing can follow.
public struct CasesWithDefault<Input: Message, Output: Message>: Sendable {
  fileprivate let cases: Cases<Input, Output>
}
