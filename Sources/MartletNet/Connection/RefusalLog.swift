// Telling of what is refused, of which there may be thousands in a second.
package import Logging
package import MartletCore

/// Logs why peers are turned away, or something else that may happen often, now and then.
package struct RefusalLog {
  /// Refusals are logged at most this often.
  package static let interval = Duration.seconds(10)

  private let logger: Logger?
  private let what: String
  private let interval: Duration
  private var last: Timestamp?

  /// Without a logger it keeps silent. `what` stands in front of each reason.
  package init(
    _ logger: Logger?, _ what: String = "connections are turned away",
    atMostEvery interval: Duration = Self.interval
  ) {
    self.logger = logger
    self.what = what
    self.interval = interval
  }

  package mutating func tell(_ reason: String, now: Timestamp) {
    guard let logger else { return }
    if let last, now.duration(since: last) < interval { return }
    last = now
    logger.warning("\(what): \(reason)")
  }
}
