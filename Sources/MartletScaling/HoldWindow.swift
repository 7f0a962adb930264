// The extremes of a step function over the time that just went by.

package import MartletCore

/// The greatest (or least) value that a count had at any moment of the last `length`. The count is a
/// step function: each value stands until the next one.
///
/// Kept as a monotonic queue: a value that a later one covers can never be the extreme again, so
/// the queue holds strictly ordered counts and is no longer than there are different counts.
package struct HoldWindow: Sendable, Equatable {
  package enum Extreme: Sendable, Equatable {
    case greatest
    case least
  }

  private struct Step: Sendable, Equatable {
    var value: Int
    /// When a later value took over; nil for the value that stands.
    var end: Timestamp?
  }

  private let extreme: Extreme
  private var steps: [Step]

  /// A window over a count that has been `value` for ever.
  package init(_ extreme: Extreme, value: Int) {
    self.extreme = extreme
    steps = [Step(value: value, end: nil)]
  }

  /// The count became `value`.
  package mutating func changed(to value: Int, now: Timestamp) {
    if let last = steps.last, last.end == nil {
      if last.value == value { return }
      steps[steps.count - 1].end = now
    }
    while let last = steps.last, covers(value, last.value) { steps.removeLast() }
    steps.append(Step(value: value, end: nil))
  }

  /// The extreme over `[now - length, now]`.
  package mutating func value(over length: Duration, now: Timestamp) -> Int {
    while steps.count > 1, let end = steps[0].end, end + length <= now { steps.removeFirst() }
    return steps[0].value
  }

  /// When the extreme changes by itself; nil when it stands for as long as the count does.
  package func nextChange(over length: Duration) -> Timestamp? {
    steps.first?.end.map { $0 + length }
  }

  private func covers(_ later: Int, _ earlier: Int) -> Bool {
    switch extreme {
    case .greatest: later >= earlier
    case .least: later <= earlier
    }
  }
}
