// The trace of a request as its trailer says it.
internal import MartletCore
internal import MartletDispatch
internal import MartletSchema
internal import MartletWire

/// How much of a trace a request asks for.
enum TraceRequest {
  /// Fits into what clients take for trailers by default (8 KiB in gRPC's C core, the status included).
  case brief
  /// Fits into what this mesh takes (`Limits.maxHeaderListBytes`).
  case full

  init?(_ headers: borrowing HeaderBlock) {
    switch headers[TraceHeader.trace] {
    case nil, "0": return nil
    case "full": self = .full
    default: self = .brief
    }
  }

  var maxBytes: Int {
    switch self {
    case .brief: 6_000
    case .full: 28_000
    }
  }
}

/// One JSON object in ASCII, without line breaks: `route`, `us` from the request's head to its answer,
/// `nodes` in the order in which they were entered and, where they did not all fit, `more`. A node has
/// `path`, `kind`, `start_us`, `us` and `status`, and where there is one `name`, `parent` (an index into
/// `nodes`), `slot` (the element or branch), `took` (a case, a share), `deployment`, `replica`, `queue_us`,
/// `wire_us`, `execute_us`, `attempts`, `in_bytes` and `out_bytes`.
struct TraceText {
  let route: MethodName
  let began: Timestamp
  let ended: Timestamp
  let trace: GraphTrace
  let legs: [Int: LegTiming]

  func ascii(maxBytes: Int) -> String {
    var nodes: [String] = []
    var bytes = 100 + route.description.utf8.count
    // The row of each span; a span that says nothing of its own stands in for the one around it.
    var rows: [Int?] = []
    var left = trace.omittedSpans
    for span in trace.spans {
      let parent = span.parent.flatMap { rows[$0] }
      guard !span.isPassive else {
        rows.append(parent)
        continue
      }
      let text = json(of: span, parent: parent)
      guard bytes + text.utf8.count < maxBytes else {
        rows.append(nil)
        left += 1
        continue
      }
      rows.append(nodes.count)
      nodes.append(text)
      bytes += text.utf8.count + 1
    }
    let more = left > 0 ? ",\"more\":\(left)" : ""
    let name = Self.escaped(route.description)
    return "{\"route\":\(name),\"us\":\(ended.microseconds(since: began)),"
      + "\"nodes\":[\(nodes.joined(separator: ","))]\(more)}"
  }

  private func json(of span: GraphTrace.Span, parent: Int?) -> String {
    var fields: [(String, String)] = [("path", Self.escaped(span.path))]
    func add(_ key: String, _ text: String?) {
      if let text { fields.append((key, Self.escaped(text))) }
    }
    func add(_ key: String, _ number: Int64?) {
      if let number { fields.append((key, "\(number)")) }
    }
    let end = span.ended ?? ended
    add("name", span.name)
    add("kind", span.kind)
    add("parent", parent.map(Int64.init))
    if span.parent != nil { add("slot", Int64(span.slot)) }
    add("took", span.detail)
    add("start_us", span.began.microseconds(since: began))
    add("us", end.microseconds(since: span.began))
    add("status", span.outcome.text)
    add("deployment", span.deployment)
    if let leg = span.leg, let timing = legs[leg.number] {
      let sent = timing.sentAt ?? end
      add("replica", timing.replica?.description)
      add("attempts", Int64(timing.attempts))
      add("queue_us", sent.microseconds(since: span.began))
      let answered = end.microseconds(since: sent)
      let executed = timing.executionTime.map { min($0.saturatedNanoseconds / 1_000, answered) }
      add("wire_us", answered - (executed ?? 0))
      add("execute_us", executed)
    }
    add("in_bytes", Int64(span.inputBytes))
    add("out_bytes", span.outputBytes.map(Int64.init))
    return "{\(fields.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
  }

  /// A JSON string in ASCII, as metadata wants it.
  private static func escaped(_ text: String) -> String {
    var json = JSONText(pretty: false)
    json.string(text)
    guard json.bytes.contains(where: { $0 > 0x7e }) else { return json.text }
    var ascii = ""
    for unit in json.text.utf16 {
      if unit <= 0x7e, let scalar = Unicode.Scalar(unit) {
        ascii.unicodeScalars.append(scalar)
      } else {
        let hex = String(unit, radix: 16)
        ascii += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      }
    }
    return ascii
  }
}

extension GraphTrace.Span {
  /// Only adds options to the node in it, which had nothing to do.
  fileprivate var isPassive: Bool {
    switch kind {
    case "on_error", "retry", "data": detail == nil
    default: false
    }
  }
}

extension GraphTrace.Outcome {
  fileprivate var text: String {
    switch self {
    case .running: "RUNNING"
    case .answered: "OK"
    case .replaced: "SKIPPED"
    case .failed(let code): code.name
    case .cancelled: "CANCELLED"
    }
  }
}

extension Timestamp {
  fileprivate func microseconds(since earlier: Timestamp) -> Int64 {
    duration(since: earlier).saturatedNanoseconds / 1_000
  }
}
