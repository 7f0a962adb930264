// Cases of a switch and the ends of loops.

internal import MartletSchema

/// What a value of one field is compared with.
struct Condition: Sendable, Hashable {
  private enum Test: Sendable, Hashable {
    case equal(FieldValue)
    case less(FieldValue)
    case notGreater(FieldValue)
    case greater(FieldValue)
    case notLess(FieldValue)
    case within(FieldValue, FieldValue)
    case withinBelow(FieldValue, FieldValue)
  }

  private let test: Test

  /// The value, if it is no more than that.
  var value: FieldValue? {
    if case .equal(let value) = test { value } else { nil }
  }

  /// Reads `looped`, `3`, `< 0.8`, `<= 0.8`, `> 0.8`, `>= 0.8`, `0.5..<0.8` or `0.5...0.8`; comparisons
  /// are for numbers only. Nil when it means nothing for the field.
  init?(_ text: String, of field: Field) {
    guard field.kind.isNumeric else {
      guard let value = field.value(parsing: text) else { return nil }
      test = .equal(value)
      return
    }
    func value(_ text: Substring) -> FieldValue? {
      let value = field.value(parsing: String(text).trimmingSpaces)
      // Nothing is less or greater than a NaN, or equal to it.
      if let number = value?.number, number.isNaN { return nil }
      return value
    }
    for (sign, make) in Self.signs where text.hasPrefix(sign) {
      guard let value = value(text.dropFirst(sign.count)) else { return nil }
      test = make(value)
      return
    }
    for (sign, make) in Self.ranges {
      let parts = text.split(separator: sign, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      guard let low = value(parts[0]), let high = value(parts[1]), !high.isLess(than: low) else {
        return nil
      }
      test = make(low, high)
      return
    }
    guard let value = value(text[...]) else { return nil }
    test = .equal(value)
  }

  // Longer signs first.
  private static let signs: [(String, @Sendable (FieldValue) -> Test)] = [
    ("<=", { .notGreater($0) }), (">=", { .notLess($0) }), ("<", { .less($0) }),
    (">", { .greater($0) }),
  ]
  private static let ranges: [(String, @Sendable (FieldValue, FieldValue) -> Test)] = [
    ("..<", { .withinBelow($0, $1) }), ("...", { .within($0, $1) }),
  ]

  /// Whether a value of the field meets it.
  func holds(for value: FieldValue) -> Bool {
    switch test {
    case .equal(let other): value == other
    case .less(let other): value.isLess(than: other)
    case .notGreater(let other): value.isLess(than: other) || value == other
    case .greater(let other): other.isLess(than: value)
    case .notLess(let other): other.isLess(than: value) || value == other
    case .within(let low, let high):
      !value.isLess(than: low) && (value.isLess(than: high) || value == high)
    case .withinBelow(let low, let high): !value.isLess(than: low) && value.isLess(than: high)
    }
  }
}

extension FieldValue {
  /// Whether a number of a field is less than another one of the same field.
  func isLess(than other: FieldValue) -> Bool {
    switch (self, other) {
    case (.signed(let left), .signed(let right)): left < right
    case (.unsigned(let left), .unsigned(let right)): left < right
    case (.float(let left), .float(let right)): left < right
    case (.double(let left), .double(let right)): left < right
    default: false
    }
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
