// Scalars as Ray reads them: PyYAML's safe loader, which knows YAML 1.1 (yaml.org/type) with rules of its own.

internal import MartletCore

/// What unquoted text means to PyYAML (`resolver.py`, `constructor.py`).
enum PythonScalar: Equatable {
  case null
  case bool(Bool)
  /// Decimal digits with a sign; PyYAML's integers have any size.
  case integer(String)
  case number(Double)
  case string
  /// A date, or the sign `=`: Ray cannot send on what PyYAML makes of it.
  case unsayable(String)

  init(_ text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": self = .bool(true)
    case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": self = .bool(false)
    case "=": self = .unsayable("= alone is no value to YAML 1.1")
    case ".nan", ".NaN", ".NAN": self = .number(.nan)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": self = .number(.infinity)
    case "-.inf", "-.Inf", "-.INF": self = .number(-.infinity)
    default:
      let bytes = Array(text.utf8)
      self =
        Self.fraction(bytes) ?? Self.whole(bytes)
        ?? (Self.isDate(bytes) ? .unsayable("\(text) is a date to YAML 1.1") : .string)
    }
  }
}

/// Whole numbers: `0b101`, `017`, `0x1F`, `1_000`, `1:30`.
extension PythonScalar {
  private static func whole(_ text: [UInt8]) -> PythonScalar? {
    var rest = text[...]
    let sign = takeSign(&rest)
    guard let first = rest.first, isDigit(first) else { return nil }
    if first != UInt8(ascii: "0") { return decimal(rest, sign) }
    let digits = rest.dropFirst()
    switch digits.first {
    case nil: return .integer("0")
    case UInt8(ascii: "b"): return based(digits.dropFirst(), 2, sign)
    case UInt8(ascii: "x"): return based(digits.dropFirst(), 16, sign)
    default:
      guard let value = based(digits, 8, sign) else { return nil }
      return value == .unsayable(empty) ? .integer("0") : value
    }
  }

  private static let empty = "a number without digits"

  private static func based(_ text: ArraySlice<UInt8>, _ base: Int, _ sign: String) -> PythonScalar?
  {
    guard !text.isEmpty else { return nil }
    var value = Whole()
    var hasDigits = false
    for byte in text where byte != UInt8(ascii: "_") {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < base else {
        return nil
      }
      hasDigits = true
      value.append(digit, base: base)
    }
    return hasDigits ? value.scalar(sign) : .unsayable(empty)
  }

  /// Digits of 1 to 9 first, in one part or, to the base 60, in several.
  private static func decimal(_ text: ArraySlice<UInt8>, _ sign: String) -> PythonScalar? {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts[0].allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) else { return nil }
    let digits = parts[0].filter(isDigit)
    if parts.count == 1 { return .integer(normal(digits, sign)) }
    var value = Whole()
    for digit in digits { value.append(Int(digit - 48), base: 10) }
    for part in parts.dropFirst() {
      guard let sixtieths = sixtieths(part) else { return nil }
      value.append(sixtieths, base: 60)
    }
    return value.scalar(sign)
  }

  private static func normal(_ digits: [UInt8], _ sign: String) -> String {
    sign + String(decoding: digits, as: UTF8.self)
  }

  /// `[0-5]?[0-9]`
  private static func sixtieths(_ text: ArraySlice<UInt8>) -> Int? {
    guard (1...2).contains(text.count), text.allSatisfy(isDigit),
      let value = Int(String(decoding: text, as: UTF8.self)), value < 60
    else { return nil }
    return value
  }

  /// A whole number that is built digit by digit. Beyond 128 bits only its size counts.
  private struct Whole {
    private var value: UInt128 = 0
    private var isHuge = false

    mutating func append(_ digit: Int, base: Int) {
      let (product, overflow) = value.multipliedReportingOverflow(by: UInt128(base))
      let (sum, carry) = product.addingReportingOverflow(UInt128(digit))
      value = sum
      if overflow || carry { isHuge = true }
    }

    func scalar(_ sign: String) -> PythonScalar {
      isHuge ? .unsayable("a number of more than 128 bits") : .integer(sign + "\(value)")
    }
  }
}

/// Fractions: `1.5`, `.5`, `1_0.5e+3`, `1:30.5`. An exponent needs a point before it and a sign.
extension PythonScalar {
  private static func fraction(_ text: [UInt8]) -> PythonScalar? {
    var rest = text[...]
    let sign = takeSign(&rest)
    guard let point = rest.firstIndex(of: UInt8(ascii: ".")) else { return nil }
    let front = rest[..<point]
    let parts = front.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    if front.isEmpty {
      // PyYAML's rule for these knows no sign.
      guard sign.isEmpty, text.count == rest.count, let next = rest.dropFirst().first, isDigit(next)
      else { return nil }
    } else {
      guard let first = parts[0].first, isDigit(first), parts[0].allSatisfy(isDigitOrLine) else {
        return nil
      }
    }
    var tail = rest[(point + 1)...]
    let digits = tail.prefix(while: isDigitOrLine)
    tail = tail.dropFirst(digits.count)
    var value = String(decoding: (parts.last ?? []).filter(isDigit), as: UTF8.self)
    value += "." + String(decoding: digits.filter(isDigit), as: UTF8.self)
    guard parts.count > 1 else {
      guard let exponent = exponent(tail) else { return nil }
      return Double(padded(value) + exponent).map { .number(sign == "-" ? -$0 : $0) }
    }
    guard tail.isEmpty, var sum = Double(padded(value)),
      parts.dropFirst().allSatisfy({ sixtieths($0) != nil })
    else { return nil }
    // From the last part on, as Python adds them.
    var base = 60.0
    for part in parts.dropLast().reversed() {
      sum += (Double(String(decoding: part.filter(isDigit), as: UTF8.self)) ?? 0) * base
      base *= 60
    }
    return .number(sign == "-" ? -sum : sum)
  }

  /// Python reads `.5` and `1.`.
  private static func padded(_ text: String) -> String {
    (text.hasPrefix(".") ? "0" : "") + text + (text.hasSuffix(".") ? "0" : "")
  }

  /// Nil for what is none; empty where there is none.
  private static func exponent(_ text: ArraySlice<UInt8>) -> String? {
    guard let mark = text.first else { return "" }
    let digits = text.dropFirst(2)
    guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E"), let sign = text.dropFirst().first,
      sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), !digits.isEmpty,
      digits.allSatisfy(isDigit)
    else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  private static func takeSign(_ text: inout ArraySlice<UInt8>) -> String {
    guard let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") else {
      return ""
    }
    text = text.dropFirst()
    return first == UInt8(ascii: "-") ? "-" : ""
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  private static func isDigitOrLine(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_")
  }
}

/// Dates: `2026-11-30`, also with a time.
extension PythonScalar {
  private static func isDate(_ text: [UInt8]) -> Bool {
    var rest = text[...]
    guard take(&rest, 4...4), take(&rest, "-") else { return false }
    var day = rest
    if take(&day, 2...2), take(&day, "-"), take(&day, 2...2), day.isEmpty { return true }
    guard take(&rest, 1...2), take(&rest, "-"), take(&rest, 1...2) else { return false }
    let gap = rest.prefix { $0 == 0x20 || $0 == 0x09 }
    rest = rest.dropFirst(gap.count)
    if gap.isEmpty { guard take(&rest, "T") || take(&rest, "t") else { return false } }
    guard take(&rest, 1...2), take(&rest, ":"), take(&rest, 2...2), take(&rest, ":"),
      take(&rest, 2...2)
    else { return false }
    if take(&rest, ".") { rest = rest.drop(while: isDigit) }
    if rest.isEmpty { return true }
    rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
    if take(&rest, "Z") { return rest.isEmpty }
    guard take(&rest, "+") || take(&rest, "-"), take(&rest, 1...2) else { return false }
    if take(&rest, ":") { guard take(&rest, 2...2) else { return false } }
    return rest.isEmpty
  }

  private static func take(_ text: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
    guard text.first == UInt8(ascii: character) else { return false }
    text = text.dropFirst()
    return true
  }

  private static func take(_ text: inout ArraySlice<UInt8>, _ count: ClosedRange<Int>) -> Bool {
    let digits = text.prefix(count.upperBound).prefix(while: isDigit)
    text = text.dropFirst(digits.count)
    return count.contains(digits.count)
  }
}
