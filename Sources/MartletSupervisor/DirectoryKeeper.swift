// Keeps a run directory as it is: from cleaners, and in spite of them.

private import CLinux
private import Glibc
internal import MartletCore
internal import MartletNet

/// Holds what the supervisor has made in its run directory, and makes it anew when it is gone.
struct DirectoryKeeper {
  /// Cleaners go by the age of files, in days; they find none that is older than this.
  static let touchPeriod = Duration.seconds(60 * 60)

  private let directory: RunDirectory
  private var sockets: [KeptSocket]
  /// systemd-tmpfiles leaves a directory alone, with all that is in it, while somebody has it locked
  /// (tmpfiles.d(5)).
  private var held: Int32 = -1
  private var touchAt = Timestamp.zero

  init(_ directory: RunDirectory, sockets paths: [String]) {
    self.directory = directory
    sockets = paths.compactMap { KeptSocket(path: $0) }
    hold()
  }

  /// Looks once.
  ///
  /// - Returns: what was made anew.
  mutating func look(at now: Timestamp) -> [String] {
    var restored: [String] = []
    if access(directory.path, F_OK) != 0 {
      // The folders are made by whoever needs them next, but sockets need this one.
      guard (try? directory.prepare()) != nil else { return [] }
      hold()
      restored.append(directory.path)
    }
    for socket in sockets where socket.restore() { restored.append(socket.path) }
    if touchAt <= now {
      touchAt = now + Self.touchPeriod
      touch(directory.path)
    }
    return restored
  }

  private mutating func hold() {
    if held >= 0 { close(held) }
    held = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if held >= 0 { _ = flock(held, LOCK_SH | LOCK_NB) }
  }

  /// Everything below `folder` is young again.
  private func touch(_ folder: String) {
    utimensat(AT_FDCWD, folder, nil, AT_SYMLINK_NOFOLLOW)
    guard let entries = opendir(folder) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      let path = "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        if folder == directory.path { touch(path) }
      } else {
        utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW)
      }
    }
  }
}
