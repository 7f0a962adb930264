// Writes JSON text.

/// Appends JSON to a string, on one line or indented by two spaces.
package struct JSONText {
  package private(set) var text = ""
  private let pretty: Bool
  private var depth = 0
  private var isFirst = true

  package init(pretty: Bool) {
    self.pretty = pretty
  }

  /// An object or array: `open`, elements, `close`.
  package mutating func open(_ bracket: Character) {
    text.append(bracket)
    depth += 1
    isFirst = true
  }

  package mutating func close(_ bracket: Character) {
    depth -= 1
    if !isFirst { breakLine() }
    text.append(bracket)
    isFirst = false
  }

  /// Before each element of an array.
  package mutating func separate() {
    if !isFirst { text.append(",") }
    isFirst = false
    breakLine()
  }

  /// Before each value of an object.
  package mutating func name(_ name: String) {
    separate()
    string(name)
    text += pretty ? ": " : ":"
  }

  /// A number, `true`, `false` or `null`.
  mutating func raw(_ word: String) {
    text += word
  }

  package mutating func string(_ value: String) {
    text.append("\"")
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{c}": text += "\\f"
      case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}":
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text.append("\"")
  }

  private mutating func breakLine() {
    guard pretty else { return }
    text.append("\n")
    for _ in 0..<depth { text += "  " }
  }
}
