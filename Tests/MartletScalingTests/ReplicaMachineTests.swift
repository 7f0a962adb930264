// Facts about the life of one replica.
import MartletCore
import MartletScaling
import Testing

private func at(_ milliseconds: Int64) -> Timestamp {
  Timestamp(nanoseconds: milliseconds * 1_000_000)
}

private func started() -> ReplicaMachine {
  var machine = ReplicaMachine(limits: ReplicaLimits(), terms: HealthTerms())
  _ = machine.placed(now: .zero)
  machine.spawned(now: .zero)
  return machine
}

private func running() -> ReplicaMachine {
  var machine = started()
  _ = machine.checked(.serving, now: at(5))
  return machine
}

@Suite struct ReplicaMachineTests {
  @Test func aPlacedReplicaIsSpawned() {
    var machine = ReplicaMachine(limits: ReplicaLimits(), terms: HealthTerms())
    #expect(machine.placed(now: .zero) == .spawn)
    #expect(machine.placed(now: .zero) == .nothing)
  }

  @Test func questionsAtTheStartSlowDown() {
    var machine = started()
    var pauses: [Duration] = []
    var now = Timestamp.zero
    for _ in 0..<7 {
      guard let wake = machine.nextWake else { break }
      pauses.append(wake.duration(since: now))
      now = wake
      #expect(machine.timePassed(now: now) == .check)
      #expect(machine.timePassed(now: now) == .nothing)
      #expect(machine.checked(.failed("refused"), now: now) == .nothing)
    }
    #expect(pauses == [2, 4, 8, 16, 32, 50, 50].map { .milliseconds($0) })
  }

  @Test func theFirstServingMakesItReady() {
    var machine = started()
    #expect(machine.checked(.serving, now: at(5)) == .addToTable)
    #expect(machine.state == .running)
    #expect(machine.nextWake == at(1005))
  }

  @Test func aStartThatTakesTooLongIsKilled() {
    var machine = started()
    #expect(machine.timePassed(now: at(600_000)) == .kill)
    #expect(machine.exited(now: at(600_001)) == .neverReady)
    #expect(machine.message.hasPrefix("did not answer SERVING within"))
  }

  @Test func threeFailedChecksTakeItOutAndOneGoodOneBringsItBack() {
    var machine = running()
    #expect(machine.checked(.failed("late"), now: at(1000)) == .nothing)
    #expect(machine.checked(.failed("late"), now: at(2000)) == .nothing)
    #expect(machine.checked(.failed("late"), now: at(3000)) == .removeFromTable)
    #expect(machine.state == .unhealthy)
    #expect(machine.checked(.serving, now: at(4000)) == .addToTable)
    #expect(machine.checked(.failed("late"), now: at(5000)) == .nothing)
  }

  @Test func sixFailedChecksEndIt() {
    var machine = running()
    for second in 1...5 { _ = machine.checked(.failed("late"), now: at(Int64(second) * 1000)) }
    #expect(machine.checked(.failed("late"), now: at(6000)) == .kill)
    #expect(machine.exited(now: at(6001)) == .died(uptime: .milliseconds(5996)))
  }

  @Test func notServingTakesItOutAtOnce() {
    var machine = running()
    #expect(machine.checked(.notServing, now: at(1000)) == .removeFromTable)
  }

  @Test func aDrainWaitsForRoutersThenTerminatesThenKills() {
    var machine = running()
    let order = machine.stopOrdered(inTable: true, grace: .seconds(20), now: at(1000))
    #expect(order == .removeFromTable)
    #expect(machine.routersLetGo(now: at(1010)) == .terminate)
    #expect(machine.nextWake == at(21_000))
    #expect(machine.timePassed(now: at(20_999)) == .nothing)
    #expect(machine.timePassed(now: at(21_000)) == .kill)
    #expect(machine.exited(now: at(21_001)) == .stopped)
  }

  @Test func routersThatDoNotLetGoHaveTheGraceButItsLastSecond() {
    var machine = running()
    _ = machine.stopOrdered(inTable: true, grace: .seconds(20), now: at(1000))
    #expect(machine.nextWake == at(20_000))
    #expect(machine.timePassed(now: at(20_000)) == .terminate)
    #expect(machine.timePassed(now: at(21_000)) == .kill)
  }

  @Test func aShortGraceKeepsAnEighthForTheProgram() {
    var machine = running()
    _ = machine.stopOrdered(inTable: true, grace: .seconds(4), now: at(1000))
    #expect(machine.nextWake == at(4500))
  }

  @Test func aWaitingReplicaIsForgottenAndAStartingOneTerminated() {
    var waiting = ReplicaMachine(limits: ReplicaLimits(), terms: HealthTerms())
    #expect(waiting.stopOrdered(inTable: false, grace: .seconds(1), now: .zero) == .forget)
    var starting = started()
    #expect(starting.stopOrdered(inTable: false, grace: .seconds(1), now: .zero) == .terminate)
  }

  @Test func anEndIsKnownOnce() {
    var machine = running()
    #expect(machine.exited(now: at(1005)) == .died(uptime: .seconds(1)))
    #expect(machine.exited(now: at(1006)) == nil)
  }

  @Test func anAdoptedReplicaKeepsItsRequestsAndIsAskedAtOnce() {
    var machine = ReplicaMachine(
      adopted: true, limits: ReplicaLimits(), terms: HealthTerms(), now: at(7))
    #expect(machine.state == .running)
    #expect(machine.timePassed(now: at(7)) == .check)
  }
}

@Suite struct RestartBackoffTests {
  @Test func theFirstReplacementComesAtOnceAndLaterOnesSlower() {
    var backoff = RestartBackoff()
    backoff.startFailed(now: .zero)
    #expect(backoff.maySpawn(now: .zero))
    var waits: [Duration] = []
    for _ in 0..<9 {
      backoff.startFailed(now: .zero)
      waits.append(backoff.blockedUntil?.duration(since: .zero) ?? .zero)
    }
    let expected = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
    #expect(waits == expected.map { .milliseconds($0) })
    backoff.becameReady()
    #expect(backoff.maySpawn(now: .zero))
  }

  @Test func oftenKilledReplicasHealWithinAQuarterOfASecond() {
    var backoff = RestartBackoff()
    for _ in 0..<1000 { backoff.died(uptime: .milliseconds(50), now: .zero) }
    #expect(backoff.maySpawn(now: at(200)))
    backoff.died(uptime: .seconds(60), now: .zero)
    backoff.died(uptime: .milliseconds(1), now: at(300))
    #expect(backoff.maySpawn(now: at(300)))
  }
}
