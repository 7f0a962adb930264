// How often replicas of one deployment may be replaced because calls hang in them.

package import MartletCore

/// The pause between two replacements of one deployment. A replica that hangs is replaced at once. When one after
/// the other hangs it may not be their fault: what they all wait for is down, or callers give up too early. Then new
/// ones would only cost the calls that the old ones still finish, so the pauses grow.
package struct HangPause: Sendable, Equatable {
  package struct Limits: Sendable, Hashable {
    /// The pause after the first replacement; each further one doubles it.
    package var first = Duration.seconds(10)

    package var longest = Duration.seconds(600)

    package init() {}
  }

  private let limits: Limits
  private var pause: Duration
  /// No replacement before this moment; nil when there was none.
  package private(set) var until: Timestamp?

  package init(_ limits: Limits = Limits()) {
    self.limits = limits
    pause = limits.first
  }

  package func mayReplace(now: Timestamp) -> Bool {
    until.map { $0 <= now } ?? true
  }

  /// A replica is replaced. After as long as the longest pause without one, the pauses begin anew.
  package mutating func replaced(now: Timestamp) {
    if let until, until + limits.longest <= now { pause = limits.first }
    until = now + pause
    pause = min(pause * 2, limits.longest)
  }
}
