// Whether a process's event loop turns, told by another thread of the process.
internal import Glibc
internal import Synchronization

/// A thread that tells whoever connects to a unix socket whether a loop turns. A handler that blocks the loop
/// keeps it from answering pings; the thread then shows that the process lives. It sleeps until somebody asks,
/// and the loop does nothing for it until then.
package final class LoopWitness: Sendable {
  /// What the witness says, in one byte.
  package enum Word: UInt8, Sendable {
    /// `t`
    case turns = 116
    /// `h`: a handler has held the loop for `patience` at least.
    case isHeld = 104
  }

  /// How long a loop that turns may take to show it.
  static let patience = Duration.milliseconds(50)

  /// Pause after an `accept` that failed, such as for want of descriptors.
  private static let breather = Duration.milliseconds(100)

  /// Questions that wait. A controller has one at a time; those of a stopped process are refused after these.
  private static let backlog: CInt = 4

  private let path: String
  private let loop: Loop
  private let listener: CInt
  /// The loop was asked to show that it turns, and has not done so.
  private let isWaiting = Atomic(false)

  /// Listens at `path`, in place of a socket that is there already. Nil when that cannot be.
  package init?(at path: String, of loop: Loop) {
    unlink(path)
    let listener = Self.socket(SOCK_CLOEXEC)
    guard listener >= 0 else { return nil }
    guard UnixAddress.with(path, { bind(listener, $0, $1) }) == 0,
      listen(listener, Self.backlog) == 0
    else {
      close(listener)
      return nil
    }
    self.path = path
    self.loop = loop
    self.listener = listener
    NamedThread.start("life") { self.work() }
  }

  /// Ends the thread, and removes the socket. To be called once, before the loop ends.
  package func end() {
    unlink(path)
    // Has accept(2) fail with EINVAL, now and from now on.
    shutdown(listener, CInt(SHUT_RDWR))
  }

  private func work() {
    while true {
      let asker = accept(listener, nil, nil)
      if asker >= 0 {
        var word = look().rawValue
        _ = send(asker, &word, 1, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
        close(asker)
      } else if errno == EINVAL {
        break
      } else {
        Self.sleep(Self.breather)
      }
    }
    close(listener)
  }

  private func look() -> Word {
    // One closure at most waits on a loop that is held.
    if !isWaiting.exchange(true, ordering: .relaxed) {
      loop.execute { self.isWaiting.store(false, ordering: .relaxed) }
    }
    Self.sleep(Self.patience)
    return isWaiting.load(ordering: .relaxed) ? .isHeld : .turns
  }

  private static func sleep(_ duration: Duration) {
    usleep(UInt32(duration / .microseconds(1)))
  }
}

extension LoopWitness {
  /// A question to the witness of another process.
  package struct Question: ~Copyable {
    private let descriptor: CInt

    /// Asks. Nil where nobody listens at `path`.
    package init?(at path: String) {
      descriptor = LoopWitness.socket(SOCK_CLOEXEC, SOCK_NONBLOCK)
      guard descriptor >= 0 else { return nil }
      guard UnixAddress.with(path, { connect(descriptor, $0, $1) }) == 0 else {
        close(descriptor)
        return nil
      }
    }

    deinit {
      close(descriptor)
    }

    /// What the witness has said by now; nil when it has said nothing. It says it within twice its patience on a
    /// machine that is not overloaded.
    package func answer() -> Word? {
      var byte: UInt8 = 0
      return recv(descriptor, &byte, 1, CInt(MSG_DONTWAIT)) == 1 ? Word(rawValue: byte) : nil
    }
  }

  private static func socket(_ flags: __socket_type...) -> CInt {
    Glibc.socket(
      AF_UNIX, flags.reduce(CInt(SOCK_STREAM.rawValue)) { $0 | CInt($1.rawValue) }, 0)
  }
}
