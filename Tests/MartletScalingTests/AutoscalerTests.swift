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

@Suite struct AutoscalerTests {
  @Test func aLoadAboveTargetScalesUpAtOnce() {
    var scaler = scaler(spec(1...4))
    scaler.loadChanged(to: 5, now: at(1))
    #expect(scaler.desired == 3)
  }

  @Test func thirdsOfATargetDoNotAskForOneMore() {
    var scaler = scaler(spec(1...20, target: 0.1))
    scaler.loadChanged(to: 1, now: at(1))
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
    #expect(scaler.desired == 1)
    #expect(scaler.nextChange == at(4))
    scaler.timePassed(now: at(4))
    #expect(scaler.desired == 4)
  }

  @Test func theHoldKeepsThePeakOfTheLastThirtySeconds() {
    var scaler = scaler(spec(1...4))
    scaler.loadChanged(to: 8, now: at(1))
    scaler.loadChanged(to: 4, now: at(2))
    scaler.loadChanged(to: 1, now: at(10))
    scaler.timePassed(now: at(31.9))
    #expect(scaler.desired == 4)
    #expect(scaler.nextChange == at(32))
    scaler.timePassed(now: at(32))
    #expect(scaler.desired == 2)
    scaler.timePassed(now: at(40))
    #expect(scaler.desired == 1)
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
      let before = scaler.desired
      let load = Bool.random(using: &random) ? 0 : Int.random(in: 0...20, using: &random)
      scaler.loadChanged(to: load, now: now)
      #expect((spec.minReplicas...spec.maxReplicas).contains(scaler.desired))
      if load == 0 { #expect(scaler.desired <= before) }
    }
    scaler.loadChanged(to: 6, now: now)
    scaler.timePassed(now: now + .seconds(20))
    #expect(scaler.desired == min(max(4, spec.minReplicas), spec.maxReplicas))
    scaler.loadChanged(to: 0, now: now + .seconds(20))
    scaler.timePassed(now: now + .seconds(60))
    #expect(scaler.desired == spec.minReplicas)
  }
}
