// What holds whatever happens to the fleet.
import MartletCore
import MartletScaling
import Testing

@Suite struct FleetPropertyTests {
  /// Random loads, deaths, deploys, pins and router failures; afterwards the fleet must come to rest
  /// where it should be.
  @Test(arguments: 0..<30 as Range<UInt64>) func itConverges(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var world = FleetWorld(cpus: 16_000)
    var auto = AutoscalingSpec(minReplicas: 1, maxReplicas: 5)
    auto.downscaleDelay = .milliseconds(500)
    var version: UInt64 = 1
    world.send(.deployed(world.app(version, replicas: .auto(auto))))
    for _ in 0..<40 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0...3: world.queued = Int.random(in: 0...20, using: &random)
      case 4, 5:
        if let victim = world.alive.keys.sorted().randomElement(using: &random) {
          world.die(victim)
        }
      case 6:
        version += 1
        if Bool.random(using: &random) { world.broken.insert(AppVersion(version)) }
        world.send(.deployed(world.app(version, replicas: .auto(auto), mark: "\(version)")))
      case 7:
        world.hasRouter.toggle()
        if !world.hasRouter { world.send(.routerDisconnected(connection: 1)) }
      default:
        for number in world.routed { world.ongoing[number] = Int.random(in: 0...3, using: &random) }
      }
      checkVictims(&world)
      world.run(.milliseconds(Int.random(in: 1...400, using: &random)))
    }
    world.hasRouter = true
    world.queued = 0
    world.ongoing = [:]
    world.broken = []
    version += 1
    world.send(.deployed(world.app(version, replicas: .auto(auto), mark: "-last")))
    world.run(.seconds(15))
    #expect(world.condition == .running, "seed \(seed)")
    #expect(world.routed.count == 1, "seed \(seed)")
    #expect(world.alive.keys.sorted() == world.routed, "seed \(seed)")
    #expect(world.fleet.packer.placements.keys.sorted() == world.routed, "seed \(seed)")
    #expect(world.fleet.routing.apps[0].versions.count == 1, "seed \(seed)")
  }

  /// A busy replica of the current version never leaves while an idle one of it stays.
  private func checkVictims(_ world: inout FleetWorld) {
    let before = world.fleet
    world.report()
    for (number, replica) in world.fleet.replicas {
      guard case .leaving = replica.machine.state,
        before.replicas[number]?.machine.state == .running,
        world.ongoing[number, default: 0] > 0
      else { continue }
      let spared = world.fleet.replicas.values.filter {
        $0.group == replica.group && $0.machine.isCapacity
          && world.ongoing[$0.number, default: 0] == 0
      }
      let current = world.fleet.apps["app"].flatMap { app in
        app.current.flatMap { app.versions[$0]?.revisions["a"] }
      }
      if replica.group.revision == current { #expect(spared.isEmpty) }
    }
  }

  @Test func aThousandDeathsLeaveNothingBehind() {
    var world = FleetWorld()
    world.send(.deployed(world.app(1)))
    world.run(.milliseconds(20))
    for _ in 0..<1000 {
      if let victim = world.routed.first { world.die(victim) }
      world.run(.milliseconds(300))
    }
    #expect(world.fleet.replicas.count == 2)
    #expect(world.fleet.packer.placements.count == 2)
    #expect(world.fleet.nextReplica == 1003)
  }
}
