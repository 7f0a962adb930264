// YAML text from values: block style, quotes only where a reader would see something else.

/// A value to write.
indirect enum YAMLValue {
  typealias Member = (key: String, value: YAMLValue)

  /// Written as it is.
  case plain(String)
  /// A string, quoted when it has to be.
  case text(String)
  case list([YAMLValue])
  case mapping([Member])

  static func texts(_ texts: [String]) -> YAMLValue { .list(texts.map(YAMLValue.text)) }

  static func number(_ value: Double) -> YAMLValue {
    if value.isNaN { return .plain(".nan") }
    if value.isInfinite { return .plain(value < 0 ? "-.inf" : ".inf") }
    return .plain(ConfigValue.decimal(value))
  }

  static func seconds(_ duration: Duration) -> YAMLValue {
    let (seconds, attoseconds) = duration.components
    let value = Int128(seconds) * 1_000_000_000_000_000_000 + Int128(attoseconds)
    return .plain(DecimalText.text(value, places: 18))
  }

  /// CPUs or GPUs in `Resources.unitsPerWhole`.
  static func share(_ units: Int) -> YAMLValue {
    .plain(DecimalText.text(Int128(units), places: 4))
  }

  init(_ value: ConfigValue) {
    switch value {
    case .null: self = .plain("null")
    case .bool(let value): self = .plain(value ? "true" : "false")
    case .integer(let value): self = .plain("\(value)")
    case .unsigned(let value): self = .plain("\(value)")
    case .number(let value): self = .number(value)
    case .string(let value): self = .text(value)
    case .array(let elements): self = .list(elements.map { YAMLValue($0) })
    case .object(let members):
      self = .mapping(members.sorted { $0.key < $1.key }.map { ($0.key, YAMLValue($0.value)) })
    }
  }

  /// The value as a whole document.
  var document: String {
    var text = ""
    switch self {
    case .mapping(let members) where !members.isEmpty:
      Self.write(members, indent: 0, startsLine: true, to: &text)
    case .list(let elements) where !elements.isEmpty:
      Self.write(elements, indent: 0, to: &text)
    default:
      text = flow + "\n"
    }
    return text
  }

  /// A scalar or an empty collection, which stand on the line of their key.
  private var flow: String {
    switch self {
    case .plain(let text): text
    case .text(let text): Self.quotedIfNeeded(text)
    case .list: "[]"
    case .mapping: "{}"
    }
  }

  /// A list of short words fits its key's line, as commands and services are written by hand.
  private var shortList: String? {
    guard case .list(let elements) = self else { return nil }
    var words: [String] = []
    for element in elements {
      guard case .text(let text) = element else { return nil }
      words.append(Self.quotedIfNeeded(text, inFlow: true))
    }
    let line = "[" + words.joined(separator: ", ") + "]"
    return line.utf8.count <= 80 ? line : nil
  }

  private static func write(
    _ members: [Member], indent: Int, startsLine: Bool, to text: inout String
  ) {
    for (index, member) in members.enumerated() {
      if index > 0 || startsLine { text += String(repeating: " ", count: indent) }
      text += quotedIfNeeded(member.key) + ":"
      switch member.value {
      case .mapping(let members) where !members.isEmpty:
        text += "\n"
        write(members, indent: indent + 2, startsLine: true, to: &text)
      case .list(let elements) where !elements.isEmpty:
        if let line = member.value.shortList {
          text += " \(line)\n"
        } else {
          text += "\n"
          write(elements, indent: indent + 2, to: &text)
        }
      default:
        text += " \(member.value.flow)\n"
      }
    }
  }

  private static func write(_ elements: [YAMLValue], indent: Int, to text: inout String) {
    for element in elements {
      text += String(repeating: " ", count: indent) + "-"
      switch element {
      case .mapping(let members) where !members.isEmpty:
        text += " "
        write(members, indent: indent + 2, startsLine: false, to: &text)
      case .list(let elements) where !elements.isEmpty:
        text += "\n"
        write(elements, indent: indent + 2, to: &text)
      default:
        text += " \(element.flow)\n"
      }
    }
  }

  /// Words that every YAML reader takes for a string go without quotes; YAML 1.1 readers see truth
  /// values in `yes`, `on` and their like, so those are quoted too.
  private static func quotedIfNeeded(_ text: String, inFlow: Bool = false) -> String {
    let words11 = ["y", "n", "yes", "no", "on", "off"]
    let isWord = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "+"):
        true
      case UInt8(ascii: " "), UInt8(ascii: "="): !inFlow
      default: false
      }
    }
    // `on` is this file's own key; this reader takes every key as the text that it is.
    if isWord, let first = text.utf8.first, let last = text.utf8.last,
      first != UInt8(ascii: " "), first != UInt8(ascii: "="),
      last != UInt8(ascii: " "), case .string = PlainScalar(text),
      text == "on" || !words11.contains(text.lowercased()), !text.hasPrefix("..."),
      !text.hasPrefix("---"), text != "-",
      !text.hasPrefix("- ")
    {
      return text
    }
    return quoted(text)
  }

  /// In double quotes, with escapes for everything that libyaml does not take raw (YAML 1.2.2, 5.1
  /// "Character set") and for the line breaks that it would fold.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}": quoted += "\\x" + hex(scalar, digits: 2)
      case "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
        quoted += "\\u" + hex(scalar, digits: 4)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private static func hex(_ scalar: Unicode.Scalar, digits: Int) -> String {
    let text = String(scalar.value, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
}

extension ConfigValue {
  /// The value as a YAML document.
  package var yaml: String { YAMLValue(self).document }
}

extension YAMLValue {
  /// A number of bytes in the largest binary unit that keeps it whole.
  static func bytes(_ count: Int64) -> YAMLValue {
    let unit = ByteSize.units.prefix(4).last { count % $0.bytes == 0 }
    return .plain(unit.map { "\(count / $0.bytes)\($0.name)" } ?? "\(count)")
  }
}
