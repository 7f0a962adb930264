// The supervisor's driver: one thread that sleeps until a signal, a death or a due restart.

private import CLinux
private import Glibc
internal import MartletCore

/// The parent of a mesh on this machine. It owns the listening sockets, starts the controller and the
/// routers, starts again what dies, and ends everything when it is asked to.
package enum SupervisorRole {
  /// Runs until a signal has ended the mesh; the exit status of the process. Call it on the main
  /// thread before any other thread exists: signals are taken with signalfd(2), which needs them
  /// blocked in every thread.
  package static func run(_ options: SupervisorOptions) -> Int32 {
    // It came open across exec; our own children must not have it.
    if let ready = options.readyDescriptor { _ = fcntl(ready, F_SETFD, FD_CLOEXEC) }
    do throws(SupervisorError) {
      let driver = try SupervisorDriver.make(options)
      return driver.run()
    } catch {
      SupervisorLog.write("\(error)")
      SupervisorDriver.tell(options.readyDescriptor, "failed \(error.exitCode) \(error)")
      return error.exitCode
    }
  }
}

/// Lines of the supervisor's log, which is its stderr.
enum SupervisorLog {
  static func write(_ text: String) {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    let stamp = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let line = Array("\(stamp) supervisor: \(text)\n".utf8)
    _ = Glibc.write(2, line, line.count)
  }
}

/// Asks the machine and does what it says.
private struct SupervisorDriver: ~Copyable {
  /// How long the controller of a mesh whose supervisor was killed may take to clear the place.
  private static let predecessorPatience = Duration.seconds(30)

  private let options: SupervisorOptions
  private let directory: RunDirectory
  private var lock: RunDirectoryLock
  private var keeper: DirectoryKeeper
  private let ingress: ListeningSocket
  private let local: ListeningSocket
  private let signals: Int32
  private let parent: Int32
  private var machine: SupervisorMachine
  private var hearts = HeartbeatMachine()
  private var heartbeats = Heartbeats()
  private var pids: [SupervisorMachine.Child: Int32] = [:]
  private var endingOrphans = false
  private var exitCode: Int32 = 0

  private init(
    options: SupervisorOptions, lock: consuming RunDirectoryLock, ingress: ListeningSocket,
    local: ListeningSocket, signals: Int32
  ) {
    self.options = options
    directory = options.runDirectory
    self.lock = lock
    self.ingress = ingress
    self.local = local
    self.signals = signals
    var sockets = [directory.routerSocket]
    if case .unix(let path) = ingress.endpoint { sockets.append(path) }
    keeper = DirectoryKeeper(directory, sockets: sockets)
    parent = options.parentPID.map { martlet_pidfd_open($0) } ?? -1
    machine = SupervisorMachine(routers: options.routers)
  }

  /// Takes the run directory and binds the sockets.
  static func make(_ options: SupervisorOptions) throws(SupervisorError) -> SupervisorDriver {
    let directory = options.runDirectory
    guard (0...SupervisorOptions.maxRouters).contains(options.routers) else {
      throw SupervisorError(64, "routers: 0 to \(SupervisorOptions.maxRouters) are possible")
    }
    do throws(InvalidPortSecurity) { try options.security.check(options.listen) } catch {
      throw SupervisorError(64, "\(error)")
    }
    guard martlet_become_subreaper() == 0 else {
      throw SupervisorError(69, "cannot become child subreaper: \(systemMessage())")
    }
    let signals = try blockedSignals()
    try directory.prepare()
    if let pid = directory.supervisor() { throw directory.isTaken(by: pid) }
    try waitForPredecessor(directory)
    // What fails most often comes before the lock, so that nothing has to be undone.
    let ingress = try ListeningSocket(options.listen)
    let lock = try RunDirectoryLock.take(directory)
    let local = try ListeningSocket(.unix(path: directory.routerSocket))
    try writeAddress(ingress.endpoint, to: directory.address)
    return SupervisorDriver(
      options: options, lock: lock, ingress: ingress, local: local, signals: signals)
  }

  /// A signalfd(2) for everything that concerns a supervisor.
  private static func blockedSignals() throws(SupervisorError) -> Int32 {
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] { sigaddset(&mask, signal) }
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    let signals = signalfd(-1, &mask, CInt(SFD_CLOEXEC) | CInt(SFD_NONBLOCK))
    guard signals >= 0 else { throw SupervisorError(69, "signalfd: \(systemMessage())") }
    return signals
  }

  /// After a SIGKILL of the supervisor the old controller stops its replicas by itself and removes
  /// the mesh's files. Nothing may be made here before it is done.
  private static func waitForPredecessor(_ directory: RunDirectory) throws(SupervisorError) {
    let end = now() + predecessorPatience
    while directory.hasController() {
      guard now() < end else {
        throw SupervisorError(
          69, "a controller without a supervisor runs in \(directory.path); end it first")
      }
      usleep(2000)
    }
  }

  /// Whole or not at all, for readers that poll for it.
  private static func writeAddress(
    _ endpoint: Endpoint, to path: String
  ) throws(SupervisorError) {
    let draft = path + ".new"
    let text = Array("\(endpoint)\n".utf8)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    let written = descriptor >= 0 ? Glibc.write(descriptor, text, text.count) : -1
    close(descriptor)
    guard written == text.count, rename(draft, path) == 0 else {
      throw SupervisorError(73, "cannot write \(path): \(systemMessage())")
    }
  }

  private static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// One line to whoever waits for this mesh, once.
  static func tell(_ descriptor: Int32?, _ line: String) {
    guard let descriptor else { return }
    let bytes = Array("\(line)\n".utf8)
    _ = Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
  }

  consuming func run() -> Int32 {
    SupervisorLog.write("serves on \(ingress.endpoint), run directory \(directory.path)")
    var finished = follow(machine.opened())
    Self.tell(options.readyDescriptor, "ready \(ingress.endpoint)")
    while !finished {
      wait()
      var orders = takeSignals()
      finished = follow(orders)
      orders = machine.timePassed(at: Self.now())
      finished = follow(orders) || finished
      lookForHangs()
    }
    clear()
    SupervisorLog.write("has ended the mesh")
    lock.release()
    return exitCode
  }

  /// Sleeps until a signal is there, the parent is gone or a wake is due.
  private mutating func wait() {
    var watched = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
    if parent >= 0 { watched.append(pollfd(fd: parent, events: Int16(POLLIN), revents: 0)) }
    var timeout: Int32 = -1
    if let wake = [machine.nextWake, hearts.nextLook].compactMap({ $0 }).min() {
      // Rounded up, so that the wake is due when poll returns.
      let left = max(0, wake.duration(since: Self.now()).saturatedNanoseconds)
      timeout = Int32(clamping: (left + 999_999) / 1_000_000)
    }
    poll(&watched, nfds_t(watched.count), timeout)
    parentIsGone = watched.count > 1 && watched[1].revents != 0
  }

  private var parentIsGone = false
  private var parentWasMissed = false

  private mutating func takeSignals() -> [SupervisorMachine.Order] {
    var orders: [SupervisorMachine.Order] = []
    if parentIsGone, !parentWasMissed {
      parentWasMissed = true
      SupervisorLog.write("the process that started this mesh is gone; draining")
      orders += machine.stopRequested(at: Self.now())
    }
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while read(signals, &info, size) == size {
      let signal = Int32(info.ssi_signo)
      guard signal != SIGCHLD else { continue }
      SupervisorLog.write("got signal \(signal); draining")
      orders += machine.stopRequested(at: Self.now())
    }
    return orders + reap()
  }

  /// Every child that has ended, ours and orphans alike.
  private mutating func reap() -> [SupervisorMachine.Order] {
    var orders: [SupervisorMachine.Order] = []
    while case .ended(let pid, let end) = ChildProcesses.reap() {
      guard let child = pids.first(where: { $0.value == pid })?.key else { continue }
      pids[child] = nil
      SupervisorLog.write("\(child.name) (pid \(pid)) \(end)")
      hearts.ended(child)
      heartbeats.close(child)
      if machine.isRunning { heartbeats.tell(child.eventReason, "\(child.name) \(end)") }
      var status: Int32?
      if case .exited(let code) = end { status = code }
      orders += machine.ended(child, status: status, at: Self.now())
      if machine.hasGivenUp, child == .controller, let status {
        SupervisorLog.write("the controller cannot start; ending the mesh")
        exitCode = status
      }
    }
    return orders
  }

  /// Does what the machine says, and what it says to that; true when all is over.
  private mutating func follow(_ orders: [SupervisorMachine.Order]) -> Bool {
    var queue = orders
    var next = 0
    while true {
      if next == queue.count {
        guard endingOrphans, orphans().isEmpty else { return false }
        endingOrphans = false
        queue += machine.orphansGone(at: Self.now())
        if next == queue.count { return false }
      }
      let order = queue[next]
      next += 1
      switch order {
      case .start(let child): queue += start(child)
      case .terminate(let child): signal(child, SIGTERM)
      case .kill(let child): signal(child, SIGKILL)
      case .terminateOrphans:
        endingOrphans = true
        for pid in orphans() { kill(pid, SIGTERM) }
      case .killOrphans:
        MeshGroup.kill(of: directory)
        for pid in orphans() { killWithGroup(pid) }
      case .finish:
        return true
      }
    }
  }

  /// Kills what hangs: its end is then answered as any other.
  private mutating func lookForHangs() {
    let now = Self.now()
    guard let due = hearts.nextLook, due <= now else { return }
    keepDirectory(at: now)
    for child in pids.keys where heartbeats.hasBeaten(child) { hearts.heard(child) }
    heartbeats.flush()
    let pids = self.pids
    let hangs = hearts.looked(at: now) { child in
      pids[child].flatMap { HeartbeatMachine.Sample(of: $0) }
    }
    for hang in hangs {
      SupervisorLog.write("\(hang.child.name) \(hang.reason); killing it")
      // The next controller is told what the one that hangs would not read.
      if hang.child == .controller { heartbeats.close(.controller) }
      heartbeats.tell(hang.child.eventReason, "\(hang.child.name) \(hang.reason); it is replaced")
      signal(hang.child, SIGKILL)
    }
  }

  /// What others have removed is there again.
  private mutating func keepDirectory(at now: Timestamp) {
    var restored = keeper.look(at: now)
    if lock.restore() { restored.append(directory.lock) }
    if access(directory.address, F_OK) != 0,
      (try? Self.writeAddress(ingress.endpoint, to: directory.address)) != nil
    {
      restored.append(directory.address)
    }
    guard !restored.isEmpty else { return }
    let what = restored.joined(separator: ", ")
    SupervisorLog.write("somebody has removed \(what); made anew")
    heartbeats.tell("FilesRestored", "somebody had removed \(what)")
  }

  /// Kills an orphan and its process group: all that is in it at once, so that none can start another one meanwhile.
  private func killWithGroup(_ pid: Int32) {
    let group = getpgid(pid)
    // Our own children share ours, or lead one of their own.
    if group > 1, group != getpgrp(), !pids.values.contains(group) { kill(-group, SIGKILL) }
    kill(pid, SIGKILL)
  }

  private func orphans() -> [Int32] {
    ChildProcesses.all().filter { pid in !pids.values.contains(pid) }
  }

  /// Children are reaped here alone, so a pid that is still in `pids` cannot be another process's.
  private func signal(_ child: SupervisorMachine.Child, _ signal: Int32) {
    if let pid = pids[child] { kill(pid, signal) }
  }

  private mutating func start(
    _ child: SupervisorMachine.Child
  ) -> [SupervisorMachine.Order] {
    var arguments = ["--run-dir", directory.path]
    var spawned = ProcessLauncher.Child(arguments: [])
    switch child {
    case .controller:
      arguments = ["controller"] + arguments + options.controllerArguments
    case .router:
      arguments = ["router"] + arguments
      arguments += ["--ingress-fd", "\(ingress.descriptor)", "--local-fd", "\(local.descriptor)"]
      arguments += ["--name", child.name] + options.security.arguments
      arguments += options.times.arguments
      spawned.inherited = [ingress.descriptor, local.descriptor]
    }
    spawned.arguments = arguments
    spawned.environment = [ReplicaVariable.supervisorPID: "\(getpid())"]
    // Without one the child is not watched for hangs; its end is noticed all the same.
    let beat = heartbeats.open(for: child)
    if let beat {
      spawned.arguments += ["--heartbeat-fd", "\(beat)"]
      spawned.inherited.append(beat)
    }
    defer { if let beat { close(beat) } }
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
    let log = open(directory.log(of: child.name), flags, 0o600)
    defer { close(log) }
    spawned.output = log >= 0 ? log : nil
    let now = Self.now()
    do throws(SupervisorError) {
      pids[child] = try ProcessLauncher.start(options.executable, spawned)
      machine.started(child, at: now)
      if beat != nil { hearts.started(child) }
      heartbeats.flush()
      return []
    } catch {
      SupervisorLog.write("\(error)")
      machine.started(child, at: now)
      return machine.ended(child, at: now)
    }
  }

  /// Removes every file by which a process could take this for a running mesh.
  private func clear() {
    MeshGroup.remove(of: directory)
    if case .unix(let path) = ingress.endpoint { unlink(path) }
    for path in [
      directory.routerSocket, directory.controllerSocket, directory.controllerLock,
      directory.address,
    ] { unlink(path) }
    guard let replicas = opendir(directory.replicas) else { return }
    defer { closedir(replicas) }
    while let entry = readdir(replicas) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".sock") { unlink("\(directory.replicas)/\(name)") }
    }
  }
}
