// How many calls of a deployment may be sent again after their replica died.
internal import MartletCore

/// A token bucket: calls pay in a fraction of a retry, time pays in a few, each retry takes one whole.
struct RetryBudget: Sendable, Hashable {
  /// Thousandths of a retry.
  private(set) var milliTokens: Int
  private var capacity: Int
  private let perCall: Int
  private let perSecond: Int
  private var refilledAt: Timestamp

  /// Starts full. `maxOngoing` is what one replica may have in hand when it dies.
  init(_ limits: DispatchLimits, maxOngoing: Int, now: Timestamp) {
    capacity = Self.capacity(limits, maxOngoing: maxOngoing)
    milliTokens = capacity
    perCall = limits.retryMilliTokensPerCall
    perSecond = limits.retriesPerSecond
    refilledAt = now
  }

  /// One replica may have another number of calls in hand from now on.
  mutating func resize(_ limits: DispatchLimits, maxOngoing: Int) {
    capacity = Self.capacity(limits, maxOngoing: maxOngoing)
    milliTokens = min(milliTokens, capacity)
  }

  private static func capacity(_ limits: DispatchLimits, maxOngoing: Int) -> Int {
    max(limits.minRetryReserve, 2 * maxOngoing) * 1000
  }

  mutating func callArrived() {
    milliTokens = min(capacity, milliTokens + perCall)
  }

  /// Takes one retry; false when the budget is spent.
  mutating func take(now: Timestamp) -> Bool {
    // A thousandth of a retry every millisecond for each retry a second; the rest of the time is kept.
    let elapsed = max(0, now.nanoseconds - refilledAt.nanoseconds) / 1_000_000
    milliTokens = min(capacity, milliTokens + Int(min(elapsed, 1_000_000)) * perSecond)
    refilledAt = Timestamp(nanoseconds: refilledAt.nanoseconds + elapsed * 1_000_000)
    guard milliTokens >= 1000 else { return false }
    milliTokens -= 1000
    return true
  }
}
