// Four replicas under load, one of which fails, hangs or dawdles: what it gets of the calls.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct OutlierSimulationTests {
  private static let sound = Crowd.Behaviour.answers(.milliseconds(20))

  @Test(arguments: [80.0, 300], [UInt64](1...5))
  func oneThatFailsAtOnceIsNoBlackHole(rate: Double, seed: UInt64) {
    var crowd = Crowd([.fails(.unavailable), Self.sound, Self.sound, Self.sound], seed: seed)
    crowd.run(.seconds(20), rate: rate)
    print("fails at once, \(rate)/s, seed \(seed): \(crowd.share(1))")
    #expect(crowd.share(1) < 0.05)
    #expect(crowd.arrived > Int(rate * 15))
  }

  @Test(arguments: [80.0, 300]) func withoutEjectionItGetsNoMoreThanItsShare(rate: Double) {
    var outliers = OutlierDetectionSpec()
    outliers.maxEjectionPercent = 0
    let replicas = [.fails(.unavailable), Self.sound, Self.sound, Self.sound]
    var crowd = Crowd(replicas, outliers: outliers)
    crowd.run(.seconds(20), rate: rate)
    print("fails at once and is not ejected, \(rate)/s: \(crowd.share(1))")
    #expect(crowd.share(1) < 0.3)
  }

  @Test(arguments: [80.0, 300], [UInt64](1...3))
  func oneThatBeginsToFailIsFound(rate: Double, seed: UInt64) {
    var crowd = Crowd([Self.sound, Self.sound, Self.sound, Self.sound], seed: seed)
    crowd.run(.seconds(10), rate: rate)
    #expect(crowd.share(1) > 0.2)
    crowd.behaviours[1] = .fails(.internalError)
    crowd.forget()
    crowd.run(.seconds(10), rate: rate)
    #expect(crowd.share(1) < 0.05)
    crowd.behaviours[1] = Self.sound
    crowd.run(.seconds(35), rate: rate)
    crowd.forget()
    crowd.run(.seconds(10), rate: rate)
    #expect(crowd.share(1) > 0.2, "well again, it has its share again")
  }

  @Test(arguments: [UInt64](1...3)) func oneThatFailsHalfOfItsCallsIsFound(seed: UInt64) {
    let half = Crowd.Behaviour.failsSome(0.5, .unknown, else: .milliseconds(20))
    var crowd = Crowd([half, Self.sound, Self.sound, Self.sound], seed: seed)
    crowd.run(.seconds(30), rate: 80)
    print("fails half of its calls, seed \(seed): \(crowd.share(1))")
    #expect(crowd.share(1) < 0.1)
  }

  @Test(arguments: [80.0, 300], [UInt64](1...3)) func oneThatHangsGetsNextToNothing(
    rate: Double, seed: UInt64
  ) {
    var crowd = Crowd([.hangs, Self.sound, Self.sound, Self.sound], seed: seed)
    crowd.run(.seconds(30), rate: rate, timeout: .seconds(1))
    print("hangs, \(rate)/s, seed \(seed): \(crowd.share(1))")
    #expect(crowd.share(1) < 0.05)
    crowd.forget()
    crowd.run(.seconds(30), rate: rate, timeout: .seconds(1))
    #expect((crowd.got[1] ?? 0) <= 3, "probes")
  }

  @Test(arguments: [80.0, 300]) func aSlowOneGetsWhatItsSpeedDeserves(rate: Double) {
    var crowd = Crowd([.answers(.milliseconds(200)), Self.sound, Self.sound, Self.sound])
    crowd.run(.seconds(30), rate: rate)
    print("ten times slower, \(rate)/s: \(crowd.share(1))")
    // A tenth of one of three others, and what random arrivals make of it.
    #expect((0.01...0.12).contains(crowd.share(1)))
    #expect(crowd.failed.isEmpty)
  }

  /// A tenth, and half, of all requests cannot be answered by anybody.
  @Test(arguments: [0.1, 0.5, 0.9], [UInt64](1...5)) func badRequestsCostNoReplicaItsShare(
    share: Double, seed: UInt64
  ) {
    var crowd = Crowd([Self.sound, Self.sound], seed: seed)
    crowd.badRequests = share
    crowd.run(.seconds(60), rate: 100)
    #expect((0.45...0.55).contains(crowd.share(1)))
  }

  @Test func badRequestsDoNotHideOneThatFails() {
    var crowd = Crowd([.fails(.internalError), Self.sound, Self.sound, Self.sound])
    crowd.badRequests = 0.2
    crowd.run(.seconds(30), rate: 100)
    #expect(crowd.share(1) < 0.08)
  }
}
