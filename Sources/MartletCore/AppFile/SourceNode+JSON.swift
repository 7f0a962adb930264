// JSON text to a tree (RFC 8259).

extension SourceNode {
  /// Reads one JSON value with nothing but white space around it.
  static func parseJSON(_ text: String) throws(ConfigValue.JSONError) -> SourceNode {
    var parser = JSONParser(text)
    let node = try parser.value(depth: 0)
    try parser.end()
    return node
  }
}

/// Reads bytes of valid UTF-8 (it was a `String`) and keeps the line and column of where it is.
private struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  /// The column of a position in the line that is not behind the current one: the values of a long line do
  /// not count it anew, each from its start.
  private var counted = (position: 0, column: 1)

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  private var mark: SourceMark {
    mutating get {
      // A column is a Unicode scalar, so continuation bytes do not count.
      counted.column += bytes[counted.position..<position].count { $0 & 0xC0 != 0x80 }
      counted.position = position
      return SourceMark(line: line, column: counted.column)
    }
  }

  private mutating func failure(_ message: String) -> ConfigValue.JSONError {
    ConfigValue.JSONError("not JSON: \(message)", at: mark)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\n"):
        position += 1
        line += 1
        counted = (position, 1)
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
        position += 1
      default: return
      }
    }
  }

  mutating func end() throws(ConfigValue.JSONError) {
    skipSpace()
    if next != nil { throw failure("more text after the value") }
  }

  mutating func value(depth: Int) throws(ConfigValue.JSONError) -> SourceNode {
    skipSpace()
    guard depth <= SourceNode.maxDepth else {
      throw failure("nested more than \(SourceNode.maxDepth) deep")
    }
    let start = mark
    switch next {
    case UInt8(ascii: "{"):
      return SourceNode(content: .mapping(try members(depth: depth)), mark: start)
    case UInt8(ascii: "["):
      return SourceNode(content: .sequence(try elements(depth: depth)), mark: start)
    case UInt8(ascii: "\""):
      return SourceNode(content: .quoted(try string()), mark: start)
    default:
      return SourceNode(content: .plain(try word()), mark: start)
    }
  }

  private mutating func members(depth: Int) throws(ConfigValue.JSONError) -> [SourceNode.Member] {
    var members: [SourceNode.Member] = []
    var names: Set<String> = []
    position += 1
    skipSpace()
    if take("}") { return [] }
    while true {
      skipSpace()
      let nameMark = mark
      guard next == UInt8(ascii: "\"") else { throw failure("expected a name in quotes") }
      let name = try string()
      guard names.insert(name).inserted else {
        throw ConfigValue.JSONError("key given twice: \(name); keep one of them", at: nameMark)
      }
      skipSpace()
      guard take(":") else { throw failure("expected a colon after the name") }
      let member = SourceNode.Member(
        name: name, nameMark: nameMark, value: try value(depth: depth + 1), isNameQuoted: true)
      members.append(member)
      skipSpace()
      if take("}") { return members }
      guard take(",") else { throw failure("expected a comma or } after a member") }
    }
  }

  private mutating func elements(depth: Int) throws(ConfigValue.JSONError) -> [SourceNode] {
    var elements: [SourceNode] = []
    position += 1
    skipSpace()
    if take("]") { return [] }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return elements }
      guard take(",") else { throw failure("expected a comma or ] after an element") }
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// `true`, `false`, `null` or a number in JSON's stricter spelling.
  private mutating func word() throws(ConfigValue.JSONError) -> String {
    let start = position
    let rest = bytes[position...].prefix { byte in
      byte >= 0x80 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: ".") || Unicode.Scalar(byte).properties.isAlphabetic
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    let text = String(decoding: rest, as: UTF8.self)
    if !["true", "false", "null"].contains(text), !Self.isNumber(text) {
      throw failure(text.isEmpty ? "expected a value" : "unknown word \(text)")
    }
    guard Double(text)?.isFinite != false else {
      throw failure("\(text) is larger than numbers can be")
    }
    position = start + rest.count
    return text
  }

  private static func isNumber(_ text: String) -> Bool {
    let unsigned = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let whole = unsigned.prefix { $0.isASCII && $0.isNumber }
    guard !whole.isEmpty, whole.count == 1 || whole.first != "0", DecimalText(text) != nil else {
      return false
    }
    let afterPoint = unsigned.dropFirst(whole.count)
    guard afterPoint.first == "." else { return true }
    return afterPoint.dropFirst().first?.isNumber == true
  }

  private mutating func string() throws(ConfigValue.JSONError) -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        content += try escaped()
      case 0..<0x20:
        throw failure("a control character in a string; write it as an escape")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw failure("a string without its closing quote")
  }

  private mutating func escaped() throws(ConfigValue.JSONError) -> [UInt8] {
    guard let byte = next else { throw failure("a string without its closing quote") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var unit = try hexUnit()
      if (0xD800..<0xDC00).contains(unit), take("\\"), take("u") {
        let low = try hexUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw failure("half a surrogate pair") }
      return Array(String(Character(scalar)).utf8)
    default:
      throw failure("unknown escape in a string")
    }
  }

  private mutating func hexUnit() throws(ConfigValue.JSONError) -> UInt32 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure("expected four hexadecimal digits after \\u") }
    position += 4
    return unit
  }
}
