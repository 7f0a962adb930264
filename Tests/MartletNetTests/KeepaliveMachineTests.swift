// Facts about the keepalive of both ends and about the life of a server's connection.
import MartletCore
import Testing

@testable import MartletNet

/// Seconds on the virtual clock.
private func at(_ seconds: Double) -> Timestamp { .zero + .seconds(seconds) }

@Suite struct KeepaliveMachineTests {
  /// Holds the machine, which cannot be copied into an expectation.
  private final class Keepalive {
    var machine: KeepaliveMachine

    init(withoutCalls: Bool = false, timeout: Int = 2) {
      machine = KeepaliveMachine(
        time: .seconds(10), timeout: .seconds(timeout), pingsWithoutCalls: withoutCalls)
    }

    func order(_ now: Double, lastRead: Double, calls: Bool = true) -> KeepaliveMachine.Order {
      machine.timePassed(now: at(now), lastRead: at(lastRead), hasCalls: calls)
    }
  }

  @Test func aSilentPeerIsPingedAndGivenUp() {
    let keepalive = Keepalive()
    #expect(keepalive.order(0, lastRead: 0) == .wait(until: at(10)))
    #expect(keepalive.order(10, lastRead: 0) == .ping)
    #expect(keepalive.order(10, lastRead: 0) == .wait(until: at(12)))
    #expect(keepalive.order(11.9, lastRead: 0) == .wait(until: at(12)))
    #expect(keepalive.order(12, lastRead: 0) == .giveUp)
    #expect(keepalive.order(13, lastRead: 12.5) == .giveUp)
  }

  @Test func pingsComeMoreOftenThanTheirTimeoutIfAsked() {
    let keepalive = Keepalive(timeout: 100)
    #expect(keepalive.order(10, lastRead: 0) == .ping)
    #expect(keepalive.order(10, lastRead: 0) == .wait(until: at(20)))
    #expect(keepalive.order(20, lastRead: 10.5) == .wait(until: at(20.5)))
    #expect(keepalive.order(20.5, lastRead: 10.5) == .ping)
    #expect(keepalive.order(110, lastRead: 10.5) == .wait(until: at(120)))
    #expect(keepalive.order(120.5, lastRead: 10.5) == .giveUp)
  }

  @Test func whatComesPutsThePingOff() {
    let keepalive = Keepalive()
    #expect(keepalive.order(10, lastRead: 7) == .wait(until: at(17)))
    #expect(keepalive.order(17, lastRead: 16.5) == .wait(until: at(26.5)))
  }

  @Test func anyByteAfterThePingIsASignOfLife() {
    let keepalive = Keepalive()
    #expect(keepalive.order(10, lastRead: 0) == .ping)
    #expect(keepalive.order(12, lastRead: 10.25) == .wait(until: at(20.25)))
    // The timer was late, and the peer has been silent again for long.
    #expect(keepalive.order(30, lastRead: 10.25) == .ping)
    #expect(keepalive.order(31, lastRead: 10.25) == .wait(until: at(32)))
  }

  @Test func withoutCallsNobodyIsPinged() {
    let keepalive = Keepalive()
    #expect(keepalive.order(100, lastRead: 0, calls: false) == .wait(until: at(110)))
    #expect(keepalive.order(110, lastRead: 0, calls: true) == .ping)
  }

  @Test func pingsWithoutCallsCanBeAsked() {
    let keepalive = Keepalive(withoutCalls: true)
    #expect(keepalive.order(10, lastRead: 0, calls: false) == .ping)
    #expect(keepalive.order(12, lastRead: 0, calls: false) == .giveUp)
  }

  @Test func clientsPingOnlyWhenAskedAndNotTooOften() {
    var limits = Limits.Keepalive()
    let off = KeepaliveMachine(client: limits)
    let isOff = off == nil
    #expect(isOff)
    limits.clientTime = .seconds(1)
    let order = KeepaliveMachine(client: limits)?.first(now: at(5), lastRead: at(0))
    #expect(order == .wait(until: at(10)))
  }
}

extension KeepaliveMachine {
  fileprivate consuming func first(now: Timestamp, lastRead: Timestamp) -> Order {
    timePassed(now: now, lastRead: lastRead, hasCalls: true)
  }
}

@Suite struct ServerLifeMachineTests {
  private final class Life {
    var machine: ServerLifeMachine
    var facts = ServerLifeMachine.Facts(lastRead: .zero, idleSince: .zero)

    init(
      isGreeted: Bool = true, isLocal: Bool = false, chance: Double = 0.5,
      _ change: (inout Limits) -> Void = { _ in }
    ) {
      var limits = Limits()
      limits.connectTimeout = .seconds(5)
      limits.headerSectionTime = .seconds(10)
      limits.firstRequestTime = .seconds(300)
      change(&limits)
      machine = ServerLifeMachine(limits, isLocal: isLocal, now: .zero, chance: chance)
      facts.isGreeted = isGreeted
    }

    func order(_ now: Double) -> ServerLifeMachine.Order {
      machine.timePassed(now: at(now), facts)
    }
  }

  @Test func aPrefaceMustComeInTime() {
    let life = Life(isGreeted: false)
    #expect(life.order(0) == .wait(until: at(5)))
    #expect(life.order(5) == .close(.noPreface))
    #expect(life.order(6) == .wait(until: ServerLifeMachine.never))
  }

  @Test func aFirstRequestMustComeInTime() {
    let life = Life()
    #expect(life.order(5) == .wait(until: at(300)))
    #expect(life.order(300) == .drain(.maxIdle))
    #expect(life.order(300) == .wait(until: at(320)))
    #expect(life.order(320) == .close(.graceOver))
  }

  @Test func oneRequestIsEnough() {
    let life = Life()
    life.facts.hasHadRequest = true
    #expect(life.order(300) == .wait(until: at(7200)))
  }

  @Test func localPeersMayWaitWithTheirFirstRequest() {
    #expect(Life(isLocal: true).order(300) == .wait(until: at(7200)))
  }

  @Test func headersMustBecomeWhole() {
    let life = Life()
    life.facts.headersSince = at(20)
    #expect(life.order(21) == .wait(until: at(30)))
    life.facts.headersSince = at(25)
    #expect(life.order(30) == .wait(until: at(35)))
    #expect(life.order(35) == .close(.slowHeaders))
  }

  @Test func aClientThatAnswersNoPingIsGivenUp() {
    let life = Life { $0.keepalive.serverTime = .seconds(60) }
    life.facts.hasHadRequest = true
    #expect(life.order(10) == .wait(until: at(60)))
    #expect(life.order(60) == .ping)
    #expect(life.order(60) == .wait(until: at(80)))
    life.facts.lastRead = at(61)
    #expect(life.order(80) == .wait(until: at(121)))
    #expect(life.order(121) == .ping)
    #expect(life.order(141) == .close(.noAnswer))
  }

  @Test func aConnectionGrowsOldWithinTheJitter() {
    for (chance, end) in [(0.0, 90.0), (0.5, 100), (0.75, 105)] {
      let life = Life(chance: chance) { $0.keepalive.maxAge = .seconds(100) }
      life.facts.hasHadRequest = true
      life.facts.openStreams = 1
      #expect(life.order(1) == .wait(until: at(end)))
      #expect(life.order(end) == .drain(.maxAge))
      // Its calls take as long as they take.
      life.facts.lastRead = at(end)
      #expect(life.order(end) == .wait(until: at(end + 7200)))
    }
  }

  @Test func theGraceOfAnOldConnectionEnds() {
    let life = Life {
      $0.keepalive.maxAge = .seconds(100)
      $0.keepalive.maxAgeGrace = .seconds(7)
    }
    life.facts.hasHadRequest = true
    life.facts.openStreams = 1
    #expect(life.order(100) == .drain(.maxAge))
    #expect(life.order(100) == .wait(until: at(107)))
    #expect(life.order(107) == .close(.graceOver))
  }

  @Test func idlenessCountsFromTheLastStreamsEnd() {
    let life = Life { $0.keepalive.maxIdle = .seconds(30) }
    life.facts.hasHadRequest = true
    life.facts.openStreams = 1
    #expect(life.order(10) == .wait(until: at(40)))
    life.facts.openStreams = 0
    life.facts.idleSince = at(35)
    #expect(life.order(40) == .wait(until: at(65)))
    #expect(life.order(65) == .drain(.maxIdle))
  }
}
