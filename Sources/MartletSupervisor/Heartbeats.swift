// The supervisor's ends of the sockets on which its children beat, and what their threads do.

private import CLinux
private import Glibc
internal import MartletCore

/// A pair of sockets for each child: bytes come up as signs of life, lines go down as news for the event log.
struct Heartbeats {
  /// News that wait for a controller.
  private static let mostNews = 32

  private var ends: [SupervisorMachine.Child: Int32] = [:]
  private var news: [String] = []

  /// Makes the sockets for a child.
  ///
  /// - Returns: the child's end, which the caller closes once the child has it; nil when there is none to be had.
  mutating func open(for child: SupervisorMachine.Child) -> Int32? {
    close(child)
    var pair: [Int32] = [-1, -1]
    let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    let made = socketpair(AF_UNIX, type | CInt(SOCK_NONBLOCK.rawValue), 0, &pair)
    guard made == 0 else { return nil }
    ends[child] = pair[0]
    return pair[1]
  }

  mutating func close(_ child: SupervisorMachine.Child) {
    if let end = ends.removeValue(forKey: child) { Glibc.close(end) }
  }

  /// Whether a child has beaten since the last time.
  func hasBeaten(_ child: SupervisorMachine.Child) -> Bool {
    guard let end = ends[child] else { return false }
    var buffer = [UInt8](repeating: 0, count: 256)
    var beats = 0
    while case let count = read(end, &buffer, buffer.count), count > 0 { beats += count }
    return beats > 0
  }

  /// Has the controller note something, now or when there is one.
  mutating func tell(_ reason: String, _ message: String) {
    news.append("\(reason)\t\(message)\n")
    if news.count > Self.mostNews { news.removeFirst() }
    flush()
  }

  /// Sends the news to the controller as far as it takes them.
  mutating func flush() {
    guard let end = ends[.controller] else { return }
    while let line = news.first {
      let bytes = Array(line.utf8)
      // A controller that is gone must not end us with SIGPIPE.
      guard send(end, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else { return }
      news.removeFirst()
    }
  }
}

extension HeartbeatMachine.Sample {
  /// What the threads of process `pid` do (proc(5)); nil when it is gone.
  init?(of pid: Int32) {
    var states: Set<Character> = []
    var ticks = 0
    guard let tasks = opendir("/proc/\(pid)/task") else { return nil }
    defer { closedir(tasks) }
    while let entry = readdir(tasks) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != "..", let fields = Self.fields("/proc/\(pid)/task/\(name)/stat"),
        fields.count > 12, let state = fields[0].first
      else { continue }
      states.insert(state)
      // utime and stime, fields 14 and 15; counting began at field 3.
      ticks += (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
    }
    guard !states.isEmpty else { return nil }
    let activity: HeartbeatMachine.Activity =
      if states.contains("t") {
        .traced
      } else if states.contains("T") {
        .stopped
      } else if states.contains("R") || states.contains("D") {
        .working
      } else {
        .asleep
      }
    let perSecond = max(1, sysconf(CInt(_SC_CLK_TCK)))
    self.init(activity: activity, cpu: .milliseconds(ticks * 1000 / perSecond))
  }

  /// What stands behind the name, which may have anything in it.
  private static func fields(_ path: String) -> [Substring]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return nil }
    let text = String(decoding: buffer.prefix(count), as: UTF8.self)
    return text.lastIndex(of: ")").map { text[text.index(after: $0)...].split(separator: " ") }
  }
}
