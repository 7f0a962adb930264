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
      let word = node.written ?? text
      let hint = word.isEmpty ? "" : "; write \"\(word)\" in quotes if it is meant as a string"
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
  /// there is no mistake. `null` and nothing at all are one.
  package mutating func text(_ node: SourceNode, at path: SpecPath) -> String? {
    switch node.content {
    case .quoted(let text): return text
    case .plain(let text):
      guard case .null = PlainScalar(text) else { return text }
      let word = text.isEmpty ? "\"\" for an empty text" : "\"\(text)\" in quotes for the word"
      note(path, "expected a string, found nothing; write \(word)", at: node.mark)
      return nil
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
      case .unsigned(let value): return Double(value)
      case .oversized(let value), .number(let value): return value
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
      guard isDecimal(node, at: path) else { return }
      let word = node.written ?? text
      switch PlainScalar(text) {
      case .number(let number) where number.isInfinite && DecimalText(text) != nil:
        note(path, "\(word) is larger than numbers can be; infinity is .inf", at: node.mark)
      case .oversized(let nearest):
        note(
          path,
          "\(word) has more than 64 bits, and a program would read another number; write it in "
            + "quotes, or \(nearest) if the nearest number will do", at: node.mark)
      case .null, .bool, .integer, .unsigned, .number, .string: break
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

  /// CPUs or GPUs in `Resources.unitsPerWhole`: a number of which four decimal places are kept.
  package mutating func share(_ key: String, in fields: Fields) -> Int? {
    let unit = "a number such as 1 or 0.3"
    guard let value = decimal(key, in: fields, places: 4, unit: unit) else { return nil }
    guard let units = Int(exactly: value) else {
      note(fields.path(of: key), "too large")
      return nil
    }
    return units
  }

  /// Bytes: a whole number, or a number with one of `ByteSize.units`.
  package mutating func bytes(_ key: String, in fields: Fields) -> Int64? {
    guard let node = fields[key], isDecimal(node, at: fields.path(of: key)),
      let text = text(node, at: fields.path(of: key))
    else { return nil }
    if let size = ByteSize(text) { return size.bytes }
    let units = Self.list(ByteSize.units.map(\.name))
    note(
      fields.path(of: key),
      "expected a number of bytes such as 512Mi, found \(text); units: \(units)", at: node.mark)
    return nil
  }
}
