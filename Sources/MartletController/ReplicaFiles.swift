// What a replica has on disk: socket, configuration, log.
internal import Glibc
internal import MartletCore

/// The files of replicas in a run directory, and their bounds.
struct ReplicaFiles: Sendable {
  /// A log longer than this is cut: its end is kept in a second file and the log begins anew.
  static let maxLogBytes = 16 << 20

  /// What is kept of a log that is cut.
  static let keptLogBytes = 4 << 20

  /// Logs of replicas that ended, kept per deployment for whoever looks for the reason.
  static let keptLogs = 5

  /// Bytes and lines of a log that go into a message.
  static let messageBytes = 4 << 10
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
    let bytes = TextFile.tail(logPath(id), limit: Self.messageBytes)
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    // A full buffer begins in the middle of a line.
    if bytes.count == Self.messageBytes, lines.count > 1 { lines.removeFirst() }
    return lines.suffix(Self.messageLines).joined(separator: "\n")
  }

  /// Removes what an ended replica leaves, its log excepted.
  func remove(_ number: UInt64) {
    unlink(directory.replicaSocket(number))
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
      unlink(path + ".1")
    }
  }

  /// Cuts a log that has grown too long. Replicas append, so they go on at the new end.
  func boundLog(_ id: ReplicaID) {
    let path = logPath(id)
    var status = stat()
    guard stat(path, &status) == 0, status.st_size > Self.maxLogBytes else { return }
    let kept = TextFile.tail(path, limit: Self.keptLogBytes)
    do { try TextFile.write(kept, to: path + ".1") } catch {
      // A full disk: what matters then is that the log gets shorter.
    }
    truncate(path, 0)
  }

  /// Removes sockets and configurations of replicas that do not run.
  func removeLeftovers(alive: Set<UInt64>) {
    for (folder, suffix) in [(directory.replicas, ".sock"), (directory.configurations, ".json")] {
      for name in TextFile.names(in: folder) where name.hasSuffix(suffix) {
        guard let number = UInt64(name.dropLast(suffix.count)), !alive.contains(number) else {
          continue
        }
        unlink("\(folder)/\(name)")
      }
    }
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
