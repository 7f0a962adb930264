// The name of a unix socket, which others may take away: cleaners of /tmp remove sockets that are old.
internal import CLinux
internal import Glibc

/// Holds on to a socket's file, so that the socket can be reached by its name again after somebody has removed
/// the name. The process that listens need not know: connections go on to the same socket.
package final class KeptSocket: Sendable {
  package let path: String
  private let descriptor: CInt

  /// Nil when there is no socket at `path`.
  package init?(path: String) {
    let descriptor = martlet_open_name(path)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
      close(descriptor)
      return nil
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// Makes the name anew if it is gone. The kernel gives a removed file no second name, but a link to our
  /// descriptor leads there for as long as this process lives.
  ///
  /// - Returns: true when the name had gone and is there again.
  package func restore() -> Bool {
    var status = stat()
    guard lstat(path, &status) != 0, errno == ENOENT else { return false }
    return symlink("/proc/\(getpid())/fd/\(descriptor)", path) == 0
  }

  /// Whether `path` is such a link of a process that has ended: it leads nowhere.
  package static func isLeft(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return false }
    return access(path, F_OK) != 0 && errno == ENOENT
  }
}
