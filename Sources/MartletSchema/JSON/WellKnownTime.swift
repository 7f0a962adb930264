// google.protobuf.Timestamp and Duration as JSON spells them.

/// Calendar and decimal arithmetic for `2026-01-02T03:04:05.678Z` and `1.5s`.
enum WellKnownTime {
  /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z in seconds since 1970 (timestamp.proto).
  static let timestampRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// 10,000 years in seconds, either way (duration.proto).
  static let durationRange: ClosedRange<Int64> = -315_576_000_000...315_576_000_000

  /// RFC 3339 in UTC with 0, 3, 6 or 9 digits of a second; nil out of range.
  static func timestamp(seconds: Int64, nanos: Int64) -> String? {
    guard timestampRange.contains(seconds), (0..<1_000_000_000).contains(nanos) else { return nil }
    let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
    let second = seconds - days * 86_400
    let (year, month, day) = civil(fromDays: days)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
      + "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
      + "\(fraction(nanos))Z"
  }

  /// Seconds with 0, 3, 6 or 9 decimals and an `s`; nil out of range or when the signs differ.
  static func duration(seconds: Int64, nanos: Int64) -> String? {
    guard durationRange.contains(seconds), (-999_999_999...999_999_999).contains(nanos),
      seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0)
    else { return nil }
    let sign = seconds < 0 || nanos < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)\(fraction(abs(nanos)))s"
  }

  /// Reads RFC 3339 with any offset.
  static func parseTimestamp(_ text: String) -> (seconds: Int64, nanos: Int64)? {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2),
      scanner.take("-"), let day = scanner.digits(2), scanner.take("T"),
      let hour = scanner.digits(2), scanner.take(":"), let minute = scanner.digits(2),
      scanner.take(":"), let second = scanner.digits(2), let nanos = scanner.fraction(),
      let offset = scanner.offset(), scanner.isAtEnd,
      (1...12).contains(month), hour < 24, minute < 60, second < 60
    else { return nil }
    let days = days(year: year, month: month, day: day)
    // A day that the month does not have comes back as another one.
    guard civil(fromDays: days) == (year, month, day) else { return nil }
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
    return timestampRange.contains(seconds) ? (seconds, nanos) : nil
  }

  static func parseDuration(_ text: String) -> (seconds: Int64, nanos: Int64)? {
    var scanner = DigitScanner(text)
    let sign: Int64 = scanner.take("-") ? -1 : 1
    guard let seconds = scanner.digits(nil), let nanos = scanner.fraction(), scanner.take("s"),
      scanner.isAtEnd, durationRange.contains(seconds)
    else { return nil }
    return (sign * seconds, sign * nanos)
  }

  private static func fraction(_ nanos: Int64) -> String {
    if nanos == 0 { return "" }
    if nanos % 1_000_000 == 0 { return ".\(padded(nanos / 1_000_000, 3))" }
    if nanos % 1_000 == 0 { return ".\(padded(nanos / 1_000, 6))" }
    return ".\(padded(nanos, 9))"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// The proleptic Gregorian calendar in eras of 400 years, which have 146,097 days; years start in
  /// March so that the leap day comes last.
  static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

/// Takes digits and signs off the front of a text.
private struct DigitScanner {
  private var rest: Substring

  init(_ text: String) {
    rest = text[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  /// Exactly so many decimal digits, or with nil at least one.
  mutating func digits(_ count: Int?) -> Int64? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }.prefix(count ?? 18)
    guard !digits.isEmpty, count == nil || digits.count == count else { return nil }
    rest.removeFirst(digits.count)
    return Int64(digits)
  }

  /// Nanoseconds from `.5` or `.123456789`; 0 when there is no fraction.
  mutating func fraction() -> Int64? {
    guard take(".") else { return 0 }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard (1...9).contains(digits.count) else { return nil }
    rest.removeFirst(digits.count)
    return Int64(digits + String(repeating: "0", count: 9 - digits.count))
  }

  /// Seconds east of UTC: `Z` or `+01:30`.
  mutating func offset() -> Int64? {
    if take("Z") { return 0 }
    let sign: Int64
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    guard let hours = digits(2), take(":"), let minutes = digits(2), hours < 24, minutes < 60 else {
      return nil
    }
    return sign * (hours * 3600 + minutes * 60)
  }
}
