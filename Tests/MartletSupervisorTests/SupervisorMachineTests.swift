// Facts about what a supervisor decides.

import MartletCore
import Testing

@testable import MartletSupervisor

@Suite struct SupervisorMachineTests {
  private func at(_ milliseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: milliseconds * 1_000_000)
  }

  /// A machine whose controller and two routers have started at 0.
  private func running() -> SupervisorMachine {
    var machine = SupervisorMachine(routers: 2)
    _ = machine.opened()
    for child in [SupervisorMachine.Child.controller, .router(0), .router(1)] {
      machine.started(child, at: .zero)
    }
    return machine
  }

  @Test func startsEverythingAtOnce() {
    var machine = SupervisorMachine(routers: 2)
    #expect(machine.opened() == [.start(.controller), .start(.router(0)), .start(.router(1))])
    #expect(machine.nextWake == nil)
  }

  @Test func firstDeathIsAnsweredAtOnce() {
    var machine = running()
    #expect(machine.ended(.router(1), at: at(10)) == [.start(.router(1))])
  }

  @Test func deathsInARowWaitLongerAndLonger() {
    var machine = running()
    _ = machine.ended(.controller, at: at(10))
    machine.started(.controller, at: at(10))
    #expect(machine.ended(.controller, at: at(20)).isEmpty)
    #expect(machine.nextWake == at(70))
    #expect(machine.timePassed(at: at(69)).isEmpty)
    #expect(machine.timePassed(at: at(70)) == [.start(.controller)])
    #expect(machine.nextWake == nil)
    machine.started(.controller, at: at(70))
    #expect(machine.ended(.controller, at: at(80)).isEmpty)
    #expect(machine.nextWake == at(180))
  }

  @Test func aHealthyLifeForgivesEarlierDeaths() {
    var machine = running()
    _ = machine.ended(.controller, at: at(10))
    machine.started(.controller, at: at(10))
    #expect(machine.ended(.controller, at: at(5010)) == [.start(.controller)])
  }

  /// To start it again would be of no use, and nobody looks into its log.
  @Test(arguments: [64, 78] as [Int32])
  func aControllerThatCannotStartEndsTheMesh(status: Int32) {
    var machine = running()
    #expect(machine.ended(.controller, status: status, at: at(10)) == [.terminateOrphans])
    #expect(machine.hasGivenUp)
    #expect(
      machine.orphansGone(at: at(20)) == [.terminate(.router(0)), .terminate(.router(1))])
    #expect(machine.ended(.router(0), at: at(30)).isEmpty)
    #expect(machine.ended(.router(1), at: at(30)) == [.finish])
  }

  @Test func otherEndsOfAControllerAreAnsweredAlways() {
    var machine = running()
    #expect(machine.ended(.router(0), status: 78, at: at(10)) == [.start(.router(0))])
    #expect(machine.ended(.controller, status: 1, at: at(10)) == [.start(.controller)])
    machine.started(.controller, at: at(10))
    #expect(machine.ended(.controller, status: nil, at: at(5010)) == [.start(.controller)])
    machine.started(.controller, at: at(5010))
    // It has been healthy, so routers serve.
    #expect(machine.ended(.controller, status: 78, at: at(5020)).isEmpty)
    #expect(machine.nextWake == at(5070))
    #expect(!machine.hasGivenUp)
  }

  @Test func delaysAreBounded() {
    #expect(SupervisorMachine.delay(afterDeaths: 1) == .zero)
    #expect(SupervisorMachine.delay(afterDeaths: 2) == .milliseconds(50))
    #expect(SupervisorMachine.delay(afterDeaths: 7) == .milliseconds(1600))
    #expect(SupervisorMachine.delay(afterDeaths: 8) == .seconds(2))
    #expect(SupervisorMachine.delay(afterDeaths: 1_000_000) == .seconds(2))
  }

  @Test func stopsInOrder() {
    var machine = running()
    #expect(machine.stopRequested(at: at(10)) == [.terminate(.controller)])
    #expect(machine.nextWake == nil)
    #expect(machine.ended(.controller, at: at(20)) == [.terminateOrphans])
    #expect(
      machine.orphansGone(at: at(30)) == [.terminate(.router(0)), .terminate(.router(1))])
    #expect(machine.ended(.router(1), at: at(40)).isEmpty)
    #expect(machine.ended(.router(0), at: at(50)) == [.finish])
    #expect(machine.timePassed(at: at(99_000)).isEmpty)
  }

  @Test func routersThatDieWhileTheControllerDrainsComeBack() {
    var machine = running()
    _ = machine.stopRequested(at: at(10))
    #expect(machine.ended(.router(0), at: at(20)) == [.start(.router(0))])
  }

  @Test func aControllerThatIsDownNeedsNoTerm() {
    var machine = running()
    _ = machine.ended(.controller, at: at(10))
    machine.started(.controller, at: at(10))
    _ = machine.ended(.controller, at: at(20))
    #expect(machine.stopRequested(at: at(30)) == [.terminateOrphans])
    #expect(machine.timePassed(at: at(70)).isEmpty)
  }

  @Test func whatHangsIsKilled() {
    var machine = running()
    _ = machine.stopRequested(at: at(0))
    _ = machine.ended(.controller, at: at(0))
    #expect(machine.nextWake == at(10_000))
    #expect(machine.timePassed(at: at(10_000)) == [.killOrphans])
    #expect(machine.nextWake == at(10_100))
    _ = machine.orphansGone(at: at(10_000))
    #expect(machine.timePassed(at: at(20_000)) == [.kill(.router(0)), .kill(.router(1))])
    #expect(machine.ended(.router(0), at: at(20_001)).isEmpty)
    #expect(machine.ended(.router(1), at: at(20_001)) == [.finish])
  }

  @Test func orphansThatCannotBeKilledDoNotKeepTheMesh() {
    var machine = running()
    _ = machine.stopRequested(at: at(0))
    _ = machine.ended(.controller, at: at(0))
    #expect(machine.timePassed(at: at(10_000)) == [.killOrphans])
    #expect(machine.timePassed(at: at(10_050)).isEmpty)
    #expect(machine.timePassed(at: at(14_999)) == [.killOrphans])
    #expect(
      machine.timePassed(at: at(15_099)) == [.terminate(.router(0)), .terminate(.router(1))])
    #expect(machine.orphansGone(at: at(15_100)).isEmpty)
  }

  @Test func theSecondRequestKills() {
    var machine = running()
    _ = machine.stopRequested(at: at(0))
    #expect(machine.stopRequested(at: at(1)) == [.kill(.controller)])
    _ = machine.ended(.controller, at: at(2))
    #expect(machine.stopRequested(at: at(3)) == [.killOrphans])
    _ = machine.orphansGone(at: at(4))
    #expect(machine.stopRequested(at: at(5)) == [.kill(.router(0)), .kill(.router(1))])
  }

  @Test func withoutRoutersTheEndComesAfterTheOrphans() {
    var machine = SupervisorMachine(routers: 0)
    _ = machine.opened()
    machine.started(.controller, at: .zero)
    _ = machine.stopRequested(at: at(1))
    _ = machine.ended(.controller, at: at(2))
    #expect(machine.orphansGone(at: at(3)) == [.finish])
  }
}
