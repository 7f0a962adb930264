// Base64 (RFC 4648), as JSON spells bytes.

enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// By digit of either alphabet its value; 255 for what is no digit.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    return values
  }()

  /// The standard alphabet, padded.
  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    append(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
    let alphabet = alphabet
    text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
    var index = 0
    while index + 3 <= bytes.count {
      let bits = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
      text.append(alphabet[bits >> 18])
      text.append(alphabet[bits >> 12 & 63])
      text.append(alphabet[bits >> 6 & 63])
      text.append(alphabet[bits & 63])
      index += 3
    }
    let rest = bytes.count - index
    guard rest > 0 else { return }
    let bits = Int(bytes[index]) << 16 | (rest == 2 ? Int(bytes[index + 1]) << 8 : 0)
    text.append(alphabet[bits >> 18])
    text.append(alphabet[bits >> 12 & 63])
    text.append(rest == 2 ? alphabet[bits >> 6 & 63] : UInt8(ascii: "="))
    text.append(UInt8(ascii: "="))
  }

  /// Either alphabet, padded or not, as the JSON mapping asks of parsers. Nil for anything else.
  static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { unsafe decode($0) }
  }

  private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let values = values
    var count = text.count
    while count > 0, unsafe text[count - 1] == UInt8(ascii: "=") { count -= 1 }
    let padding = text.count - count
    guard padding <= 2, padding == 0 || text.count % 4 == 0, count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count / 4 * 3 + 2)
    var bits = 0
    var bitCount = 0
    for index in 0..<count {
      let value = unsafe values[Int(text[index])]
      guard value < 64 else { return nil }
      bits = bits << 6 | Int(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
        bits &= (1 << bitCount) - 1
      }
    }
    return bytes
  }
}
