// The nodes of a graph in the trace of a request.
internal import MartletCore
internal import MartletDispatch

extension TraceText {
  /// Adds what the nodes of a graph did for a request that took from `start` to `now` and ends with `code`.
  ///
  /// - Parameter streams: the calls through which the answer's stream comes, of the spans with a `stream`.
  mutating func add(
    _ trace: GraphTrace, _ legs: LegTimings, _ streams: [CallTiming], from start: Timestamp,
    to now: Timestamp, _ code: RPCStatus.Code
  ) {
    // The node of each span; one that says nothing of its own stands in for the one around it.
    var places: [Int?] = []
    for span in trace.spans {
      let parent = span.parent.flatMap { places[$0] }
      guard !span.isPassive else {
        places.append(parent)
        continue
      }
      var node: Node
      if let stream = span.stream, streams.indices.contains(stream) {
        node = streams[stream].node(from: start, to: now, code, span.heading)
      } else {
        let timing = span.leg.flatMap { legs[$0.number] }
        let end = span.ended ?? now
        node = Node(row: span.row(from: start, to: end, code, timing))
        if let timing, let word = timing.told {
          node.calls = CodeCalls(
            word, began: span.began.microseconds(since: start),
            timing.parts(from: span.began, to: end))
        }
      }
      node.parent = parent
      places.append(count)
      add(node)
    }
  }
}

extension GraphTrace.Span {
  /// Where it is in the graph.
  fileprivate var heading: TraceRow {
    var row = TraceRow()
    row.add("path", path)
    row.add("name", name)
    row.add("kind", kind)
    if parent != nil { row.add("slot", slot) }
    row.add("took", detail)
    return row
  }

  fileprivate func row(
    from start: Timestamp, to end: Timestamp, _ code: RPCStatus.Code, _ timing: LegTiming?
  ) -> TraceRow {
    var row = heading
    row.add("start_us", began.microseconds(since: start))
    row.add("us", end.microseconds(since: began))
    row.add("status", outcome.text ?? code.name)
    row.add("deployment", deployment)
    if let timing { row.add(timing, from: began, to: end) }
    row.add("in_bytes", inputBytes)
    row.add("out_bytes", outputBytes.map(Int64.init))
    return row
  }

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
