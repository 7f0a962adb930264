// Writes JSON text.

internal import MartletCore

/// Appends JSON to UTF-8 bytes, on one line or indented by two spaces.
package struct JSONText {
  package private(set) var bytes: [UInt8] = []
  private let pretty: Bool
  private var depth = 0
  private var isFirst = true

  package init(pretty: Bool) {
    self.pretty = pretty
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// An object or array: `open`, elements, `close`.
  package mutating func open(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    depth += 1
    isFirst = true
  }

  package mutating func close(_ bracket: Unicode.Scalar) {
    depth -= 1
    if !isFirst { breakLine() }
    bytes.append(UInt8(ascii: bracket))
    isFirst = false
  }

  /// Before each element of an array.
  package mutating func separate() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    breakLine()
  }

  /// Before each value of an object.
  package mutating func name(_ name: String) {
    separate()
    string(name)
    raw(pretty ? ": " : ":")
  }

  /// A number, `true`, `false` or `null`.
  mutating func raw(_ word: String) {
    bytes.append(contentsOf: word.utf8)
  }

  package mutating func string(_ value: String) {
    var value = value
    bytes.append(UInt8(ascii: "\""))
    value.withUTF8 { unsafe appendEscaped($0) }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Bytes as a string in base64.
  mutating func base64(_ content: [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    Base64.append(content, .full, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Runs of what stands for itself are copied whole.
  private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
    var kept = 0
    var index = 0
    while index < text.count {
      let byte = unsafe text[index]
      // U+0080 to U+009F are C2 80 to C2 9F.
      let isControl = unsafe byte == 0xc2 && text[index + 1] < 0xa0
      guard byte < 0x20 || byte == 0x22 || byte == 0x5c || byte == 0x7f || isControl else {
        index += 1
        continue
      }
      unsafe bytes.append(contentsOf: text[kept..<index])
      index += isControl ? 2 : 1
      kept = index
      unsafe appendEscape(isControl ? text[index - 1] : byte)
    }
    unsafe bytes.append(contentsOf: text[kept...])
  }

  private mutating func appendEscape(_ code: UInt8) {
    switch code {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case UInt8(ascii: "\n"): raw("\\n")
    case UInt8(ascii: "\r"): raw("\\r")
    case UInt8(ascii: "\t"): raw("\\t")
    case 0x8: raw("\\b")
    case 0xc: raw("\\f")
    default:
      let hex = String(code, radix: 16)
      raw("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
    }
  }

  private mutating func breakLine() {
    guard pretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    for _ in 0..<depth { raw("  ") }
  }
}
