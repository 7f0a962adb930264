// The way to a field of a message or to a oneof, with its type, for the steps of a graph.
public import SwiftProtobuf

/// A field of the message that a step has. Most steps also take one of a message within it, a `PathToField`
/// that `appending` makes.
public typealias FieldPath<Root: Message, Value> = PathToField<Root, Value, OwnField>

/// A field of `Root`, or of a message within it, whose value is a `Value`; or whether there is one.
public struct PathToField<Root: Message, Value, End: PathEnd>: Sendable, CustomStringConvertible {
  /// Field names as the `.proto` spells them, joined by dots.
  public let text: String

  public init(_ text: String) {
    self.text = text
  }

  public var description: String { text }
}

/// What a path ends at, which tells where it may be used.
public protocol PathEnd {}

/// A field, whose value can be read.
public protocol FieldEnd: PathEnd {}

/// A field of the message itself.
public enum OwnField: FieldEnd {}

/// A field of a message within the message.
public enum NestedField: FieldEnd {}

/// Whether a field is set, for conditions.
public enum FieldIsSet: PathEnd {}

extension PathToField where End: FieldEnd {
  /// Whether the field is set, for `Switch` and loops: one with presence is there, a repeated one is not
  /// empty, any other one is not its default, as in the Common Expression Language.
  public var isSet: PathToField<Root, Bool, FieldIsSet> {
    PathToField<Root, Bool, FieldIsSet>("has(\(text))")
  }
}

extension PathToField where End: FieldEnd, Value: Message {
  /// The field `rest` of the message that this path leads to.
  public func appending<Next>(
    _ rest: PathToField<Value, Next, some FieldEnd>
  ) -> PathToField<Root, Next, NestedField> {
    PathToField<Root, Next, NestedField>("\(text).\(rest.text)")
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
