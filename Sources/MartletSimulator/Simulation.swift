// Runs the dispatcher and the fleet under a virtual clock, with modelled replicas between them.
internal import MartletCore
internal import MartletDispatch
internal import MartletScaling

/// One router, one controller and the machine's replicas, in one value. The machines are those that
/// serve in production; only processes, sockets and time are modelled.
package struct Simulation: ~Copyable, Sendable {
  enum Event: Sendable {
    case arrival(deployment: Int)
    case served(Attempt)
    case replicaIsUp(UInt64)
    case checkAnswered(UInt64)
    case exited(UInt64, how: String)
    case connectionTried(ReplicaSlot, UInt64, attempt: Int)
    case tableArrived(RoutingTable, [AppDefinition], connection: UInt64)
    case reportArrived(RouterReport, connection: UInt64)
    case reportDue
    case dispatcherWake
    case fleetWake
    case fault(Scenario.Fault)
    case controllerFound
  }

  /// One sending of a call to a replica.
  struct Attempt: Sendable, Hashable {
    var call: CallID
    var replica: UInt64
    var number: Int
  }

  /// A call as the modelled router knows it.
  struct Ongoing: Sendable {
    var deployment: String
    var arrived: Timestamp
    var version: VersionID
    var attempt = 0
    var replica: UInt64?
  }

  let scenario: Scenario
  var chance: SeededGenerator
  var now = Timestamp.zero
  var events = EventQueue<Event>()
  var dispatcher = Dispatcher()
  var fleet: Fleet
  var outcome = Outcome()
  var ongoing: [CallID: Ongoing] = [:]
  var processes: [UInt64: ModelProcess] = [:]
  var slots: [ReplicaSlot: UInt64] = [:]
  var connectionAttempts: [ReplicaSlot: Int] = [:]

  /// Which connection of the router to the controller it is; nil while there is none.
  var connection: UInt64? = 1
  private var lastConnection: UInt64 = 1
  var reportedChanges: UInt64 = .max
  var reportIsDue = false
  var dispatcherWakeAt: Timestamp?
  var fleetWakeAt: Timestamp?

  /// Reports are at least this far apart, as a router's are.
  static let reportInterval = Duration.milliseconds(10)

  /// Far above what any load makes; a machine whose `nextWake` stays in the past is found by it.
  static let maxEventsPerMillisecond = 50_000

  /// One way to a replica and back, health checks included.
  static let hop = Duration.microseconds(100)

  private init(_ scenario: Scenario) {
    self.scenario = scenario
    chance = SeededGenerator(seed: scenario.seed)
    fleet = Fleet(
      capacity: MachineCapacity(
        milliCPUs: scenario.capacity.milliCPUs, gpus: scenario.capacity.gpus,
        memoryBytes: .max))
    for spec in scenario.app.deployments { outcome.deployments[spec.name] = DeploymentOutcome() }
  }

  /// Runs a scenario to its end: every call that arrived has ended.
  package static func run(_ scenario: Scenario) -> Outcome {
    var simulation = Simulation(scenario)
    simulation.begin()
    var eventsOfThisMillisecond = 0
    while let (time, event) = simulation.events.next() {
      eventsOfThisMillisecond =
        time.nanoseconds / 1_000_000 == simulation.now.nanoseconds / 1_000_000
        ? eventsOfThisMillisecond + 1 : 0
      precondition(
        eventsOfThisMillisecond < maxEventsPerMillisecond, "a machine asks to be woken for ever")
      simulation.now = time
      simulation.handle(event)
      simulation.settle()
      if simulation.isOver { break }
    }
    for name in simulation.outcome.deployments.keys {
      simulation.outcome.deployments[name]?.replicasChanged(by: 0, now: simulation.now)
    }
    simulation.outcome.length = simulation.now.duration(since: .zero)
    return simulation.outcome
  }

  private var isOver: Bool {
    now > .zero + scenario.duration && ongoing.isEmpty
  }

  private mutating func begin() {
    follow(
      fleet.handle(
        .deployed(VersionRecord(version: AppVersion(1), spec: scenario.app)), now: now))
    for index in scenario.app.deployments.indices { scheduleArrival(deployment: index) }
    for fault in scenario.faults {
      switch fault {
      case .killReplica(_, let at), .cutController(let at, _):
        events.add(.fault(fault), at: .zero + at)
      }
    }
    reportIsDue = true
    events.add(.reportDue, at: now)
    settle()
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .arrival(let index):
      arrive(deployment: index)
      scheduleArrival(deployment: index >= 0 ? index : -1 - index)
    case .served(let attempt): served(attempt)
    case .replicaIsUp(let number): processes[number]?.isUp = true
    case .checkAnswered(let number): answerCheck(number)
    case .exited(let number, let how): exit(number, how: how)
    case .connectionTried(let slot, let number, let attempt):
      connectionTried(slot, number, attempt)
    case .tableArrived(let table, let definitions, let connection):
      guard connection == self.connection else { return }
      for definition in definitions { dispatcher.define(definition) }
      dispatcher.apply(table, now: now)
    case .reportArrived(let report, let connection):
      guard connection == self.connection else { return }
      follow(fleet.handle(.routerReported(report, connection: connection), now: now))
    case .reportDue: report()
    case .dispatcherWake: dispatcherWakeAt = nil
    case .fleetWake: fleetWakeAt = nil
    case .fault(let fault): happen(fault)
    case .controllerFound:
      lastConnection += 1
      connection = lastConnection
      reportedChanges = .max
      publish()
    }
  }

  /// Lets both machines catch up with the clock and does what they say, until they say nothing.
  private mutating func settle() {
    repeat {
      dispatcher.timePassed(now: now)
      for order in dispatcher.takeOrders() { follow(order) }
      if let wake = fleet.nextWake, wake <= now {
        follow(fleet.handle(.timePassed, now: now))
      }
    } while dispatcher.hasOrders
    if let wake = dispatcher.nextWake(), wake < (dispatcherWakeAt ?? .init(nanoseconds: .max)) {
      dispatcherWakeAt = max(wake, now)
      events.add(.dispatcherWake, at: max(wake, now))
    }
    if let wake = fleet.nextWake, wake < (fleetWakeAt ?? .init(nanoseconds: .max)) {
      fleetWakeAt = max(wake, now + .microseconds(1))
      events.add(.fleetWake, at: max(wake, now + .microseconds(1)))
    }
    if dispatcher.loadChanges != reportedChanges, !reportIsDue, connection != nil {
      reportIsDue = true
      report()
    }
  }

  mutating func happen(_ fault: Scenario.Fault) {
    switch fault {
    case .killReplica(let deployment, _):
      let victims = processes.filter { $0.value.deployment == deployment && $0.value.isUp }
      guard let victim = victims.keys.sorted().randomElement(using: &chance) else { return }
      exit(victim, how: "was killed by signal 9")
    case .cutController(_, let length):
      guard let connection else { return }
      self.connection = nil
      follow(fleet.handle(.routerDisconnected(connection: connection), now: now))
      events.add(.controllerFound, at: now + length)
    }
  }
}
