// What nodes did of late, as people and programs read it.

internal import MartletCore
internal import MartletDispatch
internal import MartletRPC

/// What is known of a node depends on what it does.
enum NodeRole {
  /// Its requests have times.
  case call
  /// The same, and some are not sent.
  case mirror
  /// It takes one of several ways.
  case choice
  case other

  init(_ kind: GraphNode.Kind, in app: AppSpec) {
    switch kind {
    case .call: self = .call
    case .mirror: self = .mirror
    case .switch, .splitter, .fallback: self = .choice
    case .route(let method):
      switch app.route(of: method)?.target {
      case .method, .service: self = .call
      case .graph, nil: self = .other
      }
    case .sequence, .forEach, .ensemble, .hedge, .loop, .map, .return: self = .other
    }
  }
}

/// What the routers counted at one place of an app file.
struct NodeCounts {
  private var answered = LatencyHistogram()
  private var failures: UInt64
  private var dropped: UInt64
  private(set) var entered: UInt64
  private(set) var taken: UInt64
  private let seconds: Double

  init(_ node: Martlet_Control_V1_NodeFigures, over seconds: Double) {
    for (bucket, count) in node.buckets.enumerated() { answered.add(count, toBucket: bucket) }
    (failures, dropped, entered, taken) = (node.failures, node.dropped, node.entered, node.taken)
    self.seconds = seconds
  }

  func adding(_ other: NodeCounts) -> NodeCounts {
    var sum = self
    sum.answered.add(other.answered)
    sum.failures += other.failures
    sum.dropped += other.dropped
    sum.entered += other.entered
    sum.taken += other.taken
    return sum
  }

  /// Nil when nothing ran.
  func rates(of role: NodeRole) -> NodeRates? {
    let sent = answered.count + failures
    switch role {
    case .call, .mirror:
      guard sent + dropped > 0 else { return nil }
      return rates(
        of: sent, dropShare: role == .mirror ? Double(dropped) / Double(sent + dropped) : nil)
    case .choice, .other:
      return entered > 0 ? rates(of: entered, isTimed: answered.count > 0) : nil
    }
  }

  private func rates(
    of requests: UInt64, isTimed: Bool = true, dropShare: Double? = nil
  ) -> NodeRates {
    NodeRates(
      perSecond: Double(requests) / seconds, isTimed: isTimed, p50: answered.quantile(0.5),
      p99: answered.quantile(0.99),
      errorShare: requests > 0 ? min(1, Double(failures) / Double(requests)) : 0,
      dropShare: dropShare)
  }
}

/// How often something ran of late, and how long it took.
struct NodeRates {
  let perSecond: Double
  /// Whether it is known how long answers took.
  let isTimed: Bool
  let p50: Duration?
  let p99: Duration?
  /// 0 to 1.
  let errorShare: Double
  /// 0 to 1, of what a mirror was to send; nil: it is none.
  let dropShare: Double?

  /// `12.5/s  p50 310 µs  p99 1.2 ms  errors 0 %`
  var cells: [String] {
    var cells = [
      "\(perSecond.rounded(to: perSecond < 10 ? 2 : 0))/s", isTimed ? "p50 \(Self.text(p50))" : "",
      isTimed ? "p99 \(Self.text(p99))" : "", "errors \(errorShare.percent)",
    ]
    if let dropShare { cells.append("dropped \(dropShare.percent)") }
    return cells
  }

  private static func text(_ duration: Duration?) -> String {
    guard let duration else { return "–" }
    let microseconds = Double(duration.saturatedNanoseconds) / 1_000
    switch microseconds {
    case ..<1_000: return "\(Int(microseconds.rounded())) µs"
    case ..<100_000: return "\((microseconds / 1_000).rounded(to: 1)) ms"
    case ..<1_000_000: return "\(Int((microseconds / 1_000).rounded())) ms"
    default: return "\((microseconds / 1_000_000).rounded(to: 1)) s"
    }
  }
}

extension Double {
  /// A share of 1, such as `12.5 %`.
  var percent: String { "\((self * 100).rounded(to: 1)) %" }

  /// Decimal text with so many places at most.
  fileprivate func rounded(to places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
    let value = (self * scale).rounded() / scale
    return value == value.rounded() ? "\(Int(value))" : "\(value)"
  }
}
