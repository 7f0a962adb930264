// Facts about the scale decision.
import MartletCore
import MartletScaling
import Testing

private func at(_ seconds: Double) -> Timestamp {
  Timestamp(nanoseconds: Int64(seconds * 1e9))
}

private func spec(_ range: ClosedRange<Int>, target: Double = 2) -> AutoscalingSpec {
  AutoscalingSpec(
    minReplicas: range.lowerBound, maxReplicas: range.upperBound, targetOngoingRequests: target)
}

private func scaler(
  _ spec: AutoscalingSpec, initial: Int? = nil, mayScaleDown: Bool = true
) -> Autoscaler {
  Autoscaler(.auto(spec), initial: initial, mayScaleDown: mayScaleDown, now: .zero)
}

extension Autoscaler {
  /// A load that is all at replicas, of which as many are ready as there should be.
  fileprivate mutating func loadChanged(to load: Int, queued: Int = 0, now: Timestamp) {
    loadChanged(
      to: DeploymentLoad(running: load - queued, queued: queued, ready: desired), now: now)
  }
}

@Suite struct AutoscalerTests {
  @Test func aLoadAboveTargetThatStaysScalesUp() {
    var scaler = scaler(spec(1...4))
    scaler.loadChanged(to: 5, now: at(1))
    #expect(scaler.desired == 1)
    scaler.timePassed(now: at(11))
    #expect(scaler.desired == 3)
  }

  @Test func aGreatLoadScalesUpWithinTenthsOfASecond() {
    var scaler = scaler(spec(1...100))
    scaler.loadChanged(to: 60, now: at(1))
    scaler.timePassed(now: at(1.1))
    #expect(scaler.desired > 10)
    scaler.timePassed(now: at(1.3))
    #expect((20...30).contains(scaler.desired))
  }

  @Test func aQueueThatStandsScalesUpAtOnceWhateverTheUpscaleDelay() {
    var spec = spec(1...8)
    spec.upscaleDelay = .seconds(30)
    var scaler = scaler(spec)
    scaler.loadChanged(to: 12, queued: 4, now: at(1))
    #expect(scaler.desired == 1)
    #expect(scaler.nextChange == at(1.1))
    scaler.timePassed(now: at(1.1))
    #expect(scaler.desired >= 2)
  }

  @Test func aQueueThatComesAndGoesIsNone() {
    var spec = spec(1...8)
    spec.upscaleDelay = .seconds(30)
    var scaler = scaler(spec)
    for tenth in 0..<40 {
      let now = at(1 + Double(tenth) / 10)
      scaler.loadChanged(to: 3, queued: 1, now: now)
      scaler.loadChanged(to: 2, now: now + .milliseconds(60))
    }
    #expect(scaler.desired == 1)
  }

  @Test func whatPilesUpWhileReplicasStartIsNoLoad() {
    var scaler = scaler(spec(1...100))
    // 20 calls a second of 0.1 s; then 120, of which one replica takes 80.
    for tick in 0..<200 {
      scaler.loadChanged(to: 2 + (tick % 5 == 0 ? 1 : 0), now: at(Double(tick) * 0.02))
    }
    for tick in 1...100 {
      let queued = tick * 2 / 5
      scaler.loadChanged(
        to: DeploymentLoad(running: 8, queued: queued, ready: 1), now: at(4 + Double(tick) * 0.01))
    }
    #expect((4...14).contains(scaler.desired), "\(scaler.desired)")
  }

  @Test func beforeAReplicaEverRanTheQueueCounts() {
    var scaler = scaler(spec(0...8))
    scaler.loadChanged(to: DeploymentLoad(running: 0, queued: 9, ready: 0), now: at(1))
    #expect(scaler.desired == 5)
  }

  @Test func aLoadAtTheTargetAsksForNoMore() {
    var scaler = scaler(spec(1...20, target: 0.1))
    scaler.loadChanged(to: 1, now: at(1))
    scaler.timePassed(now: at(90))
    #expect(scaler.desired == 10)
  }

  @Test func theFirstRequestWakesZeroWhateverTheUpscaleDelay() {
    var spec = spec(0...4)
    spec.upscaleDelay = .seconds(10)
    var scaler = scaler(spec)
    #expect(scaler.desired == 0)
    scaler.loadChanged(to: 1, now: at(1))
    #expect(scaler.desired == 1)
  }

  @Test func anUpscaleDelayWaitsForALoadThatStays() {
    var spec = spec(1...4)
    spec.upscaleDelay = .seconds(3)
    var scaler = scaler(spec)
    scaler.loadChanged(to: 8, now: at(1))
    scaler.timePassed(now: at(1.7))
    #expect(scaler.desired == 1)
    scaler.timePassed(now: at(4))
    #expect(scaler.desired >= 2)
    scaler.timePassed(now: at(10))
    #expect(scaler.desired == 4)
  }

  @Test func aShortPeakIsNoLoadForALongDelay() {
    var spec = spec(1...4)
    spec.upscaleDelay = .seconds(30)
    var scaler = scaler(spec)
    scaler.loadChanged(to: 12, now: at(1))
    scaler.loadChanged(to: 1, now: at(3))
    scaler.timePassed(now: at(100))
    #expect(scaler.desired == 1)
  }

  /// The mean falls from 8 to 1 within the delay.
  @Test func theCountHoldsForHalfOfTheDelayAndFollowsTheMean() {
    var scaler = scaler(spec(1...4))
    scaler.loadChanged(to: 8, now: at(1))
    scaler.timePassed(now: at(60))
    #expect(scaler.desired == 4)
    scaler.loadChanged(to: 1, now: at(60))
    scaler.timePassed(now: at(74))
    #expect(scaler.desired == 4)
    scaler.timePassed(now: at(81))
    #expect((2...3).contains(scaler.desired))
    scaler.timePassed(now: at(90))
    #expect(scaler.desired == 1)
    #expect(scaler.nextChange == nil)
  }

  @Test func aLookBackPeriodShorterThanTheDelayHasToAgreeAllTheWhile() {
    var spec = spec(1...4)
    spec.upscaleDelay = .seconds(10)
    spec.lookBackPeriod = .seconds(2)
    var scaler = scaler(spec)
    scaler.loadChanged(to: 8, now: at(1))
    scaler.timePassed(now: at(8))
    #expect(scaler.desired == 1)
    scaler.timePassed(now: at(16))
    #expect(scaler.desired == 4)
  }

  /// A driver that asks late finds what it would have found in time.
  @Test func lateLooksChangeNothing() {
    var spec = spec(1...4)
    spec.lookBackPeriod = .seconds(3)
    var often = scaler(spec)
    var once = often
    often.loadChanged(to: 8, now: at(1))
    once.loadChanged(to: 8, now: at(1))
    while let next = often.nextChange { often.timePassed(now: next) }
    once.timePassed(now: at(500))
    #expect(often.desired == 4)
    #expect(once.desired == 4)
  }

  @Test func theLastReplicaGoesAfterItsOwnDelay() {
    var scaler = scaler(spec(0...4))
    scaler.loadChanged(to: 2, now: at(0))
    scaler.loadChanged(to: 0, now: at(5))
    scaler.timePassed(now: at(64))
    #expect(scaler.desired == 1)
    #expect(scaler.nextChange == at(65))
    scaler.timePassed(now: at(65))
    #expect(scaler.desired == 0)
  }

  @Test func aShortZeroDelayDoesNotWaitForTheHold() {
    var spec = spec(0...4)
    spec.downscaleToZeroDelay = .seconds(5)
    var scaler = scaler(spec)
    scaler.loadChanged(to: 1, now: at(0))
    scaler.loadChanged(to: 0, now: at(1))
    scaler.timePassed(now: at(6))
    #expect(scaler.desired == 0)
  }

  @Test func anUnknownLoadTakesNothingAway() {
    var scaler = scaler(spec(1...4), initial: 3, mayScaleDown: false)
    scaler.loadChanged(to: 0, now: at(100))
    #expect(scaler.desired == 3)
    scaler.scalingDownBecame(allowed: true, now: at(101))
    scaler.timePassed(now: at(130))
    #expect(scaler.desired == 3)
    scaler.timePassed(now: at(131))
    #expect(scaler.desired == 1)
  }

  @Test func aPinEndsWithTheNextDeploy() {
    var scaler = scaler(spec(1...4))
    scaler.pinned(to: 3)
    scaler.loadChanged(to: 100, now: at(1))
    #expect(scaler.desired == 3)
    #expect(scaler.nextChange == nil)
    scaler.reconfigured(.fixed(2), now: at(2))
    #expect(scaler.desired == 2)
  }

  @Test func aLoadThatSwingsEverySecondDoesNotFlap() {
    var scaler = scaler(spec(1...4))
    var turns = 0
    var last = scaler.desired
    for second in 0..<300 {
      scaler.loadChanged(to: second.isMultiple(of: 2) ? 8 : 1, now: at(Double(second)))
      if scaler.desired != last { turns += 1 }
      last = scaler.desired
    }
    #expect(turns == 1)
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func itsPropertiesHold(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let low = Int.random(in: 0...2, using: &random)
    var spec = spec(low...(low + Int.random(in: 1...6, using: &random)), target: 1.5)
    spec.upscaleDelay = .milliseconds(Int.random(in: 0...2000, using: &random))
    spec.downscaleDelay = .milliseconds(Int.random(in: 0...5000, using: &random))
    spec.downscaleToZeroDelay = .milliseconds(Int.random(in: 0...9000, using: &random))
    var scaler = scaler(spec)
    var now = Timestamp.zero
    for _ in 0..<200 {
      now = now + .milliseconds(Int.random(in: 0...1500, using: &random))
      scaler.timePassed(now: now)
      let before = scaler.desired
      let load = Bool.random(using: &random) ? 0 : Int.random(in: 0...20, using: &random)
      scaler.loadChanged(to: load, now: now)
      #expect((spec.minReplicas...spec.maxReplicas).contains(scaler.desired))
      if load == 0 { #expect(scaler.desired <= before) }
    }
    scaler.loadChanged(to: 6, now: now)
    scaler.timePassed(now: now + .seconds(120))
    #expect(scaler.desired == min(max(4, spec.minReplicas), spec.maxReplicas))
    scaler.loadChanged(to: 0, now: now + .seconds(120))
    scaler.timePassed(now: now + .seconds(160))
    #expect(scaler.desired == spec.minReplicas)
  }
}
