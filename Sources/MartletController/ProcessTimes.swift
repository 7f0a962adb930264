// Which of the replicas that answer nothing live: their runtime says so, or they use CPU time.
internal import Glibc
internal import MartletCore
internal import MartletNet
internal import MartletScaling

/// What is work and what is not.
enum ProcessTimes {
  /// How long a replica is looked at.
  static let window = Duration.milliseconds(200)

  /// CPU time within `window` that is work: threads that only look now and then whether there is some
  /// need less.
  static let leastWork = Duration.milliseconds(2)

  /// To look through all processes takes milliseconds, so replicas that are silent together share a look.
  static let longestAge = Duration.seconds(1)

  /// CPU time that processes have used, all their threads included. Those that are gone count as zero.
  static func used(by pids: [Int32]) -> Duration {
    pids.reduce(.zero) { sum, pid in
      var clock = clockid_t()
      var time = timespec()
      guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else {
        return sum
      }
      return sum + .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
  }
}

extension MeshController {
  /// Tells the fleet how a check went, and what shows life of a replica that was silent.
  func checked(_ number: UInt64, _ result: CheckResult) async {
    var result = result
    if case .late(let why, .none) = result { result = .late(why, await lifeSign(number)) }
    handle(.checked(number, result))
  }

  /// Looks for `ProcessTimes.window` at a replica that may have calls.
  private func lifeSign(_ number: UInt64) async -> LifeSign {
    guard processes[number] != nil, fleet.replicas[number]?.machine.readySince != nil,
      fleet.mayHaveCalls(number)
    else { return .none }
    if scannedAt.map({ now.duration(since: $0) >= ProcessTimes.longestAge }) ?? true {
      scanProcesses()
    }
    let helpers = knownHelpers.filter { $0.value == number }.map(\.key.pid)
    let pids = helpers + [processes[number]?.identity.pid].compactMap { $0 }
    let question = LoopWitness.Question(at: options.runDirectory.lifeSocket(number))
    let before = ProcessTimes.used(by: pids)
    try? await loop.sleep(for: ProcessTimes.window)
    if question?.answer() == .isHeld { return .loopIsHeld }
    return ProcessTimes.used(by: pids) - before >= ProcessTimes.leastWork ? .computes : .none
  }
}
