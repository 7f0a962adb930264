// Telling of refused connections, of which there may be thousands in a second.
package import Logging
package import MartletCore

/// Logs why peers are turned away, now and then.
package struct RefusalLog {
  /// Refusals are logged at most this often.
  package static let interval = Duration.seconds(10)

  private let logger: Logger?
  private let interval: Duration
  private var last: Timestamp?

  /// Without a logger it keeps silent.
  package init(_ logger: Logger?, atMostEvery interval: Duration = Self.interval) {
    self.logger = logger
    self.interval = interval
  }

  package mutating func tell(_ reason: String, now: Timestamp) {
    guard let logger else { return }
    if let last, now.duration(since: last) < interval { return }
    last = now
    logger.warning("connections are turned away: \(reason)")
  }
}
