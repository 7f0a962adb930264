// Requests that replicas died of, until the controller is told.
internal import MartletCore
internal import MartletDispatch
internal import MartletWire

/// A request and the replicas that died while they had it.
struct DeadlyRequest: Sendable, Hashable {
  var app: String
  var deployment: String
  var name: RequestName
  var replicas: [UInt64]
}

/// What people know a request by.
struct RequestName: Sendable, Hashable {
  /// Such as `content.v1.Classifier/Classify`.
  var method: String
  /// `x-request-id`, or the trace id; empty where there is neither.
  var id: String

  /// Longer ids are cut: they go into the event log.
  private static let maxIDLength = 128

  /// By the head of a request: its path from one block, who it is from another.
  init(path: borrowing HeaderBlock, metadata: borrowing HeaderBlock) {
    method = String((path[.path] ?? "").drop { $0 == "/" })
    let own = metadata["x-request-id"] ?? Self.traceID(metadata) ?? ""
    id = String(own.prefix(Self.maxIDLength))
  }

  /// The second field of W3C's `traceparent`.
  private static func traceID(_ block: borrowing HeaderBlock) -> String? {
    guard let fields = block[.traceparent]?.split(separator: "-"), fields.count > 1 else {
      return nil
    }
    return String(fields[1])
  }
}

/// The last few of them; more than that say nothing new.
struct DeadlyRequests {
  private static let most = 64
  private var untold: [DeadlyRequest] = []

  mutating func add(_ request: DeadlyRequest) {
    if untold.count == Self.most { untold.removeFirst() }
    untold.append(request)
  }

  mutating func take() -> [DeadlyRequest] {
    defer { untold = [] }
    return untold
  }
}
