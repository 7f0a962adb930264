// A step that makes a message of another type.
package import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Makes a message of another type out of fields of its input, of what came into the steps around it and of
/// constants; no deployment is called. A field that is not set sets nothing.
public struct Map<Input: Message, Output: Message>: GraphStep {
  public let step: Step<Input, Output>

  public init(
    _ input: Input.Type, to output: Output.Type,
    @AssignmentsBuilder<Input, Output> _ assignments: () -> [Assign<Input, Output>]
  ) {
    let fields = assignments().map(\.assignment)
    step = Step(.map(MapNode(fields: fields, type: Output.protoMessageName)), [])
  }
}

/// How one field of a `Map`'s output comes about. What is on the way to the field comes into being with it.
public struct Assign<Input: Message, Output: Message>: Sendable {
  fileprivate let assignment: MapNode.Assignment

  /// The field takes the value of a field of the input.
  public init<Value>(
    _ field: PathToField<Output, Value, some FieldEnd>,
    from source: PathToField<Input, Value, some FieldEnd>
  ) {
    self.init(field.text, .path(source.text))
  }

  /// The field takes the input as a whole.
  public init(_ field: PathToField<Output, Input, some FieldEnd>, from input: Input.Type) {
    self.init(field.text, .path("$response"))
  }

  /// A repeated field takes one value as its only element.
  public init<Value>(
    _ field: PathToField<Output, [Value], some FieldEnd>,
    from source: PathToField<Input, Value, some FieldEnd>
  ) {
    self.init(field.text, .path(source.text))
  }

  /// A repeated field takes the input as its only element.
  public init(_ field: PathToField<Output, [Input], some FieldEnd>, from input: Input.Type) {
    self.init(field.text, .path("$response"))
  }

  /// The field takes the value of a field of what came into the steps around the `Map`: what the route's
  /// client sent, or what came into the innermost `Case`, `ForEach` or other step that has several. Which
  /// message that is shows when the app is built.
  public init<Request: Message, Value>(
    _ field: PathToField<Output, Value, some FieldEnd>,
    fromRequest source: PathToField<Request, Value, some FieldEnd>
  ) {
    self.init(field.text, .path("$request.\(source.text)"))
  }

  /// The field takes a constant.
  public init<Value: ConstantValue>(
    _ field: PathToField<Output, Value, some FieldEnd>, value: Value
  ) {
    self.init(field.text, .value(ConfigValue(constant: value)))
  }

  /// The field takes a value of its enum.
  public init<Value: SwiftProtobuf.Enum>(
    _ field: PathToField<Output, Value, some FieldEnd>, value: Value
  ) {
    self.init(field.text, .value(.integer(Int64(value.rawValue))))
  }

  private init(_ field: String, _ source: MapNode.Source) {
    assignment = MapNode.Assignment(field: field, source: source)
  }

  /// The same of a branch's answer.
  package func assignment(ofBranch name: String) -> MapNode.Assignment {
    guard case .path(let text) = assignment.source, !text.hasPrefix("$request") else {
      return assignment
    }
    let path = text == "$response" ? name : "\(name).\(text)"
    return MapNode.Assignment(field: assignment.field, source: .path(path))
  }
}

/// A value that an `Assign` may give to a field.
public protocol ConstantValue: Sendable {}
extension String: ConstantValue {}
extension Bool: ConstantValue {}
extension Int32: ConstantValue {}
extension Int64: ConstantValue {}
extension UInt32: ConstantValue {}
extension UInt64: ConstantValue {}
extension Float: ConstantValue {}
extension Double: ConstantValue {}

extension ConfigValue {
  /// As protobuf's JSON spells it: numbers beyond a double's exact ones, and those that are none, as text.
  fileprivate init(constant: some ConstantValue) {
    self =
      switch constant {
      case let text as String: .string(text)
      case let bool as Bool: .bool(bool)
      case let number as Float where number.isFinite: .number(Double(number))
      case let number as Double where number.isFinite: .number(number)
      case let number as Float: .string(Double(number).protobufText)
      case let number as Double: .string(number.protobufText)
      default: .string("\(constant)")
      }
  }
}

extension Double {
  /// NaN and the infinities as protobuf's JSON spells them.
  fileprivate var protobufText: String {
    isNaN ? "NaN" : self < 0 ? "-Infinity" : "Infinity"
  }
}

/// Collects the fields of a `Map`.
@resultBuilder
public enum AssignmentsBuilder<Input: Message, Output: Message> {
  public static func buildExpression(
    _ assignment: Assign<Input, Output>
  ) -> Assign<Input, Output> {
    assignment
  }

  public static func buildBlock(
    _ assignments: Assign<Input, Output>...
  ) -> [Assign<Input, Output>] {
    assignments
  }
}
