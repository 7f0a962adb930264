// Deploys, deletes and scalings that meet one another.
import MartletCore
import Testing

@testable import MartletScaling

@Suite struct OverlappingDeployTests {
  private let key = DeploymentKey(app: "app", deployment: "a")

  private func running(_ version: UInt64 = 1) -> FleetWorld {
    var world = FleetWorld()
    world.send(.deployed(world.app(version)))
    world.run(.milliseconds(20))
    return world
  }

  private func outcome(_ world: FleetWorld, _ version: UInt64) -> VersionOutcome? {
    world.fleet.outcome(of: AppVersion(version), app: "app")
  }

  // MARK: Scaling during a rollout

  @Test func aPinMadeDuringARolloutOutlivesIt() {
    var world = running()
    world.send(.deployed(world.app(2, mark: "-new")))
    world.send(.pinned(key, replicas: 3))
    world.run(.milliseconds(100))
    #expect(world.fleet.routing.apps[0].current == AppVersion(2))
    #expect(world.routed.count == 3)
    world.run(.seconds(60))
    #expect(world.routed.count == 3)
    world.send(.deployed(world.app(3, mark: "-new")))
    world.run(.seconds(1))
    #expect(world.routed.count == 2, "the next deploy ends it")
  }

  @Test func aPinMadeBeforeARolloutEndsWithIt() {
    var world = running()
    world.send(.pinned(key, replicas: 3))
    world.run(.milliseconds(20))
    world.send(.deployed(world.app(2, mark: "-new")))
    world.run(.seconds(1))
    #expect(world.routed.count == 2)
  }

  @Test func aPinOfZeroDuringARolloutLetsTheVersionProveItselfFirst() {
    var world = running()
    world.send(.deployed(world.app(2, mark: "-new")))
    world.send(.pinned(key, replicas: 0))
    world.run(.seconds(1))
    #expect(world.spawned.contains { $0.version == AppVersion(2) })
    #expect(world.fleet.routing.apps[0].current == AppVersion(2))
    #expect(world.routed == [])
  }

  @Test func aPinOutlivesARolloutThatFailed() {
    var world = running()
    world.broken = [AppVersion(2)]
    world.send(.deployed(world.app(2, mark: "-new")))
    world.send(.pinned(key, replicas: 3))
    world.run(.seconds(2))
    #expect(world.fleet.routing.apps[0].current == AppVersion(1))
    #expect(world.routed.count == 3)
    #expect(world.fleet.apps["app"]?.nextPins == [:])
  }

  @Test func aPinMadeDuringARolloutOutlivesTheController() {
    var world = running()
    world.startTime = .seconds(1)
    world.send(.deployed(world.app(2, mark: "-new")))
    world.send(.pinned(key, replicas: 3))
    let kept = world.fleet.apps["app"]
    var next = FleetWorld()
    let orders = next.fleet.restore(apps: [kept].compactMap { $0 }, replicas: [], now: .zero)
    next.perform(orders)
    next.run(.seconds(1))
    #expect(next.fleet.routing.apps[0].current == AppVersion(2))
    #expect(next.routed.count == 3)
  }

  // MARK: Deleting and deploying

  @Test func aDeployOverADeleteIsTakenAndTheOldVersionServesMeanwhile() {
    var world = running()
    let before = world.routed
    world.versionLoad = [AppVersion(1): 1]
    world.ongoing = [1: 1]
    world.send(.deleted(app: "app"))
    #expect(world.fleet.routing.apps[0].current == nil, "no request enters it")
    #expect(world.routed == before, "the request in hand goes on")
    world.send(.deployed(world.app(2)))
    #expect(
      world.fleet.routing.apps[0].current == AppVersion(1), "there is no time without a route")
    world.run(.milliseconds(100))
    #expect(world.fleet.routing.apps[0].current == AppVersion(2))
    world.versionLoad = [:]
    world.ongoing = [:]
    world.run(.milliseconds(100))
    #expect(world.condition == .running)
    #expect(Set(world.routed).isDisjoint(with: before), "whoever deletes wants new replicas")
  }

  @Test func aDeployAfterADeleteWithNothingInHandStartsAnew() {
    var world = running()
    world.send(.deleted(app: "app"))
    world.run(.milliseconds(50))
    #expect(world.condition == nil)
    world.send(.deployed(world.app(2)))
    world.run(.milliseconds(50))
    #expect(world.condition == .running)
    #expect(world.routed.count == 2)
  }

  @Test func aDeployOverADeleteOfWhichNoVersionIsLeftLetsRequestsWait() {
    var world = running()
    // Its replicas take their time to end, as they do with what they have to put in order.
    _ = world.fleet.handle(.deleted(app: "app"), now: world.now)
    for _ in 0..<3 {
      let report = RouterReport(router: "router-0", generation: world.fleet.routing.generation)
      _ = world.fleet.handle(.routerReported(report, connection: 1), now: world.now)
    }
    #expect(world.fleet.apps["app"]?.versions.isEmpty == true)
    #expect(world.condition == .deleting)
    world.send(.deployed(world.app(2)))
    #expect(world.fleet.routing.apps.first?.current == AppVersion(2))
    #expect(world.routed == [])
    world.run(.milliseconds(100))
    #expect(world.condition == .running)
    #expect(world.fleet.apps["app"]?.admitsTarget == false)
  }

  @Test func aVersionThatAdmittedRequestsAndFailedEndsThem() {
    var world = running()
    _ = world.fleet.handle(.deleted(app: "app"), now: world.now)
    for _ in 0..<3 {
      let report = RouterReport(router: "router-0", generation: world.fleet.routing.generation)
      _ = world.fleet.handle(.routerReported(report, connection: 1), now: world.now)
    }
    world.broken = [AppVersion(2)]
    world.send(.deployed(world.app(2)))
    world.run(.seconds(2))
    #expect(world.condition == .deployFailed)
    #expect(world.fleet.routing.apps.first?.current == nil)
  }

  @Test func aDeployOverADeleteWaitsForTheRoomOfWhatEnds() {
    var world = FleetWorld(cpus: 2000)
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.ongoing = [1: 1]
    world.versionLoad = [AppVersion(1): 1]
    world.send(.deleted(app: "app"))
    world.send(.deployed(world.app(2)))
    world.run(.milliseconds(100))
    #expect(world.fleet.routing.apps[0].current == AppVersion(2))
  }

  // MARK: What became of a version

  @Test func anOvertakenVersionIsKnownAsSuch() {
    var world = running()
    world.send(.deployed(world.app(2, mark: "-2")))
    #expect(outcome(world, 2) == .rollingOut)
    world.send(.deployed(world.app(3, mark: "-3")))
    #expect(outcome(world, 2) == .over(.overtaken(by: AppVersion(3))))
    world.run(.milliseconds(100))
    #expect(outcome(world, 3) == .serving)
    #expect(outcome(world, 1) == .over(.served(until: AppVersion(3))))
    #expect(outcome(world, 2) == .over(.overtaken(by: AppVersion(3))))
    #expect(outcome(world, 9) == nil)
  }

  @Test func aVersionThatFailedIsKnownAfterAnotherOneWasDeployed() {
    var world = running()
    world.broken = [AppVersion(2)]
    world.send(.deployed(world.app(2, mark: "-2")))
    world.run(.seconds(2))
    world.send(.deployed(world.app(3, mark: "-3")))
    guard case .over(.failed(let why))? = outcome(world, 2) else {
      Issue.record("\(String(describing: outcome(world, 2)))")
      return
    }
    #expect(why.contains("exited with status 3"))
  }

  @Test func aDeletedVersionIsKnownAlsoWhenItsNameIsGivenAnew() {
    var world = running()
    world.startTime = .seconds(1)
    world.send(.deployed(world.app(2, mark: "-2")))
    world.send(.deleted(app: "app"))
    #expect(outcome(world, 2) == .over(.deleted(anew: nil)))
    world.run(.seconds(30))
    #expect(outcome(world, 2) == nil)
    world.send(.deployed(world.app(3)))
    #expect(outcome(world, 2) == .over(.deleted(anew: AppVersion(3))))
  }

  @Test func fatesAreBounded() {
    var world = running()
    for version in 2..<200 { world.send(.deployed(world.app(UInt64(version), mark: "\(version)"))) }
    #expect(world.fleet.apps["app"]?.fates.count == FleetApp.keptFates)
    #expect(outcome(world, 198) == .over(.overtaken(by: AppVersion(199))))
  }
}
