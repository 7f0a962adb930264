// Programs that become ready and end a moment later.
import MartletCore
import Testing

@testable import MartletScaling

@Suite struct ProofTests {
  private let one = AppVersion(1)
  private let two = AppVersion(2)

  private func running(replicas: ReplicaCount = .fixed(2)) -> FleetWorld {
    var world = FleetWorld()
    world.minReady = .seconds(1)
    world.send(.deployed(world.app(1, replicas: replicas)))
    world.run(.milliseconds(20))
    return world
  }

  private func current(_ world: FleetWorld) -> AppVersion? {
    world.fleet.routing.apps.first?.current
  }

  private func trouble(_ world: FleetWorld) -> FleetRouting.Trouble? {
    world.fleet.routing.apps.first?.groups.first?.trouble
  }

  // MARK: Rollouts

  @Test func aFirstVersionServesAsSoonAsItIsReady() {
    let world = running()
    #expect(current(world) == one)
    #expect(world.routed.count == 2)
  }

  @Test func anUpdateTakesOverOnceItsReplicasHaveStayedReady() {
    var world = running()
    world.send(.deployed(world.app(2, mark: "-new")))
    world.run(.milliseconds(900))
    #expect(current(world) == one)
    #expect(world.fleet.apps["app"]?.waitsFor.contains("2 have to stay ready") == true)
    world.run(.milliseconds(150))
    #expect(current(world) == two)
  }

  @Test func anUpdateOfReplicasThatStayWaitsForNothing() {
    var world = running()
    var record = world.app(2)
    record.spec.deployments[0].maxQueuedRequests = 7
    world.send(.deployed(record))
    #expect(current(world) == two)
  }

  @Test(arguments: [1, 300, 900]) func anUpdateThatDiesAfterItIsReadyFails(after ms: Int) {
    var world = running()
    let before = world.routed
    world.shortLived = [two: .milliseconds(ms)]
    world.send(.deployed(world.app(2, mark: "-new")))
    world.run(.seconds(8))
    #expect(current(world) == one)
    #expect(world.routed == before, "the old replicas were not touched")
    #expect(world.condition == .deployFailed)
    let failure = world.fleet.apps["app"]?.failure ?? ""
    #expect(failure.contains("was ready for 0.") && failure.contains("exited with status 3"))
    #expect(failure.contains("no such model"))
    #expect(world.alive.values.allSatisfy { $0 == one })
  }

  @Test func afterAnEarlyDeathTheNextReplicaHasToProveMore() {
    var world = running(replicas: .fixed(1))
    world.shortLived = [two: .milliseconds(500)]
    world.send(.deployed(world.app(2, replicas: .fixed(1), mark: "-new")))
    world.run(.milliseconds(600))
    // From now on its replicas live longer than `min_ready_s`, and still die.
    world.shortLived = [two: .seconds(3)]
    world.run(.seconds(20))
    #expect(current(world) == one)
    #expect(world.condition == .deployFailed)
  }

  @Test func anUpdateThatDiesOnceAndThenStaysTakesOver() {
    var world = running(replicas: .fixed(1))
    world.shortLived = [two: .milliseconds(500)]
    world.send(.deployed(world.app(2, replicas: .fixed(1), mark: "-new")))
    world.run(.milliseconds(600))
    world.shortLived = [:]
    world.run(.seconds(6))
    #expect(current(world) == two)
    #expect(world.condition == .running)
  }

  // MARK: While it serves

  @Test func aProgramThatEndsRightAfterReadyRefusesCallsWithTheReason() {
    var world = FleetWorld()
    var spec = AutoscalingSpec()
    spec.minReplicas = 0
    world.shortLived = [one: .milliseconds(5)]
    world.send(.deployed(world.app(1, replicas: .auto(spec))))
    world.queued = 1
    world.run(.seconds(3))
    #expect(trouble(world)?.refusesCalls == true)
    #expect(trouble(world)?.message.contains("no such model") == true)
    #expect(world.spawned.count < 10, "it does not spin")
    world.shortLived = [:]
    world.run(.seconds(20))
    #expect(world.routed != [])
    #expect(world.fleet.summary(of: "app")?.deployments[0].message == "")
  }

  @Test func replicasThatSomebodyKillsAreReplacedAtOnceAndSpeakAgainstNobody() {
    var world = running()
    for _ in 0..<6 {
      for number in world.routed { world.die(number) }
      world.run(.milliseconds(20))
      #expect(world.routed.count == 2)
    }
    #expect(trouble(world) == nil)
  }

  @Test func aReplicaThatEndsOnceIsReplacedAtOnce() {
    var world = running(replicas: .fixed(1))
    world.die(1, how: "exited with status 3")
    world.run(.milliseconds(20))
    #expect(world.routed == [2])
  }

  @Test func deathsThatWereARequestsAreForgiven() {
    var backoff = RestartBackoff()
    for second in 0..<3 { backoff.diedEarly(now: Timestamp.zero + .seconds(second)) }
    #expect(backoff.failures == 3)
    backoff.forgive(3)
    #expect(backoff.failures == 0 && backoff.blockedUntil == nil)
  }

  // MARK: Rollbacks on demand

  @Test func aRollbackGivesUpWhatIsBeingRolledOut() {
    var world = running()
    let before = world.routed
    world.send(.deployed(world.app(2, mark: "-new")))
    world.run(.milliseconds(100))
    world.send(.rolledBack(app: "app"))
    #expect(world.condition == .running)
    #expect(current(world) == one)
    world.run(.milliseconds(100))
    #expect(world.routed == before)
    #expect(world.alive.values.allSatisfy { $0 == one })
    guard case .over(.failed(let why)) = world.fleet.outcome(of: two, app: "app") else {
      Issue.record("its end is not known")
      return
    }
    #expect(why == "it was rolled back to version v1 before it served")
  }

  @Test func aRollbackGivesUpWhatMustNotRunTwice() {
    var world = FleetWorld()
    var old = world.app(1)
    old.spec.deployments[0].update = .recreate
    world.send(.deployed(old))
    world.run(.milliseconds(20))
    world.startTime = .seconds(5)
    world.send(.deployed(world.app(2, mark: "-new")))
    world.run(.milliseconds(100))
    #expect(current(world) == two, "requests wait for it")
    world.startTime = .milliseconds(5)
    world.send(.rolledBack(app: "app"))
    #expect(current(world) == one)
    world.run(.milliseconds(200))
    #expect(world.routed.count == 2)
    #expect(world.alive.values.allSatisfy { $0 == one })
  }

  @Test func aRollbackEndsTheFailureOfTheLastDeploy() {
    var world = running()
    world.broken = [two]
    world.send(.deployed(world.app(2, mark: "-new")))
    world.run(.seconds(2))
    #expect(world.fleet.apps["app"]?.failedVersion == two)
    world.send(.rolledBack(app: "app"))
    #expect(world.condition == .running)
    #expect(world.fleet.apps["app"]?.failedVersion == nil)
  }
}
