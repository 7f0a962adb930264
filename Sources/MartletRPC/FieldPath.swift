// The way to a field of a message, with its type, for the steps of a graph.
public import SwiftProtobuf

/// A field of `Root`, or of a message within it, whose value is a `Value`.
public struct FieldPath<Root: Message, Value>: Sendable, CustomStringConvertible {
  /// Field names as the `.proto` spells them, joined by dots.
  public let text: String

  public init(_ text: String) {
    self.text = text
  }

  public var description: String { text }
}

extension FieldPath {
  /// Whether the field is set, for `Switch` and loops: one with presence is there, a repeated one is not
  /// empty, any other one is not its default, as in the Common Expression Language.
  public var isSet: FieldPath<Root, Bool> { FieldPath<Root, Bool>("has(\(text))") }
}

extension FieldPath where Value: Message {
  /// The field `rest` of the message that this path leads to.
  public func appending<Next>(_ rest: FieldPath<Value, Next>) -> FieldPath<Root, Next> {
    FieldPath<Root, Next>("\(text).\(rest.text)")
  }
}
