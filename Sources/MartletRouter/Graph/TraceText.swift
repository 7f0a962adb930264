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

/// One JSON object in ASCII, without line breaks: `route`, `us` from the request's head to its answer's end,
/// `nodes` in the order in which they were entered and, where they did not all fit, `more`. A node has
/// `path`, `kind`, `start_us`, `us` and `status`, and where there is one `name`, `parent` (an index into
/// `nodes`), `slot` (the element or branch), `took` (a case, a share), `deployment`, `replica`, `queue_us`,
/// `wire_us`, `execute_us`, `attempts`, `in_bytes` and `out_bytes`. A call that streams has `first_us` from when
/// it was sent to its first message and `stream_us` from then to its end in place of `wire_us` and
/// `execute_us`, and also `in_messages` and `out_messages`.
struct TraceText {
  let route: MethodName
  let began: Timestamp
  let ended: Timestamp
  /// How the request ended, and with it what still ran.
  let code: RPCStatus.Code
  /// The calls that the client's stream went through.
  let intake: [StreamTiming]
  let nodes: GraphTrace?
  let legs: [Int: LegTiming]
  /// Those through which the answer's stream came, of the spans with a `stream`.
  let outflow: [StreamTiming]

  func ascii(maxBytes: Int) -> String {
    var rows = Rows(maxBytes: maxBytes - 100 - route.description.utf8.count)
    rows.left = nodes?.omittedSpans ?? 0
    for timing in intake { _ = rows.add(json(of: timing)) }
    // The row of each span; a span that says nothing of its own stands in for the one around it.
    var places: [Int?] = []
    for span in nodes?.spans ?? [] {
      let parent = span.parent.flatMap { places[$0] }
      places.append(span.isPassive ? parent : rows.add(json(of: span, parent: parent)))
    }
    let more = rows.left > 0 ? ",\"more\":\(rows.left)" : ""
    let name = Self.escaped(route.description)
    return "{\"route\":\(name),\"us\":\(ended.microseconds(since: began)),"
      + "\"nodes\":[\(rows.texts.joined(separator: ","))]\(more)}"
  }

  /// What fits, and how many did not.
  private struct Rows {
    var maxBytes: Int
    var texts: [String] = []
    var left = 0

    /// Where the row is; nil when it did not fit.
    mutating func add(_ text: String) -> Int? {
      guard text.utf8.count < maxBytes else {
        left += 1
        return nil
      }
      maxBytes -= text.utf8.count + 1
      texts.append(text)
      return texts.count - 1
    }
  }

  /// The fields of one row.
  private struct Row {
    private var fields: [String] = []

    mutating func add(_ key: String, _ text: String?) {
      if let text { fields.append("\"\(key)\":\(TraceText.escaped(text))") }
    }

    mutating func add(_ key: String, _ number: Int64?) {
      if let number { fields.append("\"\(key)\":\(number)") }
    }

    var json: String { "{\(fields.joined(separator: ","))}" }
  }

  private func json(of span: GraphTrace.Span, parent: Int?) -> String {
    var row = Row()
    row.add("path", span.path)
    row.add("name", span.name)
    row.add("kind", span.kind)
    row.add("parent", parent.map(Int64.init))
    if span.parent != nil { row.add("slot", Int64(span.slot)) }
    row.add("took", span.detail)
    if let stream = span.stream, outflow.indices.contains(stream) {
      add(outflow[stream], to: &row)
      return row.json
    }
    let end = span.ended ?? ended
    row.add("start_us", span.began.microseconds(since: began))
    row.add("us", end.microseconds(since: span.began))
    row.add("status", span.outcome.text ?? code.name)
    row.add("deployment", span.deployment)
    if let leg = span.leg, let timing = legs[leg.number] {
      let sent = add(timing, since: span.began, until: end, to: &row)
      let answered = end.microseconds(since: sent)
      let executed = timing.executionTime.map { min($0.saturatedNanoseconds / 1_000, answered) }
      row.add("wire_us", answered - (executed ?? 0))
      row.add("execute_us", executed)
    }
    row.add("in_bytes", Int64(span.inputBytes))
    row.add("out_bytes", span.outputBytes.map(Int64.init))
    return row.json
  }

  private func json(of timing: StreamTiming) -> String {
    var row = Row()
    row.add("path", timing.call.path.description)
    row.add("name", timing.call.name)
    row.add("kind", "call")
    add(timing, to: &row)
    return row.json
  }

  /// What is said of a call that streams.
  private func add(_ timing: StreamTiming, to row: inout Row) {
    let end = timing.end?.at ?? ended
    row.add("start_us", timing.began.microseconds(since: began))
    row.add("us", end.microseconds(since: timing.began))
    row.add("status", (timing.end?.code ?? code).name)
    row.add("deployment", timing.call.deployment)
    let sent = add(timing.leg, since: timing.began, until: end, to: &row)
    if timing.leg.sentAt != nil {
      let first = timing.firstAt ?? end
      row.add("first_us", first.microseconds(since: sent))
      row.add("stream_us", end.microseconds(since: first))
    }
    row.add("in_messages", Int64(timing.input.messages))
    row.add("out_messages", Int64(timing.output.messages))
    row.add("in_bytes", Int64(timing.input.bytes))
    row.add("out_bytes", Int64(timing.output.bytes))
  }

  /// Where a call went and how long it waited; returns when it was sent.
  private func add(
    _ timing: LegTiming, since began: Timestamp, until end: Timestamp, to row: inout Row
  ) -> Timestamp {
    let sent = timing.sentAt ?? end
    row.add("replica", timing.replica?.description)
    row.add("attempts", Int64(timing.attempts))
    row.add("queue_us", sent.microseconds(since: began))
    return sent
  }

  /// A JSON string in ASCII, as metadata wants it.
  fileprivate static func escaped(_ text: String) -> String {
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
  /// Nil while it runs.
  fileprivate var text: String? {
    switch self {
    case .running: nil
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
