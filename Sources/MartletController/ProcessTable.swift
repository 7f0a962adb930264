// Processes as /proc shows them: who they are, and which belong to replicas of this mesh.
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

  /// Kills it with its process group, if it still is that process: all of them at once, so that none starts another one
  /// meanwhile. A group that the controller is in is left alone.
  func killGroup() {
    guard let descriptor = open() else { return }
    // Nobody else's group can get the number while a member lives.
    let group = getpgid(pid)
    if group > 1, group != getpgrp(), ProcessIdentity(runningNow: pid) == self {
      Glibc.kill(-group, SIGKILL)
    }
    _ = martlet_pidfd_send_signal(descriptor, SIGKILL)
    close(descriptor)
  }

  /// Sends a signal, if it still is that process.
  func signal(_ signal: Int32) {
    guard let descriptor = open() else { return }
    _ = martlet_pidfd_send_signal(descriptor, signal)
    close(descriptor)
  }
}

/// What /proc/PID/stat says (proc(5)).
struct ProcessStat {
  var state: Character
  var parent: Int32
  var processGroup: Int32
  var session: Int32
  var startTicks: UInt64

  init?(_ pid: Int32) {
    guard let text = TextFile.read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else {
      return nil
    }
    // The name in parentheses may hold anything; fields are counted after it, from the third.
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
      let group = Int32(fields[2]), let session = Int32(fields[3]), let ticks = UInt64(fields[19])
    else { return nil }
    self.state = state
    self.parent = parent
    processGroup = group
    self.session = session
    startTicks = ticks
  }
}
