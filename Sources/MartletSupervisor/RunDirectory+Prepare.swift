// Making a run directory that nobody else can touch, and the lock that makes it one mesh's own.

private import CLinux
private import Glibc
package import MartletCore

extension RunDirectory {
  /// The run directory where nobody names one: where a mesh runs, else where one has left its state, else the best
  /// of the standard places that can be made.
  package static func standard(environment: (String) -> String?) -> RunDirectory {
    let user = geteuid()
    let places = standardPaths(
      userID: user, xdgRuntimeDirectory: environment("XDG_RUNTIME_DIR"), home: environment("HOME")
    ).compactMap { RunDirectory(path: $0) }
    let own = places.filter(\.isOwn)
    return own.first { $0.supervisor() != nil } ?? own.first { access($0.state, F_OK) == 0 }
      ?? places.first(where: \.canBeMade) ?? places[places.count - 1]
  }

  /// It is there, and nobody else has a hand in it.
  private var isOwn: Bool { access(path, F_OK) == 0 && (try? check()) != nil }

  /// It is there, or what there is of its path may be written to.
  private var canBeMade: Bool {
    if access(path, F_OK) == 0 { return isOwn }
    // XDG_RUNTIME_DIR is made by who logs in; without it there is none.
    var folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    while !folder.isEmpty, access(String(folder), F_OK) != 0 {
      guard !folder.hasPrefix("/run/"), let slash = folder.lastIndex(of: "/") else { return false }
      folder = folder[..<slash]
    }
    return access(folder.isEmpty ? "/" : String(folder), W_OK) == 0
  }

  /// The directory with its folders, made if need be. It must pass `check`: it holds sockets that steer the mesh.
  package func prepare() throws(SupervisorError) {
    // Parents are made with the usual rights; a container's /run may not be there.
    for index in path.indices.dropFirst() where path[index] == "/" {
      mkdir(String(path[..<index]), 0o755)
    }
    try Self.makePrivate(path)
    try check()
    for folder in [replicas, configurations, logs] { try Self.makePrivate(folder) }
  }

  private static func makePrivate(_ path: String) throws(SupervisorError) {
    if mkdir(path, 0o700) != 0 && errno != EEXIST {
      throw SupervisorError(73, "cannot make the run directory \(path): \(systemMessage())")
    }
    try checkPrivate(path)
  }

  /// What to tell whoever wants to start a second mesh here.
  package func isTaken(by pid: Int32?) -> SupervisorError {
    SupervisorError(
      69,
      "a mesh runs in \(path) already\(pid.map { " (pid \($0))" } ?? ""); add or change apps with: "
        + "martlet deploy FILE")
  }

  /// Whether a controller runs here, with or without a supervisor.
  func hasController() -> Bool {
    let descriptor = open(controllerLock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  /// The pid of the supervisor that holds the lock; nil when no mesh runs here.
  package func supervisor() -> Int32? {
    let descriptor = open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // EWOULDBLOCK: somebody holds it. Its pid is written right after it was taken.
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 32)
    for _ in 0..<Self.lockReads {
      let count = pread(descriptor, &buffer, buffer.count, 0)
      let text = String(decoding: buffer.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self)
      if let pid = Int32(text), pid > 0 { return pid }
      usleep(1000)
    }
    return nil
  }

  /// Milliseconds to wait for the pid that follows the lock.
  private static var lockReads: Int { 100 }
}

/// The lock of a run directory, held until the process ends or `release`.
struct RunDirectoryLock: ~Copyable {
  private var descriptor: Int32
  private let path: String

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Takes the lock and writes this process's pid into it.
  static func take(_ directory: RunDirectory) throws(SupervisorError) -> RunDirectoryLock {
    let path = directory.lock
    let descriptor = try locked(path, in: directory)
    ftruncate(descriptor, 0)
    guard writePID(to: descriptor) else {
      throw SupervisorError(73, "cannot write \(path): \(systemMessage())")
    }
    return RunDirectoryLock(descriptor: descriptor, path: path)
  }

  private static func writePID(to descriptor: Int32) -> Bool {
    let text = Array("\(getpid())\n".utf8)
    return pwrite(descriptor, text, text.count, 0) == text.count
  }

  /// Makes the file anew if somebody has removed it, locked before others can find it.
  ///
  /// - Returns: true when it had gone and is there again.
  mutating func restore() -> Bool {
    guard access(path, F_OK) != 0 else { return false }
    let draft = "\(path).new"
    let new = open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard new >= 0 else { return false }
    // link(2), not rename(2): another mesh may have taken the place meanwhile.
    guard flock(new, LOCK_EX | LOCK_NB) == 0, Self.writePID(to: new), link(draft, path) == 0 else {
      close(new)
      unlink(draft)
      return false
    }
    unlink(draft)
    close(descriptor)
    descriptor = new
    return true
  }

  private static func locked(
    _ path: String, in directory: RunDirectory
  ) throws(SupervisorError) -> Int32 {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else {
        throw SupervisorError(73, "cannot open \(path): \(systemMessage())")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        close(descriptor)
        throw directory.isTaken(by: directory.supervisor())
      }
      // The one before may have removed the file between our open and our lock: then another
      // process could lock a new file of the same name, so only the file that is there counts.
      var mine = stat()
      var there = stat()
      if fstat(descriptor, &mine) == 0, stat(path, &there) == 0, mine.st_ino == there.st_ino {
        return descriptor
      }
      close(descriptor)
    }
  }

  /// Removes the file while the lock is held, then lets go.
  consuming func release() {
    unlink(path)
    close(descriptor)
  }
}

/// The kernel's words for the last error.
func systemMessage() -> String {
  String(cString: strerror(errno))
}
