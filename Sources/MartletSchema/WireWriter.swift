// Appends the protobuf wire format to bytes.

extension [UInt8] {
  package mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  package mutating func appendTag(_ number: Int, _ type: WireType) {
    appendVarint(UInt64(number) << 3 | UInt64(type.rawValue))
  }

  package mutating func appendFixed32(_ value: UInt32) {
    for i in 0..<4 { append(UInt8(truncatingIfNeeded: value >> UInt32(8 * i))) }
  }

  package mutating func appendFixed64(_ value: UInt64) {
    for i in 0..<8 { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
  }

  /// A string, bytes, message or packed field with its tag and length.
  package mutating func appendField(_ number: Int, _ content: some Collection<UInt8>) {
    appendTag(number, .lengthDelimited)
    appendVarint(UInt64(content.count))
    append(contentsOf: content)
  }
}
