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

  init(_ field: String, _ source: MapNode.Source) {
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

/// Fields that take what came into the steps around the `Map`: what the route's client sent, or what came into
/// the innermost `Case`, `ForEach`, `Steps` or other step that has several. Which message that is shows when the
/// app is built.
extension Assign {
  /// The field takes the value of a field of the request.
  public init<Request: Message, Value>(
    _ field: PathToField<Output, Value, some FieldEnd>,
    fromRequest source: PathToField<Request, Value, some FieldEnd>
  ) {
    self.init(field.text, .path("$request.\(source.text)"))
  }

  /// The field takes the request as a whole.
  public init<Request: Message>(
    _ field: PathToField<Output, Request, some FieldEnd>, fromRequest request: Request.Type
  ) {
    self.init(field.text, .path("$request"))
  }

  /// A repeated field takes one value of the request as its only element.
  public init<Request: Message, Value>(
    _ field: PathToField<Output, [Value], some FieldEnd>,
    fromRequest source: PathToField<Request, Value, some FieldEnd>
  ) {
    self.init(field.text, .path("$request.\(source.text)"))
  }

  /// A repeated field takes the request as its only element.
  public init<Request: Message>(
    _ field: PathToField<Output, [Request], some FieldEnd>, fromRequest request: Request.Type
  ) {
    self.init(field.text, .path("$request"))
  }
}

/// Fields that do not fit each other, so that the compiler speaks of their types.
extension Assign {
  @available(
    *, unavailable,
    message: "the fields have different types; .converted(to:) widens numbers and writes enums"
  )
  public init<Value, Other>(
    _ field: PathToField<Output, Value, some FieldEnd>,
    from source: PathToField<Input, Other, some FieldEnd>
  ) {
    self.init(field.text, .path(source.text))
  }

  @available(
    *, unavailable,
    message: "the fields have different types; .converted(to:) widens numbers and writes enums"
  )
  public init<Request: Message, Value, Other>(
    _ field: PathToField<Output, Value, some FieldEnd>,
    fromRequest source: PathToField<Request, Other, some FieldEnd>
  ) {
    self.init(field.text, .path(source.text))
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
