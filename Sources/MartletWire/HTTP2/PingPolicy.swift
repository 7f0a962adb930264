// How often a client may ping (gRFC A9).

internal import MartletCore

/// Counts pings that come too soon. One that follows an answer is never too soon: clients measure the
/// connection's bandwidth with them.
struct PingPolicy: ~Copyable {
  enum Verdict: Equatable {
    case fine
    /// The connection is to end with `too_many_pings`.
    case tooMany
  }

  private enum State {
    /// No ping has come yet. Exits: `pinged`.
    case quiet
    /// The last ping came at a time, when so many frames of answers had been sent; so many pings in a
    /// row had come too soon. Exits: none.
    case pinged(at: Timestamp, framesSent: Int, strikes: Int)
  }

  private var state = State.quiet
  private let interval: Duration
  private let idleInterval: Duration
  private let maxStrikes: Int

  init(_ limits: Limits.Keepalive) {
    interval = Self.allowed(limits.leastPingInterval)
    idleInterval = Self.allowed(
      limits.allowsPingsWithoutCalls ? limits.leastPingInterval : limits.leastIdlePingInterval)
    maxStrikes = limits.maxPingStrikes
  }

  /// A client that pings exactly once in `interval` is not late or early by its own doing: timers and networks are
  /// not exact, and such pings would add up.
  private static func allowed(_ interval: Duration) -> Duration {
    interval - min(interval / 20, .milliseconds(500))
  }

  /// `framesSent`: HEADERS and DATA, since the beginning.
  mutating func pingReceived(now: Timestamp, hasCalls: Bool, framesSent: Int) -> Verdict {
    switch state {
    case .quiet:
      state = .pinged(at: now, framesSent: framesSent, strikes: 0)
      return .fine
    case .pinged(let last, let framesBefore, var strikes):
      if framesSent != framesBefore {
        strikes = 0
      } else if now.duration(since: last) < (hasCalls ? interval : idleInterval) {
        strikes += 1
      }
      state = .pinged(at: now, framesSent: framesSent, strikes: strikes)
      return strikes > maxStrikes ? .tooMany : .fine
    }
  }
}
