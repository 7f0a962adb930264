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

    /// The name stands in quotes, or has a block style.
    package var isNameQuoted = false
  }

  package var content: Content
  package var mark: SourceMark

  /// What stands in the file, where `content` has another spelling of it.
  package var written: String?

  package init(content: Content, mark: SourceMark, written: String? = nil) {
    self.content = content
    self.mark = mark
    self.written = written
  }

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
      case .bool: "the truth value \(written ?? text)"
      case .integer, .unsigned, .oversized, .number: "the number \(written ?? text)"
      case .string: "the string \(written ?? text)"
      }
    }
  }

  /// The same nodes, further down in the file.
  package func moved(down lines: Int) -> SourceNode {
    var node = self
    node.mark.line += lines
    switch content {
    case .quoted, .plain: break
    case .sequence(let elements):
      node.content = .sequence(elements.map { $0.moved(down: lines) })
    case .mapping(let members):
      node.content = .mapping(
        members.map { member in
          var member = member
          member.nameMark.line += lines
          member.value = member.value.moved(down: lines)
          return member
        })
    }
    return node
  }
}

/// What unquoted text means (YAML 1.2.2, 10.3.2 "Tag resolution" of the core schema). `yes`, `no`, `on`
/// and `off` are strings.
package enum PlainScalar {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A whole number that is too large for `integer`.
  case unsigned(UInt64)
  /// A whole number of more than 64 bits, and the number nearest to it.
  case oversized(Double)
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
      guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.hexDigitValue ?? 16) < radix })
      else { return nil }
      return UInt64(digits, radix: radix).map(whole)
        ?? .oversized(digits.reduce(0) { $0 * Double(radix) + Double($1.hexDigitValue ?? 0) })
    }
    guard let shape = DecimalText(text), let number = Double(text) else { return nil }
    guard shape.isInteger else { return .number(number) }
    return Int64(text).map(PlainScalar.integer) ?? UInt64(text).map(whole) ?? .oversized(number)
  }

  private static func whole(_ value: UInt64) -> PlainScalar {
    Int64(exactly: value).map(PlainScalar.integer) ?? .unsigned(value)
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
