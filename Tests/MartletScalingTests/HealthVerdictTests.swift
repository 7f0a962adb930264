// Facts about replicas that are late with their health: busy, or dead.
import MartletCore
import MartletScaling
import Testing

private func at(_ milliseconds: Int64) -> Timestamp {
  Timestamp(nanoseconds: milliseconds * 1_000_000)
}

private func starting(_ terms: HealthTerms = HealthTerms()) -> ReplicaMachine {
  var machine = ReplicaMachine(limits: ReplicaLimits(), terms: terms)
  _ = machine.placed(now: .zero)
  machine.spawned(now: .zero)
  return machine
}

private func running(_ terms: HealthTerms = HealthTerms()) -> ReplicaMachine {
  var machine = starting(terms)
  _ = machine.checked(.serving, now: .zero)
  return machine
}

extension ReplicaMachine {
  /// What the same check, once a second, makes of it: the seconds at which it was taken out and ended.
  fileprivate mutating func checkedOften(
    _ result: CheckResult, callsInHand: Bool, seconds: ClosedRange<Int64> = 1...600
  ) -> (out: Int64?, ended: Int64?) {
    var out: Int64?
    for second in seconds {
      switch checked(result, callsInHand: callsInHand, now: at(second * 1000)) {
      case .removeFromTable: out = second
      case .kill: return (out, second)
      default: break
      }
    }
    return (out, nil)
  }
}

@Suite struct HealthVerdictTests {
  @Test(arguments: [
    // Pings come back and calls are in hand: busy, for as long as that takes.
    (LifeSign.answersPings, true, nil, nil),
    (.answersPings, false, 3, 6),
    // It computes on the thread that would answer pings: busy for two minutes.
    (.computes, true, 122, 125),
    (.computes, false, 3, 6),
    // A handler holds the loop that would answer pings: the same.
    (.loopIsHeld, true, 122, 125),
    (.loopIsHeld, false, 3, 6),
    (.none, true, 3, 6),
    (.none, false, 3, 6),
  ])
  func whatALateCheckMeans(
    sign: LifeSign, callsInHand: Bool, out: Int64?, ended: Int64?
  ) {
    var machine = running()
    let found = machine.checkedOften(.late("late", sign), callsInHand: callsInHand)
    #expect(found.out == out)
    #expect(found.ended == ended)
  }

  @Test func aBusyReplicaSaysSoAndKeepsItsRequests() {
    var machine = running()
    #expect(
      machine.checked(.late("late", .answersPings), callsInHand: true, now: at(1000)) == .nothing)
    #expect(machine.state == .running)
    #expect(machine.message == "busy: late; it answers pings and has calls in hand")
  }

  @Test func oneAnswerBeginsAnewWithTheSilence() {
    var machine = running()
    for second in 1...119 {
      _ = machine.checked(
        .late("late", .computes), callsInHand: true, now: at(Int64(second) * 1000))
    }
    _ = machine.checked(.late("late", .answersPings), callsInHand: true, now: at(120_000))
    let found = machine.checkedOften(
      .late("late", .computes), callsInHand: true, seconds: 121...600)
    #expect(found.out == 242)
  }

  @Test func aBusyCheckBreaksARowOfFailedOnes() {
    var machine = running()
    for round in 0..<10 {
      let start = Int64(round) * 3000
      _ = machine.checked(.late("late", .answersPings), now: at(start + 1000))
      _ = machine.checked(.late("late", .answersPings), now: at(start + 2000))
      _ = machine.checked(.late("late", .answersPings), callsInHand: true, now: at(start + 3000))
    }
    #expect(machine.state == .running)
  }

  @Test func whatAnUnhealthyReplicaHasInHandIsNotCutOffWhileItLives() {
    var machine = running()
    let found = machine.checkedOften(.notServing, callsInHand: true, seconds: 1...60)
    #expect(found.out == 1)
    #expect(found.ended == nil)
    // Its calls have ended, and it still does not want any.
    #expect(
      machine.checkedOften(.notServing, callsInHand: false, seconds: 61...99).ended == 63)
  }

  @Test func theDeploymentSaysHowManyFailuresAreTooMany() {
    var terms = HealthTerms()
    terms.failures = 5
    var machine = running(terms)
    let found = machine.checkedOften(.failed("refused"), callsInHand: true)
    #expect(found.out == 5)
    #expect(found.ended == 10)
  }

  @Test func whoeverElseStartedAReplicaAlsoEndsIt() {
    var machine = ReplicaMachine(
      adopted: true, limits: ReplicaLimits(), terms: HealthTerms(), isExternal: true, now: .zero)
    let found = machine.checkedOften(.failed("refused"), callsInHand: false)
    #expect(found.out == 3)
    #expect(found.ended == nil)
  }
}

@Suite struct HealthTermsTests {
  @Test func aTimeoutIsThePeriodUnlessItIsSaid() {
    var spec = DeploymentSpec(name: "d")
    #expect(HealthTerms(spec).timeout == .seconds(1))
    spec.healthCheckPeriod = .milliseconds(100)
    #expect(HealthTerms(spec).timeout == .seconds(1))
    spec.healthCheckPeriod = .seconds(5)
    #expect(HealthTerms(spec).timeout == .seconds(5))
    spec.healthCheckTimeout = .milliseconds(200)
    #expect(HealthTerms(spec).timeout == .milliseconds(200))
  }

  @Test func noLimitIsZeroInTheFile() {
    var spec = DeploymentSpec(name: "d")
    #expect(HealthTerms(spec).startupTimeout == .seconds(600))
    spec.startupTimeout = .zero
    #expect(HealthTerms(spec).startupTimeout == nil)
  }

  @Test func aReplicaMayLoadForAsLongAsItNeeds() {
    var terms = HealthTerms()
    terms.startupTimeout = nil
    var machine = starting(terms)
    let days: Int64 = 10 * 24 * 3_600_000
    #expect(machine.timePassed(now: at(days)) == .check)
    #expect(machine.checked(.notServing, now: at(days)) == .nothing)
    #expect(machine.checked(.serving, now: at(days + 1)) == .addToTable)
  }

  @Test func aLongLoadSaysWhatItWaitsForAndIsAskedLessOften() {
    var machine = starting()
    _ = machine.checked(.failed("does not listen on x yet"), now: at(500))
    #expect(machine.message == "does not listen on x yet")
    _ = machine.checked(.failed("does not listen on x yet"), now: at(2500))
    #expect(machine.message == "starting for 2 s: does not listen on x yet")
    _ = machine.checked(.notServing, now: at(3000))
    #expect(machine.message == "loading: answers NOT_SERVING")
    _ = machine.checked(.notServing, now: at(37_400))
    #expect(machine.message == "loading: answers NOT_SERVING for 34 s")
    var pause = Duration.zero
    for _ in 0..<20 {
      _ = machine.checked(.notServing, now: at(60_000))
      pause = machine.nextWake?.duration(since: at(60_000)) ?? .zero
    }
    #expect(pause == .milliseconds(600))
    for _ in 0..<20 {
      _ = machine.checked(.notServing, now: at(500_000))
      pause = machine.nextWake?.duration(since: at(500_000)) ?? .zero
    }
    #expect(pause == .seconds(1))
  }

  @Test func theEndOfAStartSaysWhatItWaitedFor() {
    var machine = starting()
    _ = machine.checked(.notServing, now: at(1000))
    _ = machine.checked(.notServing, now: at(599_000))
    #expect(machine.timePassed(now: at(600_000)) == .kill)
    #expect(
      machine.message == "did not answer SERVING within 600.0 seconds (startup_timeout_s); "
        + "loading: answers NOT_SERVING for 598 s")
  }

  @Test func whatChangedHoldsAtOnce() {
    var slow = HealthTerms()
    slow.period = .seconds(3600)
    slow.timeout = .seconds(3600)
    var machine = running(slow)
    #expect(machine.nextWake == at(3_600_000))
    machine.reconfigured(HealthTerms(), now: at(5000))
    #expect(machine.nextWake == at(6000))
    #expect(machine.timePassed(now: at(6000)) == .check)
    // A check that is under way with the old timeout does not hold up the next one.
    var quick = HealthTerms()
    quick.period = .milliseconds(100)
    machine.reconfigured(quick, now: at(6000))
    #expect(machine.timePassed(now: at(6100)) == .check)
    #expect(machine.terms.timeout == .seconds(1))
  }

  @Test func aChangedStartupTimeoutHoldsForStartsUnderWay() {
    var machine = starting()
    var terms = HealthTerms()
    terms.startupTimeout = .seconds(5)
    machine.reconfigured(terms, now: at(1000))
    #expect(machine.timePassed(now: at(5000)) == .kill)
  }
}
