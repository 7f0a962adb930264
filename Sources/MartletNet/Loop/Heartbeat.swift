// The signs of life that a process of a mesh gives its supervisor, and the news that it gets from there.
internal import Glibc

/// The process's end of a pair of sockets: a byte each second goes up, lines come down.
package final class Heartbeat: Sendable {
  /// How often a process beats.
  package static let period = Duration.seconds(1)

  private let descriptor: CInt

  /// Owns the descriptor, which came open across exec and goes to no child.
  package init(descriptor: CInt) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit {
    close(descriptor)
  }

  /// Beats once. A supervisor that does not read is stopped itself, so what it has not read is enough.
  package func beat() {
    var byte: UInt8 = 46
    _ = send(descriptor, &byte, 1, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
  }

  /// The lines that have come since the last time, each a word and a text. They are sent whole.
  package func news() -> [(reason: String, message: String)] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT)),
      count > 0
    {
      bytes += buffer.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(separator: "\t", maxSplits: 1).map(String.init)
      return words.count == 2 ? (words[0], words[1]) : nil
    }
  }

  /// Beats on `loop` from now on, for as long as the loop turns.
  package func begin(on loop: Loop) {
    loop.run { [self] in
      beat()
      loop.schedule(after: Heartbeat.period) { self.begin(on: loop) }
    }
  }
}
