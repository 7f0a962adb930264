// One replica's process: started, signalled, and its end told.
internal import CLinux
internal import Glibc
internal import MartletCore

/// How to start a replica.
struct ReplicaCommand: Sendable {
  /// The program and its arguments. A program without a slash is looked for in PATH, a relative one in
  /// the directory.
  var words: [String]
  var directory: String
  var environment: [String: String]
  var logPath: String
}

/// A replica's process on this machine. It leads a session of its own, so that no terminal's Ctrl-C
/// reaches it and all its descendants can be ended with it.
struct ReplicaProcess: Sendable {
  let identity: ProcessIdentity
  /// Readable once the process has ended; signals through it cannot hit another process.
  let descriptor: Int32
  /// It was started by this process, which therefore learns its exit status.
  let isChild: Bool

  /// A process that an earlier controller started; nil when it is gone.
  init?(adopting identity: ProcessIdentity) {
    guard let descriptor = identity.open() else { return nil }
    self.identity = identity
    self.descriptor = descriptor
    isChild = false
  }

  /// Starts a replica: stdin empty, output appended to its log, nothing else open.
  ///
  /// - Parameters:
  ///   - groups: where it gets a control group of its own; nil where there is none to be had.
  ///   - number: the replica's.
  init(
    starting command: ReplicaCommand, _ files: ReplicaFiles, in groups: ControlGroups?,
    as number: UInt64
  ) throws(ControllerError) {
    let program = try Self.program(command)
    let log = try files.openLog(command.logPath)
    defer { close(log) }
    let pid: Int32
    if let inside = try Self.launch(program, command, log, groups?.open(number)) {
      pid = inside
    } else {
      pid = try Self.spawn(program, command, log)
      groups?.take(pid, into: number)
    }
    // Our own child: until it is reaped nobody else gets its pid.
    let ticks = ProcessStat(pid)?.startTicks ?? 0
    identity = ProcessIdentity(pid: pid, startTicks: ticks)
    descriptor = martlet_pidfd_open(pid)
    isChild = true
    guard descriptor >= 0 else {
      let why = lastError()
      Glibc.kill(-pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw ControllerError("cannot watch \(program): \(why)")
    }
  }

  /// Starts it inside its group. Nil without a group, and where the kernel or a filter of calls forbids that: then it
  /// is started outside.
  private static func launch(
    _ program: String, _ command: ReplicaCommand, _ log: Int32, _ group: Int32?
  ) throws(ControllerError) -> Int32? {
    guard let group else { return nil }
    defer { close(group) }
    let variables = command.environment.map { "\($0.key)=\($0.value)" }
    var executed: Int32 = 0
    // -1 and errno on failure.
    let (pid, error) = withCStrings(command.words) { words in
      withCStrings(variables) { variables in
        let pid = martlet_launch_into_group(
          group, program, words, variables, command.directory, log, &executed)
        return (pid, errno)
      }
    }
    guard pid < 0 else { return pid }
    guard executed != 0 else { return nil }
    throw ControllerError(
      "cannot start \(program) in \(command.directory): \(String(cString: strerror(error)))")
  }

  private static func spawn(
    _ program: String, _ command: ReplicaCommand, _ log: Int32
  ) throws(ControllerError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, log, 1)
    posix_spawn_file_actions_adddup2(&actions, log, 2)
    martlet_spawn_closefrom(&actions, 3)
    martlet_spawn_chdir(&actions, command.directory)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    martlet_spawn_afresh(&attributes)
    let variables = command.environment.map { "\($0.key)=\($0.value)" }
    var pid: Int32 = 0
    // The error number is the result; errno is not set (posix_spawn(3)).
    let error = withCStrings(command.words) { words in
      withCStrings(variables) { posix_spawn(&pid, program, &actions, &attributes, words, $0) }
    }
    guard error == 0 else {
      throw ControllerError(
        "cannot start \(program) in \(command.directory): \(String(cString: strerror(error)))")
    }
    return pid
  }

  /// The file that a command's first word names. Throws with what was tried.
  static func program(_ command: ReplicaCommand) throws(ControllerError) -> String {
    guard let word = command.words.first else { throw ControllerError("the command is empty") }
    if word.contains("/") {
      let path = word.hasPrefix("/") ? word : "\(command.directory)/\(word)"
      guard access(path, X_OK) == 0 else { throw ControllerError("\(path): \(lastError())") }
      return path
    }
    let search = command.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    for folder in search.split(separator: ":") {
      let path = "\(folder)/\(word)"
      if access(path, X_OK) == 0 { return path }
    }
    throw ControllerError("no program \"\(word)\" in PATH (\(search)); write ./\(word) for a file")
  }

  /// Asks it to finish.
  func terminate() {
    _ = martlet_pidfd_send_signal(descriptor, SIGTERM)
  }

  /// Asks every process of its group to finish: the server behind a wrapper such as `sh -c`.
  func terminateGroup() {
    // A living leader's group cannot be another one's. It leads a session, so it is in its group.
    guard ProcessIdentity(runningNow: identity.pid) == identity else { return terminate() }
    Glibc.kill(-identity.pid, SIGTERM)
  }

  func kill() {
    _ = martlet_pidfd_send_signal(descriptor, SIGKILL)
  }

  /// Takes the exit status of a process that has ended and ends what it left in its process group. Until then
  /// the zombie of a child keeps its pid, and with it the number of its group, from others.
  ///
  /// - Returns: how it ended, such as `exited with status 3`, and whether others did that, or may have.
  func reap() -> (how: String, bySignal: Bool) {
    defer { close(descriptor) }
    guard isChild else { return ("ended (its exit status went to the supervisor)", true) }
    var info = siginfo_t()
    // While the zombie is not reaped its pid, and so the number of its group, is nobody else's.
    guard waitid(P_PID, id_t(identity.pid), &info, WEXITED | WNOWAIT) == 0 else {
      return ("ended (no exit status: \(lastError()))", false)
    }
    Glibc.kill(-identity.pid, SIGKILL)
    var status: Int32 = 0
    waitpid(identity.pid, &status, 0)
    let signal = status & 0x7f
    guard signal != 0 else { return ("exited with status \((status >> 8) & 0xff)", false) }
    let how = "was killed by signal \(signal) (\(String(cString: strsignal(signal))))"
    return (how, signal == SIGKILL || signal == SIGTERM)
  }
}

private func withCStrings<Result>(
  _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let pointers = texts.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers)
}
