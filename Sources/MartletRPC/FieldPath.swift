// The way to a field of a message or to a oneof, with its type, for the steps of a graph.
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

  /// A oneof of the message that this path leads to.
  public func appending<Member>(_ rest: OneofPath<Value, Member>) -> OneofPath<Root, Member> {
    OneofPath<Root, Member>("\(text).\(rest.text)")
  }
}

/// A oneof of `Root`, or of a message within it: which of its members is set.
public struct OneofPath<Root: Message, Member: OneofMember>: Sendable, CustomStringConvertible {
  /// Names as the `.proto` spells them, joined by dots.
  public let text: String

  public init(_ text: String) {
    self.text = text
  }

  public var description: String { text }
}

/// The members of a oneof; the raw value of each is its name in the `.proto`.
public protocol OneofMember: RawRepresentable<String>, Sendable {}
