// Waits for raw descriptors (pidfd, signalfd) to become readable, which NIO cannot.
internal import CLinux
internal import Glibc
internal import NIOConcurrencyHelpers
internal import NIOPosix

/// One descriptor that a loop is watching.
package final class DescriptorWatch: Sendable {
  /// What becomes of a watch after its body ran.
  package enum Next: Sendable {
    case goOn
    case stop
  }

  fileprivate let descriptor: CInt
  fileprivate let id: UInt64
  private let watcher: DescriptorWatcher
  private let loop: Loop
  private nonisolated(unsafe) var body: (() -> Next)?

  fileprivate init(
    descriptor: CInt, id: UInt64, watcher: DescriptorWatcher, loop: Loop,
    body: @escaping () -> Next
  ) {
    self.descriptor = descriptor
    self.id = id
    self.watcher = watcher
    self.loop = loop
    self.body = body
  }

  /// Ends the watch: its body does not run again. On the loop only.
  package func cancel() {
    loop.preconditionIsCurrent()
    body = nil
    watcher.remove(self)
  }

  fileprivate func becameReadable() {
    loop.execute {
      switch self.body?() {
      case .goOn: self.watcher.rearm(self)
      case .stop: self.cancel()
      case nil: break
      }
    }
  }
}

/// A thread in poll(2). It exists because NIO's selector takes only its own channels; it wakes a
/// handful of times in a process's life (children that end, signals), so one wake-up costs nothing
/// that matters. Starts with the first watch.
final class DescriptorWatcher: Sendable {
  private struct State {
    var nextID: UInt64 = 0
    var armed: [UInt64: DescriptorWatch] = [:]
    /// The eventfd that gets the thread out of poll(2); nil before the first watch.
    var wakeup: CInt?
    var isShutDown = false
  }

  private let state = NIOLockedValueBox(State())
  private let thread = NIOThreadPool(numberOfThreads: 1)

  func watch(
    _ descriptor: CInt, on loop: Loop, _ body: @escaping () -> DescriptorWatch.Next
  ) -> DescriptorWatch {
    let id = state.withLockedValue { state in
      state.nextID += 1
      return state.nextID
    }
    let watch = DescriptorWatch(
      descriptor: descriptor, id: id, watcher: self, loop: loop, body: body)
    rearm(watch)
    return watch
  }

  /// A watch is out of the set between its event and its body's answer, so that a descriptor that
  /// nobody has read yet does not spin the thread.
  fileprivate func rearm(_ watch: DescriptorWatch) {
    state.withLockedValue { state in
      guard !state.isShutDown else { return }
      state.armed[watch.id] = watch
      if state.wakeup == nil {
        state.wakeup = startThread()
      } else {
        wake(state)
      }
    }
  }

  fileprivate func remove(_ watch: DescriptorWatch) {
    state.withLockedValue { state in
      if state.armed.removeValue(forKey: watch.id) != nil { wake(state) }
    }
  }

  func shutdown() {
    state.withLockedValue { state in
      state.isShutDown = true
      state.armed = [:]
      wake(state)
    }
  }

  private func wake(_ state: State) {
    guard let wakeup = state.wakeup else { return }
    // It fails only when the counter is full, and then the thread is about to wake anyway.
    _ = withUnsafeBytes(of: UInt64(1)) { write(wakeup, $0.baseAddress, $0.count) }
  }

  private func startThread() -> CInt {
    let wakeup = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
    precondition(wakeup >= 0, "cannot make an eventfd: \(String(cString: strerror(errno)))")
    thread.start()
    thread.submit { _ in self.pollUntilShutDown(wakeup) }
    return wakeup
  }

  private func pollUntilShutDown(_ wakeup: CInt) {
    while true {
      let watches = state.withLockedValue { $0.isShutDown ? nil : Array($0.armed.values) }
      guard let watches else { break }
      var set = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
      for watch in watches {
        set.append(pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0))
      }
      guard poll(&set, nfds_t(set.count), -1) > 0 else { continue }
      if set[0].revents != 0 {
        var count: UInt64 = 0
        _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
      }
      for (entry, watch) in zip(set.dropFirst(), watches) where entry.revents != 0 {
        let isStillArmed = state.withLockedValue { $0.armed.removeValue(forKey: watch.id) != nil }
        if isStillArmed { watch.becameReadable() }
      }
    }
    state.withLockedValue { state in
      close(wakeup)
      state.wakeup = nil
    }
    thread.shutdownGracefully { _ in }
  }
}
