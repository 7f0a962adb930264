// What a replica has on disk: socket, configuration, log.
internal import CLinux
internal import Glibc
internal import MartletCore

/// The files of replicas in a run directory, and their bounds.
struct ReplicaFiles: Sendable {
  /// A log longer than this is cut: its end is kept in a second file and the log begins anew.
  static let maxLogBytes = 16 << 20

  /// What is kept of a log that is cut.
  static let keptLogBytes = 4 << 20

  /// How often more is copied of a log that grows while it is cut. A copy is many times as fast as a program
  /// prints; what comes behind the last one is lost.
  static let mostCopies = 8

  /// Logs of replicas that ended, kept per deployment for whoever looks for the reason.
  static let keptLogs = 5

  /// Lines of a log that go into a message.
  static let messageLines = 10

  let directory: RunDirectory

  func logPath(_ id: ReplicaID) -> String {
    directory.log(of: "\(id.deployment)-\(id.number)")
  }

  func configPath(_ number: UInt64) -> String {
    "\(directory.configurations)/\(number).json"
  }

  /// The last lines of a log, for messages.
  func lastLines(_ id: ReplicaID) -> String {
    let path = logPath(id)
    var lines = LogTail.lines(of: path, count: Self.messageLines)
    if lines.count < Self.messageLines {
      // It was cut a moment ago.
      let more = Self.messageLines - lines.count
      lines = LogTail.lines(of: RotatedLog.path(of: path), count: more) + lines
    }
    return lines.joined(separator: "\n")
  }

  /// Removes what an ended replica leaves, its log excepted.
  func remove(_ number: UInt64) {
    unlink(directory.replicaSocket(number))
    unlink(directory.lifeSocket(number))
    unlink(configPath(number))
  }

  /// Removes the oldest logs of a deployment's ended replicas.
  func pruneLogs(of deployment: String, alive: Set<UInt64>) {
    let dead = TextFile.names(in: directory.logs).compactMap { name -> UInt64? in
      guard name.hasPrefix("\(deployment)-"), name.hasSuffix(".log") else { return nil }
      return UInt64(name.dropFirst(deployment.utf8.count + 1).dropLast(".log".count))
    }.filter { !alive.contains($0) }.sorted()
    for number in dead.dropLast(Self.keptLogs) {
      let path = logPath(ReplicaID(deployment: deployment, number: number))
      unlink(path)
      unlink(RotatedLog.path(of: path))
    }
  }

  /// The logs of the mesh's own processes, which append to them as replicas do.
  func ownLogs() -> [String] {
    TextFile.names(in: directory.logs).filter { name in
      name == "controller.log" || name == "supervisor.log"
        || (name.hasPrefix("router-") && name.hasSuffix(".log"))
    }.map { "\(directory.logs)/\($0)" }
  }

  /// Cuts a log that has grown too long. Processes append, so they go on at the new end.
  ///
  /// - Returns: its size before; nil when there is no such log.
  func boundLog(_ path: String) -> Int64? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let size = Int64(status.st_size)
    guard size > Self.maxLogBytes else { return size }
    if !keepEnd(of: path, size: size) {
      // A full disk: what matters then is that the log gets shorter.
      unlink("\(path).new")
      unlink(RotatedLog.path(of: path))
    }
    truncate(path, 0)
    return size
  }

  /// Copies the end of a log, with what comes while it is copied.
  private func keepEnd(of path: String, size: Int64) -> Bool {
    let draft = "\(path).new"
    let log = open(path, O_RDONLY | O_CLOEXEC)
    let copy = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    defer {
      close(log)
      close(copy)
    }
    guard log >= 0, copy >= 0 else { return false }
    var position = off_t(size) - off_t(Self.keptLogBytes)
    var bytes = TextFile.bytes(log, from: position, count: Self.keptLogBytes)[...]
    position += off_t(bytes.count)
    // Whole lines, unless there is but one.
    if let feed = bytes.firstIndex(of: 10), feed + 1 < bytes.endIndex {
      bytes = bytes[(feed + 1)...]
    }
    let mark = RotatedLog.mark(cutBytes: Int64(position) - Int64(bytes.count))
    guard TextFile.append(Array(mark.utf8) + bytes, to: copy) else { return false }
    /// Copies what has come; false when nothing has.
    func copyMore() -> Bool {
      let more = TextFile.bytes(log, from: position, count: Self.keptLogBytes)
      position += off_t(more.count)
      return !more.isEmpty && TextFile.append(more, to: copy)
    }
    for _ in 0..<Self.mostCopies { if !copyMore() { break } }
    // Whoever follows the log knows by the new file that it was cut.
    guard rename(draft, RotatedLog.path(of: path)) == 0 else { return false }
    _ = copyMore()
    return true
  }

  /// Removes sockets and configurations of replicas that do not run.
  func removeLeftovers(alive: Set<UInt64>) {
    let kinds = [
      (directory.replicas, ".sock"), (directory.replicas, ".life"),
      (directory.configurations, ".json"),
    ]
    for (folder, suffix) in kinds {
      for name in TextFile.names(in: folder) where name.hasSuffix(suffix) {
        guard let number = UInt64(name.dropLast(suffix.count)), !alive.contains(number) else {
          continue
        }
        unlink("\(folder)/\(name)")
      }
    }
  }

  // MARK: A full disk

  /// Bytes that are kept for what a replica needs on disk to start: when the disk is full they are given
  /// back, so that one that died is replaced.
  static let reserveBytes: off_t = 256 << 10

  /// What of it is given back at once, and what a log takes to begin with: a page.
  static let reserveStep: off_t = 16 << 10
  static let firstLogBytes: off_t = 4 << 10

  private var reservePath: String { "\(directory.path)/reserve" }

  /// Takes the reserve, as far as there is room.
  func keepReserve() {
    var status = stat()
    if stat(reservePath, &status) == 0, status.st_size >= Self.reserveBytes { return }
    let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(reservePath, flags, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = martlet_reserve(descriptor, Self.reserveBytes, 0)
  }

  /// Gives back some of the reserve; false when nothing is left of it.
  private func useReserve() -> Bool {
    var status = stat()
    guard stat(reservePath, &status) == 0, status.st_size > 0 else { return false }
    return truncate(reservePath, max(0, status.st_size - Self.reserveStep)) == 0
  }

  /// Tries `body` once more for each step of the reserve while the disk is full.
  func withRoom(_ body: () throws(ControllerError) -> Void) throws(ControllerError) {
    while true {
      errno = 0
      do throws(ControllerError) {
        return try body()
      } catch {
        guard errno == ENOSPC || errno == EDQUOT, useReserve() else { throw error }
      }
    }
  }

  /// A replica's log, with room for its first lines. Where there is none its output is dropped: a program that
  /// cannot print must serve nevertheless.
  func openLog(_ path: String) throws(ControllerError) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
    var log: Int32 = -1
    do throws(ControllerError) {
      try withRoom { () throws(ControllerError) in
        if log < 0 { log = open(path, flags, 0o600) }
        guard log >= 0 else { throw ControllerError("cannot open \(path): \(lastError())") }
        let problem = martlet_reserve(log, Self.firstLogBytes, 1)
        errno = problem
        // A file system that cannot reserve has room or not; that will be seen.
        guard problem == ENOSPC || problem == EDQUOT else { return }
        throw ControllerError("cannot write \(path): \(lastError())")
      }
      return log
    } catch {
      let isFull = errno == ENOSPC || errno == EDQUOT
      if log >= 0 { close(log) }
      let nowhere = isFull ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1
      guard nowhere >= 0 else { throw error }
      return nowhere
    }
  }

  // MARK: What others remove

  /// Leads to the file that a process prints to when its name has gone: the file is there, and grows, for as long
  /// as the process has it.
  func restoreLog(_ path: String, of pid: Int32) -> Bool {
    var status = stat()
    let file = "/proc/\(pid)/fd/1"
    guard lstat(path, &status) != 0, TextFile.link(file) == "\(path) (deleted)" else {
      return false
    }
    return symlink(file, path) == 0
  }

  /// Takes the file of the controller's lock again if somebody has removed it. It stays open for good.
  func restoreControllerLock() -> Bool {
    let path = directory.controllerLock
    guard access(path, F_OK) != 0 else { return false }
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    return descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0
  }

  var hasFolders: Bool {
    let folders: [String] = [directory.replicas, directory.configurations, directory.logs]
    return folders.allSatisfy { path in access(path, F_OK) == 0 }
  }

  /// Makes the folders of a run directory that no supervisor has made.
  func makeFolders() throws(ControllerError) {
    for path in [directory.path, directory.replicas, directory.configurations, directory.logs] {
      if mkdir(path, 0o700) != 0, errno != EEXIST {
        throw ControllerError("cannot make \(path): \(lastError()); choose another --run-dir")
      }
    }
    var status = stat()
    guard lstat(directory.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == geteuid(), status.st_mode & 0o077 == 0
    else {
      throw ControllerError(
        "\(directory.path) must be a directory of this user alone; choose another --run-dir")
    }
  }
}
