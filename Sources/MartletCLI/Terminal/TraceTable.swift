// The trace of a request, for people.

internal import MartletCore

/// What each node of a graph and each call of code did, as a tree with columns.
struct TraceTable {
  let text: String

  /// Nil when the text is not the JSON of a trace (`TraceHeader.trace`).
  init?(json: String) {
    guard let trace = try? ConfigValue(json: json), let total = trace["us"]?.microseconds,
      case .array(let nodes)? = trace["nodes"]
    else { return nil }
    let columns = Self.columns.filter { column in
      column.isAlwaysThere || nodes.contains { !column.cell($0).isEmpty }
    }
    var table = Table(["NODE"] + columns.map(\.title))
    var depths: [Int] = []
    for node in nodes {
      let depth = node["parent"]?.whole.map { depths.indices.contains($0) ? depths[$0] + 1 : 0 }
      depths.append(depth ?? 0)
      let indent = String(repeating: "  ", count: depth ?? 0)
      table.rows.append([indent + Self.title(of: node)] + columns.map { $0.cell(node) })
    }
    let more = trace["more"]?.whole.map { "\n… and \($0) nodes more" } ?? ""
    let whole = "\(trace["route"]?.text ?? "") took \(total)\(Self.parts(of: trace))"
    text = "\(whole)\n\(table.text)\(more)"
  }

  /// What a request by plain HTTP took beside its nodes.
  private static func parts(of trace: ConfigValue) -> String {
    let names = [("receiving", "receive_us"), ("decoding", "decode_us"), ("encoding", "encode_us")]
    let parts = names.compactMap { name, key in trace[key]?.microseconds.map { "\(name) \($0)" } }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }

  private struct Column {
    let title: String
    var isAlwaysThere = true
    let cell: (ConfigValue) -> String
  }

  private static var columns: [Column] {
    [
      Column(title: "TOOK") { $0["took"]?.text ?? "" },
      Column(title: "REPLICA") { $0["replica"]?.text ?? "" },
      time("START", "start_us"), time("TIME", "us"), time("QUEUE", "queue_us"),
      time("WIRE", "wire_us"), time("EXECUTE", "execute_us"),
      Column(title: "FIRST", isAlwaysThere: false) { $0["first_us"]?.microseconds ?? "" },
      Column(title: "STREAM", isAlwaysThere: false) { $0["stream_us"]?.microseconds ?? "" },
      Column(title: "TRIES") { $0["attempts"]?.whole.map { "\($0)" } ?? "" },
      Column(title: "IN") { size($0, "in") }, Column(title: "OUT") { size($0, "out") },
      Column(title: "STATUS") { $0["status"]?.text ?? "" },
    ]
  }

  private static func time(_ title: String, _ key: String) -> Column {
    Column(title: title) { $0[key]?.microseconds ?? "" }
  }

  /// Bytes, and of streams in how many messages.
  private static func size(_ node: ConfigValue, _ way: String) -> String {
    guard let bytes = node["\(way)_bytes"]?.whole else { return "" }
    return "\(bytes) B" + (node["\(way)_messages"]?.whole.map { " in \($0)" } ?? "")
  }

  /// A node goes by its name, or by what it calls, or by its kind, where code called a route's with that; and
  /// with the element that it works on.
  private static func title(of node: ConfigValue) -> String {
    let kind = node["kind"]?.text ?? ""
    let title =
      node["name"]?.text ?? (node["deployment"] ?? node["method"])?.text.map { "\(kind) \($0)" }
      ?? kind
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
