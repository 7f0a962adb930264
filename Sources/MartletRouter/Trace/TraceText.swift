// The trace of a request as its trailer says it.
internal import MartletCore
internal import MartletWire

/// How much of a trace a request asks for.
enum TraceRequest {
  /// Fits into what clients take for trailers by default (8 KiB in gRPC's C core, the status included).
  case brief
  /// Fits into what this mesh takes (`Limits.maxHeaderListBytes`).
  case full

  init?(_ headers: borrowing HeaderBlock) {
    switch headers[.trace] {
    case nil, "0": return nil
    case "full": self = .full
    default: self = .brief
    }
  }

  /// What the trace may have beside other trailers, so that none of them is lost with it.
  func maxBytes(beside others: Int) -> Int {
    let (own, all) =
      switch self {
      case .brief: (6_000, 8_000)
      case .full: (28_000, 32_000)
      }
    return min(own, all - others)
  }
}

/// One JSON object in ASCII, without line breaks: `route`, `us` from the request's head to its answer's end; of a
/// request by plain HTTP `receive_us`, `decode_us` and by Connect `encode_us`, which are parts of that;
/// `nodes` in the order in which they were entered and, where they did not all fit, `more`. A node has
/// `kind`, `start_us`, `us` and `status`, and where there is one `path`, `name`, `parent` (an index into
/// `nodes`), `slot` (the element or branch), `took` (a case, a share), `deployment`, `replica`, `queue_us`,
/// `wire_us`, `execute_us`, `attempts`, `in_bytes` and `out_bytes`. A plain route has one node, without a
/// `path`. A call that may stream also has `first_us` from when it was sent to its first message, `stream_us`
/// from then to its end, `in_messages` and `out_messages`. Calls that a deployment's code made follow the node of the call that it answered, which is
/// their `parent`; the first node of each has the `method`.
struct TraceText {
  struct Node {
    var row: TraceRow
    /// An index into the nodes, of one before it.
    var parent: Int?
    var calls = CodeCalls()
  }

  let route: String
  let microseconds: Int64
  /// Of a request by plain HTTP.
  let web: WebTiming?
  private var nodes: [Node] = []
  /// Nodes that were added.
  var count: Int { nodes.count }
  private var omitted: Int

  /// Bytes of an empty trace, its numbers at their longest.
  private static let frameBytes = 100

  /// `omitted` nodes are not among those that are added.
  init(route: String, microseconds: Int64, web: WebTiming? = nil, omitted: Int = 0) {
    self.route = route
    self.microseconds = microseconds
    self.web = web
    self.omitted = omitted
  }

  mutating func add(_ node: Node) {
    nodes.append(node)
    omitted += node.calls.omitted
  }

  func ascii(maxBytes: Int) -> String {
    let name = TraceRow.quoted(route)
    let parts = web.map { ",\($0.row.members)" } ?? ""
    var choice = Choice(
      room: maxBytes - Self.frameBytes - name.utf8.count - parts.utf8.count, left: omitted)
    // The route's own come first: a call with much below it keeps none of them out.
    let own = nodes.map { choice.members(of: $0.row) }
    let calls = zip(nodes, own).map { choice.members(of: $0.calls, below: $1) }
    var rows: [String] = []
    var places: [Int?] = []
    for (index, node) in nodes.enumerated() {
      places.append(rows.add(own[index], below: node.parent.flatMap { places[$0] }))
      var below: [Int?] = []
      for (call, members) in zip(node.calls.rows, calls[index]) {
        let parent = call.parent.map { below[$0] } ?? places[index]
        below.append(rows.add(members, below: parent))
      }
    }
    let more = choice.left > 0 ? ",\"more\":\(choice.left)" : ""
    return "{\"route\":\(name),\"us\":\(microseconds)\(parts),"
      + "\"nodes\":[\(rows.joined(separator: ","))]\(more)}"
  }
}

extension WebTiming {
  fileprivate var row: TraceRow {
    var row = TraceRow()
    row.add("receive_us", received.microseconds(since: arrived))
    row.add("decode_us", decoded.microseconds(since: received))
    row.add("encode_us", encoding.map { $0.saturatedNanoseconds / 1_000 })
    return row
  }
}

/// Which rows have room.
private struct Choice {
  var room: Int
  /// Rows that had none.
  var left: Int

  /// Nil where there is no room.
  mutating func members(of row: TraceRow) -> String? {
    let members = row.members
    // With braces and a comma.
    let bytes = members.utf8.count + TraceRow.parentBytes + 3
    guard bytes < room else {
      left += 1
      return nil
    }
    room -= bytes
    return members
  }

  /// Of the calls below a row: those below one that had no room have none either.
  mutating func members(of calls: CodeCalls, below own: String?) -> [String?] {
    var all: [String?] = []
    for call in calls.rows {
      let isBelow = call.parent.map { all[$0] != nil } ?? (own != nil)
      if !isBelow { left += 1 }
      all.append(isBelow ? members(of: call.row) : nil)
    }
    return all
  }
}

extension [String] {
  /// Adds a row, if there is one, and says where it is.
  fileprivate mutating func add(_ members: String?, below parent: Int?) -> Int? {
    guard let members else { return nil }
    append("{\(members)\(parent.map { ",\"parent\":\($0)" } ?? "")}")
    return count - 1
  }
}
