// A small file where there is no disk for it.
internal import CLinux
internal import Glibc

/// A file in this process's memory that others read by a name on disk: a link, which takes no room there. It is there for as
/// long as this value is.
final class MemoryFile: Sendable {
  private let descriptor: Int32

  /// Nil when it cannot be made.
  init?(_ text: String, at path: String) {
    let descriptor = martlet_memory_file("martlet")
    guard descriptor >= 0 else { return nil }
    unlink(path)
    guard TextFile.append(Array(text.utf8), to: descriptor),
      symlink("/proc/\(getpid())/fd/\(descriptor)", path) == 0
    else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }
}
