// Notices the end of a process that is not this one's child.
internal import CLinux
internal import Glibc
internal import MartletNet

/// Waits for other processes to end.
enum ProcessExit {
  /// Returns when process `pid` is gone or the task is cancelled; the watch itself stays until the
  /// loop ends.
  static func wait(for pid: Int32, on loop: Loop) async {
    let descriptor = martlet_pidfd_open(pid)
    // ESRCH: it is gone already. Without pidfds (ENOSYS, EMFILE) there is nothing to wait for.
    guard descriptor >= 0 else {
      if errno != ESRCH { await Gate().wait() }
      return
    }
    let ended = Gate()
    await withCheckedContinuation { watching in
      loop.run {
        loop.watch(descriptor) {
          ended.open()
          close(descriptor)
          return .stop
        }
        watching.resume()
      }
    }
    await ended.wait()
  }
}
