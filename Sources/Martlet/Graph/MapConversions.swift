// Fields that a map writes as another type.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// A field that a `Map` reads as a `Value`, which can have every value of the field.
public struct ConvertedField<Root: Message, Value>: Sendable {
  fileprivate let text: String
}

/// A number that can have every value of an `int32`.
public protocol Int32Holder: Sendable {}
extension Int64: Int32Holder {}
extension Double: Int32Holder {}

/// A number that can have every value of a `uint32`.
public protocol UInt32Holder: Sendable {}
extension Int64: UInt32Holder {}
extension UInt64: UInt32Holder {}
extension Double: UInt32Holder {}

/// A number that can have every value of a `float`.
public protocol FloatHolder: Sendable {}
extension Double: FloatHolder {}

/// What a value of an enum can become: a number, or a text with its name.
public protocol EnumHolder: Sendable {}
extension String: EnumHolder {}
extension Int32: EnumHolder {}
extension Int64: EnumHolder {}
extension Double: EnumHolder {}

extension PathToField where End: FieldEnd {
  /// The number as one of a wider type.
  public func converted<Wide: Int32Holder>(to type: Wide.Type) -> ConvertedField<Root, Wide>
  where Value == Int32 {
    ConvertedField(text: text)
  }

  /// The number as one of a wider type.
  public func converted<Wide: UInt32Holder>(to type: Wide.Type) -> ConvertedField<Root, Wide>
  where Value == UInt32 {
    ConvertedField(text: text)
  }

  /// The number as one of a wider type.
  public func converted<Wide: FloatHolder>(to type: Wide.Type) -> ConvertedField<Root, Wide>
  where Value == Float {
    ConvertedField(text: text)
  }

  /// The value of an enum by its name or its number.
  public func converted<Other: EnumHolder>(to type: Other.Type) -> ConvertedField<Root, Other>
  where Value: SwiftProtobuf.Enum {
    ConvertedField(text: text)
  }

  /// The text as bytes.
  public func converted(to type: [UInt8].Type) -> ConvertedField<Root, [UInt8]>
  where Value == String {
    ConvertedField(text: text)
  }
}

/// Messages of types that are the same on the wire: their fields have the same numbers, types and labels, as
/// the tensors that one model of the Open Inference Protocol answers and the next one takes. `validate` and
/// `deploy` check it.
extension PathToField where End: FieldEnd {
  /// The message as one of another type.
  public func converted<Other: Message>(to type: Other.Type) -> ConvertedField<Root, Other>
  where Value: Message {
    ConvertedField(text: text)
  }

  /// The messages as those of another type.
  public func converted<Element: Message, Other: Message>(
    to type: [Other].Type
  ) -> ConvertedField<Root, [Other]> where Value == [Element] {
    ConvertedField(text: text)
  }
}

/// Repeated fields, element by element.
extension PathToField where End: FieldEnd {
  /// The numbers as those of a wider type.
  public func converted<Wide: Int32Holder>(to type: [Wide].Type) -> ConvertedField<Root, [Wide]>
  where Value == [Int32] {
    ConvertedField(text: text)
  }

  /// The numbers as those of a wider type.
  public func converted<Wide: UInt32Holder>(to type: [Wide].Type) -> ConvertedField<Root, [Wide]>
  where Value == [UInt32] {
    ConvertedField(text: text)
  }

  /// The numbers as those of a wider type.
  public func converted<Wide: FloatHolder>(to type: [Wide].Type) -> ConvertedField<Root, [Wide]>
  where Value == [Float] {
    ConvertedField(text: text)
  }

  /// The values of an enum by their names or their numbers.
  public func converted<Element: SwiftProtobuf.Enum, Other: EnumHolder>(
    to type: [Other].Type
  ) -> ConvertedField<Root, [Other]> where Value == [Element] {
    ConvertedField(text: text)
  }

  /// The texts as bytes.
  public func converted(to type: [[UInt8]].Type) -> ConvertedField<Root, [[UInt8]]>
  where Value == [String] {
    ConvertedField(text: text)
  }
}

extension Assign {
  /// The field takes the value of a field of the input, as another type.
  public init<Value>(
    _ field: PathToField<Output, Value, some FieldEnd>, from source: ConvertedField<Input, Value>
  ) {
    self.init(field.text, .path(source.text))
  }

  /// A repeated field takes one value, as another type, as its only element.
  public init<Value>(
    _ field: PathToField<Output, [Value], some FieldEnd>, from source: ConvertedField<Input, Value>
  ) {
    self.init(field.text, .path(source.text))
  }

  /// The field takes the value of a field of the request, as another type.
  public init<Request: Message, Value>(
    _ field: PathToField<Output, Value, some FieldEnd>,
    fromRequest source: ConvertedField<Request, Value>
  ) {
    self.init(field.text, .path("$request.\(source.text)"))
  }

  /// A repeated field takes one value of the request, as another type, as its only element.
  public init<Request: Message, Value>(
    _ field: PathToField<Output, [Value], some FieldEnd>,
    fromRequest source: ConvertedField<Request, Value>
  ) {
    self.init(field.text, .path("$request.\(source.text)"))
  }
}
