// What the kernel knows of our children: who ended, and who is there that nobody here started.

private import CLinux
private import Glibc

/// How a process ended.
enum ProcessEnd: Sendable, Hashable, CustomStringConvertible {
  case exited(Int32)
  case signalled(Int32)

  /// Reads wait(2)'s status word.
  init(status: Int32) {
    let signal = status & 0x7F
    self = signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
  }

  var description: String {
    switch self {
    case .exited(let code): "exited with status \(code)"
    case .signalled(let signal): "was ended by signal \(signal)"
    }
  }
}

enum ChildProcesses {
  enum Reaped: Sendable, Hashable {
    case ended(pid: Int32, ProcessEnd)
    /// There are children and none of them has ended.
    case noneEnded
    case noChildren
  }

  /// Takes one child that has ended, whoever started it.
  static func reap() -> Reaped {
    var status: Int32 = 0
    while true {
      let pid = waitpid(-1, &status, WNOHANG)
      if pid > 0 { return .ended(pid: pid, ProcessEnd(status: status)) }
      if pid == 0 { return .noneEnded }
      if errno != EINTR { return .noChildren }
    }
  }

  /// The pids of all children, by the parent's pid in every process's `stat` (proc(5)); the list that
  /// the kernel keeps itself is not built into every one.
  static func all() -> [Int32] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    let own = getpid()
    var pids: [Int32] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = Int32(name), parent(of: pid) == own else { continue }
      pids.append(pid)
    }
    return pids
  }

  /// The parent's pid; nil when there is no such process.
  private static func parent(of pid: Int32) -> Int32? {
    let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return nil }
    // "pid (name) state ppid …", and the name may have anything in it but ends at the last bracket.
    let text = String(decoding: buffer.prefix(count), as: UTF8.self)
    guard let bracket = text.lastIndex(of: ")") else { return nil }
    let fields = text[bracket...].split(separator: " ")
    return fields.count > 2 ? Int32(fields[2]) : nil
  }
}
