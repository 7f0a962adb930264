// Facts about a channel's connection and about the table of handlers.
import MartletCore
import Testing

@testable import MartletNet

@Suite struct ReconnectMachineTests {
  private let backoff = Backoff(first: .milliseconds(10), random: { 0 })
  private let refused = RPCStatus(.unavailable, "refused")

  @Test func firstCallConnectsTheNextOnesWait() {
    var machine = ReconnectMachine()
    #expect(machine.callMade(waitForReady: false) == .waitAndConnect)
    #expect(machine.callMade(waitForReady: false) == .wait)
    machine.connectionBecameReady()
    #expect(machine.callMade(waitForReady: false) == .send)
  }

  @Test func callsFailDuringThePauseUnlessTheyWait() {
    var machine = ReconnectMachine()
    _ = machine.callMade(waitForReady: false)
    #expect(machine.connectFailed(refused, backoff: backoff) == .pause(.milliseconds(10)))
    #expect(machine.callMade(waitForReady: false) == .fail(refused))
    #expect(machine.callMade(waitForReady: true) == .wait)
    #expect(machine.pauseEnded(callsWait: true) == .connect)
    #expect(machine.connectFailed(refused, backoff: backoff) == .pause(.milliseconds(20)))
  }

  @Test func failuresAreRememberedWhileNobodyCalls() {
    var machine = ReconnectMachine()
    _ = machine.callMade(waitForReady: false)
    _ = machine.connectFailed(refused, backoff: backoff)
    #expect(machine.pauseEnded(callsWait: false) == .nothing)
    #expect(machine.callMade(waitForReady: false) == .waitAndConnect)
    #expect(machine.connectFailed(refused, backoff: backoff) == .pause(.milliseconds(20)))
  }

  @Test func aLostConnectionIsMadeAgainOnlyForCallsThatWait() {
    var machine = ReconnectMachine()
    _ = machine.callMade(waitForReady: false)
    machine.connectionBecameReady()
    #expect(machine.connectionLost(callsWait: false) == .nothing)
    #expect(machine.callMade(waitForReady: false) == .waitAndConnect)
    machine.connectionBecameReady()
    #expect(machine.connectionLost(callsWait: true) == .connect)
  }

  @Test func nothingHappensOnceClosed() {
    var machine = ReconnectMachine()
    machine.closed()
    #expect(
      machine.callMade(waitForReady: true)
        == .fail(RPCStatus(.unavailable, "the channel is closed")))
    #expect(machine.connectionLost(callsWait: true) == .nothing)
    #expect(machine.pauseEnded(callsWait: true) == .nothing)
  }
}

@Suite struct HandlerTableTests {
  @Test func pathsAreFoundByTheirBytes() {
    var table = HandlerTable()
    for number in 0..<40 {
      table.unary(MethodName(service: "s", method: "m\(number)")) { request, _ in request }
    }
    let index = PathIndex(table)
    for number in 0..<40 {
      let found = Array("/s/m\(number)".utf8).withUnsafeBytes { index.entry(forPath: $0) }
      #expect(found?.method.method == "m\(number)")
    }
    #expect(Array("/s/m40".utf8).withUnsafeBytes { index.entry(forPath: $0) } == nil)
    #expect(Array("".utf8).withUnsafeBytes { index.entry(forPath: $0) } == nil)
  }

  @Test func theLaterHandlerOfAMethodCounts() {
    var table = HandlerTable()
    table.unary(.echo) { request, _ in request }
    table.unary(.echo, countsAsOngoing: false) { request, _ in request }
    #expect(table.entries.map(\.countsAsOngoing) == [false])
  }
}
