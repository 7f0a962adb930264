// The life of one replica, from the wish for it to its end.

package import MartletCore

/// Bounds on a replica's life. What a deployment may choose is in its spec.
package struct ReplicaLimits: Sendable, Hashable {
  /// A replica that has not answered SERVING after this long is given up. Loading a large model takes
  /// minutes; more than two without a sign is a hang.
  package var startTimeout = Duration.seconds(120)

  /// The pause before the first question whether a new replica serves. Small programs are up in 2–5 ms.
  package var firstStartCheckDelay = Duration.milliseconds(2)

  /// The longest pause between such questions: adds at most this much to a slow start.
  package var longestStartCheckDelay = Duration.milliseconds(50)

  /// Failed checks in a row after which a replica gets no more requests (Ray Serve's number).
  package var failuresToUnhealthy = 3

  /// Failed checks in a row after which it is ended and replaced.
  package var failuresToGiveUp = 6

  /// With no router connected, how long a leaving replica waits for one to come back.
  package var routerAbsence = Duration.milliseconds(250)

  package init() {}
}

/// How a health check of a replica went.
package enum CheckResult: Sendable, Hashable {
  case serving
  case notServing
  /// No answer, or an error; says which.
  case failed(String)
}

/// The state machine of one replica. Its driver spawns, checks and signals as it is told.
package struct ReplicaMachine: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    /// Waits for resources; there is no process. Leaves by `placed`, or by `stopOrdered` to `gone`.
    case pending
    /// The process is being made or has not answered SERVING yet. Leaves to `running`, by `stopOrdered`
    /// or time to `terminating`, by `exited` to `gone`.
    case starting(deadline: Timestamp)
    /// Gets requests.
    case running
    /// Answered NOT_SERVING or failed checks; gets no requests. Back to `running` when it serves again,
    /// on to `terminating` when it keeps failing.
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

  private let limits: ReplicaLimits
  private var checkPeriod: Duration
  private var checkPause: Duration
  private var nextCheck: Timestamp?
  private var failedChecks = 0

  /// It was ended for its own failure; `message` says which.
  package private(set) var gaveUp = false

  /// A replica that waits for resources.
  package init(limits: ReplicaLimits, checkPeriod: Duration) {
    self.limits = limits
    self.checkPeriod = checkPeriod
    checkPause = limits.firstStartCheckDelay
    state = .pending
  }

  /// A replica that runs already: left by an earlier controller, or started by someone else.
  ///
  /// - Parameter ready: it had answered SERVING, so it may keep its requests until a check says
  ///   otherwise.
  package init(
    adopted ready: Bool, limits: ReplicaLimits, checkPeriod: Duration, now: Timestamp
  ) {
    self.init(limits: limits, checkPeriod: checkPeriod)
    readySince = ready ? now : nil
    state = ready ? .running : .starting(deadline: now + limits.startTimeout)
    nextCheck = now
  }

  /// Resources were found.
  package mutating func placed(now: Timestamp) -> Order {
    guard case .pending = state else { return .nothing }
    state = .starting(deadline: now + limits.startTimeout)
    return .spawn
  }

  /// The process exists.
  package mutating func spawned(now: Timestamp) {
    guard case .starting = state else { return }
    nextCheck = now + checkPause
  }

  /// A check that was ordered has ended.
  package mutating func checked(_ result: CheckResult, now: Timestamp) -> Order {
    switch state {
    case .starting:
      guard result == .serving else {
        checkPause = min(checkPause * 2, limits.longestStartCheckDelay)
        nextCheck = now + checkPause
        if case .failed(let why) = result { message = why }
        return .nothing
      }
      becomeRunning(now: now)
      return .addToTable
    case .running:
      nextCheck = now + checkPeriod
      return checkedWhileRunning(result)
    case .unhealthy:
      nextCheck = now + checkPeriod
      return checkedWhileUnhealthy(result, now: now)
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
      // Half of the grace for routers to let go, so that a program without a SIGTERM handler loses
      // nothing; the rest for what the program still has to finish.
      state = .leaving(since: now, until: now + grace / 2, killAt: now + grace)
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
    case .starting(let deadline) where deadline <= now:
      message =
        "did not answer SERVING within \(limits.startTimeout)"
        + (message.isEmpty ? "" : " (\(message))")
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

  /// The spec of its deployment changed in place.
  package mutating func reconfigured(checkPeriod: Duration) {
    self.checkPeriod = checkPeriod
  }

  /// When to call `timePassed`; nil when nothing is due by itself.
  package var nextWake: Timestamp? {
    switch state {
    case .pending, .killing, .gone: nil
    case .starting(let deadline): min(nextCheck ?? deadline, deadline)
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
    nextCheck = now + checkPeriod
  }

  private mutating func checkedWhileRunning(_ result: CheckResult) -> Order {
    switch result {
    case .serving:
      failedChecks = 0
      message = ""
      return .nothing
    case .notServing:
      failedChecks = limits.failuresToUnhealthy
      message = "answers NOT_SERVING"
    case .failed(let why):
      failedChecks += 1
      message = why
      guard failedChecks >= limits.failuresToUnhealthy else { return .nothing }
    }
    state = .unhealthy
    return .removeFromTable
  }

  private mutating func checkedWhileUnhealthy(_ result: CheckResult, now: Timestamp) -> Order {
    guard result != .serving else {
      becomeRunning(now: now)
      return .addToTable
    }
    if case .failed(let why) = result { message = why }
    failedChecks += 1
    guard failedChecks >= limits.failuresToGiveUp else { return .nothing }
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
