// Strings, numbers, durations and sizes of an app file.

extension AppFileReader {
  package mutating func string(_ key: String, in fields: Fields) -> String? {
    guard let node = fields[key] else { return nil }
    return string(node, at: fields.path(of: key))
  }

  package mutating func string(_ node: SourceNode, at path: SpecPath) -> String? {
    switch node.content {
    case .quoted(let text): return text
    case .plain(let text):
      if case .string = PlainScalar(text) { return text }
      let hint = text.isEmpty ? "" : "; write \"\(text)\" in quotes if it is meant as a string"
      note(path, "expected a string, found \(node.kind)\(hint)", at: node.mark)
    case .mapping, .sequence:
      note(path, "expected a string, found \(node.kind)", at: node.mark)
    }
    return nil
  }

  package mutating func strings(_ node: SourceNode, at path: SpecPath, of things: String)
    -> [String]?
  {
    guard let elements = elements(node, at: path, of: things) else { return nil }
    var values: [String] = []
    for (index, element) in elements.enumerated() {
      if let value = string(element, at: path.appending(index)) { values.append(value) }
    }
    return values
  }

  /// Any scalar as it is written: arguments, environment variables and versions are text, and `8000`
  /// there is no mistake.
  package mutating func text(_ node: SourceNode, at path: SpecPath) -> String? {
    switch node.content {
    case .quoted(let text), .plain(let text): return text
    case .mapping, .sequence:
      note(path, "expected a string, found \(node.kind)", at: node.mark)
      return nil
    }
  }

  package mutating func bool(_ key: String, in fields: Fields) -> Bool? {
    guard let node = fields[key] else { return nil }
    if case .plain(let text) = node.content, case .bool(let value) = PlainScalar(text) {
      return value
    }
    note(fields.path(of: key), "expected true or false, found \(node.kind)", at: node.mark)
    return nil
  }

  package mutating func integer(_ key: String, in fields: Fields) -> Int? {
    guard let node = fields[key], isDecimal(node, at: fields.path(of: key)) else { return nil }
    if case .plain(let text) = node.content, case .integer(let value) = PlainScalar(text) {
      return Int(value)
    }
    note(fields.path(of: key), "expected a whole number, found \(node.kind)", at: node.mark)
    return nil
  }

  package mutating func number(_ key: String, in fields: Fields) -> Double? {
    guard let node = fields[key] else { return nil }
    return number(node, at: fields.path(of: key))
  }

  package mutating func number(_ node: SourceNode, at path: SpecPath) -> Double? {
    guard isDecimal(node, at: path) else { return nil }
    if case .plain(let text) = node.content {
      switch PlainScalar(text) {
      case .integer(let value): return Double(value)
      case .number(let value): return value
      case .null, .bool, .string: break
      }
    }
    note(path, "expected a number, found \(node.kind)", at: node.mark)
    return nil
  }

  /// Notes a number that readers of YAML 1.1 take for an octal one; true for everything else.
  mutating func isDecimal(_ node: SourceNode, at path: SpecPath) -> Bool {
    guard case .plain(let text) = node.content, let number = LeadingZero(text) else { return true }
    note(path, number.problem, at: node.mark)
    return false
  }

  /// A value of any kind, for a program or a message.
  package mutating func value(_ node: SourceNode, at path: SpecPath) -> ConfigValue {
    checkNumbers(node, at: path)
    return ConfigValue(node)
  }

  private mutating func checkNumbers(_ node: SourceNode, at path: SpecPath) {
    switch node.content {
    case .quoted: break
    case .plain(let text):
      guard isDecimal(node, at: path), DecimalText(text) != nil else { return }
      if case .number(let number) = PlainScalar(text), number.isInfinite {
        note(path, "\(text) is larger than numbers can be; infinity is .inf", at: node.mark)
      }
    case .sequence(let elements):
      for (index, element) in elements.enumerated() {
        checkNumbers(element, at: path.appending(index))
      }
    case .mapping(let members):
      for member in members { checkNumbers(member.value, at: path.appending(member.name)) }
    }
  }

  /// A decimal number counted in units of ten to the power of minus `places`.
  private mutating func decimal(
    _ key: String, in fields: Fields, places: Int, unit: String
  ) -> Int128? {
    let path = fields.path(of: key)
    guard let node = fields[key], isDecimal(node, at: path) else { return nil }
    guard case .plain(let text) = node.content, let decimal = DecimalText(text) else {
      note(path, "expected \(unit), found \(node.kind)", at: node.mark)
      return nil
    }
    guard let value = decimal.scaled(byPowerOfTen: places) else {
      note(path, "too large or more than \(places) decimal places: \(text)", at: node.mark)
      return nil
    }
    return value
  }

  /// Seconds, which may be a fraction.
  package mutating func seconds(_ key: String, in fields: Fields) -> Duration? {
    let unit = "a number of seconds such as 0.5 or 30"
    guard let attoseconds = decimal(key, in: fields, places: 18, unit: unit) else { return nil }
    let (seconds, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
    guard let seconds = Int64(exactly: seconds) else {
      note(fields.path(of: key), "too many seconds")
      return nil
    }
    return Duration(secondsComponent: seconds, attosecondsComponent: Int64(rest))
  }

  /// A number of which three decimal places are kept.
  package mutating func thousandths(_ key: String, in fields: Fields) -> Int? {
    let unit = "a number such as 1 or 0.3"
    guard let value = decimal(key, in: fields, places: 3, unit: unit) else { return nil }
    guard let thousandths = Int(exactly: value) else {
      note(fields.path(of: key), "too large")
      return nil
    }
    return thousandths
  }

  /// The units of Kubernetes' quantities that fit bytes.
  static let byteUnits: [(name: String, bytes: Int64)] = [
    ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40),
    ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
  ]

  /// Bytes: a whole number, or a number with one of `byteUnits`.
  package mutating func bytes(_ key: String, in fields: Fields) -> Int64? {
    guard let node = fields[key], isDecimal(node, at: fields.path(of: key)),
      let text = text(node, at: fields.path(of: key))
    else { return nil }
    let unit = Self.byteUnits.first { text.hasSuffix($0.name) } ?? (name: "", bytes: 1)
    let amount = String(text.dropLast(unit.name.count))
    // Thousandths of a unit are enough for 1.5Gi and keep the product exact.
    if let decimal = DecimalText(amount), let thousandths = decimal.scaled(byPowerOfTen: 3) {
      let product = thousandths.multipliedReportingOverflow(by: Int128(unit.bytes))
      let (bytes, rest) = product.partialValue.quotientAndRemainder(dividingBy: 1000)
      if !product.overflow, rest == 0, let bytes = Int64(exactly: bytes) { return bytes }
    }
    let units = Self.list(Self.byteUnits.map(\.name))
    note(
      fields.path(of: key),
      "expected a number of bytes such as 512Mi, found \(text); units: \(units)", at: node.mark)
    return nil
  }
}
