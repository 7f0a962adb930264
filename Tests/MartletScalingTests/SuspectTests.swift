// Replicas that hang, and requests that kill: what the fleet does with the routers' word.
import MartletCore
import MartletScaling
import Testing

@Suite struct SuspectTests {
  private static let key = DeploymentKey(app: "app", deployment: "a")

  private func report(
    _ world: FleetWorld, suspects: [UInt64: String] = [:], deadly: [DeadlyRequest] = []
  ) -> FleetEvent {
    var report = RouterReport(router: "router-0", generation: world.fleet.routing.generation)
    report.suspects = suspects
    report.deadlyRequests = deadly
    return .routerReported(report, connection: 1)
  }

  @Test func aReplicaThatHangsIsReplaced() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(50))
    #expect(world.routed == [1, 2])
    world.send(report(world, suspects: [1: "its last 7 calls hung"]))
    #expect(world.routed == [2], "it takes no more calls")
    #expect(world.spawned.map(\.number) == [1, 2, 3], "another one is started at once")
    #expect(world.notes.count { $0 == "ReplicaHangs" } == 1)
    // The router says it again until the table has arrived.
    world.send(report(world, suspects: [1: "its last 7 calls hung"]))
    world.run(.milliseconds(50))
    #expect(world.notes.count { $0 == "ReplicaHangs" } == 1)
    #expect(world.terminated == [1])
    #expect(world.routed == [2, 3])
  }

  @Test func whereAllHangTheyAreReplacedOneAtATime() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(50))
    world.send(report(world, suspects: [1: "silent", 2: "silent"]))
    #expect(world.routed == [2])
    #expect(world.notes.count { $0 == "ReplicaHangs" } == 1)
    world.run(.seconds(5))
    #expect(world.notes.count { $0 == "ReplicaHangs" } == 1, "the new one gets its time")
    #expect(world.routed.contains(2))
  }

  @Test func anUnknownSuspectChangesNothing() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(50))
    world.send(report(world, suspects: [9: "hangs"]))
    #expect(world.routed == [1, 2])
    #expect(!world.notes.contains("ReplicaHangs"))
  }

  @Test func deathsOfARequestCostNoBackoff() {
    var backoff = RestartBackoff()
    for _ in 0..<17 { backoff.died(uptime: .zero, now: .zero) }
    #expect(!backoff.maySpawn(now: .zero))
    backoff.forgive(2)
    #expect(backoff.maySpawn(now: .zero))
    // Two were given back.
    backoff.died(uptime: .zero, now: .zero)
    #expect(backoff.maySpawn(now: .zero))
    backoff.died(uptime: .zero, now: .zero)
    #expect(!backoff.maySpawn(now: .zero))
  }

  @Test func startsThatFailAreNotForgiven() {
    var backoff = RestartBackoff()
    backoff.startFailed(now: .zero)
    backoff.startFailed(now: .zero)
    backoff.forgive(2)
    #expect(!backoff.maySpawn(now: .zero))
  }

  @Test func aDeadlyRequestIsNamedOnce() throws {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(50))
    let deadly = DeadlyRequest(
      deployment: Self.key, method: "s.S/M", requestID: "r-7", replicas: [1, 2])
    let notes = world.fleet.handle(
      report(world, deadly: [deadly]), now: world.now
    ).compactMap { order -> FleetNote? in
      if case .note(let note) = order { note } else { nil }
    }
    #expect(
      notes == [
        FleetNote(
          "DeadlyRequest", app: "app", deployment: "a",
          "a#1 and a#2 died while they had request r-7 of s.S/M; it is not sent again")
      ])
  }

  @Test func replicasThatARequestKilledComeBackAtOnce() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(50))
    // Far more than the free deaths, two for each request.
    for index in 0..<20 {
      let victims = Array(world.routed.prefix(2))
      let started = world.now
      for victim in victims { world.die(victim) }
      let deadly = DeadlyRequest(
        deployment: Self.key, method: "s.S/M", requestID: "\(index)", replicas: victims)
      world.send(report(world, deadly: [deadly]))
      while world.routed.count < 2 { world.run(.milliseconds(5)) }
      #expect(started + .milliseconds(60) > world.now, "round \(index)")
    }
  }
}
