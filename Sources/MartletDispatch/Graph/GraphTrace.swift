// What the nodes of one request did, for who asks.

package import MartletCore

/// The nodes that one run entered, in order, with their times and what became of each.
package struct GraphTrace: Sendable, Equatable {
  /// One time that a node ran.
  package struct Span: Sendable, Equatable {
    /// Where the node is in the graph, as errors say it.
    package var path: String
    package var name: String?
    /// The key of the node in the app file, such as `call`.
    package var kind: String
    /// Of a `call` and a `mirror`.
    package var deployment: String?
    /// What the node decided: the case or the share that it took.
    package var detail: String?
    /// The span of the node around it that waits for it; nil: none does.
    package var parent: Int?
    /// Which element or branch of that one it works on.
    package var slot: Int
    package var began: Timestamp
    /// Nil as long as it runs.
    package var ended: Timestamp?
    package var outcome: Outcome
    /// Of a call.
    package var leg: GraphLeg?
    /// Of a call that streams: which one it is in `GraphOrder.stream`.
    package var stream: Int?
    package var inputBytes: Int
    package var outputBytes: Int?
  }

  package enum Outcome: Sendable, Equatable {
    case running
    case answered
    /// Failed, and what is around it went on without it, or with another answer.
    case replaced
    case failed(RPCStatus.Code)
    /// Nobody waited for it any more: another one was faster, or failed, or the client went away. What is
    /// given up because its time is over has failed with DEADLINE_EXCEEDED.
    case cancelled
  }

  /// At most `limits.maxSpans`; further ones are counted.
  package private(set) var spans: [Span] = []
  package private(set) var omittedSpans = 0

  private let maxSpans: Int
  /// Spans that have not ended, by the place that they answer to.
  private var open: [Place: [Int]] = [:]
  /// The span of each frame's node.
  private var frameSpans: [Int: Int] = [:]
  /// The span of the node that was entered last; nil where it was not kept.
  private var current: Int?

  private struct Place: Sendable, Hashable {
    var frame: Int?
    var slot: Int

    init(_ back: GraphFrame.Return) {
      frame = back.frame
      slot = back.slot
    }
  }

  init(maxSpans: Int) {
    self.maxSpans = maxSpans
  }

  mutating func entered(
    _ node: GraphPlan.Node, _ input: GraphPayload, _ back: GraphFrame.Return, now: Timestamp
  ) {
    if case .streamed(let calls) = node.kind { return entered(calls, input, back, now: now) }
    var deployment: String?
    switch node.kind {
    case .call(let callee): deployment = callee.deployment
    case .mirror(let plan): deployment = plan.deployment
    default: break
    }
    let span = Span(
      path: node.path.description, name: node.name, kind: node.kind.key, deployment: deployment,
      detail: nil, parent: back.frame.flatMap { frameSpans[$0] }, slot: back.slot, began: now,
      ended: nil, outcome: .running, leg: nil, stream: nil, inputBytes: input.bytes.count,
      outputBytes: nil)
    if keep(span) { open[Place(back), default: []].append(spans.count - 1) }
  }

  /// The run ends, but these calls go on, and with them all that is around them.
  private mutating func entered(
    _ calls: [GraphPlan.StreamCall], _ input: GraphPayload, _ back: GraphFrame.Return,
    now: Timestamp
  ) {
    open = [:]
    for (index, call) in calls.enumerated() {
      _ = keep(
        Span(
          path: call.path.description, name: call.name, kind: "call",
          deployment: call.deployment, detail: nil,
          parent: back.frame.flatMap { frameSpans[$0] }, slot: back.slot, began: now, ended: nil,
          outcome: .running, leg: nil, stream: index,
          inputBytes: index == 0 ? input.bytes.count : 0, outputBytes: nil))
    }
  }

  /// False when there are too many already.
  private mutating func keep(_ span: Span) -> Bool {
    guard spans.count < maxSpans else {
      omittedSpans += 1
      current = nil
      return false
    }
    current = spans.count
    spans.append(span)
    return true
  }

  /// The node that was entered last waits in a frame.
  mutating func opened(_ frame: Int) {
    frameSpans[frame] = current
  }

  /// A node that waits in a frame has a second one for something below it.
  mutating func opened(_ frame: Int, beside other: Int) {
    frameSpans[frame] = frameSpans[other]
  }

  /// The node that was entered last made a call.
  mutating func called(_ leg: GraphLeg) {
    if let current { spans[current].leg = leg }
  }

  /// The node that was entered last, or the one of a frame, decided something.
  mutating func decided(_ detail: String, in frame: Int? = nil) {
    if let span = frame.map({ frameSpans[$0] }) ?? current { spans[span].detail = detail }
  }

  /// What answers to a place has ended.
  mutating func ended(
    _ back: GraphFrame.Return, _ outcome: Outcome, output: Int?, now: Timestamp
  ) {
    for span in open.removeValue(forKey: Place(back)) ?? [] {
      spans[span].ended = now
      spans[span].outcome = outcome
      spans[span].outputBytes = output
    }
  }

  /// What answers to these frames is given up, with this outcome; nil: all that runs.
  mutating func pruned(_ frames: Set<Int>?, _ outcome: Outcome, now: Timestamp) {
    for (place, indices) in open {
      if let frames, !(place.frame.map(frames.contains) ?? false) { continue }
      open[place] = nil
      for span in indices {
        spans[span].ended = now
        spans[span].outcome = outcome
      }
    }
  }
}

extension GraphPlan.Kind {
  /// The key of the app file.
  fileprivate var key: String {
    switch self {
    case .call, .streamed: "call"
    case .sequence: "sequence"
    case .switch: "switch"
    case .splitter: "splitter"
    case .forEach: "for_each"
    case .ensemble: "ensemble"
    case .fallback: "fallback"
    case .hedge: "hedge"
    case .loop(let plan): plan.kind.key
    case .mirror: "mirror"
    case .map: "map"
    case .subgraph: "route"
    case .return: "return"
    case .guarded: "on_error"
    case .retried: "retry"
    case .fromRequest: "data"
    }
  }
}
