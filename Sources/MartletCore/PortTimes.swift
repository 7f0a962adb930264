// Times that a router keeps with its clients, as options say them.

/// How often clients may ping, and how long their connections are kept.
public struct PortTimes: Sendable, Hashable {
  /// A client with calls in flight may ping once in so long. Proxies and clients with a keepalive of 10 s are
  /// common.
  public var minPingInterval: Duration

  /// How long a connection of HTTP/1.1 may be without a request. Zero: each has one request.
  public var keepAlive: Duration

  /// The options that say them.
  package static let minPingIntervalOption = "--min-ping-interval"
  package static let keepAliveOption = "--keep-alive-timeout"

  public init(
    minPingInterval: Duration = Limits.Keepalive().leastPingInterval,
    keepAlive: Duration = Limits().keepAliveTimeout
  ) {
    self.minPingInterval = minPingInterval
    self.keepAlive = keepAlive
  }

  /// Reads the options' texts, in seconds; nil is the default. Throws for what is no time.
  package init(minPingInterval: String?, keepAlive: String?) throws(InvalidPortTime) {
    self.init()
    if let minPingInterval {
      self.minPingInterval = try Self.time(minPingInterval, Self.minPingIntervalOption)
    }
    if let keepAlive { self.keepAlive = try Self.time(keepAlive, Self.keepAliveOption) }
  }

  private static func time(_ text: String, _ option: String) throws(InvalidPortTime) -> Duration {
    let most = longest.components.seconds
    guard let seconds = Double(text), seconds >= 0, seconds <= Double(most) else {
      throw InvalidPortTime(description: "\(option) takes seconds from 0 to \(most), not \(text)")
    }
    return .milliseconds(Int64((seconds * 1000).rounded()))
  }

  /// A day: whoever wants no limit in practice has one.
  static let longest = Duration.seconds(24 * 3600)

  /// The options of a supervisor and of a router that say the same.
  package var arguments: [String] {
    [
      Self.minPingIntervalOption, Self.text(minPingInterval), Self.keepAliveOption,
      Self.text(keepAlive),
    ]
  }

  private static func text(_ time: Duration) -> String {
    "\(Double(time.saturatedNanoseconds / 1_000_000) / 1000)"
  }

  /// The limits of a router that keeps these times.
  package var limits: Limits { applied(to: Limits()) }

  /// Limits with these times in them.
  package func applied(to limits: Limits) -> Limits {
    var limits = limits
    limits.keepalive.setLeastPingInterval(minPingInterval)
    limits.keepAliveTimeout = keepAlive
    return limits
  }
}

/// A time that no port can keep.
package struct InvalidPortTime: Error, Sendable, Hashable, CustomStringConvertible {
  package var description: String
}
