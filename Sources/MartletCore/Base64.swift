// Base64 (RFC 4648), as metadata, JSON and gRPC-Web have it.

/// Writes the standard alphabet (§4). Reads it and that of URLs (§5), which some clients send where the other one
/// is asked for.
package enum Base64 {
  /// What fills the last group of four digits.
  package enum Padding: Sendable {
    case none
    /// Equals signs.
    case full
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The value of each digit; 255 for what is none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    return values
  }()

  private static let filling = UInt8(ascii: "=")

  // MARK: Writing

  package static func encode(_ bytes: [UInt8], _ padding: Padding) -> [UInt8] {
    var text = [UInt8](repeating: filling, count: length(of: bytes.count, padding))
    write(bytes, to: &text, from: 0)
    return text
  }

  package static func append(_ bytes: [UInt8], _ padding: Padding, to text: inout [UInt8]) {
    let start = text.count
    text.append(contentsOf: repeatElement(filling, count: length(of: bytes.count, padding)))
    write(bytes, to: &text, from: start)
  }

  /// Digits, and what fills their last group, of so many bytes.
  private static func length(of bytes: Int, _ padding: Padding) -> Int {
    padding == .full ? (bytes + 2) / 3 * 4 : (bytes * 4 + 2) / 3
  }

  private static func write(_ bytes: [UInt8], to text: inout [UInt8], from start: Int) {
    bytes.withUnsafeBufferPointer { bytes in
      text.withUnsafeMutableBufferPointer { text in
        let digits = UnsafeMutableBufferPointer(rebasing: text[start...])
        alphabet.withUnsafeBufferPointer { write(bytes, in: $0, to: digits) }
      }
    }
  }

  /// Sets all digits that there are bytes for; the filling behind them stays.
  private static func write(
    _ bytes: UnsafeBufferPointer<UInt8>, in alphabet: UnsafeBufferPointer<UInt8>,
    to digits: UnsafeMutableBufferPointer<UInt8>
  ) {
    let groups = bytes.count / 3
    for group in 0..<groups {
      let (from, to) = (3 * group, 4 * group)
      let bits = Int(bytes[from]) << 16 | Int(bytes[from + 1]) << 8 | Int(bytes[from + 2])
      digits[to] = alphabet[bits >> 18]
      digits[to + 1] = alphabet[bits >> 12 & 63]
      digits[to + 2] = alphabet[bits >> 6 & 63]
      digits[to + 3] = alphabet[bits & 63]
    }
    let (from, to) = (3 * groups, 4 * groups)
    guard from < bytes.count else { return }
    let isTwo = from + 2 == bytes.count
    let bits = Int(bytes[from]) << 16 | (isTwo ? Int(bytes[from + 1]) << 8 : 0)
    digits[to] = alphabet[bits >> 18]
    digits[to + 1] = alphabet[bits >> 12 & 63]
    if isTwo { digits[to + 2] = alphabet[bits >> 6 & 63] }
  }

  // MARK: Reading

  /// Whether `text` is base64 of the standard alphabet, padded or not, as every decoder takes it: also those that
  /// refuse bits behind the last byte (RFC 4648 §3.5), as gRPC's C core does. Allocates nothing.
  package static func isStandard(_ text: UnsafeRawBufferPointer) -> Bool {
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == filling { end -= 1 }
    guard end % 4 != 1, end == text.count || text.count % 4 == 0 else { return false }
    guard end > 0 else { return true }
    // Of all values together: what is no digit has bits that no value has.
    var seen: UInt8 = 0
    return values.withUnsafeBufferPointer { values in
      for index in 0..<end {
        let digit = text[index]
        seen |= values[Int(digit)]
        if digit == UInt8(ascii: "-") || digit == UInt8(ascii: "_") { return false }
      }
      guard seen < 64 else { return false }
      let last = values[Int(text[end - 1])]
      switch end % 4 {
      case 2: return last & 0xf == 0
      case 3: return last & 0x3 == 0
      default: return true
      }
    }
  }

  /// The bytes of `text`, which is padded to groups of four or not at all. Nil when it is anything else.
  package static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var bytes: [UInt8] = []
    return append(text, to: &bytes) ? bytes : nil
  }

  package static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
  }

  /// The bytes of texts in a row, each padded to groups of four. Nil when `text` is anything else.
  package static func decodePieces(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    let isWhole = text.withUnsafeBytes { text in
      var start = 0
      while start < text.count {
        // The group with the next filling ends its piece.
        let sign = text[start...].firstIndex(of: filling) ?? text.count - 1
        let end = sign / 4 * 4 + 4
        guard append(UnsafeRawBufferPointer(rebasing: text[start..<end]), to: &bytes) else {
          return false
        }
        start = end
      }
      return true
    }
    return isWhole ? bytes : nil
  }

  /// False, with `bytes` of no use, when `text` is not base64.
  private static func append(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) -> Bool {
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == filling { end -= 1 }
    // One digit alone holds no whole byte; padding fills groups of four.
    guard end % 4 != 1, end == text.count || text.count % 4 == 0 else { return false }
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: end * 3 / 4))
    let digits = UnsafeRawBufferPointer(rebasing: text[..<end])
    return bytes.withUnsafeMutableBufferPointer { bytes in
      let bytes = UnsafeMutableBufferPointer(rebasing: bytes[start...])
      return values.withUnsafeBufferPointer { read(digits, by: $0, to: bytes) }
    }
  }

  /// False when one of the digits is none.
  private static func read(
    _ digits: UnsafeRawBufferPointer, by values: UnsafeBufferPointer<UInt8>,
    to bytes: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    // Of all values together: what is no digit has bits that no value has.
    var seen: UInt8 = 0
    func bits(_ index: Int) -> UInt32 {
      let value = values[Int(digits[index])]
      seen |= value
      return UInt32(value)
    }
    let groups = digits.count / 4
    for group in 0..<groups {
      let (from, to) = (4 * group, 3 * group)
      let group = bits(from) << 18 | bits(from + 1) << 12 | bits(from + 2) << 6 | bits(from + 3)
      bytes[to] = UInt8(truncatingIfNeeded: group >> 16)
      bytes[to + 1] = UInt8(truncatingIfNeeded: group >> 8)
      bytes[to + 2] = UInt8(truncatingIfNeeded: group)
    }
    let (from, to) = (4 * groups, 3 * groups)
    if digits.count - from >= 2 {
      let isThree = digits.count - from == 3
      let group = bits(from) << 18 | bits(from + 1) << 12 | (isThree ? bits(from + 2) << 6 : 0)
      bytes[to] = UInt8(truncatingIfNeeded: group >> 16)
      if isThree { bytes[to + 1] = UInt8(truncatingIfNeeded: group >> 8) }
    }
    return seen < 64
  }
}
