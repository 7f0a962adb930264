// Configuration values as JSON text (RFC 8259): what `MARTLET_CONFIG` names.

extension ConfigValue {
  /// Compact JSON with the members of each object in the order of their names. JSON has no word for
  /// infinity and NaN; they are the texts that protobuf's mapping has for them.
  public var json: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .unsigned(let value): text += "\(value)"
    case .number(let value):
      text += value.isFinite ? Self.decimal(value) : Self.word(for: value)
    case .string(let value): text += Self.quoted(value)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        text += "\(index > 0 ? "," : "")\(Self.quoted(member.key)):"
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  private static func word(for number: Double) -> String {
    number.isNaN ? "\"NaN\"" : number < 0 ? "\"-Infinity\"" : "\"Infinity\""
  }

  /// A text that reads back as the same number, also for those who read a whole number exactly:
  /// the shortest one of 2⁶⁰ + 2⁸ would be another whole number.
  static func decimal(_ number: Double) -> String {
    guard number.magnitude > 0x1p53, number.magnitude < 0x1p64, let whole = Int128(exactly: number)
    else { return "\(number)" }
    return "\(whole).0"
  }

  private static func quoted(_ value: String) -> String {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      // The second range is optional in JSON, but a terminal obeys some of it.
      case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }

  /// Reads one JSON value with nothing but white space around it. Whole numbers that fit 64 bits are
  /// read exactly.
  public init(json text: String) throws(JSONError) {
    self = ConfigValue(try SourceNode.parseJSON(text))
  }

  /// The value of a node of YAML or JSON.
  package init(_ node: SourceNode) {
    switch node.content {
    case .quoted(let text): self = .string(text)
    case .plain(let text):
      switch PlainScalar(text) {
      case .null: self = .null
      case .bool(let value): self = .bool(value)
      case .integer(let value): self = .integer(value)
      case .unsigned(let value): self = .unsigned(value)
      case .oversized(let value): self = .number(value)
      case .number(let value): self = ConfigValue.whole(text, near: value) ?? .number(value)
      case .string(let value): self = .string(value)
      }
    case .sequence(let elements): self = .array(elements.map { ConfigValue($0) })
    case .mapping(let members):
      self = .object(
        Dictionary(
          members.map { ($0.name, ConfigValue($0.value)) }, uniquingKeysWith: { _, last in last }))
    }
  }

  /// A whole number of 64 bits that a `Double` does not hold, however it is spelled:
  /// 9007199254740993.0 is one.
  private static func whole(_ text: String, near number: Double) -> ConfigValue? {
    guard let whole = DecimalText(text)?.whole, Int128(exactly: number) != whole else { return nil }
    return Int64(exactly: whole).map(ConfigValue.integer)
      ?? UInt64(exactly: whole).map(ConfigValue.unsigned)
  }

  /// A mistake in JSON text.
  public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    public var mark: SourceMark

    public init(_ message: String, at mark: SourceMark) {
      self.message = message
      self.mark = mark
    }

    public var description: String { "\(mark.line):\(mark.column): \(message)" }
  }
}

extension String {
  /// The same JSON in ASCII, as metadata wants it. What is none stands within strings, where it may be
  /// escaped (RFC 8259 §7).
  package var asciiJSON: String {
    guard utf8.contains(where: { $0 > 0x7e }) else { return self }
    var ascii = ""
    for unit in utf16 {
      if unit <= 0x7e, let scalar = Unicode.Scalar(unit) {
        ascii.unicodeScalars.append(scalar)
      } else {
        let hex = String(unit, radix: 16)
        ascii += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      }
    }
    return ascii
  }
}
