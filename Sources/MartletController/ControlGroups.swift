// The control groups of replicas (cgroups(7), version 2): who was started in one stays in it, whatever else of its
// origin it hides.
internal import Glibc
internal import MartletCore

/// One group for a mesh, and below it one for each replica. No controller is switched on in them: they limit nothing,
/// and only tell which process belongs to which replica.
struct ControlGroups: Sendable {
  /// Groups that a replica makes below its own are looked for so deep.
  private static let deepest = 8

  /// The folder of the mesh's group.
  let path: String

  /// The link by which the supervisor finds it.
  private let link: String

  /// Makes the group of a mesh. Nil where this process may not have groups below its own: there is no such hierarchy,
  /// or it is not writable, as in most containers.
  init?(of directory: RunDirectory) {
    guard let mounts = TextFile.read("/proc/self/mountinfo"),
      let own = TextFile.read("/proc/self/cgroup"),
      let folder = Self.folder(mounts: mounts, own: own)
    else { return nil }
    // Another mesh may have a directory of the same name elsewhere, such as in another mount namespace.
    var status = stat()
    guard stat(directory.path, &status) == 0 else { return nil }
    path = "\(folder)/martlet-\(status.st_dev)-\(status.st_ino)"
    link = directory.group
    guard mkdir(path, 0o755) == 0 || errno == EEXIST, access("\(path)/cgroup.kill", W_OK) == 0,
      access("\(path)/cgroup.procs", W_OK) == 0
    else {
      rmdir(path)
      return nil
    }
    unlink(link)
    symlink(path, link)
  }

  init(path: String, link: String) {
    self.path = path
    self.link = link
  }

  /// Where the group of this process is mounted.
  ///
  /// - Parameters:
  ///   - mounts: /proc/self/mountinfo.
  ///   - own: /proc/self/cgroup.
  static func folder(mounts: String, own: String) -> String? {
    guard let line = own.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else {
      return nil
    }
    let group = line.dropFirst("0::".count)
    for mount in mounts.split(separator: "\n") {
      // 36 35 98:0 /root /mount/point options… - type source options
      guard let mark = mount.firstRange(of: " - "), mount[mark.upperBound...].hasPrefix("cgroup2 ")
      else { continue }
      let fields = mount[..<mark.lowerBound].split(separator: " ")
      guard fields.count > 5, fields[5].split(separator: ",").contains("rw") else { continue }
      let root = fields[3] == "/" ? "" : fields[3]
      guard group == root || group.hasPrefix("\(root)/") else { continue }
      let below = group.dropFirst(root.count)
      // A group above the root of a namespace, or of an earlier mount.
      guard !below.hasPrefix("/..") else { continue }
      return "\(fields[4])" + (below == "/" ? "" : below)
    }
    return nil
  }

  func folder(of number: UInt64) -> String {
    "\(path)/\(number)"
  }

  /// A descriptor of a new group for a replica; nil where there is none to be had.
  func open(_ number: UInt64) -> Int32? {
    let folder = folder(of: number)
    guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { return nil }
    let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    return descriptor < 0 ? nil : descriptor
  }

  /// Takes a process in that was started outside.
  func take(_ pid: Int32, into number: UInt64) {
    let descriptor = Glibc.open("\(folder(of: number))/cgroup.procs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = TextFile.append(Array("\(pid)".utf8), to: descriptor)
    close(descriptor)
  }

  /// Every process in a group, by pid, and the replica whose group it is.
  func members() -> [Int32: UInt64] {
    var members: [Int32: UInt64] = [:]
    for number in numbers() {
      for pid in processes(in: folder(of: number)) { members[pid] = number }
    }
    return members
  }

  /// The replicas that have a group.
  func numbers() -> [UInt64] {
    TextFile.names(in: path).compactMap { UInt64($0) }
  }

  private func processes(in folder: String, depth: Int = 0) -> [Int32] {
    // Zero is a process of another namespace.
    var pids = (TextFile.read("\(folder)/cgroup.procs") ?? "").split(separator: "\n")
      .compactMap { Int32($0) }.filter { $0 > 0 }
    guard depth < Self.deepest else { return pids }
    for below in Self.groups(in: folder) { pids += processes(in: below, depth: depth + 1) }
    return pids
  }

  private static func groups(in folder: String) -> [String] {
    TextFile.names(in: folder).map { "\(folder)/\($0)" }.filter { path in
      var status = stat()
      return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  /// Whether any process is in a replica's group, or below. Processes that come and go faster than they can be looked
  /// at are counted, too.
  func isPopulated(_ number: UInt64) -> Bool {
    (TextFile.read("\(folder(of: number))/cgroup.events") ?? "").contains("populated 1")
  }

  /// SIGKILL for all that is in a replica's group, and for what is started there meanwhile.
  func kill(_ number: UInt64) {
    let descriptor = Glibc.open("\(folder(of: number))/cgroup.kill", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = TextFile.append([UInt8(ascii: "1")], to: descriptor)
    close(descriptor)
  }

  /// Removes the group of a replica, if nothing is in it.
  func remove(_ number: UInt64) {
    Self.remove(folder(of: number), depth: 0)
  }

  /// Removes the group of the mesh, with all that is empty below it.
  func removeAll() {
    for number in numbers() { remove(number) }
    rmdir(path)
    unlink(link)
  }

  private static func remove(_ folder: String, depth: Int) {
    // rmdir(2) takes a group with its files, but none with groups below it.
    guard rmdir(folder) != 0, errno == EBUSY || errno == ENOTEMPTY, depth < deepest else { return }
    for below in groups(in: folder) { remove(below, depth: depth + 1) }
    rmdir(folder)
  }
}
