// Which process holds the socket at which a replica listens.
internal import Glibc

/// The unix sockets of this machine that are listened on, by path (proc(5), /proc/net/unix).
struct ListeningSockets: Sendable {
  /// SO_ACCEPTCON among the flags of a line.
  private static let accepting = 0x10000

  private let inodes: [String: String]

  init() {
    self.init(text: TextFile.read("/proc/net/unix") ?? "")
  }

  init(text: String) {
    var inodes: [String: String] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      // Num RefCount Protocol Flags Type St Inode Path
      let fields = line.split(separator: " ", maxSplits: 7)
      guard fields.count == 8, let flags = Int(fields[3], radix: 16),
        flags & Self.accepting != 0
      else { continue }
      inodes[String(fields[7])] = String(fields[6])
    }
    self.inodes = inodes
  }

  /// Whether process `pid` has the socket that is listened on at `path`.
  func isHeld(_ path: String, by pid: Int32) -> Bool {
    guard let inode = inodes[path] else { return false }
    let folder = "/proc/\(pid)/fd"
    return TextFile.names(in: folder).contains { name in
      TextFile.link("\(folder)/\(name)") == "socket:[\(inode)]"
    }
  }
}
