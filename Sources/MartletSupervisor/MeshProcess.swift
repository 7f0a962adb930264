// A supervisor as its starter sees it: one process that says when the mesh is up.

private import CLinux
private import Glibc
package import MartletCore

/// A supervisor in a process of its own, started by this one.
package struct MeshProcess: Sendable {
  /// The pid of the supervisor.
  package let pid: Int32

  /// Where the routers serve clients.
  package let address: Endpoint

  /// Where the controller says what goes wrong with it.
  private let controllerLog: String

  /// How long a supervisor may take to bind its sockets; more than it waits for a predecessor.
  private static let patienceMilliseconds: Int32 = 40_000

  /// Starts `EXECUTABLE supervisor …` and waits until its sockets are bound. A detached one has a
  /// session of its own and stays when this process ends; the other drains then.
  package static func start(
    _ options: SupervisorOptions, detached: Bool
  ) throws(SupervisorError) -> MeshProcess {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw SupervisorError(69, "cannot make a pipe: \(systemMessage())")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var options = options
    options.readyDescriptor = ends[1]
    options.parentPID = detached ? nil : getpid()
    var child = ProcessLauncher.Child(arguments: options.arguments)
    child.environment = options.mesh.variables
    if let limit = options.messageLimit {
      child.environment[MessageLimit.variable] = "\(limit.bytes)"
    }
    if let limit = options.messageMemory {
      child.environment[MessageMemoryLimit.variable] = "\(limit.bytes)"
    }
    child.inherited = [ends[1]]
    child.startsSession = detached
    let log = try openLog(options.runDirectory)
    child.output = log
    defer { close(log) }
    let pid: Int32
    do throws(SupervisorError) {
      pid = try ProcessLauncher.start(options.executable, child)
    } catch {
      close(ends[1])
      throw error
    }
    close(ends[1])
    let line = readLine(from: ends[0])
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    if words.count == 2, words[0] == "ready", let address = Endpoint(words[1]) {
      return MeshProcess(
        pid: pid, address: address, controllerLog: options.runDirectory.log(of: "controller"))
    }
    if words.count == 3, words[0] == "failed", let code = Int32(words[1]) {
      throw SupervisorError(code, words[2])
    }
    throw SupervisorError(
      69,
      "the supervisor ended before the mesh was up; see \(options.runDirectory.log(of: "supervisor"))"
    )
  }

  private static func openLog(_ directory: RunDirectory) throws(SupervisorError) -> Int32 {
    try directory.prepare()
    let path = directory.log(of: "supervisor")
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(path, flags, 0o600)
    guard descriptor >= 0 else {
      throw SupervisorError(73, "cannot open \(path): \(systemMessage())")
    }
    return descriptor
  }

  /// One line, or what came before the end of the pipe or of our patience.
  private static func readLine(from descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while !bytes.contains(10) {
      var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&watched, 1, patienceMilliseconds) > 0 else { break }
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer.prefix(count)
    }
    return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
  }

  /// Asks the supervisor, a child of this process, to drain its mesh and waits until it is gone.
  package func stop() {
    let descriptor = martlet_pidfd_open(pid)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = Self.stop(descriptor, within: nil)
  }

  /// Asks the supervisor of `directory` to drain its mesh and waits until the process is gone.
  ///
  /// - Returns: false when it still runs after `patience`; nil waits for ever.
  /// - Throws: 69 when the process is not that supervisor, whatever the lock says. It is left alone.
  package static func stop(
    supervisor pid: Int32, of directory: RunDirectory, within patience: Duration?
  ) throws(SupervisorError) -> Bool {
    let descriptor = martlet_pidfd_open(pid)
    // ESRCH: it is gone already.
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    guard directory.isLocked(by: pid) else {
      // It may have ended just now.
      guard directory.supervisor() == pid else { return true }
      throw SupervisorError(
        69,
        "\(directory.lock) names process \(pid), which does not hold it; no process was ended. "
          + "Is the mesh in another container? End it there")
    }
    return stop(descriptor, within: patience)
  }

  private static func stop(_ pidfd: Int32, within patience: Duration?) -> Bool {
    guard martlet_pidfd_send_signal(pidfd, SIGTERM) == 0 else { return true }
    return wait(for: pidfd, within: patience)
  }

  /// Waits until a supervisor is gone.
  ///
  /// - Returns: false when it still runs after `patience`; nil waits for ever.
  package static func wait(supervisor pid: Int32, within patience: Duration?) -> Bool {
    let descriptor = martlet_pidfd_open(pid)
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    return wait(for: descriptor, within: patience)
  }

  private static func wait(for pidfd: Int32, within patience: Duration?) -> Bool {
    var watched = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    let timeout = patience.map { Int32(clamping: $0.saturatedNanoseconds / 1_000_000) } ?? -1
    return poll(&watched, 1, timeout) != 0
  }

  /// Waits until the supervisor, a child of this process, has ended; SIGINT and SIGTERM, which the
  /// caller has blocked, are passed on to it as SIGTERM.
  ///
  /// - Returns: the exit status that this process should have.
  package func waitPassingSignals() -> Int32 {
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&mask, signal) }
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    let signals = signalfd(-1, &mask, CInt(SFD_CLOEXEC) | CInt(SFD_NONBLOCK))
    let process = martlet_pidfd_open(pid)
    defer {
      close(signals)
      close(process)
    }
    while true {
      var watched = [
        pollfd(fd: process, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      ]
      poll(&watched, 2, -1)
      var info = signalfd_siginfo()
      let size = MemoryLayout<signalfd_siginfo>.size
      while read(signals, &info, size) == size { kill(pid, SIGTERM) }
      var status: Int32 = 0
      guard watched[0].revents != 0 || process < 0 else { continue }
      waitpid(pid, &status, 0)
      if case .exited(let code) = ProcessEnd(status: status) { return code }
      return 1
    }
  }
}

extension MeshProcess {
  /// Lines of a log that are shown, and the bytes that are read for them.
  private static let shownLines = 3
  private static let shownBytes = 4096

  /// The status with which the supervisor, a child of this process, has ended; nil while it runs.
  package func exitStatus() -> Int32? {
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
    if case .exited(let code) = ProcessEnd(status: status) { return code }
    return 1
  }

  /// Why a mesh that was up has ended with `status`: its controller cannot start, and its log ends with
  /// these lines. Nil for other statuses.
  package func cannotStart(_ status: Int32) -> (reason: String, lines: [String])? {
    guard SupervisorMachine.finalStatuses.contains(status) else { return nil }
    return (
      "the controller cannot start; \(controllerLog) ends with:", Self.lastLines(of: controllerLog)
    )
  }

  private static func lastLines(of path: String) -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let start = max(0, lseek(descriptor, 0, SEEK_END) - off_t(shownBytes))
    var buffer = [UInt8](repeating: 0, count: shownBytes)
    let count = pread(descriptor, &buffer, buffer.count, start)
    let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return text.split(separator: "\n").suffix(shownLines).map(String.init)
  }
}

extension SupervisorOptions {
  /// The command line of a supervisor with these options, `supervisor` first. What
  /// `SupervisorOptions(arguments:)` reads.
  package var arguments: [String] {
    var words = ["supervisor", "--run-dir", runDirectory.path, "--listen", "\(listen)"]
    words += ["--routers", "\(routers)"] + security.arguments
    words += times.arguments
    if let parentPID { words += ["--parent-pid", "\(parentPID)"] }
    if let readyDescriptor { words += ["--ready-fd", "\(readyDescriptor)"] }
    return words + (controllerArguments.isEmpty ? [] : ["--"] + controllerArguments)
  }

  /// Reads what `arguments` writes, with or without `supervisor`. Nil for anything else.
  package init?(arguments: [String]) {
    var words = arguments[...]
    if words.first == "supervisor" { words.removeFirst() }
    var values: [String: String] = [:]
    var isInsecure = false
    var origins: [String] = []
    while let name = words.popFirst(), name != "--" {
      if name == "--insecure" {
        isInsecure = true
        continue
      }
      guard name.hasPrefix("--"), let value = words.popFirst() else { return nil }
      if name == "--cors-origin" { origins.append(value) } else { values[name] = value }
    }
    guard let path = values.removeValue(forKey: "--run-dir"),
      let directory = RunDirectory(path: path)
    else { return nil }
    self.init(runDirectory: directory)
    controllerArguments = Array(words)
    if let text = values.removeValue(forKey: "--listen") {
      guard let endpoint = Endpoint(text) else { return nil }
      listen = endpoint
    }
    if let text = values.removeValue(forKey: "--routers") {
      guard let count = Int(text) else { return nil }
      routers = count
    }
    do throws(InvalidPortSecurity) {
      security = try PortSecurity(
        certificate: values.removeValue(forKey: "--tls-cert"),
        key: values.removeValue(forKey: "--tls-key"),
        clientCA: values.removeValue(forKey: "--client-ca"), insecure: isInsecure,
        origins: AllowedOrigins(origins))
    } catch {
      return nil
    }
    do throws(InvalidPortTime) {
      times = try PortTimes(
        minPingInterval: values.removeValue(forKey: PortTimes.minPingIntervalOption),
        keepAlive: values.removeValue(forKey: PortTimes.keepAliveOption))
    } catch {
      return nil
    }
    if let text = values.removeValue(forKey: "--parent-pid") {
      guard let pid = Int32(text) else { return nil }
      parentPID = pid
    }
    if let text = values.removeValue(forKey: "--ready-fd") {
      guard let descriptor = Int32(text) else { return nil }
      readyDescriptor = descriptor
    }
    guard values.isEmpty else { return nil }
  }
}

extension PortSecurity {
  /// The options of a supervisor and of a router that say the same.
  var arguments: [String] {
    var words: [String] = []
    if let tls {
      words += ["--tls-cert", tls.certificate, "--tls-key", tls.key]
      if let clientCA = tls.clientCA { words += ["--client-ca", clientCA] }
    }
    words += origins.texts.flatMap { ["--cors-origin", $0] }
    return words + (insecure ? ["--insecure"] : [])
  }
}
