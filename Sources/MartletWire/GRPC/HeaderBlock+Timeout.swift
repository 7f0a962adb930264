// `grpc-timeout`: how long the caller will wait.

internal import MartletCore

extension HeaderBlock {
  /// Appends `grpc-timeout` in the finest unit that takes at most 8 digits (gRPC over HTTP/2,
  /// "Timeout"), rounded up so that the callee does not give up before its caller.
  package mutating func append(timeout: Duration) {
    var value = max(0, timeout.saturatedNanoseconds)
    var unit = 0
    while value > Self.maxTimeoutValue, unit + 1 < Self.timeoutUnits.count {
      unit += 1
      let size = Self.timeoutUnits[unit].nanoseconds
      let nanoseconds = max(0, timeout.saturatedNanoseconds)
      value = nanoseconds / size + (nanoseconds % size == 0 ? 0 : 1)
    }
    value = min(value, Self.maxTimeoutValue)
    var text = InlineArray<9, UInt8>(repeating: 0)
    var start = 8
    text[start] = Self.timeoutUnits[unit].letter
    repeat {
      start -= 1
      text[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
      value /= 10
    } while value > 0
    unsafe text.span.withUnsafeBytes { bytes in
      unsafe append(
        .grpcTimeout, UnsafeRawBufferPointer(rebasing: bytes[start...]), neverIndexed: true)
    }
  }

  /// The time the caller gives this call; nil when absent. Throws INVALID_ARGUMENT when it is not 1
  /// to 8 digits and a unit.
  package var grpcTimeout: Duration? {
    get throws(RPCError) {
      try unsafe withValue(of: .grpcTimeout) { value throws(RPCError) in
        guard let timeout = unsafe Self.timeout(value) else {
          let text = unsafe String(decoding: value, as: UTF8.self)
          throw RPCError(
            .invalidArgument,
            "grpc-timeout \"\(text)\" is not 1 to 8 digits and one of H M S m u n")
        }
        return timeout
      }
    }
  }

  private static func timeout(_ text: UnsafeRawBufferPointer) -> Duration? {
    guard (2...9).contains(text.count), let last = unsafe text.last,
      let unit = timeoutUnits.first(where: { $0.letter == last })
    else { return nil }
    var value: Int64 = 0
    for index in 0..<text.count - 1 {
      let byte = unsafe text[index]
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    // 99,999,999 hours are more nanoseconds than an Int64 holds; nobody waits 292 years.
    let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: unit.nanoseconds)
    return .nanoseconds(overflow ? .max : nanoseconds)
  }

  private static let maxTimeoutValue: Int64 = 99_999_999

  /// From the finest to the coarsest.
  private static let timeoutUnits: [(letter: UInt8, nanoseconds: Int64)] = [
    (UInt8(ascii: "n"), 1),
    (UInt8(ascii: "u"), 1_000),
    (UInt8(ascii: "m"), 1_000_000),
    (UInt8(ascii: "S"), 1_000_000_000),
    (UInt8(ascii: "M"), 60_000_000_000),
    (UInt8(ascii: "H"), 3_600_000_000_000),
  ]
}
