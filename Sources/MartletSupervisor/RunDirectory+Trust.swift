// Whether a run directory may be believed. Whoever can put files there can hand out sockets that are asked for secrets.

private import Glibc
package import MartletCore

extension RunDirectory {
  /// Fails when somebody else has a hand in the directory, or could put another one in its place: it must be a real
  /// directory of this user that is closed to all others, and nobody but this user and root may write to a folder
  /// above it, as sshd's StrictModes have it. One that is not there passes.
  ///
  /// - Throws: 73, with what to do about it.
  package func check() throws(SupervisorError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return }
      throw SupervisorError(73, "cannot look at \(path): \(systemMessage())")
    }
    try Self.checkPrivate(path)
    if let doubt = Self.doubt(aboutWayTo: path) {
      throw SupervisorError(73, "\(doubt), and so could put another \(path) there; \(Self.advice)")
    }
  }

  private static let advice = "choose another one with --run-dir"

  /// Fails unless `path` is a real directory of this user that is closed to all others.
  static func checkPrivate(_ path: String) throws(SupervisorError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw SupervisorError(73, "cannot look at \(path): \(systemMessage())")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw SupervisorError(
        73, "\(path) is not a directory (a link is not taken); remove it or choose --run-dir")
    }
    guard status.st_uid == geteuid() else {
      throw SupervisorError(73, "\(path) belongs to user \(status.st_uid); \(advice)")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw SupervisorError(
        73, "\(path) is open to other users; close it with: chmod 700 \(path)")
    }
  }

  /// Who else may change what is found on the way to `path`, in words; nil for nobody.
  private static func doubt(aboutWayTo path: String) -> String? {
    var folders = folders(above: path)
    // A link on the way is followed by all who open a file there.
    if let resolved = realpath(path, nil) {
      folders += self.folders(above: String(cString: resolved))
      free(resolved)
    }
    for folder in folders {
      var status = stat()
      guard lstat(folder, &status) == 0 else { continue }
      guard [0, geteuid()].contains(status.st_uid) || isUnmapped(status.st_uid) else {
        return "\(folder) belongs to user \(status.st_uid), who can change what is in it"
      }
      // What is in a sticky folder can be renamed by its owner only.
      guard status.st_mode & S_IFMT == S_IFDIR, status.st_mode & S_ISVTX == 0 else { continue }
      if status.st_mode & 0o002 != 0 { return "everybody can write to \(folder)" }
      if status.st_mode & 0o020 != 0, !isPrivate(group: status.st_gid) {
        return "group \(status.st_gid) can write to \(folder)"
      }
    }
    return nil
  }

  /// `/`, and each folder from there to the one that `path` is in.
  private static func folders(above path: String) -> [String] {
    ["/"] + path.indices.dropFirst().filter { path[$0] == "/" }.map { String(path[..<$0]) }
  }

  /// Root's group, and that of this user alone: many systems give every user one of their own name, and let it
  /// write to what the user makes.
  private static func isPrivate(group: gid_t) -> Bool {
    if group == 0 { return true }
    guard let user = getpwuid(geteuid())?.pointee, user.pw_gid == group,
      let own = getgrgid(group)?.pointee, strcmp(own.gr_name, user.pw_name) == 0
    else { return false }
    guard let member = own.gr_mem[0] else { return true }
    return strcmp(member, user.pw_name) == 0 && own.gr_mem[1] == nil
  }

  /// Whether `user` stands for all who have no number in this user namespace (user_namespaces(7)). In a sandbox
  /// without privileges the system's own folders are theirs.
  private static func isUnmapped(_ user: uid_t) -> Bool {
    guard user == 65_534, let file = fopen("/proc/self/uid_map", "re") else { return false }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    while fgets(&line, CInt(line.count), file) != nil {
      let numbers = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self
      )
      .split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
      guard numbers.count == 3 else { return false }
      if (numbers[0]..<numbers[0] + numbers[2]).contains(UInt64(user)) { return false }
    }
    return true
  }

  /// Whether the process has the lock's file open. Only the mesh's supervisor keeps it so, and nobody else can write
  /// to the directory; a number in a file proves nothing.
  func isLocked(by pid: Int32) -> Bool {
    var held = stat()
    var owner = stat()
    guard lstat(lock, &held) == 0, stat("/proc/\(pid)", &owner) == 0, owner.st_uid == geteuid(),
      let listing = opendir("/proc/\(pid)/fd")
    else { return false }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var open = stat()
      guard stat("/proc/\(pid)/fd/\(name)", &open) == 0 else { continue }
      if open.st_dev == held.st_dev && open.st_ino == held.st_ino { return true }
    }
    return false
  }
}
