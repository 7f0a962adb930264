// Processes as /proc shows them: who they are, and which are replicas of this mesh.
internal import CLinux
internal import Glibc
internal import MartletCore

/// A process that cannot be taken for another one: pids come round soon, start times do not.
struct ProcessIdentity: Sendable, Hashable {
  var pid: Int32
  /// Field 22 of /proc/PID/stat: clock ticks since boot.
  var startTicks: UInt64

  init(pid: Int32, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }

  /// The process that has `pid` now; nil when none has, or only a zombie.
  init?(runningNow pid: Int32) {
    guard let stat = ProcessStat(pid), stat.state != "Z", stat.state != "X" else { return nil }
    self.init(pid: pid, startTicks: stat.startTicks)
  }

  /// A descriptor of this very process; nil when it is gone.
  func open() -> Int32? {
    let descriptor = martlet_pidfd_open(pid)
    guard descriptor >= 0 else { return nil }
    // Only now the pid cannot come to mean another process without our noticing.
    guard ProcessIdentity(runningNow: pid) == self else {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}

/// What /proc/PID/stat says (proc(5)).
struct ProcessStat {
  var state: Character
  var processGroup: Int32
  var startTicks: UInt64

  init?(_ pid: Int32) {
    guard let text = TextFile.read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else {
      return nil
    }
    // The name in parentheses may hold anything; fields are counted after it, from the third.
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let state = fields[0].first, let group = Int32(fields[2]),
      let ticks = UInt64(fields[19])
    else { return nil }
    self.state = state
    processGroup = group
    startTicks = ticks
  }
}

/// A process that was started as, or by, a replica of one mesh.
struct MeshProcess: Sendable, Hashable {
  var identity: ProcessIdentity
  /// The replica's number, by its environment.
  var number: UInt64
  /// It is the replica itself, not a child of it: it leads the process group.
  var isLeader: Bool

  /// Every process of this user whose environment says that it belongs to a replica of the mesh.
  static func all(of directory: RunDirectory) -> [MeshProcess] {
    TextFile.names(in: "/proc").compactMap { Int32($0) }.compactMap { pid in
      // Processes of other users cannot be read, and need not be.
      guard pid != getpid(), let environment = TextFile.bytes("/proc/\(pid)/environ"),
        let number = number(in: environment, directory), let stat = ProcessStat(pid),
        stat.state != "Z", stat.state != "X"
      else { return nil }
      return MeshProcess(
        identity: ProcessIdentity(pid: pid, startTicks: stat.startTicks), number: number,
        isLeader: stat.processGroup == pid)
    }
  }

  private static func number(in environment: [UInt8], _ directory: RunDirectory) -> UInt64? {
    let listens = Array("\(ReplicaVariable.listen)=unix:\(directory.replicas)/".utf8)
    for entry in environment.split(separator: 0) where entry.starts(with: listens) {
      let rest = String(decoding: entry.dropFirst(listens.count), as: UTF8.self)
      guard rest.hasSuffix(".sock") else { return nil }
      return UInt64(rest.dropLast(".sock".count))
    }
    return nil
  }

  /// SIGKILL, if it still is that process.
  func kill() {
    guard let descriptor = identity.open() else { return }
    _ = martlet_pidfd_send_signal(descriptor, SIGKILL)
    close(descriptor)
  }
}
