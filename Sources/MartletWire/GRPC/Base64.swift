// Base64, for metadata whose name ends in `-bin`.

/// RFC 4648 §4. gRPC over HTTP/2 ("Custom-Metadata") sends it without padding and takes it either
/// way.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The value of each digit, 255 for what is none. The URL alphabet is understood too, because
  /// some clients send it.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    return values
  }()

  /// Without padding.
  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var encoded: [UInt8] = []
    encoded.reserveCapacity((bytes.count * 4 + 2) / 3)
    var index = 0
    while index < bytes.count {
      let left = bytes.count - index
      let group =
        UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
        | (left > 2 ? UInt32(bytes[index + 2]) : 0)
      for digit in 0..<min(4, left + 1) {
        encoded.append(alphabet[Int(group >> UInt32(18 - 6 * digit) & 0x3F)])
      }
      index += 3
    }
    return encoded
  }

  /// With padding, as bodies have it.
  package static func encodePadded(_ bytes: [UInt8]) -> [UInt8] {
    let encoded = encode(bytes)
    return encoded + [UInt8](repeating: UInt8(ascii: "="), count: (4 - encoded.count % 4) % 4)
  }

  /// Pieces of base64 in a row, each padded to groups of four. Nil when `text` is anything else.
  package static func decodePieces(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count / 4 * 3)
    for start in stride(from: 0, to: text.count, by: 4) {
      let padding = text[start + 3] == equalsSign ? (text[start + 2] == equalsSign ? 2 : 1) : 0
      var group: UInt32 = 0
      for index in 0..<4 - padding {
        let value = values[Int(text[start + index])]
        guard value != 255 else { return nil }
        group |= UInt32(value) << UInt32(18 - 6 * index)
      }
      for index in 0..<3 - padding {
        decoded.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * index)))
      }
    }
    return decoded
  }

  private static let equalsSign = UInt8(ascii: "=")

  /// Nil when `text` is not base64, padded or not.
  package static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var end = text.count
    while end > 0, text.count - end < 2, unsafe text[end - 1] == UInt8(ascii: "=") { end -= 1 }
    // One digit alone holds no whole byte; padding fills groups of four.
    guard end % 4 != 1, end == text.count || text.count % 4 == 0 else { return nil }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(end * 3 / 4)
    var group: UInt32 = 0
    var bits = 0
    for index in 0..<end {
      let value = unsafe values[Int(text[index])]
      guard value != 255 else { return nil }
      group = group << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        decoded.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
      }
    }
    return decoded
  }
}
