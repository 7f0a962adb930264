// The load of the time that just went by: its mean over any window, and how long it stays.

package import MartletCore

/// The load of a deployment over time, as sums from which the mean of any window follows.
///
/// Kept as rings of 16 points each, one ring for each doubling of the window: a window is cut at an
/// eighth of its length or better, and the memory depends on the longest window alone (5 KB for two
/// minutes).
package struct LoadHistory: Sendable, Equatable {
  private static let points: Int64 = 16
  /// Distance of the finest points, in nanoseconds; routers report 10 ms apart at the soonest.
  private static let finest: Int64 = 10_000_000
  /// Rings at most; the last of so many spans days.
  private static let mostLevels = 26
  /// Over about how many seconds `persistence` is estimated.
  private static let memory = 30.0

  /// What a window shows.
  package struct Mean: Sendable, Equatable {
    /// The mean of all that was in hand, and how much single moments differ.
    package var load: Double
    package var variance: Double
    /// The mean of what was at replicas.
    package var running: Double
    /// How much more is in hand at the window's end than at its start.
    package var growth: Double
  }

  /// Sums from the start to a point in time, and the load there.
  private struct Point: Sendable, Equatable {
    var load = 0.0
    var square = 0.0
    var running = 0.0
    var now = 0.0
  }

  /// What is in hand, and how much of it is at replicas.
  package private(set) var load: Double
  private var running: Double
  /// The last moment at which the load changed.
  package private(set) var changed: Timestamp
  private var time: Timestamp
  private var sums = Point()
  /// Ring after ring, the finest first.
  private var rings: [Point]
  private let levels: Int
  /// Sums over about the last `memory` seconds, for `persistence`.
  private var recentRunning = 0.0
  private var recentMoves = 0.0

  /// - Parameters:
  ///   - load: what has been in hand for ever, all of it at replicas.
  ///   - longest: the longest window that will be asked for.
  package init(load: Double, longest: Duration, now: Timestamp) {
    self.load = load
    running = load
    time = now
    changed = now
    var levels = 1
    while Self.span(of: levels - 1) < longest.saturatedNanoseconds, levels < Self.mostLevels {
      levels += 1
    }
    self.levels = levels
    rings = [Point](repeating: Point(), count: levels * Int(Self.points))
    for level in 0..<levels {
      let spacing = Self.spacing(of: level)
      let last = Self.floor(now.nanoseconds, spacing)
      for index in (last - Self.points + 1)...last {
        let ago = Double(index * spacing - now.nanoseconds) / 1e9
        rings[Self.slot(level, index)] = sums(after: ago)
      }
    }
  }

  /// `load` is in hand now, and `running` of it at replicas.
  package mutating func changed(to load: Int, running: Int, now: Timestamp) {
    advance(to: now)
    let runs = running > 0 || self.running > 0
    self.running = Double(running)
    guard Double(load) != self.load else { return }
    let step = (Double(load) - self.load).magnitude
    // Chance alone moves a count by about its root; what moves it further is one event, not many.
    if runs { recentMoves += step <= 2 + 2 * self.load.squareRoot() ? step * step : step }
    self.load = Double(load)
    changed = now
  }

  /// What `[now - window, now]` shows. Call `advance(to:)` before.
  package func mean(over window: Duration) -> Mean {
    let length = max(window.saturatedNanoseconds, Self.finest)
    let from = time.nanoseconds - length
    if changed.nanoseconds <= from {
      return Mean(load: load, variance: 0, running: running, growth: 0)
    }
    guard let level = (0..<levels).first(where: { Self.span(of: $0) >= length }) else {
      return mean(over: .nanoseconds(Self.span(of: levels - 1)))
    }
    let spacing = Self.spacing(of: level)
    let index = Self.floor(from, spacing)
    let low = rings[Self.slot(level, index)]
    // The next point may lie ahead of now: the sums of now stand in for it.
    let isAhead = (index + 1) * spacing > time.nanoseconds
    let high = isAhead ? sums : rings[Self.slot(level, index + 1)]
    let end = isAhead ? time.nanoseconds : (index + 1) * spacing
    let share = Double(from - index * spacing) / Double(max(1, end - index * spacing))
    let seconds = Double(length) / 1e9
    let load = (sums.load - low.load - (high.load - low.load) * share) / seconds
    let square = (sums.square - low.square - (high.square - low.square) * share) / seconds
    let running = (sums.running - low.running - (high.running - low.running) * share) / seconds
    return Mean(
      load: max(0, load), variance: max(0, square - load * load), running: max(0, running),
      growth: self.load - low.now)
  }

  /// Lets time pass with the load as it is.
  package mutating func advance(to now: Timestamp) {
    guard now > time else { return }
    let elapsed = Double(now.nanoseconds - time.nanoseconds) / 1e9
    for level in 0..<levels {
      let spacing = Self.spacing(of: level)
      let last = Self.floor(now.nanoseconds, spacing)
      var index = max(Self.floor(time.nanoseconds, spacing) + 1, last - Self.points + 1)
      while index <= last {
        let after = Double(index * spacing - time.nanoseconds) / 1e9
        rings[Self.slot(level, index)] = sums(after: after)
        index += 1
      }
    }
    sums = sums(after: elapsed)
    let kept = 1 / (1 + elapsed / Self.memory)
    recentRunning = (recentRunning + running * elapsed) * kept
    recentMoves *= kept
    time = now
  }

  /// For how many seconds a deviation of the load lasts: about the time that one call takes, since
  /// every call moves the count once as it comes and once as it goes. Nil when nothing has moved yet.
  package var persistence: Double? {
    recentMoves > 0 && recentRunning > 0 ? 2 * recentRunning / recentMoves : nil
  }

  private func sums(after seconds: Double) -> Point {
    Point(
      load: sums.load + load * seconds, square: sums.square + load * load * seconds,
      running: sums.running + running * seconds, now: load)
  }

  private static func spacing(of level: Int) -> Int64 { finest << Int64(level) }

  /// The longest window that a ring answers.
  private static func span(of level: Int) -> Int64 { spacing(of: level) * (points - 1) }

  private static func slot(_ level: Int, _ index: Int64) -> Int {
    level * Int(points) + Int(index & (points - 1))
  }

  /// Division that rounds down, for times before zero too.
  private static func floor(_ time: Int64, _ spacing: Int64) -> Int64 {
    (time - (((time % spacing) + spacing) % spacing)) / spacing
  }
}
