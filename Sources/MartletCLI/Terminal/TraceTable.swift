// The trace of a request, for people.

internal import MartletCore

/// What each node of a graph did, as a tree with columns.
struct TraceTable {
  let text: String

  /// Nil when the text is not the JSON of a trace (`TraceHeader.trace`).
  init?(json: String) {
    guard let trace = try? ConfigValue(json: json), let total = trace["us"]?.microseconds,
      case .array(let nodes)? = trace["nodes"]
    else { return nil }
    // Only calls that stream have these.
    let streams = nodes.contains { $0["first_us"] != nil }
    var table = Table(
      ["NODE", "TOOK", "REPLICA", "START", "TIME", "QUEUE"]
        + (streams ? ["FIRST", "STREAM"] : []) + [
          "WIRE", "EXECUTE", "TRIES", "IN", "OUT", "STATUS",
        ])
    var depths: [Int] = []
    for node in nodes {
      let depth = node["parent"]?.whole.map { depths.indices.contains($0) ? depths[$0] + 1 : 0 }
      depths.append(depth ?? 0)
      let indent = String(repeating: "  ", count: depth ?? 0)
      func time(_ key: String) -> String { node[key]?.microseconds ?? "" }
      table.rows.append(
        [
          indent + Self.title(of: node), node["took"]?.text ?? "",
          node["replica"]?.text ?? "", time("start_us"), time("us"), time("queue_us"),
        ] + (streams ? [time("first_us"), time("stream_us")] : []) + [
          time("wire_us"), time("execute_us"), node["attempts"]?.whole.map { "\($0)" } ?? "",
          Self.amount("in", of: node), Self.amount("out", of: node), node["status"]?.text ?? "",
        ])
    }
    let more = trace["more"]?.whole.map { "\n… and \($0) nodes more" } ?? ""
    text = "\(trace["route"]?.text ?? "") took \(total)\n\(table.text)\(more)"
  }

  /// Bytes, of a call that streams also how many messages they are.
  private static func amount(_ way: String, of node: ConfigValue) -> String {
    guard let bytes = node["\(way)_bytes"]?.whole else { return "" }
    return node["\(way)_messages"]?.whole.map { "\(bytes) B in \($0)" } ?? "\(bytes) B"
  }

  /// A node goes by its name, or by what it calls, or by its kind; with the element that it works on.
  private static func title(of node: ConfigValue) -> String {
    let kind = node["kind"]?.text ?? ""
    let title =
      node["name"]?.text ?? node["deployment"]?.text.map { "\(kind) \($0)" } ?? kind
    let slot = node["slot"]?.whole ?? 0
    return slot > 0 ? "\(title) [\(slot)]" : title
  }
}

extension ConfigValue {
  fileprivate var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  fileprivate var whole: Int? {
    if case .integer(let number) = self { Int(number) } else { nil }
  }

  fileprivate var microseconds: String? {
    whole.map { $0 < 10_000 ? "\($0) µs" : "\($0 / 1_000) ms" }
  }
}
