// How many calls of a deployment may be sent again after their replica died.
internal import MartletCore

/// A token bucket: calls pay in a fraction of a retry, time pays in a few, each retry takes one whole.
struct RetryBudget: Sendable, Hashable {
  /// Thousandths of a retry.
  private(set) var milliTokens: Int
  private let capacity: Int
  private let perCall: Int
  private let perSecond: Int
  private var refilledAt: Timestamp

  /// Starts full. `maxOngoing` is what one replica may have in hand when it dies.
  init(_ limits: DispatchLimits, maxOngoing: Int, now: Timestamp) {
    capacity = max(limits.minRetryReserve, 2 * maxOngoing) * 1000
    milliTokens = capacity
    perCall = limits.retryMilliTokensPerCall
    perSecond = limits.retriesPerSecond
    refilledAt = now
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
