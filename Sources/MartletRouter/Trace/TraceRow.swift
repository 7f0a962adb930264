// One row of a trace.
internal import MartletCore

/// Names and values, in the order in which they are written.
struct TraceRow {
  private enum Value {
    case text(String)
    case number(Int64)
  }

  private var fields: [(name: String, value: Value)] = []

  /// What `parent` takes at most: a trace has no room for a million rows.
  static let parentBytes = #","parent":999999"#.utf8.count

  mutating func add(_ name: String, _ text: String?) {
    if let text { fields.append((name, .text(text))) }
  }

  mutating func add(_ name: String, _ number: Int64?) {
    if let number { fields.append((name, .number(number))) }
  }

  mutating func add(_ name: String, _ number: Int) {
    add(name, Int64(number))
  }

  /// The time from `began` to `end`, and where it went.
  mutating func add(_ timing: LegTiming, from began: Timestamp, to end: Timestamp) {
    let parts = timing.parts(from: began, to: end)
    add("replica", timing.replica?.description)
    add("attempts", timing.attempts)
    add("queue_us", parts.queue)
    add("wire_us", parts.wire)
    add("execute_us", parts.execute)
  }

  func has(_ name: String) -> Bool {
    fields.contains { $0.name == name }
  }

  /// The members of a JSON object, in ASCII.
  var members: String {
    fields.map { name, value in
      switch value {
      case .text(let text): "\"\(name)\":\(Self.quoted(text))"
      case .number(let number): "\"\(name)\":\(number)"
      }
    }.joined(separator: ",")
  }

  /// A JSON string in ASCII.
  static func quoted(_ text: String) -> String {
    ConfigValue.string(text).json.asciiJSON
  }
}
