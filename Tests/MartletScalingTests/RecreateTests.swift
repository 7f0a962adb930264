// Updates of what must not run twice.
import MartletCore
import Testing

@testable import MartletScaling

@Suite struct RecreateTests {
  /// A version of an app whose deployment must not run twice; `mark` makes another program of it.
  private func app(
    _ world: FleetWorld, _ version: UInt64, mark: String, replicas: Int = 1,
    update: UpdateStrategy = .recreate
  ) -> VersionRecord {
    var record = world.app(version, replicas: .fixed(replicas), mark: mark)
    record.spec.deployments[0].update = update
    return record
  }

  private func running(replicas: Int = 1) -> FleetWorld {
    var world = FleetWorld()
    world.send(.deployed(app(world, 1, mark: "-1", replicas: replicas)))
    world.run(.milliseconds(20))
    return world
  }

  /// The versions whose processes are alive.
  private func versions(_ world: FleetWorld) -> Set<UInt64> {
    Set(world.alive.values.map(\.number))
  }

  /// Lets the clock run and sees to it that no two versions are alive at any moment.
  private func runAlone(_ world: inout FleetWorld, _ milliseconds: Int, most: Int = 1) {
    let step = max(1, milliseconds / 100)
    for _ in 0..<milliseconds / step {
      world.run(.milliseconds(step))
      #expect(versions(world).count <= 1)
      #expect(world.alive.count <= most)
    }
  }

  private func entry(_ world: FleetWorld) -> UInt64? {
    world.fleet.routing.apps.first?.current?.number
  }

  @Test func requestsEnterTheNewVersionThenTheOldOneEndsThenTheNewOneStarts() {
    var world = running()
    world.versionLoad = [AppVersion(1): 1]
    world.ongoing = [1: 1]
    world.send(.deployed(app(world, 2, mark: "-2")))
    #expect(entry(world) == 2)
    #expect(world.condition == .updating)
    runAlone(&world, 200)
    #expect(world.alive == [1: AppVersion(1)], "a request of the old version is in hand")
    #expect(world.fleet.apps["app"]?.waitsFor.contains("version v1 finishes its requests") == true)
    world.versionLoad = [:]
    world.ongoing = [:]
    runAlone(&world, 100)
    #expect(world.alive == [2: AppVersion(2)])
    #expect(world.condition == .running)
    #expect(world.fleet.apps["app"]?.current == AppVersion(2))
    #expect(world.fleet.apps["app"]?.versions.count == 1)
  }

  @Test func requestsThatDoNotEndHaveTheGrace() {
    var world = running()
    world.versionLoad = [AppVersion(1): 1]
    world.ongoing = [1: 1]
    world.send(.deployed(app(world, 2, mark: "-2")))
    runAlone(&world, 19_900)
    #expect(versions(world) == [1])
    runAlone(&world, 22_000)
    #expect(versions(world) == [2])
    #expect(world.condition == .running)
  }

  @Test func aVersionThatFailsGivesTheOldOneBack() {
    var world = running()
    world.broken = [AppVersion(2)]
    world.send(.deployed(app(world, 2, mark: "-2")))
    runAlone(&world, 1000)
    #expect(entry(world) == 1)
    #expect(versions(world) == [1])
    #expect(world.routed.count == 1)
    #expect(world.condition == .deployFailed)
    #expect(world.fleet.apps["app"]?.versions.count == 1)
  }

  @Test func severalReplicasAllEndFirst() {
    var world = running(replicas: 3)
    world.send(.deployed(app(world, 2, mark: "-2", replicas: 3)))
    runAlone(&world, 200, most: 3)
    #expect(world.routed.count == 3)
    #expect(versions(world) == [2])
  }

  @Test func eitherVersionMaySaySo() {
    for (old, new) in [(UpdateStrategy.rolling, UpdateStrategy.recreate), (.recreate, .rolling)] {
      var world = FleetWorld()
      world.send(.deployed(app(world, 1, mark: "-1", update: old)))
      world.run(.milliseconds(20))
      world.send(.deployed(app(world, 2, mark: "-2", update: new)))
      runAlone(&world, 200)
      #expect(versions(world) == [2])
    }
  }

  @Test func aDeployOverSuchAnUpdateIsOneToo() {
    var world = running()
    world.startTime = .seconds(5)
    world.send(.deployed(app(world, 2, mark: "-2")))
    runAlone(&world, 100)
    #expect(versions(world) == [2])
    world.send(.deployed(app(world, 3, mark: "-3")))
    runAlone(&world, 6000)
    #expect(versions(world) == [3])
    #expect(world.condition == .running)
    #expect(world.fleet.apps["app"]?.versions.count == 1)
  }

  @Test func aDeleteDuringSuchAnUpdateLeavesNothing() {
    var world = running()
    world.startTime = .seconds(5)
    world.send(.deployed(app(world, 2, mark: "-2")))
    runAlone(&world, 100)
    world.send(.deleted(app: "app"))
    runAlone(&world, 100)
    #expect(world.alive.isEmpty)
    #expect(world.condition == nil)
  }

  @Test func otherDeploymentsAreReadyBeforeTheOldOneEnds() {
    var world = FleetWorld()
    func record(_ version: UInt64) -> VersionRecord {
      var record = app(world, version, mark: "-\(version)")
      var rolling = DeploymentSpec(name: "b", command: ["./b-\(version)"], services: ["s.T"])
      rolling.replicas = .fixed(1)
      rolling.minReady = .zero
      record.spec.deployments.append(rolling)
      return record
    }
    world.send(.deployed(record(1)))
    world.run(.milliseconds(20))
    world.startTime = .milliseconds(100)
    world.send(.deployed(record(2)))
    world.run(.milliseconds(50))
    #expect(entry(world) == 1)
    #expect(world.terminated.isEmpty)
    world.run(.milliseconds(150))
    #expect(entry(world) == 2)
    world.run(.milliseconds(300))
    #expect(world.condition == .running)
    #expect(versions(world) == [2])
  }

  @Test func anotherControllerGoesOnWithIt() {
    var world = running()
    world.startTime = .seconds(5)
    world.send(.deployed(app(world, 2, mark: "-2")))
    runAlone(&world, 100)
    let kept = world.fleet.apps["app"]
    #expect(kept?.handover != nil)
    var next = FleetWorld()
    let group = GroupKey(deployment: DeploymentKey(app: "app", deployment: "a"), revision: 2)
    next.alive = [2: AppVersion(2)]
    let adopted = AdoptedReplica(
      number: 2, group: group, placement: Placement(milliCPUs: 1000, memoryBytes: 0, gpus: []),
      wasReady: false, wasStopping: false)
    let orders = next.fleet.restore(
      apps: [kept].compactMap { $0 }, replicas: [adopted], now: .zero)
    next.perform(orders)
    #expect(entry(next) == 2)
    runAlone(&next, 3000)
    #expect(next.spawned.isEmpty)
    #expect(next.condition == .running)
  }

  @Test func anUnhealthyReplicaEndsBeforeItsSuccessorStarts() {
    var world = running()
    for _ in 0..<3 { world.send(.checked(1, .failed("no answer"))) }
    #expect(world.routed == [])
    world.run(.milliseconds(5))
    #expect(world.alive.keys.sorted() == [1])
    world.die(1)
    world.run(.milliseconds(50))
    #expect(world.routed == [2])
  }

  @Test func aDeployOverADeleteWaitsForTheEndOfTheOldOne() {
    var world = running()
    world.versionLoad = [AppVersion(1): 1]
    world.ongoing = [1: 1]
    world.send(.deleted(app: "app"))
    world.send(.deployed(app(world, 2, mark: "-1")))
    runAlone(&world, 100)
    world.versionLoad = [:]
    world.ongoing = [:]
    runAlone(&world, 200)
    #expect(versions(world) == [2])
    #expect(world.condition == .running)
  }
}
