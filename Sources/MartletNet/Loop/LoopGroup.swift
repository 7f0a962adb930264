// The loops of one process.
internal import MartletCore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A fixed number of loops, each with a thread of its own.
package final class LoopGroup: Sendable {
  package let loops: [Loop]
  private let group: MultiThreadedEventLoopGroup
  private let watcher: DescriptorWatcher
  private let longWork: LongWorkThread
  private let turns = Atomic<Int>(0)

  /// Starts `count` threads, at least one.
  ///
  /// - Parameter memory: what the messages of their calls may take together.
  package init(count: Int = 1, memory: MessageMemory = .ofProcess) {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count))
    let watcher = DescriptorWatcher()
    let longWork = LongWorkThread()
    self.group = group
    self.watcher = watcher
    self.longWork = longWork
    loops = group.makeIterator().map {
      Loop($0, of: group, watcher: watcher, longWork: longWork, memory: memory)
    }
  }

  /// The next loop, each in its turn. May be called from any thread.
  package func next() -> Loop {
    let turn = turns.wrappingAdd(1, ordering: .relaxed).oldValue
    return loops[Int(UInt(bitPattern: turn) % UInt(loops.count))]
  }

  /// The calling thread's loop, or the next one when the caller is on none of them.
  package func currentOrNext() -> Loop {
    loops.first(where: \.isCurrent) ?? next()
  }

  /// Returns when all has run that was queued on the loops, and what that has queued.
  package func settle() async {
    for loop in loops + loops {
      await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
        loop.execute { done.resume() }
      }
    }
  }

  /// Closes what is still open and ends the threads. Must not be awaited on one of the loops.
  package func shutdown() async {
    watcher.shutdown()
    await longWork.shutdown()
    do { try await group.shutdownGracefully() } catch {
      // Shut down twice: the threads are gone, which is what the caller wanted.
    }
  }
}
