// Reads and writes single values in a field kind's encoding.

extension WireReader {
  /// The unpacked value at the cursor, which a tag of the kind's own wire type announced. Messages
  /// are read as their bytes.
  mutating func value(of kind: FieldKind) throws(WireError) -> FieldValue {
    switch kind {
    case .double: return .double(Double(bitPattern: try fixed64()))
    case .float: return .float(Float(bitPattern: try fixed32()))
    case .int64: return .signed(Int64(bitPattern: try varint()))
    case .uint64: return .unsigned(try varint())
    case .int32: return .signed(Int64(Int32(truncatingIfNeeded: try varint())))
    case .fixed64: return .unsigned(try fixed64())
    case .fixed32: return .unsigned(UInt64(try fixed32()))
    case .bool: return .bool(try varint() != 0)
    case .uint32: return .unsigned(UInt64(UInt32(truncatingIfNeeded: try varint())))
    case .enumeration: return .enumeration(Int32(truncatingIfNeeded: try varint()))
    case .sfixed32: return .signed(Int64(Int32(bitPattern: try fixed32())))
    case .sfixed64: return .signed(Int64(bitPattern: try fixed64()))
    case .sint32:
      let raw = UInt32(truncatingIfNeeded: try varint())
      return .signed(Int64(Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1)))
    case .sint64:
      let raw = try varint()
      return .signed(Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1))
    case .bytes, .message: return .bytes(Array(bytes[try lengthDelimited()]))
    case .string:
      let start = position
      let range = try lengthDelimited()
      guard let text = String(validating: bytes[range], as: UTF8.self) else {
        throw WireError(.badUTF8, at: start)
      }
      return .string(text)
    }
  }
}

extension [UInt8] {
  /// The encoding of a number, without a tag. Values wider than the kind are cut; enums, booleans
  /// and text have their own writers.
  mutating func appendNumber(_ value: FieldValue, as kind: FieldKind) {
    let integer: UInt64 =
      switch value {
      case .signed(let value): UInt64(bitPattern: value)
      case .unsigned(let value): value
      case .bool(let value): value ? 1 : 0
      case .enumeration(let value): UInt64(bitPattern: Int64(value))
      case .float, .double, .string, .bytes: 0
      }
    switch kind {
    case .double: appendFixed64((value.number ?? 0).bitPattern)
    case .float:
      // Not by way of a double, which would make a signalling NaN another one.
      if case .float(let number) = value {
        appendFixed32(number.bitPattern)
      } else {
        appendFixed32(Float(value.number ?? 0).bitPattern)
      }
    case .fixed64, .sfixed64: appendFixed64(integer)
    case .fixed32, .sfixed32: appendFixed32(UInt32(truncatingIfNeeded: integer))
    case .int64, .uint64, .int32, .bool, .uint32, .enumeration: appendVarint(integer)
    case .sint32, .sint64:
      let signed = Int64(bitPattern: integer)
      appendVarint(UInt64(bitPattern: signed << 1 ^ signed >> 63))
    case .string, .bytes, .message: break
    }
  }
}
