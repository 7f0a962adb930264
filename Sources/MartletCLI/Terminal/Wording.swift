// How times and amounts are written in tables.

internal import Glibc

enum Wording {
  /// `42s`, `5m`, `3h`, `2d`: the age of something that began at a Unix time in milliseconds.
  static func age(sinceUnixMilliseconds start: Int64, now: Int64 = now) -> String {
    guard start > 0 else { return "-" }
    let seconds = max(0, (now - start) / 1000)
    switch seconds {
    case 0..<120: return "\(seconds)s"
    case 0..<7200: return "\(seconds / 60)m"
    case 0..<172_800: return "\(seconds / 3600)h"
    default: return "\(seconds / 86_400)d"
    }
  }

  /// Milliseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// `14:03:22.117` of a Unix time in milliseconds, in the local zone.
  static func clock(unixMilliseconds: Int64) -> String {
    var seconds = time_t(unixMilliseconds / 1000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    func padded(_ number: Int64, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int64($0), 2) }
    return time.joined(separator: ":") + "." + padded(unixMilliseconds % 1000, 3)
  }

  /// `1.5` of 1500 thousandths.
  static func thousandths(_ value: UInt32) -> String {
    value % 1000 == 0 ? "\(value / 1000)" : "\(Double(value) / 1000)"
  }

  static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
