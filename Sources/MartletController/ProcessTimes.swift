// The CPU time of replicas' processes, which tells one that computes from one that hangs.
internal import Glibc
internal import MartletCore
internal import MartletNet
internal import MartletScaling

/// Which processes belong to which replica, as of a moment ago.
struct ProcessTimes {
  /// How long a replica is looked at.
  static let window = Duration.milliseconds(200)

  /// CPU time within `window` that is work: threads that only look now and then whether there is some
  /// need less.
  static let leastWork = Duration.milliseconds(2)

  /// To look through all processes takes milliseconds, so replicas that are silent together share a look.
  private static let longestAge = Duration.seconds(1)

  private var pids: [UInt64: [Int32]] = [:]
  private var readAt: Timestamp?

  /// The processes of a replica.
  mutating func pids(of number: UInt64, _ directory: RunDirectory, now: Timestamp) -> [Int32] {
    if readAt.map({ now.duration(since: $0) >= Self.longestAge }) ?? true {
      pids = Dictionary(grouping: MeshProcess.all(of: directory), by: \.number)
        .mapValues { $0.map(\.identity.pid) }
      readAt = now
    }
    return pids[number] ?? []
  }

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
  /// Tells the fleet how a check went, and whether a replica that was silent computes.
  func checked(_ number: UInt64, _ result: CheckResult) async {
    var result = result
    if case .late(let why, .none) = result, await computes(number) {
      result = .late(why, .computes)
    }
    handle(.checked(number, result))
  }

  /// Whether a replica that may have calls uses CPU time.
  private func computes(_ number: UInt64) async -> Bool {
    guard processes[number] != nil, fleet.replicas[number]?.machine.readySince != nil,
      fleet.mayHaveCalls(number)
    else { return false }
    let pids = processTimes.pids(of: number, options.runDirectory, now: now)
    let before = ProcessTimes.used(by: pids)
    try? await loop.sleep(for: ProcessTimes.window)
    return ProcessTimes.used(by: pids) - before >= ProcessTimes.leastWork
  }
}
