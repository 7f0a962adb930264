// A field's value from its spelling in an app file.

internal import MartletCore

extension Field {
  /// The value that a text means for this field, as `read` of a `FieldPath` gives it: decimal
  /// numbers, `true` and `false`, an enum's value by name or number, a string as it is. Nil when it
  /// means none; always nil for messages and bytes.
  package func value(parsing text: String) -> FieldValue? {
    switch kind {
    case .double: return Double(text).map(FieldValue.double)
    case .float: return Float(text).map(FieldValue.float)
    case .int64, .sfixed64, .sint64: return Int64(text).map(FieldValue.signed)
    case .int32, .sfixed32, .sint32: return Int32(text).map { .signed(Int64($0)) }
    case .uint64, .fixed64: return UInt64(text).map(FieldValue.unsigned)
    case .uint32, .fixed32: return UInt32(text).map { .unsigned(UInt64($0)) }
    case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .string: return .string(text)
    case .enumeration:
      return (enumType?.number(named: text) ?? Int32(text)).map(FieldValue.enumeration)
    case .message, .bytes: return nil
    }
  }
}

extension Field {
  /// As `value(parsing:)`, and a whole number in any spelling for integers: `1e3`, `1.0`.
  package func value(parsingNumber text: String) -> FieldValue? {
    if let value = value(parsing: text) { return value }
    guard kind.isNumeric, kind != .double, kind != .float, let whole = DecimalText(text)?.whole
    else { return nil }
    return value(parsing: "\(whole)")
  }

  /// A value as `value(parsing:)` takes it, for messages: a long text is cut. An enum's by name where it has
  /// one.
  package func spelling(of value: FieldValue) -> String {
    switch value {
    case .bool(let value): "\(value)"
    case .signed(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .float(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "\"\(value.shortened)\""
    case .bytes(let value): "\(value.count) bytes"
    case .enumeration(let number): enumType?.name(of: number) ?? "\(number)"
    }
  }
}
