// What callers are told of a deployment without a replica.
import MartletCore
import Testing

@testable import MartletScaling

@Suite struct TroubleTests {
  private func trouble(_ world: FleetWorld) -> FleetRouting.Trouble? {
    world.fleet.routing.apps.first?.groups.first?.trouble
  }

  private let fromZero = ReplicaCount.auto(AutoscalingSpec(minReplicas: 0, maxReplicas: 4))

  @Test func zeroByHandIsSaidAndZeroByScalingIsNot() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1, replicas: fromZero)))
    world.run(.milliseconds(20))
    #expect(world.routed == [])
    #expect(trouble(world) == nil, "the next call starts a replica")
    world.send(.pinned(DeploymentKey(app: "app", deployment: "a"), replicas: 0))
    world.run(.milliseconds(20))
    #expect(
      trouble(world)
        == FleetRouting.Trouble(
          message: "a of app was scaled to 0 replicas by hand; start one with: martlet scale a=1",
          refusesCalls: true))
    world.send(.pinned(DeploymentKey(app: "app", deployment: "a"), replicas: 1))
    #expect(trouble(world) == nil, "a replica is on its way")
    world.run(.milliseconds(20))
    #expect(world.routed.count == 1)
  }

  @Test func runningReplicasAreLetGoBeforeCallersHearOfIt() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.send(.pinned(DeploymentKey(app: "app", deployment: "a"), replicas: 0))
    #expect(world.routed == [])
    #expect(trouble(world)?.refusesCalls == true)
  }

  @Test func noReplicasInTheFileAreSaidToo() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1, replicas: .fixed(0))))
    world.run(.milliseconds(20))
    #expect(trouble(world)?.message.contains("has num_replicas: 0") == true)
    #expect(trouble(world)?.message.contains("martlet scale a=1") == true)
  }

  @Test func theAppIsNamedWhereTwoHaveTheDeployment() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1, replicas: .fixed(0))))
    var other = world.app(1)
    other.spec.name = "other"
    world.send(.deployed(other))
    world.run(.milliseconds(20))
    #expect(trouble(world)?.message.hasSuffix("martlet scale a=1 --app app") == true)
  }

  @Test func aProgramThatCannotStartIsSaidAfterTheThirdStartAndTriedOn() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1, replicas: fromZero)))
    world.run(.milliseconds(20))
    world.broken = [AppVersion(1)]
    world.queued = 1
    world.report()
    // The second start follows at once, the third one after a tenth of a second.
    #expect(world.spawned.count == 2)
    #expect(trouble(world) == nil)
    world.run(.milliseconds(150))
    #expect(world.spawned.count == 3)
    #expect(
      trouble(world)
        == FleetRouting.Trouble(
          message: "a of app cannot start: 3 starts in a row failed, the last one: "
            + "exited with status 3", refusesCalls: true))
    // Callers are refused, so that there is no load any more, and yet it is tried again.
    world.queued = 0
    world.run(.seconds(120))
    #expect(world.spawned.count > 12)
    #expect(world.spawned.count < 30)
    #expect(trouble(world)?.refusesCalls == true)
    world.broken = []
    world.run(.seconds(11))
    #expect(trouble(world) == nil)
    #expect(world.condition == .running)
  }

  @Test func aFixedNumberThatCannotStartAgainIsSaidAsWell() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    world.broken = [AppVersion(1)]
    for number in world.routed { world.die(number) }
    world.run(.seconds(1))
    #expect(trouble(world)?.refusesCalls == true)
    world.broken = []
    world.run(.seconds(11))
    #expect(world.routed.count == 2)
    #expect(trouble(world) == nil)
  }

  @Test func missingResourcesAreNamedButWaitedFor() {
    var world = FleetWorld(cpus: 500)
    world.send(.deployed(world.app(1, replicas: fromZero)))
    world.run(.milliseconds(20))
    world.queued = 1
    world.report()
    #expect(trouble(world)?.refusesCalls == false)
    #expect(trouble(world)?.message.contains("it needs ") == true)
  }

  @Test func theReasonIsOneLineOfBoundedLength() {
    var group = ReplicaGroup(
      spec: DeploymentSpec(name: "a"),
      scaler: Autoscaler(.fixed(1), mayScaleDown: false, now: .zero),
      backoff: RestartBackoff())
    group.lastFailure = "exited with status 1; its last lines:\nTraceback:\n  here\nValueError: no"
    #expect(
      group.shortFailure
        == "exited with status 1; its last lines: Traceback: here | ValueError: no")
    group.lastFailure =
      "exited with status 1; its last lines:\n" + String(repeating: "x\n", count: 900) + "last"
    #expect(group.shortFailure.count <= 410)
    #expect(group.shortFailure.hasSuffix("| last"))
    group.lastFailure = String(repeating: "ä", count: 5000)
    #expect(group.shortFailure.count == 400)
  }
}
