// Threads besides those of event loops.
internal import Glibc

/// A thread that bears a name.
package enum NamedThread {
  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
      self.run = run
    }
  }

  /// Runs `body` on a thread of its own, which `top -H` shows as `name`: 15 bytes at most.
  package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let started = Unmanaged.passRetained(
      Body {
        setName(name)
        body()
      }
    ).toOpaque()
    let result = pthread_create(
      &thread, nil,
      { body in
        guard let body else { return nil }
        Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run()
        return nil
      }, started)
    precondition(result == 0, "pthread_create failed with errno \(result)")
    pthread_detach(thread)
  }

  /// By proc(5), since Glibc's module lacks pthread_setname_np(3). A thread without a name works
  /// too.
  private static func setName(_ name: String) {
    let comm = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard comm >= 0 else { return }
    let name = Array(name.utf8)
    _ = write(comm, name, name.count)
    close(comm)
  }
}
