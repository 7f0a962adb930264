// SIGTERM and SIGINT as an asynchronous event.
internal import CLinux
internal import Glibc
internal import MartletCore

/// The signals that ask a process to end.
package enum TerminationSignal: Int32, Sendable {
  case interrupt = 2
  case terminate = 15
}

/// Takes SIGTERM and SIGINT out of the process's normal delivery and hands them out one by one.
///
/// Signals go to whatever thread does not block them, so `block()` must run before the process
/// starts its first thread; the mask is inherited by all later ones and, unless it is reset, by
/// child processes (`posix_spawnattr_setsigmask`).
package final class TerminationSignals: Sendable {
  private let descriptor: CInt
  private let loop: Loop
  private let signals: AsyncStream<TerminationSignal>

  /// Blocks both signals in the calling thread. Call it first thing in `main`.
  package static func block() {
    var set = mask
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  private static var mask: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    return set
  }

  /// Begins to collect the signals on `loop`. Throws INTERNAL with the kernel's words when it gives
  /// no signalfd.
  package init(on loop: Loop) throws {
    TerminationSignals.block()
    var set = TerminationSignals.mask
    let descriptor = signalfd(-1, &set, CInt(SFD_CLOEXEC) | CInt(SFD_NONBLOCK))
    guard descriptor >= 0 else {
      throw RPCError(.internalError, "signalfd: \(String(cString: strerror(errno)))")
    }
    self.descriptor = descriptor
    self.loop = loop
    // Two signals are all that can differ; a third says nothing new.
    let (stream, continuation) = AsyncStream.makeStream(
      of: TerminationSignal.self, bufferingPolicy: .bufferingNewest(2))
    signals = stream
    loop.run {
      loop.watch(descriptor) {
        while let signal = TerminationSignals.next(descriptor) { continuation.yield(signal) }
        return .goOn
      }
    }
  }

  /// The next signal; nil when the task is cancelled. One caller at a time.
  package func next() async -> TerminationSignal? {
    for await signal in signals { return signal }
    return nil
  }

  private static func next(_ descriptor: CInt) -> TerminationSignal? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard read(descriptor, &info, size) == size else { return nil }
    return TerminationSignal(rawValue: Int32(info.ssi_signo))
  }
}
