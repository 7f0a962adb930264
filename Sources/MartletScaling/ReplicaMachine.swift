// The life of one replica, from the wish for it to its end.

package import MartletCore

/// Bounds on a replica's life. What a deployment may choose is in `HealthTerms`.
package struct ReplicaLimits: Sendable, Hashable {
  /// The pause before the first question whether a new replica serves. Small programs are up in 2–5 ms.
  package var firstStartCheckDelay = Duration.milliseconds(2)

  /// The longest pause between such questions in the first seconds: adds at most this much to a start.
  package var longestStartCheckDelay = Duration.milliseconds(50)

  /// A model that loads for minutes is asked less often: every hundredth part of the time that it took so far,
  /// and no less often than one that runs.
  package var startCheckShare = 100

  /// How long a replica with calls in hand may use CPU time without even answering pings. A handler may keep
  /// its server's only thread busy for a minute; after two it is taken for an endless loop.
  package var longestSilence = Duration.seconds(120)

  /// The end of a replica's grace that is kept for the program alone, an eighth of it at most: calls that are still
  /// in hand then are told to end by SIGTERM.
  package var lastWords = Duration.seconds(1)

  /// With no router connected, how long a leaving replica waits for one to come back.
  package var routerAbsence = Duration.milliseconds(250)

  package init() {}
}

/// The state machine of one replica. Its driver spawns, checks and signals as it is told.
package struct ReplicaMachine: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    /// Waits for resources; there is no process. Leaves by `placed`, or by `stopOrdered` to `gone`.
    case pending
    /// The process is being made or has not answered SERVING yet. Leaves to `running`, by `stopOrdered`
    /// or time to `terminating`, by `exited` to `gone`.
    case starting(since: Timestamp)
    /// Gets requests.
    case running
    /// Answered NOT_SERVING or failed checks; gets no requests. Back to `running` when it serves again,
    /// on to `killing` when it keeps failing.
    case unhealthy
    /// Out of the routing table; waits until every router has applied that and has nothing of its own
    /// in hand here. Leaves by `routersLetGo` or time to `terminating`.
    case leaving(since: Timestamp, until: Timestamp, killAt: Timestamp)
    /// Was sent SIGTERM. Leaves by time to `killing`, by `exited` to `gone`.
    case terminating(killAt: Timestamp)
    /// Was sent SIGKILL.
    case killing
    case gone
  }

  /// What the driver has to do now.
  package enum Order: Sendable, Equatable {
    case nothing
    case spawn
    /// Ask for its health once and tell `checked`.
    case check
    /// It gets requests from now on.
    case addToTable
    /// It gets no more requests.
    case removeFromTable
    case terminate
    case kill
    /// There is no process; forget it.
    case forget
  }

  /// What an end means.
  package enum Ending: Sendable, Equatable {
    /// It had been told to stop.
    case stopped
    case neverReady
    /// It had been ready for `uptime`.
    case died(uptime: Duration)
  }

  package private(set) var state: State

  /// When it first answered SERVING; nil before.
  package private(set) var readySince: Timestamp?

  /// Why it was ended, or what the last check said; for people.
  package private(set) var message = ""

  /// How its health is asked for.
  package private(set) var terms: HealthTerms

  private let limits: ReplicaLimits
  private let isExternal: Bool
  private var checkPause: Duration
  private var nextCheck: Timestamp?
  private var failedChecks = 0
  /// When it last answered a check or a ping.
  private var lastAnswer: Timestamp?
  /// Since when it has answered NOT_SERVING while it starts.
  private var loadingSince: Timestamp?

  /// It was ended for its own failure; `message` says which.
  package private(set) var gaveUp = false

  /// A replica that waits for resources.
  ///
  /// - Parameter isExternal: whoever started it also ends it. It is never given up, only left out of the
  ///   table.
  package init(limits: ReplicaLimits, terms: HealthTerms, isExternal: Bool = false) {
    self.limits = limits
    self.terms = terms
    self.isExternal = isExternal
    checkPause = limits.firstStartCheckDelay
    state = .pending
  }

  /// A replica that runs already: left by an earlier controller, or started by someone else.
  ///
  /// - Parameter ready: it had answered SERVING, so it may keep its requests until a check says
  ///   otherwise.
  package init(
    adopted ready: Bool, limits: ReplicaLimits, terms: HealthTerms, isExternal: Bool = false,
    now: Timestamp
  ) {
    self.init(limits: limits, terms: terms, isExternal: isExternal)
    readySince = ready ? now : nil
    state = ready ? .running : .starting(since: now)
    nextCheck = now
  }

  /// Resources were found.
  package mutating func placed(now: Timestamp) -> Order {
    guard case .pending = state else { return .nothing }
    state = .starting(since: now)
    return .spawn
  }

  /// The process exists.
  package mutating func spawned(now: Timestamp) {
    guard case .starting = state else { return }
    nextCheck = now + checkPause
  }

  /// A check that was ordered has ended.
  ///
  /// - Parameter callsInHand: routers have requests on it, or it is not known that they have none.
  package mutating func checked(
    _ result: CheckResult, callsInHand: Bool = false, now: Timestamp
  ) -> Order {
    if result.isAnswer { lastAnswer = now }
    let silence = now.duration(since: lastAnswer ?? readySince ?? now)
    let verdict = HealthVerdict(
      result, callsInHand: callsInHand, silence: silence, limits: limits)
    switch state {
    case .starting(let since):
      guard result == .serving else {
        notServingYet(result, since: since, now: now)
        return .nothing
      }
      becomeRunning(now: now)
      return .addToTable
    case .running:
      nextCheck = now + terms.period
      return checkedWhileRunning(verdict)
    case .unhealthy:
      nextCheck = now + terms.period
      return checkedWhileUnhealthy(verdict, callsInHand: callsInHand, now: now)
    case .pending, .leaving, .terminating, .killing, .gone:
      nextCheck = nil
      return .nothing
    }
  }

  /// It is not wanted any more.
  ///
  /// - Parameter inTable: routers may send to it, so they have to let go first.
  package mutating func stopOrdered(inTable: Bool, grace: Duration, now: Timestamp) -> Order {
    switch state {
    case .pending:
      state = .gone
      return .forget
    case .running where inTable:
      nextCheck = nil
      // Nearly all of the grace for routers to let go, so that a program without a SIGTERM handler loses
      // nothing; the rest for what the program has to put in order.
      let last = min(grace / 8, limits.lastWords)
      state = .leaving(since: now, until: now + (grace - last), killAt: now + grace)
      return .removeFromTable
    case .starting, .running, .unhealthy:
      nextCheck = nil
      state = .terminating(killAt: now + grace)
      return .terminate
    case .leaving, .terminating, .killing, .gone:
      return .nothing
    }
  }

  /// Every router has dropped it from its table and has no request there.
  package mutating func routersLetGo(now: Timestamp) -> Order {
    guard case .leaving(_, _, let killAt) = state else { return .nothing }
    state = .terminating(killAt: killAt)
    return .terminate
  }

  /// Lets deadlines and pauses end.
  package mutating func timePassed(now: Timestamp) -> Order {
    switch state {
    case .starting(let since) where startDeadline(since).map { $0 <= now } ?? false:
      message =
        "did not answer SERVING within \(terms.startupTimeout ?? .zero) (startup_timeout_s)"
        + (message.isEmpty ? "" : "; \(message)")
      gaveUp = true
      nextCheck = nil
      state = .killing
      return .kill
    case .starting, .running, .unhealthy:
      guard let due = nextCheck, due <= now else { return .nothing }
      nextCheck = nil
      return .check
    case .leaving(_, let until, let killAt) where until <= now:
      state = .terminating(killAt: killAt)
      return .terminate
    case .terminating(let killAt) where killAt <= now:
      state = .killing
      return .kill
    case .pending, .leaving, .terminating, .killing, .gone:
      return .nothing
    }
  }

  /// The process has ended. Nil when its end is known already.
  package mutating func exited(now: Timestamp) -> Ending? {
    let before = state
    guard before != .gone else { return nil }
    state = .gone
    nextCheck = nil
    switch before {
    case .running, .unhealthy:
      return .died(uptime: readySince.map { now.duration(since: $0) } ?? .zero)
    case .pending, .starting:
      return .neverReady
    case .leaving, .terminating, .killing, .gone:
      guard gaveUp else { return .stopped }
      return readySince.map { .died(uptime: now.duration(since: $0)) } ?? .neverReady
    }
  }

  /// The spec of its deployment changed in place. What changed holds at once: for a start that is under
  /// way, and instead of a check that is under way or due after the new period.
  package mutating func reconfigured(_ terms: HealthTerms, now: Timestamp) {
    guard terms != self.terms else { return }
    self.terms = terms
    guard state == .running || state == .unhealthy else { return }
    let due = now + terms.period
    nextCheck = min(nextCheck ?? due, due)
  }

  /// When to call `timePassed`; nil when nothing is due by itself.
  package var nextWake: Timestamp? {
    switch state {
    case .pending, .killing, .gone: nil
    case .starting(let since): [nextCheck, startDeadline(since)].compactMap { $0 }.min()
    case .running, .unhealthy: nextCheck
    case .leaving(_, let until, _): until
    case .terminating(let killAt): killAt
    }
  }

  private mutating func becomeRunning(now: Timestamp) {
    state = .running
    readySince = readySince ?? now
    failedChecks = 0
    message = ""
    nextCheck = now + terms.period
  }

  /// When a start has taken too long; nil when it may take any time.
  private func startDeadline(_ since: Timestamp) -> Timestamp? {
    isExternal ? nil : terms.startupTimeout.map { since + $0 }
  }

  /// Says why it does not serve yet, for people who wait, and asks again soon.
  private mutating func notServingYet(_ result: CheckResult, since: Timestamp, now: Timestamp) {
    let elapsed = now.duration(since: since)
    let slow = max(
      limits.longestStartCheckDelay, min(elapsed / limits.startCheckShare, terms.period))
    checkPause = min(checkPause * 2, slow)
    nextCheck = now + checkPause
    switch result {
    case .serving: break
    case .notServing:
      let loading = loadingSince ?? now
      loadingSince = loading
      let seconds = now.duration(since: loading).components.seconds
      message = "loading: answers NOT_SERVING" + (seconds > 0 ? " for \(seconds) s" : "")
    case .failed(let why), .late(let why, _):
      loadingSince = nil
      let seconds = elapsed.components.seconds
      message = seconds > 0 ? "starting for \(seconds) s: \(why)" : why
    }
  }

  private mutating func checkedWhileRunning(_ verdict: HealthVerdict) -> Order {
    switch verdict {
    case .healthy:
      failedChecks = 0
      message = ""
      return .nothing
    case .busy(let why):
      failedChecks = 0
      message = "busy: \(why)"
      return .nothing
    case .unready:
      failedChecks = terms.failures
      message = "answers NOT_SERVING"
    case .failed(let why):
      failedChecks += 1
      message = why
      guard failedChecks >= terms.failures else { return .nothing }
    }
    state = .unhealthy
    return .removeFromTable
  }

  private mutating func checkedWhileUnhealthy(
    _ verdict: HealthVerdict, callsInHand: Bool, now: Timestamp
  ) -> Order {
    switch verdict {
    case .healthy:
      becomeRunning(now: now)
      return .addToTable
    case .busy(let why):
      message = "busy: \(why)"
      return .nothing
    case .unready:
      message = "answers NOT_SERVING"
      // It lives: what it has in hand is not cut off.
      if callsInHand { return .nothing }
    case .failed(let why): message = why
    }
    failedChecks += 1
    guard failedChecks >= 2 * terms.failures, !isExternal else { return .nothing }
    message = "failed \(failedChecks) health checks in a row: \(message)"
    gaveUp = true
    nextCheck = nil
    state = .killing
    return .kill
  }
}

extension ReplicaMachine {
  /// It counts as capacity: there, or on its way.
  package var isCapacity: Bool {
    switch state {
    case .pending, .starting, .running: true
    case .unhealthy, .leaving, .terminating, .killing, .gone: false
    }
  }

  package var isStopping: Bool {
    switch state {
    case .leaving, .terminating, .killing: true
    case .pending, .starting, .running, .unhealthy, .gone: false
    }
  }
}
