// KServe's conditions: paths of the gjson library that a message has or has not.

internal import MartletCore

/// A condition that a `switch` can ask of one field (gjson's SYNTAX.md, "Queries").
struct GJSONCondition: Equatable {
  /// Dotted, as in the file.
  var field: String
  var test: Test

  enum Test: Equatable {
    /// The field is there.
    case exists
    case compares(Comparison, Literal)
  }

  enum Comparison: String {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case notGreater = "<="
    case greater = ">"
    case notLess = ">="
  }

  enum Literal: Equatable {
    case number(String)
    case bool(Bool)
    case string(String)
  }

  /// Why a path cannot be asked by a `switch`.
  struct Unsayable: Error, Equatable {
    var reason: String
  }

  /// Reads `[@this].#(FIELD OP VALUE)`, the same of `[PATH]`, a query without OP and a path alone.
  init(_ text: String) throws(Unsayable) {
    let text = text.trimmingSpaces
    if let sign = Self.combination(in: text) {
      throw Unsayable(
        reason: "gjson has no \(sign): KServe's router takes it for a part of the text before and "
          + "after it, which no request has. Ask one thing, and have a Switch behind it ask the other"
      )
    }
    guard let query = text.firstRange(of: "#(") else {
      field = try Self.path(text.hasPrefix("@this.") ? text.dropFirst(6) : text[...])
      test = .exists
      return
    }
    guard text.hasSuffix(")"), let head = text[..<query.lowerBound].last, head == "." || head == "|"
    else {
      throw Unsayable(
        reason: "only [@this].#(FIELD OP VALUE) can be said, with nothing before or after it")
    }
    let list = text[..<query.lowerBound].dropLast()
    let inner = text[query.upperBound...].dropLast()
    guard list.first == "[", list.last == "]" else {
      throw Unsayable(
        reason: "it asks whether any element of the list \(list) meets it, and a switch looks at "
          + "one field; have a step say so in a field of its answer")
    }
    let root = list.dropFirst().dropLast()
    (field, test) = try Self.query(inner)
    if root != "@this" { field = try Self.path(root) + "." + field }
  }

  /// `&&` or `||` outside of quotes.
  private static func combination(in text: String) -> String? {
    var isQuoted = false
    var previous: Character?
    for character in text {
      if character == "\"", previous != "\\" { isQuoted.toggle() }
      if !isQuoted, character == previous, character == "&" || character == "|" {
        return "\(character)\(character)"
      }
      previous = character
    }
    return nil
  }

  private static let signs: [(sign: String, comparison: Comparison?)] = [
    ("==", .equal), ("!=", .notEqual), ("<=", .notGreater), (">=", .notLess), ("!%", nil),
    ("=", .equal), ("<", .less), (">", .greater), ("%", nil),
  ]

  /// `FIELD OP VALUE`, or a field that is there.
  private static func query(_ text: Substring) throws(Unsayable) -> (String, Test) {
    // The first sign ends the path; of several that begin there the longest counts.
    let found = signs.compactMap { entry in
      text.firstRange(of: entry.sign).map { (range: $0, entry: entry) }
    }.min {
      ($0.range.lowerBound, $1.entry.sign.count) < ($1.range.lowerBound, $0.entry.sign.count)
    }
    guard let (range, entry) = found else { return (try path(text), .exists) }
    guard let comparison = entry.comparison else {
      throw Unsayable(
        reason: "a switch compares values and does not match patterns (\(entry.sign))")
    }
    let field = try path(text[..<range.lowerBound])
    let literal = try literal(String(text[range.upperBound...]).trimmingSpaces)
    switch (comparison, literal) {
    case (.equal, _), (.notEqual, _), (_, .number): break
    case (_, .bool), (_, .string):
      throw Unsayable(
        reason: "\(comparison.rawValue) compares texts here, and a switch compares numbers only")
    }
    return (field, .compares(comparison, literal))
  }

  private static func literal(_ text: String) throws(Unsayable) -> Literal {
    switch text {
    case "": throw Unsayable(reason: "the value to compare with is missing")
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": throw Unsayable(reason: "a message of protobuf has no null to compare with")
    default: break
    }
    if text.hasPrefix("~") {
      throw Unsayable(reason: "a switch compares values and does not guess truth (\(text))")
    }
    if text.hasPrefix("\"") {
      let inner = text.dropFirst().dropLast()
      guard text.hasSuffix("\""), text.count > 1, !inner.contains("\\"), !inner.contains("\"")
      else {
        throw Unsayable(reason: "the text \(text) has escapes or no closing quote")
      }
      return .string(String(inner))
    }
    let isNumber = Double(text) != nil && text.contains { $0.isNumber }
    return isNumber ? .number(text) : .string(text)
  }

  /// A dotted path of fields.
  private static func path(_ text: some StringProtocol) throws(Unsayable) -> String {
    let path = String(text).trimmingSpaces
    let parts = path.split(separator: ".", omittingEmptySubsequences: false)
    for part in parts {
      if !part.isEmpty, part.allSatisfy(\.isNumber) {
        throw Unsayable(
          reason: "\(path) looks into a list, and a switch looks at one field; have a step say it "
            + "in a field of its answer")
      }
      let isName = part.allSatisfy { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
      guard isName, !part.isEmpty else {
        throw Unsayable(reason: "\"\(path)\" is not a path of fields such as page.language")
      }
    }
    return path
  }
}

extension GJSONCondition {
  /// What a `switch` is on.
  var subject: String { test == .exists ? "has(\(field))" : field }

  /// The case of a `switch` that holds when the condition does; nil for `!=`, which holds where a case
  /// does not.
  var caseText: String? {
    switch test {
    case .exists: "true"
    case .compares(.equal, let literal): literal.text
    case .compares(.notEqual, _): nil
    case .compares(let comparison, let literal): "\(comparison.rawValue) \(literal.text)"
    }
  }

  /// The cases of all that a `!=` takes; nil where only a default can say that.
  var complement: [String]? {
    guard case .compares(.notEqual, let literal) = test else { return nil }
    switch literal {
    case .number(let text): return ["< \(text)", "> \(text)"]
    case .bool(let value): return [Literal.bool(!value).text]
    case .string: return nil
    }
  }

  /// What a `!=` compares with.
  var excludedText: String? {
    guard case .compares(.notEqual, let literal) = test else { return nil }
    return literal.text
  }
}

extension GJSONCondition.Literal {
  var text: String {
    switch self {
    case .number(let text), .string(let text): text
    case .bool(let value): value ? "true" : "false"
    }
  }
}
