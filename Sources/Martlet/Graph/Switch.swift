// A step that chooses a graph by a field or a oneof of its input.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Runs the first case whose value the field has, or the default. Without a default a request that
/// matches no case fails with FAILED_PRECONDITION. As the last step of a route that answers with a stream its
/// cases may end with one: then all do.
public struct Switch<Input: Message, Steps: EndedSteps<Input>>: StepPart {
  public let joined: Steps

  /// - Parameter field: a number, bool, string or enum of the input; the cases are values of it or, of a
  ///   number, ranges.
  public init<Value>(
    on field: PathToField<Input, Value, some PathEnd>,
    @CasesBuilder<Input, Value> _ cases: () -> Cases<Input, Steps>
  ) {
    joined = cases().steps(on: field.text)
  }

  /// - Parameter oneof: of the input; the cases are its members, and where none is set the default runs.
  public init<Member>(
    on oneof: OneofPath<Input, Member>,
    @CasesBuilder<Input, Member> _ cases: () -> Cases<Input, Steps>
  ) {
    joined = cases().steps(on: oneof.text)
  }
}

extension Switch: GraphStep where Steps: GraphStep {
  public typealias Output = Steps.Output

  public var step: Step<Input, Steps.Output> { joined.step }
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
public struct Case<Input: Message, Value, Steps: EndedSteps<Input>>: Sendable {
  fileprivate let values: [String]
  fileprivate let body: StepRow
}

extension Case where Value: SwitchValue {
  public init<Body: JoinedSteps>(_ values: Value..., @StepsTaking<Input> body: () -> Body)
  where Body.Ended == Steps {
    self.init(values: values.map(\.description), body: body().row)
  }
}

extension Case where Value: SwiftProtobuf.Enum {
  public init<Body: JoinedSteps>(_ values: Value..., @StepsTaking<Input> body: () -> Body)
  where Body.Ended == Steps {
    self.init(values: values.map { "\($0.rawValue)" }, body: body().row)
  }
}

extension Case where Value: OneofMember {
  /// The member is set.
  public init<Body: JoinedSteps>(_ members: Value..., @StepsTaking<Input> body: () -> Body)
  where Body.Ended == Steps {
    self.init(values: members.map(\.rawValue), body: body().row)
  }
}

extension Case where Value: BinaryFloatingPoint {
  @available(
    *, unavailable,
    message: "whether two fractions are equal is chance; say a range such as 0.5..<0.8"
  )
  public init<Body: JoinedSteps>(_ values: Value..., @StepsTaking<Input> body: () -> Body)
  where Body.Ended == Steps {
    self.init(values: [], body: body().row)
  }
}

extension Case where Value: ComparedNumber {
  /// The field is within a range of numbers: `..<0.8`, `...0.8`, `0.8...`, `0.5..<0.8` or `0.5...0.8`.
  public init<Values: NumberRange<Value>, Body: JoinedSteps>(
    _ range: Values, @StepsTaking<Input> body: () -> Body
  ) where Body.Ended == Steps {
    self.init(values: [range.condition], body: body().row)
  }
}

/// Fields that a `Switch` refuses get any cases, so that the compiler speaks of the field.
extension Case {
  @available(
    *, unavailable, message: "a case is a value, and the field of this switch is a message"
  )
  public init<Other, Body: JoinedSteps>(
    _ values: Other..., @StepsTaking<Input> body: () -> Body
  ) where Value: Message, Body.Ended == Steps {
    self.init(values: [], body: body().row)
  }

  @available(*, unavailable, message: "a case is a value, and the field of this switch is repeated")
  public init<Other, Element, Body: JoinedSteps>(
    _ values: Other..., @StepsTaking<Input> body: () -> Body
  ) where Value == [Element], Body.Ended == Steps {
    self.init(values: [], body: body().row)
  }
}

/// What a `Switch` does when no case matches.
public struct Default<Input: Message, Steps: EndedSteps<Input>>: Sendable {
  fileprivate let body: StepRow

  public init<Body: JoinedSteps>(@StepsTaking<Input> body: () -> Body)
  where Body.Ended == Steps {
    self.body = body().row
  }
}

/// The cases of one `Switch`.
public struct Cases<Input: Message, Steps: EndedSteps<Input>>: Sendable {
  fileprivate var cases: [(values: [String], body: StepRow)] = []
  fileprivate var other: Default<Input, Steps>?

  fileprivate func steps(on subject: String) -> Steps {
    let node = SwitchNode(
      field: subject,
      cases: cases.flatMap { one in
        one.values.map { SwitchNode.Case(value: $0, node: one.body.node) }
      },
      default: other?.body.node)
    let bodies = cases.map(\.body) + (other.map { [$0.body] } ?? [])
    return Steps(StepRow([.switch(node)], bodies.flatMap(\.descriptorSets)))
  }
}

/// Collects cases; a default comes last.
@resultBuilder
public enum CasesBuilder<Input: Message, Value> {
  public static func buildExpression<Steps>(
    _ part: Case<Input, Value, Steps>
  ) -> Case<Input, Value, Steps> {
    part
  }

  public static func buildExpression<Steps>(
    _ part: Default<Input, Steps>
  ) -> Default<Input, Steps> {
    part
  }

  public static func buildPartialBlock<Steps>(
    first: Case<Input, Value, Steps>
  ) -> Cases<Input, Steps> {
    Cases(cases: [(first.values, first.body)])
  }

  public static func buildPartialBlock<Steps>(
    accumulated: Cases<Input, Steps>, next: Case<Input, Value, Steps>
  ) -> Cases<Input, Steps> {
    Cases(cases: accumulated.cases + [(next.values, next.body)])
  }

  /// Cases that a loop makes.
  public static func buildPartialBlock<Steps>(first: Cases<Input, Steps>) -> Cases<Input, Steps> {
    first
  }

  public static func buildPartialBlock<Steps>(
    accumulated: Cases<Input, Steps>, next: Cases<Input, Steps>
  ) -> Cases<Input, Steps> {
    Cases(cases: accumulated.cases + next.cases)
  }

  public static func buildArray<Steps>(_ parts: [Cases<Input, Steps>]) -> Cases<Input, Steps> {
    Cases(cases: parts.flatMap(\.cases))
  }

  public static func buildPartialBlock<Steps>(
    accumulated: Cases<Input, Steps>, next: Default<Input, Steps>
  ) -> CasesWithDefault<Input, Steps> {
    CasesWithDefault(cases: Cases(cases: accumulated.cases, other: next))
  }

  public static func buildFinalResult<Steps>(
    _ cases: Cases<Input, Steps>
  ) -> Cases<Input, Steps> {
    cases
  }

  public static func buildFinalResult<Steps>(
    _ cases: CasesWithDefault<Input, Steps>
  ) -> Cases<Input, Steps> {
    cases.cases
  }
}

/// Cases that nothing can follow.
public struct CasesWithDefault<Input: Message, Steps: EndedSteps<Input>>: Sendable {
  fileprivate let cases: Cases<Input, Steps>
}
