// What a deployment says of its replicas' health, and what a check of one says.

package import MartletCore

/// How a replica's health is asked for and judged.
package struct HealthTerms: Sendable, Hashable {
  /// From one check's end to the next check.
  package var period = Duration.seconds(1)

  /// How long an answer may take.
  package var timeout = Duration.seconds(1)

  /// Failed checks in a row after which a replica gets no more requests; after twice as many it is ended.
  package var failures = 3

  /// How long a replica may take to answer SERVING; nil: as long as it needs.
  package var startupTimeout: Duration? = .seconds(600)

  package init() {}

  /// No answer within this long, or within the check's period if that is longer, is late where the
  /// deployment says nothing of it.
  static let shortestDefaultTimeout = Duration.seconds(1)

  package init(_ spec: DeploymentSpec) {
    period = spec.healthCheckPeriod
    timeout =
      spec.healthCheckTimeout ?? max(spec.healthCheckPeriod, Self.shortestDefaultTimeout)
    failures = spec.healthCheckFailures
    startupTimeout = spec.startupTimeout == .zero ? nil : spec.startupTimeout
  }
}

/// What shows that a replica lives which did not answer a check.
package enum LifeSign: Sendable, Hashable {
  /// It answers HTTP/2 pings, for which servers need none of their workers; or it has refused the check.
  case answersPings
  /// It does not even answer pings, but its processes use CPU time.
  case computes
  /// It does not answer pings, and another of its threads says that a handler holds the event loop.
  case loopIsHeld
  case none
}

/// How a health check of a replica went.
package enum CheckResult: Sendable, Hashable {
  case serving
  case notServing
  /// No answer in time, or refused for want of room; says which, and what shows life.
  case late(String, LifeSign)
  /// An error, or nobody listens; says which.
  case failed(String)
}

/// What a check says of a replica that has been ready.
///
/// | Check | ping | CPU time, or the loop is held | calls in hand | verdict |
/// |---|---|---|---|---|
/// | SERVING | | | | `healthy` |
/// | NOT_SERVING | | | | `unready` |
/// | late, or refused with RESOURCE_EXHAUSTED | answered | | some | `busy` |
/// | late | answered | | none | `failed` |
/// | late | silent | used, or held | some | `busy` for `ReplicaLimits.longestSilence`, then `failed` |
/// | late | silent | used, or held | none | `failed` |
/// | late | silent | neither | | `failed` |
/// | another error, or nobody listens | | | | `failed` |
enum HealthVerdict: Equatable {
  case healthy
  /// It lives and works. Neither does it lose its requests nor does the check count.
  case busy(String)
  /// It lives and wants no requests.
  case unready
  case failed(String)

  /// - Parameters:
  ///   - callsInHand: routers have requests on the replica, or it is not known that they have none.
  ///   - silence: since when it has given no answer to a check or a ping.
  init(_ result: CheckResult, callsInHand: Bool, silence: Duration, limits: ReplicaLimits) {
    let isAtWork = callsInHand && silence < limits.longestSilence
    switch result {
    case .serving: self = .healthy
    case .notServing: self = .unready
    case .failed(let why): self = .failed(why)
    case .late(let why, .answersPings):
      self =
        callsInHand
        ? .busy("\(why); it answers pings and has calls in hand")
        : .failed("\(why), and it has no calls in hand")
    case .late(let why, .computes):
      self = .silent(why, "it computes", isAtWork)
    case .late(let why, .loopIsHeld):
      self = .silent(why, "a handler holds its event loop", isAtWork)
    case .late(let why, .none): self = .failed("\(why), nor to pings")
    }
  }

  private static func silent(_ why: String, _ sign: String, _ isAtWork: Bool) -> HealthVerdict {
    isAtWork
      ? .busy("\(why), nor to pings; \(sign) and it has calls in hand")
      : .failed("\(why), nor to pings")
  }
}

extension CheckResult {
  /// The replica has said something, be it to a ping.
  var isAnswer: Bool {
    switch self {
    case .serving, .notServing, .late(_, .answersPings): true
    case .late, .failed: false
    }
  }
}
