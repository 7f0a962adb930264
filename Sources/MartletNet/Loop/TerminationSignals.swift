// SIGTERM and SIGINT as an asynchronous event.
internal import CLinux
internal import Glibc
internal import MartletCore

/// The signals that ask a process to end.
package enum TerminationSignal: Sendable {
  case interrupt
  case terminate
}

/// SIGTERM and SIGINT, handed out one by one instead of ending the process.
///
/// A handler counts them in an eventfd. signalfd(2) would need them blocked in every thread, and the
/// main thread of an `async` main cannot be: libdispatch parks it in sigsuspend(2) with an empty mask,
/// where a blocked signal ends the process after all.
package final class TerminationSignals: Sendable {
  private let signals: AsyncStream<TerminationSignal>

  /// From here on the signals do not end the process but wait for `init(on:)`. Call it first thing in `main`.
  package static func block() {
    // Tried again, with its error, by `init`.
    _ = martlet_count_termination_signals()
  }

  /// Begins to hand out the signals on `loop`. One for each process. Throws INTERNAL with the kernel's
  /// words when it gives no descriptor.
  package init(on loop: Loop) throws {
    let descriptor = martlet_count_termination_signals()
    guard descriptor >= 0 else {
      throw RPCError(
        .internalError, "cannot collect signals: \(String(cString: strerror(errno)))")
    }
    // Two signals are all that can differ; a third says nothing new.
    let (stream, continuation) = AsyncStream.makeStream(
      of: TerminationSignal.self, bufferingPolicy: .bufferingNewest(2))
    signals = stream
    loop.run {
      loop.watch(descriptor) {
        for signal in TerminationSignals.counted(descriptor) { continuation.yield(signal) }
        return .goOn
      }
    }
  }

  /// The next signal; nil when the task is cancelled. One caller at a time.
  package func next() async -> TerminationSignal? {
    for await signal in signals { return signal }
    return nil
  }

  private static func counted(_ descriptor: CInt) -> [TerminationSignal] {
    var count: UInt64 = 0
    let size = MemoryLayout<UInt64>.size
    guard read(descriptor, &count, size) == size else { return [] }
    var signals: [TerminationSignal] = []
    if count & 0xffff_ffff > 0 { signals.append(.interrupt) }
    if count >> 32 > 0 { signals.append(.terminate) }
    return signals
  }
}
