// What a controller has on disk: kept as it is, made anew when others have removed it, and done without while
// the disk is full.
internal import Glibc
internal import Logging
internal import MartletCore
internal import MartletNet
internal import MartletScaling

/// Bounds of looking after files.
enum FileLimits {
  /// How often files are looked for.
  static let period = Duration.seconds(1)

  /// With many replicas the period is this long for each: looking takes two hundredths of a core at most.
  static let eachReplica = Duration.microseconds(500)
}

extension MeshController {
  /// Looks after the files, for as long as the task lives.
  func keepFiles() async {
    keptSockets[0] = KeptSocket(path: options.runDirectory.controllerSocket)
    var period = FileLimits.period
    while (try? await Task.sleep(for: period)) != nil {
      lookAfterFiles()
      period = max(FileLimits.period, FileLimits.eachReplica * processes.count)
    }
  }

  private func lookAfterFiles() {
    var restored: [String] = []
    if !files.hasFolders {
      try? files.makeFolders()
      restored.append("folders of \(options.runDirectory.path)")
    }
    if let socket = keptSockets[0], socket.restore() { restored.append(socket.path) }
    for number in processes.keys where fleet.replicas[number]?.machine.readySince != nil {
      restored += keepFiles(of: number)
    }
    keptSockets = keptSockets.filter { $0.key == 0 || processes[$0.key] != nil }
    if files.restoreControllerLock() { restored.append(options.runDirectory.controllerLock) }
    if !store.isThere, rewriteState() { restored.append(options.runDirectory.state) }
    storeWhatIsLeft()
    files.keepReserve()
    guard !restored.isEmpty else { return }
    let what = restored.joined(separator: ", ")
    log.warning("somebody has removed \(what); made anew")
    perform([.note(FleetNote("FilesRestored", app: "", "somebody had removed \(what)"))])
  }

  private func keepFiles(of number: UInt64) -> [String] {
    var restored: [String] = []
    let path = options.runDirectory.replicaSocket(number)
    if let socket = keptSockets[number] {
      if socket.restore() { restored.append(path) }
    } else {
      keptSockets[number] = KeptSocket(path: path)
    }
    let config = files.configPath(number)
    if access(config, F_OK) != 0, let group = fleet.replicas[number]?.group,
      let spec = fleet.apps[group.deployment.app]?.newest(using: group)?
        .spec.deployment(named: group.deployment.deployment),
      (try? writeConfig(spec.userConfig.json, of: number)) != nil
    {
      restored.append(config)
    }
    if let id = ids[number], let pid = processes[number]?.identity.pid,
      files.restoreLog(files.logPath(id), of: pid)
    {
      restored.append(files.logPath(id))
    }
    return restored
  }

  /// On disk, or in memory while the disk is full.
  func writeConfig(_ text: String, of number: UInt64) throws(ControllerError) {
    let path = files.configPath(number)
    // What an earlier controller had in its memory.
    if KeptSocket.isLeft(path) { unlink(path) }
    do throws(ControllerError) {
      try files.withRoom { () throws(ControllerError) in try TextFile.write(text, to: path) }
    } catch {
      memoryFiles[number] = MemoryFile(text, at: path)
      guard memoryFiles[number] != nil else { throw error }
    }
  }

  private func rewriteState() -> Bool {
    do {
      store = try store.rewritten()
      return true
    } catch {
      log.error("cannot write \(options.runDirectory.state) anew: \(error); trying again")
      return false
    }
  }

  // MARK: A disk that takes nothing

  /// Why nothing can be stored; nil while it can.
  var storeProblem: String? {
    unstored.isEmpty ? nil : "nothing can be stored in \(options.runDirectory.path): \(storeError)"
  }

  /// Remembers what could not be stored. Replicas come and go nevertheless: that is what was stored to be
  /// wanted.
  func keepForLater(_ orders: [FleetOrder], _ error: any Error) {
    storeError = "\(error)"
    if unstored.isEmpty {
      log.critical(
        "cannot store the state: \(error); replicas are looked after, but nothing new is taken")
    }
    unstored += orders
    // Of a replica that came and went nothing has to be stored but that it is gone.
    let gone = Set(
      unstored.compactMap { order -> UInt64? in
        guard case .forget(let number) = order else { return nil }
        return number
      })
    unstored.removeAll { order in
      switch order {
      case .spawn(let spawn): gone.contains(spawn.number)
      case .storeReady(let number), .terminate(let number): gone.contains(number)
      default: false
      }
    }
    // Notes are what there can be any number of.
    let notes = unstored.count { if case .note = $0 { true } else { false } }
    var excess = notes - StateStore.keptEvents
    unstored.removeAll { order in
      guard case .note = order, excess > 0 else { return false }
      excess -= 1
      return true
    }
  }

  /// Stores what could not be stored before, if that is possible again.
  func storeWhatIsLeft() {
    guard !unstored.isEmpty else { return }
    let orders = unstored
    unstored = []
    do {
      try keep(orders)
      try store.transaction { try $0.setCounter("next_replica", fleet.nextReplica) }
      log.notice("the state can be stored again")
      perform([.note(FleetNote("StateStored", app: "", "the state can be stored again"))])
    } catch {
      unstored = orders
      storeError = "\(error)"
    }
  }

  /// Throws RESOURCE_EXHAUSTED when what somebody wants could not be stored: it is not taken then.
  func checkWritable() throws(RPCError) {
    storeWhatIsLeft()
    do {
      try store.transaction { try $0.setCounter("written", 1) }
    } catch {
      throw RPCError(
        .resourceExhausted,
        "nothing can be stored in \(options.runDirectory.path): \(error); make room there, then "
          + "try again")
    }
    if let storeProblem { throw RPCError(.resourceExhausted, "\(storeProblem); make room there") }
  }
}
