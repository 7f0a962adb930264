// Facts about replicas that routers see hang.
import MartletCore
import MartletScaling
import Testing

@Suite struct HangTests {
  @Test func pausesDoubleAndBeginAnewAfterAQuietTime() {
    var pause = HangPause()
    #expect(pause.mayReplace(now: .zero))
    var now = Timestamp.zero
    var pauses: [Duration] = []
    for _ in 0..<9 {
      pause.replaced(now: now)
      #expect(!pause.mayReplace(now: now))
      let until = pause.until ?? now
      pauses.append(until.duration(since: now))
      now = until
      #expect(pause.mayReplace(now: now))
    }
    #expect(pauses == [10, 20, 40, 80, 160, 320, 600, 600, 600].map { .seconds($0) })
    pause.replaced(now: now + .seconds(600))
    #expect(pause.until == now + .seconds(610))
  }

  private func worldThatServes(replicas: Int) -> FleetWorld {
    var world = FleetWorld()
    world.send(.deployed(world.app(1, replicas: .fixed(replicas))))
    world.run(.seconds(1))
    return world
  }

  @Test func aReplicaThatHangsIsReplacedAndItsPlaceTakenMeanwhile() {
    var world = worldThatServes(replicas: 3)
    let before = world.routed
    world.suspects = [before[1]: "its last 7 calls hung"]
    world.report()
    #expect(!world.routed.contains(before[1]))
    world.run(.seconds(1))
    #expect(world.routed.count == 3)
    #expect(world.terminated == [before[1]])
    #expect(world.notes.contains("ReplicaHangs"))
    #expect(world.condition == .running)
  }

  @Test func whenAllHangTheyAreReplacedOneAfterTheOther() {
    var world = worldThatServes(replicas: 4)
    let before = world.routed
    world.suspects = Dictionary(uniqueKeysWithValues: before.map { ($0, "hangs") })
    world.run(.seconds(5))
    #expect(Set(world.routed).subtracting(before).count == 1)
    #expect(world.routed.count == 4)
    world.run(.seconds(10))
    #expect(Set(world.routed).subtracting(before).count == 2)
    world.run(.seconds(20))
    #expect(Set(world.routed).subtracting(before).count == 3)
    #expect(world.routed.count == 4)
  }
}
