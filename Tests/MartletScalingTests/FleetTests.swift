// Stories of the whole fleet under a virtual clock.
import MartletCore
import MartletScaling
import Testing

@Suite struct FleetTests {
  @Test func aDeployStartsRoutesAndRuns() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    #expect(world.condition == .deploying)
    #expect(world.fleet.routing.apps.isEmpty)
    world.run(.milliseconds(20))
    #expect(world.condition == .running)
    #expect(world.routed == [1, 2])
    #expect(world.fleet.routing.apps[0].current == AppVersion(1))
  }

  @Test func intentComesBeforeTheSpawnItAsksFor() {
    var fleet = FleetWorld().fleet
    let orders = fleet.handle(.deployed(FleetWorld().app(1)), now: .zero)
    #expect(orders.first == .storeApp("app"))
    #expect(orders.contains { if case .spawn = $0 { true } else { false } })
  }

  @Test func aDeadReplicaIsReplacedAtOnce() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.die(1)
    #expect(world.routed == [2])
    #expect(world.alive.count == 2)
    world.run(.milliseconds(20))
    #expect(world.routed == [2, 3])
  }

  @Test func anUpdateSurgesSwitchesAndOnlyThenDrains() {
    var world = FleetWorld(cpus: 2000)
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.versionLoad = [AppVersion(1): 1]
    world.ongoing = [1: 1]
    world.send(.deployed(world.app(2, mark: "-new")))
    #expect(world.alive.count == 4)
    #expect(world.routed == [1, 2])
    world.run(.milliseconds(50))
    #expect(world.routed == [1, 2, 3, 4])
    #expect(world.fleet.routing.apps[0].current == AppVersion(2))
    #expect(world.terminated.isEmpty)
    world.versionLoad = [:]
    world.ongoing = [:]
    world.run(.milliseconds(50))
    #expect(world.terminated == [1, 2])
    #expect(world.routed == [3, 4])
    #expect(world.condition == .running)
  }

  @Test func anUnchangedDeploymentKeepsItsReplicas() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.send(.deployed(world.app(2, replicas: .fixed(3))))
    world.run(.seconds(3))
    #expect(world.routed == [1, 2, 3])
    #expect(world.fleet.routing.apps[0].versions.map(\.version) == [AppVersion(2)])
    #expect(world.fleet.routing.apps[0].versions[0].revisions == ["a": 1])
  }

  @Test func aVersionThatCrashesIsRolledBackAndTheOldOneKeepsItsCapacity() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.broken = [AppVersion(2)]
    world.send(.deployed(world.app(2, mark: "-bad")))
    world.run(.seconds(2))
    #expect(world.condition == .deployFailed)
    #expect(world.routed == [1, 2])
    #expect(world.fleet.routing.apps[0].current == AppVersion(1))
    #expect(
      world.fleet.summary(of: "app")?.message
        == "version v2 failed: deployment a: 3 starts in a row failed; the last one "
        + "exited with status 3")
    let starts = world.spawned.count
    world.run(.seconds(60))
    #expect(world.spawned.count == starts)
    #expect(world.terminated.isEmpty)
  }

  @Test func aFirstVersionThatCrashesFailsAndStaysDown() {
    var world = FleetWorld()
    world.broken = [AppVersion(1)]
    world.send(.deployed(world.app(1)))
    world.run(.seconds(5))
    #expect(world.condition == .deployFailed)
    #expect(world.alive.isEmpty)
    #expect(world.fleet.routing.apps.isEmpty)
  }

  @Test func fromZeroToFourAndBackToZero() {
    var auto = AutoscalingSpec(minReplicas: 0, maxReplicas: 4)
    auto.downscaleDelay = .seconds(2)
    auto.downscaleToZeroDelay = .seconds(3)
    var world = FleetWorld()
    world.send(.deployed(world.app(1, replicas: .auto(auto))))
    world.run(.milliseconds(20))
    #expect(world.alive.isEmpty)
    #expect(world.condition == .running)
    world.queued = 1
    world.report()
    #expect(world.alive.count == 1)
    world.queued = 20
    world.report()
    #expect(world.alive.count == 4)
    world.run(.milliseconds(50))
    world.queued = 0
    world.ongoing = [3: 1]
    world.run(.seconds(3))
    #expect(world.routed == [3])
    world.ongoing = [:]
    world.run(.seconds(4))
    #expect(world.alive.isEmpty)
  }

  @Test func aPinHoldsUntilTheNextDeploy() {
    var world = FleetWorld()
    let key = DeploymentKey(app: "app", deployment: "a")
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.send(.pinned(key, replicas: 3))
    world.run(.milliseconds(20))
    #expect(world.routed.count == 3)
    world.send(.deployed(world.app(2, mark: "-new")))
    world.run(.seconds(1))
    #expect(world.routed.count == 2 || world.routed.count == 3)
    #expect(world.fleet.desiredReplicas(key) == 2)
  }

  @Test func whatDoesNotFitWaitsAndSaysForWhat() {
    var world = FleetWorld(cpus: 1500)
    world.send(.deployed(world.app(1, replicas: .fixed(2))))
    world.run(.milliseconds(20))
    let summary = world.fleet.summary(of: "app")?.deployments[0]
    #expect(summary?.running == 1)
    #expect(summary?.message == "needs 1 CPUs (0.5 of 1.5 free)")
    #expect(world.notes.count { $0 == "ReplicaPending" } == 1)
  }

  @Test func aDrainWaitsForTheRoutersAcknowledgement() {
    var world = FleetWorld()
    let key = DeploymentKey(app: "app", deployment: "a")
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.send(.pinned(key, replicas: 1))
    #expect(world.routed == [1])
    #expect(world.terminated.isEmpty)
    world.report()
    #expect(world.terminated == [2])
  }

  @Test func aDeletedAppDrainsAndIsForgotten() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.send(.deleted(app: "app"))
    #expect(world.condition == .deleting)
    world.run(.milliseconds(50))
    #expect(world.fleet.apps.isEmpty)
    #expect(world.alive.isEmpty)
    #expect(world.stored.last == "-app")
    #expect(world.fleet.routing.apps.isEmpty)
  }

  @Test func withoutRoutersADeleteTakesAMomentAndNotTheWholeGrace() {
    var world = FleetWorld()
    world.hasRouter = false
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.send(.deleted(app: "app"))
    world.run(.seconds(1))
    #expect(world.fleet.apps.isEmpty)
    #expect(world.terminated == [1, 2])
  }

  @Test func aCrashLoopIsProbedByOneAndNeverSpins() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1, replicas: .fixed(3))))
    world.run(.milliseconds(20))
    world.broken = [AppVersion(1)]
    let started = world.spawned.count
    for number in [1, 2, 3] as [UInt64] { world.die(number) }
    let end = world.now + .seconds(60)
    while let wake = world.fleet.nextWake, wake < end {
      #expect(wake > world.now)
      world.now = wake
      world.send(.timePassed)
    }
    // Three at once, then one at a time with pauses that double up to ten seconds.
    #expect(world.spawned.count - started < 20)
    #expect(world.condition == .unhealthy)
    world.broken = []
    world.run(.seconds(30))
    #expect(world.condition == .running)
  }

  @Test func aRestoredFleetRoutesAtOnceAndTakesNothingAwayBeforeRoutersSpoke() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    let apps = Array(world.fleet.apps.values)
    let adopted = (1...3 as ClosedRange<UInt64>).map { number in
      AdoptedReplica(
        number: number,
        group: GroupKey(deployment: DeploymentKey(app: "app", deployment: "a"), revision: 1),
        placement: Placement(milliCPUs: 1000, memoryBytes: 0), wasReady: true,
        wasStopping: false)
    }
    world.fleet = Fleet(
      capacity: MachineCapacity(milliCPUs: 8000, gpus: 0, memoryBytes: 1 << 40),
      generation: 1 << 32, nextReplica: 4)
    world.hasRouter = false
    for replica in adopted { world.alive[replica.number] = AppVersion(1) }
    world.perform(world.fleet.restore(apps: apps, replicas: adopted, now: world.now))
    #expect(world.routed == [1, 2, 3])
    #expect(world.fleet.routing.generation > 1 << 32)
    world.spawned = []
    world.run(.seconds(1))
    #expect(world.terminated.isEmpty)
    #expect(world.spawned.isEmpty)
    world.hasRouter = true
    world.run(.seconds(3))
    #expect(world.terminated.count == 1)
  }

  @Test func externalReplicasAreRoutedAndNeverStarted() {
    var world = FleetWorld()
    var record = world.app(1)
    record.spec.launcher = .external
    world.send(.deployed(record))
    #expect(world.condition == .running)
    let key = DeploymentKey(app: "app", deployment: "a")
    world.alive[7] = AppVersion(1)
    world.send(.registered(7, key, .tcp(host: "replica", port: 7000)))
    world.send(.timePassed)
    world.send(.checked(7, .serving))
    #expect(world.routed == [7])
    world.send(.announcedDraining(7))
    #expect(world.routed.isEmpty)
    world.send(.unregistered(7))
    #expect(world.fleet.replicas.isEmpty)
    #expect(world.spawned.isEmpty)
  }
}
