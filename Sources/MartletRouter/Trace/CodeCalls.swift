// Calls that a deployment's code made, as the traces among its trailers tell.
internal import MartletCore

/// The rows of such traces, which may say anything: whatever is no trace is counted and left out, other fields
/// than a trace's are dropped, and no time leaves that of the call that is answered.
struct CodeCalls {
  struct Row {
    var row: TraceRow
    /// An index into the rows; nil: the call that was answered.
    var parent: Int?
  }

  private(set) var rows: [Row] = []
  /// Rows and calls that there were beside these.
  private(set) var omitted = 0

  /// Rows of the calls of one handler. What it may say in its trailers has room for about a hundred.
  private static let maxRows = 500
  /// Bytes of a text; names of nodes and methods are shorter.
  private static let maxTextBytes = 200

  private static let texts = [
    "path", "method", "name", "kind", "took", "status", "deployment", "replica",
  ]
  private static let numbers = [
    "slot", "attempts", "in_messages", "out_messages", "in_bytes", "out_bytes",
  ]
  private static let times = ["us", "queue_us", "wire_us", "execute_us", "first_us"]

  /// When the handler began, and how long it ran.
  private let start: Int64
  private let length: Int64

  /// None.
  init() {
    (start, length) = (0, 0)
  }

  /// - Parameters:
  ///   - began: the start of the call that is answered, in microseconds.
  ///   - parts: where its time went.
  init(_ word: ReplicaWord, began: Int64, _ parts: LegTiming.Parts) {
    start = began + parts.handlerStart
    length = parts.handlerTime
    omitted = word.omittedCalls
    for text in word.calls { add(text) }
  }

  private mutating func add(_ text: String) {
    guard let trace = try? ConfigValue(json: text), case .object = trace else {
      return omitted += 1
    }
    omitted += trace.whole("more", most: 1_000_000).map(Int.init) ?? 0
    guard case .array(let nodes)? = trace["nodes"] else { return }
    let first = rows.count
    for (index, node) in nodes.enumerated() {
      guard rows.count < Self.maxRows else { return omitted += nodes.count - index }
      // A row's parent comes before it.
      let parent = node.whole("parent", most: Int64(index) - 1).map { first + Int($0) }
      rows.append(
        Row(row: row(of: node, in: trace, isFirst: parent == nil), parent: parent))
    }
  }

  /// A call's first row says the method, as the trace does.
  private func row(of node: ConfigValue, in trace: ConfigValue, isFirst: Bool) -> TraceRow {
    var row = TraceRow()
    for name in Self.texts { row.add(name, node.text(name, maxBytes: Self.maxTextBytes)) }
    if !row.has("kind") { row.add("kind", "call") }
    if isFirst, !row.has("method") {
      row.add("method", trace.text("route", maxBytes: Self.maxTextBytes))
    }
    for name in Self.numbers { row.add(name, node.whole(name, most: .max)) }
    var room = length
    if let made = trace.whole("start_us", most: length),
      let offset = node.whole("start_us", most: length)
    {
      let began = min(made + offset, length)
      room -= began
      row.add("start_us", start + began)
    }
    for name in Self.times { row.add(name, node.whole(name, most: .max).map { min($0, room) }) }
    return row
  }
}

extension ConfigValue {
  /// A whole number from 0 to `most`.
  fileprivate func whole(_ name: String, most: Int64) -> Int64? {
    guard case .integer(let number)? = self[name], number >= 0, number <= most else { return nil }
    return number
  }

  fileprivate func text(_ name: String, maxBytes: Int) -> String? {
    guard case .string(let text)? = self[name] else { return nil }
    guard text.utf8.count > maxBytes else { return text }
    return String(decoding: text.utf8.prefix(maxBytes - 3), as: UTF8.self) + "…"
  }
}
