// How much memory the process may use.
internal import FoundationEssentials
internal import Glibc
internal import MartletCore

enum MachineMemory {
  /// A quarter of what the process may use goes to messages: the rest is for models, handlers and connections.
  private static let part = 4

  /// Four messages of the default length are the least with which large ones go on side by side, and beyond 16 GiB
  /// a number should be said.
  private static let bounds = (4 * Limits().maxMessageBytes)...(16 << 30)

  /// Longest of the files that are read; each has a line or two.
  private static let maxFileBytes = 16 << 10

  static var shareForMessages: Int {
    let share = min(physical, ofGroup ?? .max) / part
    return min(max(share, bounds.lowerBound), bounds.upperBound)
  }

  private static var physical: Int {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && size > 0 ? pages * size : .max
  }

  /// The least limit of the process's control group and those above it; nil where there is none.
  private static var ofGroup: Int? {
    let lines = read("/proc/self/cgroup")?.split(separator: "\n") ?? []
    var least: Int?
    for line in lines {
      // hierarchy:controllers:path
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("memory")
      else { continue }
      let isUnified = parts[1].isEmpty
      let root = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
      let name = isUnified ? "memory.max" : "memory.limit_in_bytes"
      var path = String(parts[2])
      while true {
        let file = root + (path == "/" ? "" : path) + "/" + name
        if let limit = read(file).flatMap({ Int($0.filter(\.isNumber)) }) {
          least = min(least ?? .max, limit)
        }
        guard path.count > 1, let slash = path.lastIndex(of: "/") else { break }
        path = slash == path.startIndex ? "/" : String(path[..<slash])
      }
    }
    return least
  }

  private static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: maxFileBytes)
    let count = Glibc.read(file, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }
}
