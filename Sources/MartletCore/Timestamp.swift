// A point on the driver's monotonic clock. Machines get it as an argument and never read a clock.

/// Nanoseconds on a monotonic clock chosen by whoever drives the machine. Two timestamps compare
/// only when they come from the same driver.
public struct Timestamp: Sendable, Hashable, Comparable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The start of a virtual clock.
  public static let zero = Timestamp(nanoseconds: 0)

  public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
    lhs.nanoseconds < rhs.nanoseconds
  }

  /// The time from `earlier` to this point; negative when `earlier` is later.
  public func duration(since earlier: Timestamp) -> Duration {
    .nanoseconds(nanoseconds - earlier.nanoseconds)
  }

  /// Saturates instead of overflowing, so that "for ever" may be written as a huge duration.
  public static func + (time: Timestamp, duration: Duration) -> Timestamp {
    let sum = time.nanoseconds.addingReportingOverflow(duration.saturatedNanoseconds)
    guard sum.overflow else { return Timestamp(nanoseconds: sum.partialValue) }
    return Timestamp(nanoseconds: duration < .zero ? .min : .max)
  }

  public static func - (time: Timestamp, duration: Duration) -> Timestamp {
    let nanoseconds = duration.saturatedNanoseconds
    let difference = time.nanoseconds.subtractingReportingOverflow(nanoseconds)
    guard difference.overflow else { return Timestamp(nanoseconds: difference.partialValue) }
    return Timestamp(nanoseconds: nanoseconds > 0 ? .min : .max)
  }
}

extension Duration {
  /// Whole nanoseconds, clamped to what an `Int64` holds (about 292 years).
  public var saturatedNanoseconds: Int64 {
    Int64(clamping: attoseconds / 1_000_000_000)
  }

  /// Seconds as a floating-point number, for display and for configuration files.
  public var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
