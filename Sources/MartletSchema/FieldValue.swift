// One value of a field, whatever its type.

/// A scalar, string or enum value. Integers of every width and encoding are `signed` or `unsigned`.
package enum FieldValue: Sendable {
  case bool(Bool)
  case signed(Int64)
  case unsigned(UInt64)
  case float(Float)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case enumeration(Int32)

  /// What a field of a kind reads as when it is not set. Messages have no such value: they read as
  /// empty bytes.
  package static func zero(of kind: FieldKind) -> FieldValue {
    switch kind {
    case .double: .double(0)
    case .float: .float(0)
    case .int64, .int32, .sfixed32, .sfixed64, .sint32, .sint64: .signed(0)
    case .uint64, .fixed64, .fixed32, .uint32: .unsigned(0)
    case .bool: .bool(false)
    case .string: .string("")
    case .bytes, .message: .bytes([])
    case .enumeration: .enumeration(0)
    }
  }

  /// Whether a field without presence that has the value is not set: all bits are zero, which those of
  /// -0.0 are not.
  var isZero: Bool {
    switch self {
    case .bool(let value): !value
    case .signed(let value): value == 0
    case .unsigned(let value): value == 0
    case .float(let value): value.bitPattern == 0
    case .double(let value): value.bitPattern == 0
    case .string(let value): value.isEmpty
    case .bytes(let value): value.isEmpty
    case .enumeration(let value): value == 0
    }
  }

  /// The value as a number; nil for text, bytes, enums and booleans.
  package var number: Double? {
    switch self {
    case .signed(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .float(let value): Double(value)
    case .double(let value): value
    case .bool, .string, .bytes, .enumeration: nil
    }
  }
}

/// Text is compared by its bytes, as protobuf does. To Swift two strings are equal when Unicode calls them
/// equivalent, é and e with an accent behind it.
extension FieldValue: Hashable {
  package static func == (left: FieldValue, right: FieldValue) -> Bool {
    switch (left, right) {
    case (.bool(let left), .bool(let right)): left == right
    case (.signed(let left), .signed(let right)): left == right
    case (.unsigned(let left), .unsigned(let right)): left == right
    case (.float(let left), .float(let right)): left == right
    case (.double(let left), .double(let right)): left == right
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    case (.bytes(let left), .bytes(let right)): left == right
    case (.enumeration(let left), .enumeration(let right)): left == right
    case (.bool, _), (.signed, _), (.unsigned, _), (.float, _), (.double, _), (.string, _),
      (.bytes, _), (.enumeration, _):
      false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .bool(let value): hasher.combine(value)
    case .signed(let value): hasher.combine(value)
    case .unsigned(let value): hasher.combine(value)
    case .float(let value): hasher.combine(value)
    case .double(let value): hasher.combine(value)
    case .string(var text):
      text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    case .bytes(let value): hasher.combine(value)
    case .enumeration(let value): hasher.combine(value)
    }
  }
}
