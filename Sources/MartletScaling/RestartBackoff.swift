// How long to wait before a replica that died is replaced.

package import MartletCore

/// The restart back-off of one deployment. The first replacement comes at once: most deaths are
/// accidents and a gap costs requests. A program that dies again and again before it is ever ready
/// (a crash loop) is tried ever less often; one that dies soon after it was ready is slowed down
/// only a little, since it does serve.
package struct RestartBackoff: Sendable, Equatable {
  package struct Limits: Sendable, Hashable {
    /// The wait after the second start in a row that failed; each further one doubles it.
    package var firstDelay = Duration.milliseconds(100)

    /// The longest wait between starts of a program that never gets ready.
    package var longestStartDelay = Duration.seconds(10)

    /// The wait after a death soon after ready, once `freeDeaths` are used up. A quarter of a second is
    /// the longest gap that still counts as healed.
    package var deathDelay = Duration.milliseconds(200)

    /// Deaths soon after ready that are replaced at once. A person who kills every replica of a
    /// deployment of usual size should not meet the back-off.
    package var freeDeaths = 16

    /// A replica that was ready for this long has proved itself.
    package var provenAfter = Duration.seconds(5)

    package init() {}
  }

  /// Starts in a row that ended before the replica was ready.
  package private(set) var failedStarts = 0

  /// No start before this moment; nil when a start may happen now.
  package private(set) var blockedUntil: Timestamp?

  private var quickDeaths = 0
  private let limits: Limits

  package init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  /// A replica ended before it was ready.
  package mutating func startFailed(now: Timestamp) {
    failedStarts += 1
    guard failedStarts > 1 else { return }
    // 2^20 × 100 ms is far above every sensible longest delay; more would overflow.
    let doubled = limits.firstDelay * (1 << min(failedStarts - 2, 20))
    blockedUntil = now + min(doubled, limits.longestStartDelay)
  }

  /// A replica answered that it is ready.
  package mutating func becameReady() {
    failedStarts = 0
    blockedUntil = nil
  }

  /// A replica that had been ready for `uptime` ended unasked.
  package mutating func died(uptime: Duration, now: Timestamp) {
    guard uptime < limits.provenAfter else {
      quickDeaths = 0
      return
    }
    quickDeaths += 1
    if quickDeaths > limits.freeDeaths { blockedUntil = now + limits.deathDelay }
  }

  /// So many of the last deaths were not the program's doing. Starts that failed stay counted.
  package mutating func forgive(_ deaths: Int) {
    quickDeaths = max(0, quickDeaths - deaths)
    if failedStarts == 0, quickDeaths <= limits.freeDeaths { blockedUntil = nil }
  }

  /// Whether a replica may be started now.
  package func maySpawn(now: Timestamp) -> Bool {
    guard let blockedUntil else { return true }
    return blockedUntil <= now
  }
}
