// What a supervisor decides: when its processes start again and in which order they end.

package import MartletCore

/// The states of one supervisor. Its driver starts, signals and reaps as told and says what happened.
package struct SupervisorMachine: Sendable {
  /// A process that must be there for as long as the mesh.
  package enum Child: Sendable, Hashable {
    case controller
    case router(Int)

    /// `controller` or `router-N`, the name of its log.
    package var name: String {
      switch self {
      case .controller: "controller"
      case .router(let number): "router-\(number)"
      }
    }

    /// The word for its end in the event log.
    package var eventReason: String {
      switch self {
      case .controller: "ControllerDied"
      case .router: "RouterDied"
      }
    }
  }

  package enum Order: Sendable, Hashable {
    case start(Child)
    /// SIGTERM: finish and exit.
    case terminate(Child)
    /// SIGKILL.
    case kill(Child)
    /// SIGTERM to every process that is a child and none of ours: what a dead controller left.
    case terminateOrphans
    case killOrphans
    /// All is over: remove what is on disk and exit.
    case finish
  }

  /// A child that lived this long counts as healthy: its next death is answered at once again.
  static let healthyAfter = Duration.seconds(5)

  /// The second restart in a row waits this long, each further one twice as long.
  static let firstDelay = Duration.milliseconds(50)

  /// The longest wait between restarts: a broken program must not burn the machine, a repaired one
  /// should be back soon.
  static let longestDelay = Duration.seconds(2)

  /// What routers and orphans get between SIGTERM and SIGKILL. Routers have drained with the
  /// controller by then, so this is for what hangs.
  static let patience = Duration.seconds(10)

  /// Between two SIGKILLs for orphans. Some start another process before they die.
  static let killPause = Duration.milliseconds(100)

  /// How long orphans are killed. What is left then hangs in a driver, and must not keep the mesh from ending.
  static let killPatience = Duration.seconds(5)

  /// Exit statuses of a controller that no further start would change: wrong arguments, and a file in the run
  /// directory that it cannot use (sysexits.h, EX_USAGE and EX_CONFIG).
  static let finalStatuses: Set<Int32> = [64, 78]

  private enum Phase: Sendable, Hashable {
    /// Whatever dies is started again.
    case running
    /// The controller drains the replicas; routers go on serving them.
    case drainingController
    /// The controller is gone; what it left behind is ending.
    case endingOrphans(until: Timestamp, killedAt: Timestamp?)
    /// Nothing is left to route to.
    case endingRouters(until: Timestamp, killed: Bool)
    case finished
  }

  private struct Life: Sendable {
    var startedAt: Timestamp?
    /// Deaths in a row, each soon after its start.
    var deaths = 0
    /// It has lived for `healthyAfter` at least once.
    var wasHealthy = false
    var restartAt: Timestamp?

    var isAlive: Bool { startedAt != nil }
  }

  private var phase = Phase.running
  private var lives: [Child: Life] = [:]
  private let children: [Child]

  /// The mesh ends because its controller cannot start.
  private(set) var hasGivenUp = false

  package init(routers: Int) {
    children = [.controller] + (0..<routers).map(Child.router)
  }

  /// When the driver must call `timePassed` at the latest.
  package var nextWake: Timestamp? {
    switch phase {
    case .running: lives.values.compactMap(\.restartAt).min()
    case .endingOrphans(let until, _), .endingRouters(let until, false): until
    case .drainingController, .endingRouters, .finished: nil
    }
  }

  /// The sockets are bound: everything starts at once.
  package mutating func opened() -> [Order] {
    children.map(Order.start)
  }

  /// A process was made.
  package mutating func started(_ child: Child, at now: Timestamp) {
    lives[child, default: Life()].startedAt = now
    lives[child]?.restartAt = nil
  }

  /// A process ended, or could not be made. A controller that has never been healthy and ends with one of
  /// `finalStatuses` takes the mesh with it; one that was is started again, since routers go on without it.
  package mutating func ended(
    _ child: Child, status: Int32? = nil, at now: Timestamp
  ) -> [Order] {
    var life = lives[child] ?? Life()
    let lived = life.startedAt.map { now.duration(since: $0) } ?? .zero
    life.startedAt = nil
    life.wasHealthy = life.wasHealthy || lived >= Self.healthyAfter
    life.deaths = lived >= Self.healthyAfter ? 1 : life.deaths + 1
    defer { lives[child] = life }
    switch phase {
    case .running:
      if child == .controller, !life.wasHealthy, let status, Self.finalStatuses.contains(status) {
        hasGivenUp = true
        for other in children where other != child { lives[other]?.restartAt = nil }
        return endOrphans(at: now)
      }
      let delay = Self.delay(afterDeaths: life.deaths)
      if delay == .zero { return [.start(child)] }
      life.restartAt = now + delay
      return []
    case .drainingController:
      // A router that dies while replicas finish is still needed by whoever waits for answers.
      if child != .controller { return [.start(child)] }
      return endOrphans(at: now)
    case .endingOrphans:
      return []
    case .endingRouters:
      let others = lives.contains { $0.key != child && $0.value.isAlive }
      if others { return [] }
      phase = .finished
      return [.finish]
    case .finished:
      return []
    }
  }

  /// The last child that was none of ours has ended, or there was none.
  package mutating func orphansGone(at now: Timestamp) -> [Order] {
    guard case .endingOrphans = phase else { return [] }
    return endRouters(at: now)
  }

  private mutating func endRouters(at now: Timestamp) -> [Order] {
    phase = .endingRouters(until: now + Self.patience, killed: false)
    let routers = alive.filter { $0 != .controller }
    guard routers.isEmpty else { return routers.map(Order.terminate) }
    phase = .finished
    return [.finish]
  }

  /// Somebody wants the mesh to end. The second time all is killed.
  package mutating func stopRequested(at now: Timestamp) -> [Order] {
    switch phase {
    case .running:
      phase = .drainingController
      for child in children { lives[child]?.restartAt = nil }
      return alive.contains(.controller) ? [.terminate(.controller)] : endOrphans(at: now)
    case .drainingController:
      return [.kill(.controller)]
    case .endingOrphans(_, let killedAt):
      return killOrphans(since: killedAt ?? now, at: now)
    case .endingRouters:
      phase = .endingRouters(until: now, killed: true)
      return alive.map(Order.kill)
    case .finished:
      return []
    }
  }

  package mutating func timePassed(at now: Timestamp) -> [Order] {
    switch phase {
    case .running:
      let due = children.filter { child in
        lives[child]?.restartAt.map { $0 <= now } ?? false
      }
      for child in due { lives[child]?.restartAt = nil }
      return due.map(Order.start)
    case .endingOrphans(let until, let killedAt) where until <= now:
      let since = killedAt ?? now
      guard now < since + Self.killPatience else { return endRouters(at: now) }
      return killOrphans(since: since, at: now)
    case .endingRouters(let until, false) where until <= now:
      phase = .endingRouters(until: until, killed: true)
      return alive.map(Order.kill)
    case .drainingController, .endingOrphans, .endingRouters, .finished:
      return []
    }
  }

  /// Nobody has asked the mesh to end.
  package var isRunning: Bool { phase == .running }

  /// In the order of `children`.
  private var alive: [Child] {
    children.filter { lives[$0]?.isAlive ?? false }
  }

  private mutating func endOrphans(at now: Timestamp) -> [Order] {
    phase = .endingOrphans(until: now + Self.patience, killedAt: nil)
    return [.terminateOrphans]
  }

  /// Kills them, and again after a while: there may be others by then.
  private mutating func killOrphans(since: Timestamp, at now: Timestamp) -> [Order] {
    phase = .endingOrphans(until: now + Self.killPause, killedAt: since)
    return [.killOrphans]
  }

  /// Nothing for the first death, then doubling.
  static func delay(afterDeaths deaths: Int) -> Duration {
    guard deaths > 1 else { return .zero }
    return min(longestDelay, firstDelay * (1 << min(deaths - 2, 10)))
  }
}
