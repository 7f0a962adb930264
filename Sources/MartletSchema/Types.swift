// What a schema says about messages, fields, enums and methods: small handles into the schema.

package import MartletCore

/// The type of a single value of a field, with the numbers of descriptor.proto's
/// `FieldDescriptorProto.Type`.
package enum FieldKind: Int, Sendable, Hashable {
  case double = 1
  case float = 2
  case int64 = 3
  case uint64 = 4
  case int32 = 5
  case fixed64 = 6
  case fixed32 = 7
  case bool = 8
  case string = 9
  case message = 11
  case bytes = 12
  case uint32 = 13
  case enumeration = 14
  case sfixed32 = 15
  case sfixed64 = 16
  case sint32 = 17
  case sint64 = 18

  /// How one value is laid out when it is not packed.
  package var wireType: WireType {
    switch self {
    case .double, .fixed64, .sfixed64: .fixed64
    case .float, .fixed32, .sfixed32: .fixed32
    case .string, .message, .bytes: .lengthDelimited
    case .int64, .uint64, .int32, .bool, .uint32, .enumeration, .sint32, .sint64: .varint
    }
  }

  package var isPackable: Bool { wireType != .lengthDelimited }

  package var isNumeric: Bool {
    switch self {
    case .bool, .string, .message, .bytes, .enumeration: false
    case .double, .float, .int64, .uint64, .int32, .fixed64, .fixed32, .uint32, .sfixed32,
      .sfixed64, .sint32, .sint64:
      true
    }
  }
}

/// One message type of a schema.
package struct MessageType: Sendable {
  let schema: Schema
  let index: Int

  var record: Schema.MessageRecord { schema.messages[index] }

  /// `content.v1.Crop`
  package var fullName: String { record.fullName }

  /// In the order of the `.proto` file, without extensions.
  package var fields: [Field] {
    record.fields.indices.dropLast(record.extensionCount).map {
      Field(schema: schema, message: index, index: $0)
    }
  }

  /// The field with a name as the `.proto` file spells it; an extension by its full name in brackets.
  package func field(named name: String) -> Field? {
    record.indexByName[name].map { Field(schema: schema, message: index, index: $0) }
  }

  package func field(number: Int) -> Field? {
    record.indexByNumber[number].map { Field(schema: schema, message: index, index: $0) }
  }

  /// The type that the compiler makes for `map` fields.
  package var isMapEntry: Bool { record.isMapEntry }
}

extension MessageType: Hashable, CustomStringConvertible {
  package static func == (lhs: MessageType, rhs: MessageType) -> Bool {
    lhs.schema === rhs.schema && lhs.index == rhs.index
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(schema))
    hasher.combine(index)
  }

  package var description: String { fullName }
}

/// One field of a message type.
package struct Field: Sendable {
  let schema: Schema
  let message: Int
  let index: Int

  var record: Schema.FieldRecord { schema.messages[message].fields[index] }

  package var name: String { record.name }

  /// The message type that has the field.
  package var parent: MessageType { MessageType(schema: schema, index: message) }

  /// `content.v1.Crop.kind`
  package var fullName: String { "\(schema.messages[message].fullName).\(record.name)" }

  /// In front of a value of the field that is not packed.
  var tag: WireTag { WireTag(number: record.number, type: record.kind.wireType) }

  package var jsonName: String { record.jsonName }
  package var number: Int { record.number }
  package var kind: FieldKind { record.kind }

  /// True for map fields too.
  package var isRepeated: Bool { record.isRepeated }
  package var isPacked: Bool { record.isPacked }
  package var isMap: Bool { messageType?.isMapEntry == true && isRepeated }

  /// Being set to the default value differs from not being set.
  package var hasPresence: Bool { record.hasPresence }

  /// The name of the oneof that the field is in; nil also for the synthetic one of `optional`.
  package var oneof: String? {
    record.oneof.map { schema.messages[message].oneofs[$0].name }
  }

  /// The type of a message field's values, nil for every other kind.
  package var messageType: MessageType? {
    record.kind == .message ? MessageType(schema: schema, index: record.typeIndex) : nil
  }

  /// The type of an enum field's values, nil for every other kind.
  package var enumType: EnumType? {
    record.kind == .enumeration ? EnumType(schema: schema, index: record.typeIndex) : nil
  }

  /// The type as a `.proto` file spells it, such as `repeated content.v1.Crop`.
  package var typeName: String {
    let value =
      switch record.kind {
      case .message: messageType?.fullName ?? ""
      case .enumeration: enumType?.fullName ?? ""
      case .double, .float, .int64, .uint64, .int32, .fixed64, .fixed32, .bool, .string, .bytes,
        .uint32, .sfixed32, .sfixed64, .sint32, .sint64:
        "\(record.kind)"
      }
    return isRepeated ? "repeated \(value)" : value
  }
}

extension Field: Hashable, CustomStringConvertible {
  package static func == (lhs: Field, rhs: Field) -> Bool {
    lhs.schema === rhs.schema && lhs.message == rhs.message && lhs.index == rhs.index
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(schema))
    hasher.combine(message)
    hasher.combine(index)
  }

  package var description: String { fullName }
}

/// One enum type of a schema.
package struct EnumType: Sendable {
  let schema: Schema
  let index: Int

  var record: Schema.EnumRecord { schema.enums[index] }

  package var fullName: String { record.fullName }

  /// Its values are those that it names and no others (proto2).
  var isClosed: Bool { record.isClosed }

  /// In the order of the `.proto` file, aliases included.
  package var values: [(name: String, number: Int32)] { record.values }

  package func number(named name: String) -> Int32? { record.numberByName[name] }

  /// False for a number that has no name.
  func has(_ value: FieldValue) -> Bool {
    if case .enumeration(let number) = value { record.nameByNumber[number] != nil } else { false }
  }

  /// Of aliases the first.
  package func name(of number: Int32) -> String? { record.nameByNumber[number] }
}

extension EnumType: Hashable {
  package static func == (lhs: EnumType, rhs: EnumType) -> Bool {
    lhs.schema === rhs.schema && lhs.index == rhs.index
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(schema))
    hasher.combine(index)
  }
}

/// One method of a service of a schema.
package struct MethodType: Sendable {
  package let name: MethodName
  package let input: MessageType
  package let output: MessageType
  package let clientStreaming: Bool
  package let serverStreaming: Bool
  /// Its `.proto` file says `option idempotency_level = NO_SIDE_EFFECTS`.
  package let hasNoSideEffects: Bool

  package var isUnary: Bool { !clientStreaming && !serverStreaming }
}

/// One service of a schema.
package struct ServiceType: Sendable {
  /// `content.v1.Classifier`
  package let fullName: String

  /// In the order of the `.proto` file.
  package let methods: [MethodType]
}
