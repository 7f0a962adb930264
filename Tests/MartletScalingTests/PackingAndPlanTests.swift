// Facts about resources and about the choice of victims.
import MartletCore
import MartletScaling
import Testing

@Suite struct ResourcePackerTests {
  private func packer(cpus: Int = 4000, gpus: Int = 0) -> ResourcePacker {
    ResourcePacker(MachineCapacity(milliCPUs: cpus, gpus: gpus, memoryBytes: 1 << 30))
  }

  private func devices(_ outcome: ResourcePacker.Outcome) -> String? {
    guard case .placed(let placement) = outcome else { return nil }
    return placement.visibleDevices
  }

  @Test func fractionsShareOneDeviceAndWholeOnesStayWhole() {
    var packer = packer(gpus: 2)
    let third = Resources(milliCPUs: 100, milliGPUs: 300)
    #expect(devices(packer.place(1, third)) == "0")
    #expect(devices(packer.place(2, third)) == "0")
    #expect(devices(packer.place(3, Resources(milliCPUs: 0, milliGPUs: 1000))) == "1")
    #expect(devices(packer.place(4, third)) == "0")
    #expect(
      packer.place(5, third) == .missing("0.3 GPUs (free: 0.1 + 0 of 2)"))
  }

  @Test func aFractionIsNeverSpreadOverDevices() {
    var packer = packer(gpus: 2)
    _ = packer.place(1, Resources(milliCPUs: 0, milliGPUs: 600))
    _ = packer.place(2, Resources(milliCPUs: 0, milliGPUs: 600))
    #expect(devices(packer.place(3, Resources(milliCPUs: 0, milliGPUs: 500))) == nil)
    #expect(devices(packer.place(4, Resources(milliCPUs: 0, milliGPUs: 400))) == "0")
  }

  @Test func severalDevicesAreNamedInOrder() {
    var packer = packer(gpus: 3)
    #expect(devices(packer.place(1, Resources(milliCPUs: 0, milliGPUs: 2500))) == "0,1,2")
  }

  @Test func whatIsMissingIsSaid() {
    var packer = packer(cpus: 1250)
    _ = packer.place(1, Resources(milliCPUs: 1000))
    let outcome = packer.place(
      2, Resources(milliCPUs: 500, milliGPUs: 300, memoryBytes: 2 << 30))
    #expect(
      outcome
        == .missing(
          "0.5 CPUs (0.25 of 1.25 free), 2048 MiB of memory (1024 MiB of 1024 MiB free), "
            + "0.3 GPUs (the machine has none)"))
    #expect(packer.takenMilliCPUs == 1000)
  }

  @Test func aReleaseGivesBackAndASuccessorBorrows() {
    var packer = packer(cpus: 1000)
    _ = packer.place(1, Resources(milliCPUs: 1000))
    guard case .placed = packer.place(2, Resources(milliCPUs: 1000), borrowing: [1]) else {
      Issue.record("the successor found no room")
      return
    }
    guard case .missing = packer.place(3, Resources(milliCPUs: 1000), borrowing: [1]) else {
      Issue.record("one predecessor's room was given twice")
      return
    }
    packer.release(1)
    packer.release(2)
    #expect(packer.takenMilliCPUs == 0)
  }

  /// The talk's numbers: a detector with a whole GPU and four CPUs, classifiers with 0.3 of a GPU.
  @Test func theTalksGraphFitsOnTwoDevices() {
    var packer = packer(cpus: 12_000, gpus: 2)
    #expect(devices(packer.place(1, Resources(milliCPUs: 4000, milliGPUs: 1000))) == "0")
    for number in 2...4 as ClosedRange<UInt64> {
      let outcome = packer.place(number, Resources(milliCPUs: 1000, milliGPUs: 300))
      #expect(devices(outcome) == "1")
    }
    #expect(packer.takenMilliGPUs == 1900)
  }
}

@Suite struct ReconcilePlanTests {
  private typealias Candidate = ReconcilePlan.Candidate

  @Test func whatStartsCounts() {
    let actual = [Candidate(number: 1, phase: .starting, ongoing: 0)]
    #expect(ReconcilePlan(desired: 3, actual: actual) == .add(2))
    #expect(ReconcilePlan(desired: 1, actual: actual) == .keep)
  }

  @Test func victimsAreWaitingThenStartingThenIdleThenTheLeastBusy() {
    let actual = [
      Candidate(number: 1, phase: .ready, ongoing: 3),
      Candidate(number: 2, phase: .ready, ongoing: 1),
      Candidate(number: 3, phase: .ready, ongoing: 0),
      Candidate(number: 4, phase: .starting, ongoing: 0),
      Candidate(number: 5, phase: .pending, ongoing: 0),
      Candidate(number: 6, phase: .ready, ongoing: 0),
    ]
    #expect(ReconcilePlan(desired: 0, actual: actual) == .stop([5, 4, 6, 3, 2, 1]))
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func aBusyOneIsNeverStoppedBeforeAnIdleOrStartingOne(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let phases = [Candidate.Phase.pending, .starting, .ready]
    let actual = (0..<UInt64.random(in: 0...12, using: &random)).map { number in
      let phase = phases[Int.random(in: 0...2, using: &random)]
      return Candidate(
        number: number, phase: phase,
        ongoing: phase == .ready ? Int.random(in: 0...2, using: &random) : 0)
    }
    let desired = Int.random(in: 0...12, using: &random)
    switch ReconcilePlan(desired: desired, actual: actual) {
    case .keep: #expect(actual.count == desired)
    case .add(let count): #expect(actual.count + count == desired)
    case .stop(let victims):
      #expect(actual.count - victims.count == desired)
      let spared = actual.filter { !victims.contains($0.number) }
      let stopsBusy = actual.contains { victims.contains($0.number) && $0.ongoing > 0 }
      if stopsBusy { #expect(spared.allSatisfy { $0.ongoing > 0 }) }
    }
  }
}

@Suite struct RolloutDecisionTests {
  private typealias Progress = RolloutDecision.Progress

  @Test func allDeploymentsMustBeThere() {
    let one = Progress(deployment: "a", desired: 2, running: 2)
    let other = Progress(deployment: "b", desired: 2, running: 1)
    #expect(RolloutDecision([one, other]) == .wait("deployment b has 1 of 2 replicas"))
    #expect(RolloutDecision([one]) == .switchOver)
    #expect(RolloutDecision([]) == .switchOver)
  }

  @Test func whatDoesNotFitIsNotWaitedForOnceOneRuns() {
    let none = Progress(deployment: "a", desired: 2, running: 0, waiting: 2, missing: "1 CPU")
    #expect(RolloutDecision([none]) == .wait("deployment a needs 1 CPU"))
    let some = Progress(deployment: "a", desired: 2, running: 1, waiting: 1, missing: "1 CPU")
    #expect(RolloutDecision([some]) == .switchOver)
  }

  @Test func threeFailedStartsRollBack() {
    let twice = Progress(deployment: "a", desired: 1, running: 0, failedStarts: 2)
    #expect(RolloutDecision([twice]) == .wait("deployment a has 0 of 1 replicas"))
    let thrice = Progress(
      deployment: "a", desired: 1, running: 0, failedStarts: 3, lastFailure: "exited with 3")
    #expect(
      RolloutDecision([thrice])
        == .rollBack("deployment a: 3 starts in a row failed; the last one exited with 3"))
  }
}
