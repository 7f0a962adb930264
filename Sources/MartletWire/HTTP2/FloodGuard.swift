// Counts the frames that are cheap to send and dear to get.

internal import MartletCore

/// What `Limits.Floods` counts.
enum FloodKind: Int, CaseIterable {
  case reset, provokedReset, ping, settings, emptyData, windowUpdate, inert
}

/// A bucket of tokens for each kind. One that is full costs nothing: time is only looked at when tokens
/// are missing.
@safe struct FloodGuard {
  private static let second = 1_000_000_000.0

  private let limits: Limits.Floods
  private var left: [Double]
  private var isTouched = false
  private var filledAt = Timestamp.zero
  private var framesSent = 0

  init(_ limits: Limits.Floods) {
    self.limits = limits
    left = FloodKind.allCases.map { Double(Self.allowance(of: $0, limits).burst) }
  }

  /// Takes a token; false when there is none left.
  mutating func spend(_ kind: FloodKind) -> Bool {
    isTouched = true
    left[kind.rawValue] -= 1
    return left[kind.rawValue] >= 0
  }

  /// Takes a token for a reset, or for a stream that is refused because of them; false when the client's debt is
  /// more than there is patience for.
  mutating func spendReset() -> Bool {
    spend(.reset) || left[FloodKind.reset.rawValue] >= -Double(limits.resetPatience)
  }

  /// Whether new streams are refused, because too many were reset.
  var refusesStreams: Bool { left[FloodKind.reset.rawValue] < 0 }

  /// Whether a quarter is spent of the allowance of resets, or of those that the client made us send.
  var isResetOften: Bool {
    isTouched && (isQuarterSpent(.reset) || isQuarterSpent(.provokedReset))
  }

  private func isQuarterSpent(_ kind: FloodKind) -> Bool {
    left[kind.rawValue] < Double(Self.allowance(of: kind, limits).burst) * 3 / 4
  }

  /// Fills the buckets by the time that has passed and the frames that have been sent since the
  /// beginning.
  @inline(__always)
  mutating func refill(_ now: Timestamp, framesSent: Int) {
    guard isTouched else {
      filledAt = now
      self.framesSent = framesSent
      return
    }
    fill(now, framesSent)
  }

  private mutating func fill(_ now: Timestamp, _ framesSent: Int) {
    let seconds = Double(now.nanoseconds - filledAt.nanoseconds) / Self.second
    let frames = Double(framesSent - self.framesSent)
    filledAt = now
    self.framesSent = framesSent
    isTouched = false
    for kind in FloodKind.allCases {
      let allowance = Self.allowance(of: kind, limits)
      let gain =
        seconds * Double(allowance.perSecond) + frames * Double(allowance.perFrameSent)
      left[kind.rawValue] = min(left[kind.rawValue] + gain, Double(allowance.burst))
      if left[kind.rawValue] < Double(allowance.burst) { isTouched = true }
    }
  }

  private static func allowance(
    of kind: FloodKind, _ limits: Limits.Floods
  ) -> Limits.Floods.Allowance {
    switch kind {
    case .reset: limits.resets
    case .provokedReset: limits.provokedResets
    case .ping: limits.pings
    case .settings: limits.settings
    case .emptyData: limits.emptyData
    case .windowUpdate: limits.windowUpdates
    case .inert: limits.inert
    }
  }
}
