// How long to wait before the next attempt to connect.

/// Pauses that double from `first` to `most`, each cut by a random share so that clients that lost
/// the same server do not return in step.
package struct Backoff: Sendable {
  /// The pause after the first failure. Servers here are processes on the same machine, which are back
  /// within milliseconds.
  package var first: Duration

  /// The longest pause.
  package var most: Duration

  /// The share of a pause that chance may take away, 0 to 1.
  package var jitter: Double

  /// A random number in 0..<1.
  package var random: @Sendable () -> Double

  package init(
    first: Duration = .milliseconds(5), most: Duration = .seconds(1), jitter: Double = 0.3,
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.first = first
    self.most = most
    self.jitter = jitter
    self.random = random
  }

  /// The pause after `failures` attempts in a row have failed, at least one.
  package func pause(afterFailures failures: Int) -> Duration {
    let doublings = min(max(failures, 1) - 1, 30)
    let full = min(most, first * (1 << doublings))
    return full * (1 - jitter * random())
  }
}
