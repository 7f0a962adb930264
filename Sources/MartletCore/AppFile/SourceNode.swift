// The tree of an app file's text before it means anything: scalars, lists and mappings with places.

/// A node of YAML or JSON text.
package struct SourceNode {
  /// Depth at which reading stops: deeper than any app, shallow enough for every stack.
  static let maxDepth = 100

  /// Nodes at which reading stops. YAML's aliases can make a small text mean very many nodes.
  static let maxNodes = 200_000

  package enum Content {
    /// Text in quotes, or of a block style: a string whatever it looks like.
    case quoted(String)
    /// Text without quotes: what it is depends on how it looks (YAML 1.2, "Core schema").
    case plain(String)
    case mapping([Member])
    case sequence([SourceNode])
  }

  package struct Member {
    package var name: String
    package var nameMark: SourceMark
    package var value: SourceNode
  }

  package var content: Content
  package var mark: SourceMark

  /// Records the place of every value in the tree.
  package func collectMarks(at path: SpecPath = [], into marks: inout [SpecPath: SourceMark]) {
    marks[path] = mark
    switch content {
    case .quoted, .plain: break
    case .mapping(let members):
      for member in members {
        member.value.collectMarks(at: path.appending(member.name), into: &marks)
      }
    case .sequence(let elements):
      for (index, element) in elements.enumerated() {
        element.collectMarks(at: path.appending(index), into: &marks)
      }
    }
  }

  /// What the node is, for messages about what it should have been.
  package var kind: String {
    switch content {
    case .quoted: "a string"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .plain(let text):
      switch PlainScalar(text) {
      case .null: "nothing"
      case .bool: "the truth value \(text)"
      case .integer, .number: "the number \(text)"
      case .string: "the string \(text)"
      }
    }
  }
}

/// What unquoted text means (YAML 1.2.2, 10.3.2 "Tag resolution" of the core schema). `yes`, `no`, `on`
/// and `off` are strings.
package enum PlainScalar {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)

  package init(_ text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE": self = .bool(true)
    case "false", "False", "FALSE": self = .bool(false)
    case ".nan", ".NaN", ".NAN": self = .number(.nan)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": self = .number(.infinity)
    case "-.inf", "-.Inf", "-.INF": self = .number(-.infinity)
    default: self = PlainScalar.numeric(text) ?? .string(text)
    }
  }

  private static func numeric(_ text: String) -> PlainScalar? {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] where text.hasPrefix(prefix) {
      let digits = text.dropFirst(2)
      guard digits.first?.isHexDigit == true else { return nil }
      return Int64(digits, radix: radix).map(PlainScalar.integer)
    }
    guard let shape = DecimalText(text) else { return nil }
    if shape.isInteger, let integer = Int64(text) { return .integer(integer) }
    return Double(text).map(PlainScalar.number)
  }
}

/// A whole number that begins with zeros: YAML 1.2 reads 010 as ten and YAML 1.1 as eight.
struct LeadingZero {
  let problem: String

  /// Nil for any other text.
  init?(_ text: String) {
    let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.prefix(1)) : ""
    let digits = text.dropFirst(sign.count)
    guard digits.count > 1, digits.first == "0", digits.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    let rest = digits.drop { $0 == "0" }
    let decimal = (sign == "-" ? "-" : "") + (rest.isEmpty ? "0" : rest)
    let octal = Int64(digits, radix: 8).map { (sign == "-" ? "-" : "") + "\($0)" }
    let choice = octal.map { $0 == decimal ? "" : " or \($0)" } ?? ""
    problem = "\(text) is another number for YAML 1.1 than for YAML 1.2; write \(decimal)\(choice)"
  }
}
