// Constants that a map gives to fields.
public import MartletCore
public import MartletRPC
public import SwiftProtobuf

extension Assign {
  /// The field takes a constant. Of a repeated field it is a list, of a map a dictionary.
  public init<Value: ConstantValue>(
    _ field: PathToField<Output, Value, some FieldEnd>, value: Value
  ) {
    self.init(field.text, .value(value.asProtobufJSON))
  }

  /// The field takes a value of its enum.
  public init<Value: SwiftProtobuf.Enum>(
    _ field: PathToField<Output, Value, some FieldEnd>, value: Value
  ) {
    self.init(field.text, .value(ConfigValue(number: value)))
  }

  /// A repeated field takes values of its enum.
  public init<Value: SwiftProtobuf.Enum>(
    _ field: PathToField<Output, [Value], some FieldEnd>, value: [Value]
  ) {
    self.init(field.text, .value(.array(value.map(ConfigValue.init(number:)))))
  }

  /// The field takes bytes.
  public init(
    _ field: PathToField<Output, [UInt8], some FieldEnd>, value: some Sequence<UInt8>
  ) {
    self.init(field.text, .value(ConfigValue(bytes: value)))
  }

  /// A repeated field takes values of bytes.
  public init<Bytes: Sequence<UInt8>>(
    _ field: PathToField<Output, [[UInt8]], some FieldEnd>, value: [Bytes]
  ) {
    self.init(field.text, .value(.array(value.map { ConfigValue(bytes: $0) })))
  }

  /// The field takes a message.
  ///
  /// - Precondition: protobuf's JSON can say the message; an `Any` of an unknown type it cannot.
  public init<Value: Message>(
    _ field: PathToField<Output, Value, some FieldEnd>, value: Value
  ) {
    self.init(field.text, .value(ConfigValue(message: value)))
  }

  /// A repeated field takes messages.
  ///
  /// - Precondition: protobuf's JSON can say the messages; an `Any` of an unknown type it cannot.
  public init<Value: Message>(
    _ field: PathToField<Output, [Value], some FieldEnd>, value: [Value]
  ) {
    self.init(field.text, .value(.array(value.map { ConfigValue(message: $0) })))
  }
}

extension Assign {
  @available(*, unavailable, message: "the constant has another type than the field")
  public init<Value, Other>(
    _ field: PathToField<Output, Value, some FieldEnd>, value: Other
  ) {
    self.init(field.text, .value(.null))
  }
}

/// A value that an `Assign` may give to a field.
public protocol ConstantValue: Sendable {
  /// As protobuf's JSON spells it: numbers beyond a double's exact ones, and those that are none, as text.
  var asProtobufJSON: ConfigValue { get }
}

extension String: ConstantValue {
  public var asProtobufJSON: ConfigValue { .string(self) }
}

extension Bool: ConstantValue {
  public var asProtobufJSON: ConfigValue { .bool(self) }
}

extension Int32: ConstantValue {
  public var asProtobufJSON: ConfigValue { .integer(Int64(self)) }
}

extension UInt32: ConstantValue {
  public var asProtobufJSON: ConfigValue { .integer(Int64(self)) }
}

extension Int64: ConstantValue {
  public var asProtobufJSON: ConfigValue {
    magnitude <= ConfigValue.exactIntegers ? .integer(self) : .string("\(self)")
  }
}

extension UInt64: ConstantValue {
  public var asProtobufJSON: ConfigValue {
    self <= ConfigValue.exactIntegers ? .integer(Int64(self)) : .string("\(self)")
  }
}

extension Float: ConstantValue {
  public var asProtobufJSON: ConfigValue { Double(self).asProtobufJSON }
}

extension Double: ConstantValue {
  public var asProtobufJSON: ConfigValue {
    if isFinite { return .number(self) }
    return .string(isNaN ? "NaN" : self < 0 ? "-Infinity" : "Infinity")
  }
}

extension Array: ConstantValue where Element: ConstantValue {
  public var asProtobufJSON: ConfigValue { .array(map(\.asProtobufJSON)) }
}

extension Dictionary: ConstantValue where Key: ConstantValue, Value: ConstantValue {
  public var asProtobufJSON: ConfigValue {
    .object(
      Dictionary<String, ConfigValue>(
        map { ("\($0.key)", $0.value.asProtobufJSON) }, uniquingKeysWith: { _, last in last }))
  }
}

extension ConfigValue {
  /// The largest whole number up to which a double has every one.
  fileprivate static let exactIntegers: UInt64 = 1 << 53

  fileprivate init(number value: some SwiftProtobuf.Enum) {
    self = .integer(Int64(value.rawValue))
  }

  fileprivate init(bytes: some Sequence<UInt8>) {
    self = .string(String(decoding: Base64.encode(Array(bytes), .full), as: UTF8.self))
  }
}
