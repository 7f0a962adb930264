// Starting programs: posix_spawn with a clean signal state and only the descriptors it should have.

private import CLinux
private import Glibc

/// Starts child processes of the calling process.
package enum ProcessLauncher {
  /// The path of the program that runs. When its file was replaced meanwhile, the kernel's link to
  /// the very same program.
  package static var currentExecutable: String {
    let link = "/proc/self/exe"
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map { readlink(link, $0, text.count) } ?? -1
      }
    }
    guard count > 0 else { return link }
    let path = String(decoding: buffer.prefix(count), as: UTF8.self)
    return path.hasSuffix(" (deleted)") ? link : path
  }

  /// What a child gets.
  package struct Child {
    package var arguments: [String]
    /// Added to the calling process's environment.
    package var environment: [String: String] = [:]
    /// Descriptors that stay open under their numbers; all others must be close-on-exec.
    package var inherited: [Int32] = []
    /// Gets stdout and stderr; nil leaves them as they are.
    package var output: Int32?
    /// Begins a session, away from the terminal; else a process group, away from its Ctrl-C.
    package var startsSession = false

    package init(arguments: [String]) {
      self.arguments = arguments
    }
  }

  /// Starts `executable` with its path as the first word of the command line and stdin empty.
  ///
  /// - Returns: the pid.
  package static func start(_ executable: String, _ child: Child) throws(SupervisorError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if let output = child.output {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
      posix_spawn_file_actions_adddup2(&actions, output, 2)
    }
    // A descriptor duplicated onto itself loses close-on-exec (POSIX.1-2024; glibc since 2.29).
    for descriptor in child.inherited {
      posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    setSignals(of: &attributes, startsSession: child.startsSession)

    var environment = inheritedEnvironment()
    environment.merge(child.environment) { _, new in new }
    let words = [executable] + child.arguments
    let variables = environment.map { "\($0.key)=\($0.value)" }
    var pid: Int32 = 0
    // Error numbers come back as the result; errno is not set (posix_spawn(3)).
    let error = withCStrings(words) { words in
      withCStrings(variables) { posix_spawn(&pid, executable, &actions, &attributes, words, $0) }
    }
    guard error == 0 else {
      throw SupervisorError(69, "cannot start \(executable): \(String(cString: strerror(error)))")
    }
    return pid
  }

  /// POSIX_SPAWN_SETSID, which glibc declares for GNU sources only.
  private static var setSession: CInt { 0x80 }

  /// No signal blocked, every one with its default meaning: masks and ignored signals would pass
  /// through exec.
  private static func setSignals(of attributes: inout posix_spawnattr_t, startsSession: Bool) {
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let placement = startsSession ? setSession : CInt(POSIX_SPAWN_SETPGROUP)
    let flags = CInt(POSIX_SPAWN_SETSIGMASK) | CInt(POSIX_SPAWN_SETSIGDEF) | placement
    posix_spawnattr_setflags(&attributes, Int16(flags))
  }

  private static func inheritedEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let line = String(cString: text)
      if let mark = line.firstIndex(of: "=") {
        variables[String(line[..<mark])] = String(line[line.index(after: mark)...])
      }
      entry += 1
    }
    return variables
  }

  private static func withCStrings<Result>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers)
  }
}
