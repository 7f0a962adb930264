// Facts about which children count as hanging.

import MartletCore
import Testing

@testable import MartletSupervisor

@Suite struct HeartbeatMachineTests {
  private typealias Sample = HeartbeatMachine.Sample

  /// A router that has beaten once, and is then silent while its threads do as told.
  private func silence(
    _ activity: HeartbeatMachine.Activity, cpuPerSecond: Double = 0, beats: Bool = true
  ) -> (seconds: Int, reason: String)? {
    var machine = HeartbeatMachine()
    machine.started(.router(0))
    if beats { machine.heard(.router(0)) }
    for second in 0...120 {
      let sample = Sample(activity: activity, cpu: .seconds(Double(second) * cpuPerSecond))
      let hangs = machine.looked(at: at(second)) { _ in sample }
      if let hang = hangs.first { return (second, hang.reason) }
    }
    return nil
  }

  private func at(_ seconds: Int) -> Timestamp { .zero + .seconds(seconds) }

  @Test func aStoppedOneIsReplacedAfterFiveSeconds() {
    #expect(silence(.stopped)?.seconds == 5)
    #expect(silence(.stopped)?.reason == "has been stopped for 5 s")
  }

  @Test func aSpinningOneIsReplacedAfterTenSeconds() {
    #expect(silence(.working, cpuPerSecond: 1)?.seconds == 10)
    #expect(silence(.working, cpuPerSecond: 1)?.reason.hasSuffix("it computes without end") == true)
  }

  @Test func oneThatWaitsForEverIsReplacedAfterTenSeconds() {
    #expect(silence(.asleep)?.seconds == 10)
  }

  @Test func oneThatGetsNoCoreHasLonger() {
    #expect(silence(.working, cpuPerSecond: 0.1)?.seconds == 30)
  }

  @Test func oneThatHasNotBegunHasAMinute() {
    #expect(silence(.working, cpuPerSecond: 1, beats: false)?.seconds == 60)
  }

  @Test func oneInADebuggerIsLeftAlone() {
    #expect(silence(.traced) == nil)
  }

  @Test func onesThatBeatAreNotLookedAt() {
    var machine = HeartbeatMachine()
    machine.started(.controller)
    for second in 0...100 {
      machine.heard(.controller)
      let hangs = machine.looked(at: at(second)) { _ in
        Issue.record("looked at")
        return nil
      }
      #expect(hangs.isEmpty)
    }
  }

  @Test func timeThatTheSupervisorDidNotSeeDoesNotCount() {
    var machine = HeartbeatMachine()
    machine.started(.router(0))
    machine.heard(.router(0))
    let stopped = Sample(activity: .stopped, cpu: .zero)
    for second in 0...4 { #expect(machine.looked(at: at(second)) { _ in stopped }.isEmpty) }
    // The laptop was closed for an hour.
    for second in 3600...3604 { #expect(machine.looked(at: at(second)) { _ in stopped }.isEmpty) }
    #expect(machine.looked(at: at(3605)) { _ in stopped }.map(\.child) == [.router(0)])
  }

  @Test func looksAreASecondApartWhileThereAreChildren() {
    var machine = HeartbeatMachine()
    #expect(machine.nextLook == nil)
    machine.started(.controller)
    #expect(machine.nextLook == .zero)
    _ = machine.looked(at: at(7)) { _ in nil }
    #expect(machine.nextLook == at(8))
    machine.ended(.controller)
    #expect(machine.nextLook == nil)
  }
}
