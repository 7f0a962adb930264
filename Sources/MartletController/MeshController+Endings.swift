// The end of a replica: its process, and then all that the process has started.
internal import Glibc
internal import Logging
internal import MartletCore
internal import MartletNet
internal import MartletScaling

/// A replica whose process has ended while helpers of it may live.
struct ReplicaEnding: Sendable {
  /// As far as they are known.
  var helpers: [ProcessIdentity] = []
  /// Those that were sent SIGTERM.
  var told: Set<ProcessIdentity> = []
  /// When they were first sent SIGKILL.
  var killedAt: Timestamp?
  /// When they are, for a replica whose end an earlier controller has begun.
  var killAt: Timestamp?
}

/// Bounds of looking for helpers.
enum HelperLimits {
  /// The first pause between two looks whether helpers are gone; most are at once.
  static let firstPause = Duration.milliseconds(2)

  /// The longest pause: adds at most this to the end of a replica.
  static let longestPause = Duration.milliseconds(100)

  /// How long a helper may take to vanish after SIGKILL. Giving back a GPU's memory takes a second; what takes longer
  /// hangs in a driver, and must not keep its replica from being replaced.
  static let killPatience = Duration.seconds(5)

  /// After a look at all processes there is none for so many times as long, so that however many replicas
  /// end at once, looking for their helpers takes a fifth of a core at most.
  static let restFactor = 4

  /// How often helpers are looked for while all is well, so that they are known when they hide later.
  static let routinePause = Duration.seconds(2)

  /// Routine looks take a hundredth of a core at most.
  static let routineRestFactor = 100
}

extension MeshController {
  /// A replica's process has ended; the replica has when its helpers have too.
  func leaderEnded(_ number: UInt64) {
    guard processes[number] != nil, endings[number] == nil else { return }
    endings[number] = ReplicaEnding()
    endingsPause = HelperLimits.firstPause
    followEndings()
  }

  /// Asks a replica to finish: the process that listens, or a wrapper with all that it has started.
  func terminate(_ number: UInt64) {
    guard let process = processes[number] else { return }
    if now >= listeningUntil {
      listening = ListeningSockets()
      listeningUntil = now + HelperLimits.longestPause
    }
    let socket = options.runDirectory.replicaSocket(number)
    if listening.isHeld(socket, by: process.identity.pid) {
      process.terminate()
    } else {
      process.terminateGroup()
      toldGroups.insert(process.identity.pid)
    }
  }

  func killReplica(_ number: UInt64) {
    processes[number]?.kill()
    if endings[number] != nil { followEndings() }
  }

  /// Looks after helpers of replicas that have ended, and comes back until there are none.
  func followEndings() {
    guard !endings.isEmpty else { return }
    for (number, ending) in endings {
      // All at once, and whatever is started in the group meanwhile.
      if !mayFinish(number, ending) { groups?.kill(number) }
      endings[number]?.helpers = ending.helpers.filter { ProcessIdentity(runningNow: $0.pid) == $0 }
    }
    // All that were known are gone: there may be others, or none.
    let mustScan = endings.values.contains(where: \.helpers.isEmpty)
    if mustScan, now < nextScan { return endingsAlarm.set(nextScan) }
    if mustScan {
      let families = scanProcesses()
      for number in endings.keys.sorted() {
        let found = families.helpers[number] ?? []
        guard !found.isEmpty || groups?.isPopulated(number) == true else {
          finishEnding(number)
          continue
        }
        endings[number]?.helpers = found.map(\.identity)
        for helper in found where toldGroups.contains(helper.group) {
          endings[number]?.told.insert(helper.identity)
        }
      }
    }
    for number in endings.keys.sorted() { endHelpers(of: number) }
    guard !endings.isEmpty else { return }
    endingsAlarm.set(now + endingsPause)
    endingsPause = min(endingsPause * 2, HelperLimits.longestPause)
  }

  /// SIGTERM while the replica has time to finish, SIGKILL else.
  private func endHelpers(of number: UInt64) {
    guard var ending = endings[number] else { return }
    if mayFinish(number, ending) {
      for helper in ending.helpers where ending.told.insert(helper).inserted {
        helper.signal(SIGTERM)
      }
      endings[number] = ending
      return
    }
    for helper in ending.helpers { helper.killGroup() }
    let killedAt = ending.killedAt ?? now
    ending.killedAt = killedAt
    endings[number] = ending
    guard now >= killedAt + HelperLimits.killPatience else { return }
    let pids = ending.helpers.map { "\($0.pid)" }.joined(separator: ", ")
    log.error("processes \(pids) of replica \(number) do not end after SIGKILL; going on without")
    finishEnding(number)
  }

  private func mayFinish(_ number: UInt64, _ ending: ReplicaEnding) -> Bool {
    if let killAt = ending.killAt { return now < killAt }
    guard let machine = fleet.replicas[number]?.machine, !machine.gaveUp else { return false }
    switch machine.state {
    case .leaving, .terminating: return true
    default: return false
    }
  }

  private func finishEnding(_ number: UInt64) {
    let ending = endings.removeValue(forKey: number)
    if let pid = processes[number]?.identity.pid { toldGroups.remove(pid) }
    guard ending?.killAt != nil else { return reap(number) }
    lingering[number] = nil
    files.remove(number)
    groups?.remove(number)
    tellEmpty()
  }

  /// Which processes belong to replicas; what belonged to one that is gone is ended.
  @discardableResult
  func scanProcesses() -> ProcessScan.Families {
    let began = now
    let scan = ProcessScan(
      of: options.runDirectory, reaper: options.supervisorPID, groups: groups)
    let leaders = self.leaders()
    let families = scan.families(of: leaders, known: knownHelpers)
    knownHelpers = [:]
    for (number, helpers) in families.helpers {
      for helper in helpers { knownHelpers[helper.identity] = number }
    }
    for stray in families.strays where !isLingering(stray) {
      log.warning("ending process \(stray.identity.pid), which a replica has left behind")
      stray.identity.killGroup()
    }
    for number in groups?.numbers() ?? [] where leaders[number] == nil && endings[number] == nil {
      groups?.kill(number)
      groups?.remove(number)
    }
    scannedAt = began
    let took = now.duration(since: began)
    nextScan = now + took * HelperLimits.restFactor
    nextRoutineScan =
      now
      + max(
        HelperLimits.routinePause, took * HelperLimits.routineRestFactor)
    return families
  }

  private func leaders() -> [UInt64: ProcessScan.Leader] {
    var leaders = lingering
    for (number, process) in processes {
      guard let id = ids[number] else { continue }
      leaders[number] = ProcessScan.Leader(
        identity: process.identity, logPath: files.logPath(id))
    }
    return leaders
  }

  private func isLingering(_ stray: ProcessScan.Entry) -> Bool {
    (stray.member ?? stray.mark).map { endings[$0] != nil } ?? false
  }

  /// Learns now and then which helpers there are, for as long as the task lives: later they may have
  /// left all that tells whose they are.
  func keepKnowingHelpers() async {
    while (try? await Task.sleep(for: HelperLimits.routinePause)) != nil {
      if !processes.isEmpty, now >= nextRoutineScan { scanProcesses() }
    }
  }
}
