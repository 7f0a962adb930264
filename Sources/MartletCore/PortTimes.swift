// Times that a router keeps with its clients, as options say them.

/// How often clients may ping.
public struct PortTimes: Sendable, Hashable {
  /// A client with calls in flight may ping once in so long. Proxies and clients with a keepalive of 10 s are
  /// common.
  public var minPingInterval: Duration

  /// The option that says it.
  package static let minPingIntervalOption = "--min-ping-interval"

  public init(minPingInterval: Duration = Limits.Keepalive().leastPingInterval) {
    self.minPingInterval = minPingInterval
  }

  /// Reads the option's text, in seconds; nil is the default. Throws for what is no time.
  package init(minPingInterval text: String?) throws(InvalidPortTime) {
    guard let text else {
      self.init()
      return
    }
    guard let seconds = Double(text), seconds >= 0, seconds <= Self.mostSeconds else {
      throw InvalidPortTime(
        description:
          "\(Self.minPingIntervalOption) takes seconds from 0 to \(Int(Self.mostSeconds)), not \(text)"
      )
    }
    self.init(minPingInterval: .milliseconds(Int64((seconds * 1000).rounded())))
  }

  private static let mostSeconds = 24.0 * 3600

  /// The options of a supervisor and of a router that say the same.
  package var arguments: [String] {
    let milliseconds = minPingInterval.saturatedNanoseconds / 1_000_000
    return [Self.minPingIntervalOption, "\(Double(milliseconds) / 1000)"]
  }

  /// The limits of a router that keeps these times.
  package var limits: Limits {
    var limits = Limits()
    limits.keepalive.leastPingInterval = minPingInterval
    limits.keepalive.leastIdlePingInterval = max(
      minPingInterval, limits.keepalive.leastIdlePingInterval)
    return limits
  }
}

/// A time that no port can keep.
package struct InvalidPortTime: Error, Sendable, Hashable, CustomStringConvertible {
  package var description: String
}
