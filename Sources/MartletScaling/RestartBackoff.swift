// How long to wait before a replica that died is replaced.

package import MartletCore

/// The restart back-off of one deployment. The first replacement comes at once: most deaths are
/// accidents and a gap costs requests. A program that dies again and again before it is ever ready
/// (a crash loop) is tried ever less often; one that dies soon after it was ready is slowed down
/// only a little, since it does serve. One that dies a moment after it was ready, again and again, counts as one
/// that never got ready.
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

    /// A replica that ends by itself within this time after it was ready counts as a failed start. Longer
    /// than programs take that fail right after they have opened their port, shorter than first calls take to
    /// find a mistake in a handler.
    package var earlyDeath = Duration.seconds(1)

    package init() {}
  }

  /// Starts in a row that ended before the replica was ready.
  package private(set) var failedStarts = 0

  /// Replicas in a row that ended by themselves too soon after they were ready.
  package private(set) var earlyDeaths = 0

  /// Failures in a row that speak against the program.
  package var failures: Int { failedStarts + earlyDeaths }

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
    delayStart(now: now)
  }

  /// A replica ended by itself too soon after it was ready.
  package mutating func diedEarly(now: Timestamp) {
    earlyDeaths += 1
    delayStart(now: now)
  }

  private mutating func delayStart(now: Timestamp) {
    guard failures > 1 else { return }
    // 2^20 × 100 ms is far above every sensible longest delay; more would overflow.
    let doubled = limits.firstDelay * (1 << min(failures - 2, 20))
    blockedUntil = now + min(doubled, limits.longestStartDelay)
  }

  /// A replica answered that it is ready. After early deaths that says little.
  package mutating func becameReady() {
    failedStarts = 0
    if earlyDeaths == 0 { blockedUntil = nil }
  }

  /// A replica has been ready for as long as `provingTime` asks.
  package mutating func proved() {
    failedStarts = 0
    earlyDeaths = 0
    blockedUntil = nil
  }

  /// How long a replica has to be ready to count. Once one has died early, the next one has to prove more.
  ///
  /// - Parameter least: the time without early deaths.
  package func provingTime(_ least: Duration) -> Duration {
    earlyDeaths == 0 ? least : max(least, limits.provenAfter)
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
    earlyDeaths = max(0, earlyDeaths - deaths)
    if failures == 0, quickDeaths <= limits.freeDeaths { blockedUntil = nil }
  }

  /// Whether a replica may be started now.
  package func maySpawn(now: Timestamp) -> Bool {
    guard let blockedUntil else { return true }
    return blockedUntil <= now
  }
}
