// What a running graph remembers of the nodes that it is in.

internal import MartletCore

/// A message and who is to blame when it is malformed.
struct GraphPayload: Sendable, Equatable {
  var bytes: [UInt8]
  /// The node whose call answered it; nil for what the client or the app file said.
  var origin: Int?
  /// The legs whose answers it is made of, in the order of the graph: of those only that said more than a message.
  var sources: [GraphLeg] = []

  static let nothing = GraphPayload(bytes: [], origin: nil)
}

/// A node that waits for something below it.
struct GraphFrame: Sendable {
  let node: Int
  /// Where its answer goes.
  let back: Return
  /// What came in, where the node may need it again.
  var input: GraphPayload
  var deadline: Deadline?
  var state: State

  /// The frame below it that was opened last; from there `sibling` leads to those before it. Frames stay in
  /// this list when they are left.
  var lastChild: Int?
  var sibling: Int?

  /// Where a message goes: a slot of a frame, or out of the graph.
  struct Return: Sendable {
    /// Index of the frame; nil at the root.
    var frame: Int?
    var slot = 0

    static let answer = Return(frame: nil)
  }

  enum State: Sendable {
    case sequence(next: Int)
    case gather(Gathering)
    /// A node with a time or an `on_error`, or a branch of a fallback with its share of the time.
    case waiting
    case fallback(next: Int)
    case hedge(Hedging)
    /// How often a node has failed that may be run again.
    case retry(failures: Int)
    case loop(rounds: Int)
    /// The frame was left; what still comes back to it is ignored.
    case closed
  }

  /// The children of a `for_each` or an ensemble.
  struct Gathering: Sendable {
    var answers: [GraphPayload?]
    /// Elements of a `for_each` that wait for others, the next one last.
    var pending: [[UInt8]] = []
    /// Children that have neither answered nor failed.
    var missing: Int
    /// Answers that are waited for; nil: all.
    var quorum: Int?
    var good = 0
    /// Bytes of all answers.
    var bytes = 0
    private(set) var lastFailure: RPCStatus?
    /// What all failures say that there were; nil: they say different things, or there was none.
    private(set) var sharedCode: RPCStatus.Code?

    mutating func failed(_ status: RPCStatus) {
      sharedCode = lastFailure == nil || sharedCode == status.code ? status.code : nil
      lastFailure = status
    }
  }

  struct Hedging: Sendable {
    /// When the first copy began.
    let since: Timestamp
    var begun = 1
    var running = 1

    init(since: Timestamp) {
      self.since = since
    }
  }

  var isOpen: Bool {
    if case .closed = state { false } else { true }
  }
}

/// A status that ends a node.
struct GraphFailure: Error {
  var status: RPCStatus
}
