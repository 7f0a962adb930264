// How soon logs have to be looked at again, so that none grows far beyond its limit.
internal import MartletCore

/// Looks often at logs that grow fast, and seldom at the others.
struct LogPace {
  /// The pause while no log is near its limit. A flood of 50 MB/s that begins right after a look has written
  /// 13 MB at the next one.
  static let longest = Duration.milliseconds(250)

  /// With many logs the pause is this long for each: looking at them takes a hundredth of a core.
  static let eachLog = Duration.microseconds(100)

  static let shortest = Duration.milliseconds(20)

  let limit: Int64
  private var sizes: [String: Int64] = [:]
  private var lookedAt: Timestamp?

  init(limit: Int64) {
    self.limit = limit
  }

  /// Logs have been looked at and are as long as this.
  ///
  /// - Returns: the pause before the next look.
  mutating func looked(_ found: [String: Int64], now: Timestamp) -> Duration {
    defer {
      sizes = found
      lookedAt = now
    }
    var pause = max(Self.longest, Self.eachLog * found.count)
    guard let lookedAt else { return pause }
    let seconds = now.duration(since: lookedAt) / .seconds(1)
    guard seconds > 0 else { return pause }
    for (path, size) in found {
      // One that was cut meanwhile has grown at least by what it has.
      let before = sizes[path].map { $0 <= size ? $0 : 0 } ?? 0
      let growth = Double(size - before) / seconds
      guard growth > 0, Double(limit - size) / growth < pause / .seconds(1) else { continue }
      pause = .seconds(Double(limit - size) / growth)
    }
    return max(Self.shortest, pause)
  }
}
