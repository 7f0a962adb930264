// Cases of a switch and the ends of loops.

internal import MartletCore
internal import MartletSchema

/// What a condition is about.
enum Subject: Sendable, CustomStringConvertible {
  case value(FieldPath)
  /// `has(PATH)`
  case presence(FieldPlace)
  /// Which member of a oneof is set.
  case oneof(OneofPath)

  var root: MessageType {
    switch self {
    case .value(let path): path.root
    case .presence(let place): place.root
    case .oneof(let path): path.root
    }
  }

  var description: String {
    switch self {
    case .value(let path): path.text
    case .presence(let place): "has(\(place))"
    case .oneof(let path): path.text
    }
  }

  /// Of a oneof the number of the member, 0 for none.
  func read(_ message: [UInt8]) throws(WireError) -> FieldValue {
    switch self {
    case .value(let path): try path.read(message)
    case .presence(let place): .bool(try place.isSet(in: message))
    case .oneof(let path): .enumeration(Int32(try path.member(in: message) ?? 0))
    }
  }

  func spelling(of value: FieldValue) -> String {
    switch (self, value) {
    case (.value(let path), _): path.leaf.spelling(of: value)
    case (.oneof(let path), .enumeration(let number)):
      path.members.first { $0.number == number }?.name ?? "nothing"
    case (_, .bool(let value)): "\(value)"
    default: "\(value)"
    }
  }
}

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

  /// Reads what a case says of a subject. Nil when it means nothing for it.
  init?(_ text: String, of subject: Subject) {
    switch subject {
    case .value(let path): self.init(text, of: path.leaf)
    case .presence:
      guard text == "true" || text == "false" else { return nil }
      self.init(.equal(.bool(text == "true")))
    case .oneof(let path):
      guard let member = path.members.first(where: { $0.name == text }) else { return nil }
      self.init(.equal(.enumeration(Int32(member.number))))
    }
  }

  private init(_ test: Test) {
    self.test = test
  }

  /// Reads `looped`, `3`, `< 0.8`, `<= 0.8`, `> 0.8`, `>= 0.8`, `0.5..<0.8` or `0.5...0.8`; comparisons
  /// are for numbers only. Nil when it means nothing for the field.
  private init?(_ text: String, of field: Field) {
    guard field.kind.isNumeric else {
      guard let value = field.value(parsing: text) else { return nil }
      test = .equal(value)
      return
    }
    func value(_ text: Substring) -> FieldValue? {
      let value = field.value(parsingNumber: String(text).trimmingSpaces)
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

/// Which values a condition holds for.
extension Condition {
  /// One end of them.
  private struct Bound {
    var value: FieldValue
    var isIncluded: Bool
  }

  /// Both ends; nil: there is none.
  private var bounds: (low: Bound?, high: Bound?) {
    func bound(_ value: FieldValue, _ isIncluded: Bool) -> Bound {
      Bound(value: value, isIncluded: isIncluded)
    }
    return switch test {
    case .equal(let value): (bound(value, true), bound(value, true))
    case .less(let value): (nil, bound(value, false))
    case .notGreater(let value): (nil, bound(value, true))
    case .greater(let value): (bound(value, false), nil)
    case .notLess(let value): (bound(value, true), nil)
    case .within(let low, let high): (bound(low, true), bound(high, true))
    case .withinBelow(let low, let high): (bound(low, true), bound(high, false))
    }
  }

  /// Whether it holds for no value, as far as that is plain to see.
  var isEmpty: Bool {
    switch test {
    case .withinBelow(let low, let high): low == high
    case .less(let value): value == .unsigned(0)
    case .equal, .notGreater, .greater, .notLess, .within: false
    }
  }

  /// Whether it holds for every value that another condition of the same field holds for, as far as
  /// that is plain to see.
  func covers(_ other: Condition) -> Bool {
    if value != nil { return self == other }
    let (own, others) = (bounds, other.bounds)
    if let low = own.low {
      guard let least = others.low, !least.value.isLess(than: low.value),
        least.value != low.value || low.isIncluded || !least.isIncluded
      else { return false }
    }
    if let high = own.high {
      guard let most = others.high, !high.value.isLess(than: most.value),
        most.value != high.value || high.isIncluded || !most.isIncluded
      else { return false }
    }
    return true
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
