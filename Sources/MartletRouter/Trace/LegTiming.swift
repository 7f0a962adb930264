// Where the time of one call to a deployment went.
internal import MartletCore
internal import MartletWire

/// The moments of a call whose request asked for its trace, and what the replica said of it.
struct LegTiming {
  private(set) var sentAt: Timestamp?
  private(set) var replica: ReplicaID?
  private(set) var attempts = 0
  var told: ReplicaWord?

  mutating func sent(to replica: ReplicaID, now: Timestamp) {
    attempts += 1
    sentAt = now
    self.replica = replica
  }

  /// What a call that took from `began` to `end` consists of.
  func parts(from began: Timestamp, to end: Timestamp) -> Parts {
    let sent = sentAt ?? end
    let answered = end.microseconds(since: sent)
    let executed = told?.executionTime.map { max(0, min($0, answered)) }
    return Parts(
      queue: sent.microseconds(since: began), wire: answered - (executed ?? 0), execute: executed)
  }

  /// In microseconds. They are the whole.
  struct Parts {
    /// Until the last attempt was sent.
    let queue: Int64
    /// To the replica and back, and what is not known to be its handler's.
    let wire: Int64
    /// What the handler took; nil where the replica does not say so.
    let execute: Int64?

    /// When the handler began, as far as a router can tell: both ways are taken to be equally long.
    var handlerStart: Int64 { execute == nil ? queue : queue + wire / 2 }
    var handlerTime: Int64 { execute ?? wire }
  }
}

/// What the trailers of a replica say of a call whose trace was asked for.
struct ReplicaWord {
  /// In microseconds.
  let executionTime: Int64?
  /// The trace of each call that its code made, as JSON.
  private(set) var calls: [String] = []
  private(set) var omittedCalls = 0

  init(_ trailers: borrowing HeaderBlock) {
    executionTime = trailers[TraceHeader.executionTime].flatMap { Int64($0) }
    guard trailers.contains(.trace) else { return }
    for index in 0..<trailers.count where trailers.name(at: index) == .trace {
      calls.append(trailers.withField(at: index) { String(decoding: $1, as: UTF8.self) })
    }
  }

  mutating func dropCalls() {
    omittedCalls += calls.count
    calls = []
  }
}

/// The timing of each leg of a graph.
struct LegTimings {
  private var timings: [Int: LegTiming] = [:]

  /// Bytes of calls that code made.
  private var bytes = 0
  /// A leg's trailers have half of that at most (`Limits.maxHeaderListBytes`), and all that a trace tells is
  /// less; legs beyond it say only how many calls they made.
  private static let maxBytes = 64 << 10

  subscript(leg: Int) -> LegTiming? {
    get { timings[leg] }
    set {
      var timing = newValue
      let added = timing?.told?.calls.reduce(0) { $0 + $1.utf8.count } ?? 0
      if bytes + added > Self.maxBytes { timing?.told?.dropCalls() } else { bytes += added }
      timings[leg] = timing
    }
  }
}

extension Timestamp {
  func microseconds(since earlier: Timestamp) -> Int64 {
    duration(since: earlier).saturatedNanoseconds / 1_000
  }
}
