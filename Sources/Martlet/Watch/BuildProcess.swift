// A program that runs to its end within a limit, and ends with this one.
private import CLinux
private import Glibc
internal import MartletNet
private import MartletSupervisor
private import Synchronization

/// Builds, one at a time.
final class BuildProcess: Sendable {
  private enum State {
    case idle
    case running(pid: Int32)
    /// Nothing is started any more.
    case ended
  }

  private let state = Mutex(State.idle)

  /// Runs a program, which writes to where this one does, and waits for its end.
  ///
  /// - Parameters:
  ///   - words: its path, and its arguments.
  ///   - limit: after that long it is killed, with all that it started.
  /// - Returns: its exit status; nil when it was killed.
  /// - Throws: `SupervisorError` when it cannot be started.
  func run(_ words: [String], within limit: Duration, on loop: Loop) async throws -> Int32? {
    let pid: Int32? = try state.withLock { state in
      guard case .idle = state else { return nil }
      // It has a process group of its own.
      let child = ProcessLauncher.Child(arguments: Array(words.dropFirst()))
      let pid = try ProcessLauncher.start(words[0], child)
      state = .running(pid: pid)
      return pid
    }
    guard let pid else { return nil }
    let descriptor = martlet_pidfd_open(pid)
    if descriptor >= 0 {
      await Self.wait(for: descriptor, killing: pid, after: limit, on: loop)
    } else {
      // Nothing says when it ends (EMFILE), so that it must end now.
      kill(-pid, SIGKILL)
    }
    return state.withLock { state in
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      if case .running = state { state = .idle }
      return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
    }
  }

  private static func wait(
    for descriptor: CInt, killing pid: Int32, after limit: Duration, on loop: Loop
  ) async {
    await withCheckedContinuation { ended in
      loop.run {
        // The process is not waited for yet, so its number is no other's.
        let timer = loop.schedule(after: limit) { kill(-pid, SIGKILL) }
        loop.watch(descriptor) {
          timer.cancel()
          close(descriptor)
          ended.resume()
          return .stop
        }
      }
    }
  }

  /// Ends what runs and starts nothing more.
  func end() {
    state.withLock { state in
      if case .running(let pid) = state { kill(-pid, SIGTERM) }
      state = .ended
    }
  }
}
