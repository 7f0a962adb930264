// When a call must be over, on the clock of the process that holds it.

/// The moment after which nobody waits for a call's answer any more. On the wire it travels as
/// `grpc-timeout`, the time that is left (gRPC over HTTP/2, "Requests").
public struct Deadline: Sendable, Hashable, Comparable {
  public var time: Timestamp

  public init(_ time: Timestamp) {
    self.time = time
  }

  /// What is left at `now`; zero, never negative, once the deadline has passed.
  public func remaining(at now: Timestamp) -> Duration {
    max(.zero, time.duration(since: now))
  }

  public func hasPassed(at now: Timestamp) -> Bool {
    time <= now
  }

  public static func < (lhs: Deadline, rhs: Deadline) -> Bool {
    lhs.time < rhs.time
  }

  /// The earlier of two optional deadlines; nil when there is neither.
  public static func earliest(_ first: Deadline?, _ second: Deadline?) -> Deadline? {
    guard let first else { return second }
    guard let second else { return first }
    return min(first, second)
  }
}
