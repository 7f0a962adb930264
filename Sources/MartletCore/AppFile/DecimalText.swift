// Decimal numbers as they are written, so that 0.3 is three tenths and not the nearest binary fraction.

/// The parts of a decimal number: `[-+]? ( DIGITS [. DIGITS?] | . DIGITS ) ( [eE] [-+]? DIGITS )?`.
package struct DecimalText {
  package private(set) var isNegative = false
  /// All digits, those after the point included.
  private var digits: [UInt8] = []
  /// How many of `digits` are after the point, less the exponent.
  private var fractionDigits = 0
  /// Written without point and exponent.
  package private(set) var isInteger = true

  /// Nil when the text is not a decimal number.
  package init?(_ text: String) {
    var rest = text.utf8[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest.removeFirst()
    }
    digits = Self.takeDigits(from: &rest)
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      let fraction = Self.takeDigits(from: &rest)
      digits += fraction
      fractionDigits = fraction.count
      isInteger = false
    }
    guard !digits.isEmpty else { return nil }
    if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
      rest.removeFirst()
      guard let exponent = Self.takeExponent(from: &rest) else { return nil }
      fractionDigits -= exponent
      isInteger = false
    }
    guard rest.isEmpty else { return nil }
  }

  /// No text has so many digits that a larger exponent would mean another number.
  private static let maxExponent = 1 << 40

  private static func takeExponent(from rest: inout Substring.UTF8View) -> Int? {
    var isNegative = false
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest.removeFirst()
    }
    let digits = takeDigits(from: &rest)
    guard !digits.isEmpty else { return nil }
    let exponent = digits.reduce(0) { min(maxExponent, $0 * 10 + Int($1)) }
    return isNegative ? -exponent : exponent
  }

  private static func takeDigits(from rest: inout Substring.UTF8View) -> [UInt8] {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits.map { $0 - UInt8(ascii: "0") }
  }

  /// The number itself, whatever its spelling: `1e3`, `1.0` and `1000` are whole. Nil when it is not
  /// whole, or over 10^30.
  package var whole: Int128? { scaled(byPowerOfTen: 0) }

  /// The number times ten to the power of `places`; nil when that is not whole, or over 10^30.
  func scaled(byPowerOfTen places: Int) -> Int128? {
    let shift = places - fractionDigits
    var kept = digits.drop { $0 == 0 }
    if kept.isEmpty { return 0 }
    if shift < 0 {
      let cut = min(-shift, kept.count)
      guard kept.suffix(cut).allSatisfy({ $0 == 0 }) else { return nil }
      kept = kept.dropLast(cut)
    }
    guard kept.count + max(0, shift) <= 30 else { return nil }
    var value = kept.reduce(Int128(0)) { $0 * 10 + Int128($1) }
    for _ in 0..<max(0, shift) { value *= 10 }
    return isNegative ? -value : value
  }

  /// `whole.fraction` without trailing zeros, where `value` counts units of ten to the power of minus
  /// `places`.
  static func text(_ value: Int128, places: Int) -> String {
    var digits = String(value.magnitude)
    if digits.count <= places {
      digits = String(repeating: "0", count: places + 1 - digits.count) + digits
    }
    let whole = digits.dropLast(places)
    var fraction = digits.suffix(places)
    while fraction.last == "0" { fraction.removeLast() }
    return (value < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : ".\(fraction)")
  }
}
