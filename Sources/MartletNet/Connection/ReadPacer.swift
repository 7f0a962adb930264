// How much of a loop's time a connection gets whose client cancels much.

internal import Glibc
internal import MartletCore

/// Turns the CPU time that such a connection has taken into a pause before its next read, so that it gets a
/// quarter of the loop at most and other connections keep theirs. A client that cancels many calls once is slowed
/// down for a moment; one that goes on is ended by `Limits.Floods.resetPatience`.
struct ReadPacer: Equatable {
  /// The connection's part of the loop's time, as its inverse.
  static let share: Int64 = 4
  /// Timers are no finer.
  static let leastPause = Duration.milliseconds(1)
  /// A client must still be able to answer our pings.
  static let longestPause = Duration.milliseconds(100)
  /// A connection is looked at again after so many bytes of a read: room for some 60 cancelled calls.
  static let sliceBytes = 4 << 10

  /// Nanoseconds of CPU that no pause has made up for yet.
  private var owed: Int64 = 0

  /// The connection has taken `spent` of CPU while it was throttled. Returns how long not to read from it; nil for
  /// not at all. `hasMore`: bytes of it wait that were read already, which go on only after a pause.
  mutating func pause(after spent: Duration, hasMore: Bool) -> Duration? {
    owed += spent.saturatedNanoseconds
    let pause = Duration.nanoseconds(owed * (Self.share - 1))
    guard hasMore || pause >= Self.leastPause else { return nil }
    owed = 0
    return min(max(pause, Self.leastPause), Self.longestPause)
  }

  /// CPU time of this thread.
  static func cpuTime() -> Duration {
    var time = timespec()
    // It fails only for clocks that there are not.
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
