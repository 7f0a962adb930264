// Work that takes longer than a loop's connections should wait.
internal import NIOConcurrencyHelpers
internal import NIOPosix

/// One thread beside the loops of a process, which starts with the first work.
final class LongWorkThread: Sendable {
  private let thread = NIOThreadPool(numberOfThreads: 1)

  func run(_ work: @escaping @Sendable () -> Void) {
    thread.start()
    thread.submit { state in
      if case .active = state { work() }
    }
  }

  /// Returns when what is under way is done; what still waits is dropped.
  func shutdown() async {
    do { try await thread.shutdownGracefully() } catch {
      // Shut down twice: the thread is gone, which is what the caller wanted.
    }
  }
}

/// Work that a loop gave away, until its result is back.
package final class LongWork: Sendable {
  /// What is to be done, until it begins.
  private let work: NIOLockedValueBox<(@Sendable () -> Void)?>

  init(_ work: @escaping @Sendable () -> Void) {
    self.work = NIOLockedValueBox(work)
  }

  /// Nobody waits for it: work that has not begun never does, and what it holds is let go at once.
  package func cancel() {
    work.withLockedValue { $0 = nil }
  }

  func begin() {
    let work = work.withLockedValue { work in
      defer { work = nil }
      return work
    }
    work?()
  }
}

extension Loop {
  /// Has `work` done beside the loops, and then `body` on this one with what came of it. What is given away is done
  /// one after another. How much waits is not bounded here: callers hold memory for what they give. On the loop only.
  package func offload<Result: Sendable>(
    _ work: @escaping @Sendable () -> Result,
    then body: @escaping (Result) -> Void
  ) -> LongWork {
    preconditionIsCurrent()
    let reply = Reply(body)
    let long = LongWork { [self] in
      let result = work()
      execute { reply.take()?(result) }
    }
    longWork.run { long.begin() }
    return long
  }
}

/// What a loop does with a result: let go on the loop, as what it holds may belong to it alone.
private final class Reply<Result>: @unchecked Sendable {
  private var body: ((Result) -> Void)?

  init(_ body: @escaping (Result) -> Void) {
    self.body = body
  }

  func take() -> ((Result) -> Void)? {
    defer { body = nil }
    return body
  }
}
