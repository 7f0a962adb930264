// How long things took, in little memory.

internal import MartletCore

/// Counts durations in buckets, four for each doubling from 1 µs on: a quantile is at most 19 % above the
/// true one (2^¼). What takes less counts as 1 µs, and what takes more than 1 h as 1 h.
package struct LatencyHistogram: Sendable, Equatable {
  /// Counts by bucket; it grows to the longest that came.
  package private(set) var buckets: [UInt64] = []
  package private(set) var count: UInt64 = 0

  package init() {}

  package static let maxBuckets = 128

  /// Counts that another histogram had.
  package mutating func add(_ count: UInt64, toBucket index: Int) {
    guard count > 0, (0..<Self.maxBuckets).contains(index) else { return }
    while buckets.count <= index { buckets.append(0) }
    buckets[index] += count
    self.count += count
  }

  package mutating func record(_ duration: Duration) {
    add(1, toBucket: Self.bucket(of: duration))
  }

  package mutating func add(_ other: LatencyHistogram) {
    for (index, count) in other.buckets.enumerated() { add(count, toBucket: index) }
  }

  /// The time within which a share of all were done; nil when there are none.
  package func quantile(_ share: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = max(1, (share * Double(count)).rounded(.up))
    var seen: UInt64 = 0
    for (index, count) in buckets.enumerated() {
      seen += count
      if Double(seen) >= rank { return Self.upperBound(of: index) }
    }
    return Self.upperBound(of: buckets.count - 1)
  }

  /// Bucket 4·k + q is up to 2^k · (1 + (q + 1)/4) µs.
  private static func bucket(of duration: Duration) -> Int {
    let microseconds = min(max(1, duration.saturatedNanoseconds / 1_000), 3_600_000_000)
    let exponent = 63 - microseconds.leadingZeroBitCount
    let quarter =
      exponent >= 2 ? (microseconds >> (exponent - 2)) & 3 : (microseconds << (2 - exponent)) & 3
    return 4 * exponent + Int(quarter)
  }

  private static func upperBound(of bucket: Int) -> Duration {
    let (exponent, quarter) = (bucket / 4, bucket % 4)
    let nanoseconds = (Int64(1_000) << exponent) * Int64(quarter + 5) / 4
    return .nanoseconds(nanoseconds)
  }
}
