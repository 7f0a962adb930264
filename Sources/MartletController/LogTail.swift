// The last lines of a log, for messages.
internal import Glibc
internal import MartletCore

/// Reads a log from its end.
enum LogTail {
  /// What is shown of one line.
  static let maxLineBytes = 400

  /// Bytes in which line feeds are looked for: more than a log has before it is cut.
  static let maxScannedBytes: off_t = 32 << 20

  private static let chunk = 64 << 10

  /// The last lines that are not empty, those that are too long cut.
  static func lines(of path: String, count: Int) -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    let least = max(0, size - maxScannedBytes)
    var lines: [String] = []
    var end = size
    var ends: [off_t] = []
    var position = size
    while lines.count < count, position > least {
      let start = max(least, position - off_t(chunk))
      ends = feeds(descriptor, from: start, to: position)
      while lines.count < count, let feed = ends.popLast() {
        add(descriptor, from: feed + 1, to: end, to: &lines)
        end = feed
      }
      position = start
    }
    if lines.count < count { add(descriptor, from: least, to: end, to: &lines) }
    return lines.reversed()
  }

  /// Where line feeds are.
  private static func feeds(_ descriptor: Int32, from start: off_t, to end: off_t) -> [off_t] {
    let bytes = read(descriptor, from: start, count: Int(end - start))
    return bytes.withUnsafeBytes { bytes in
      var found: [off_t] = []
      var offset = 0
      while offset < bytes.count, let base = bytes.baseAddress,
        let feed = memchr(base + offset, 10, bytes.count - offset)
      {
        offset = base.distance(to: feed) + 1
        found.append(start + off_t(offset - 1))
      }
      return found
    }
  }

  private static func add(
    _ descriptor: Int32, from start: off_t, to end: off_t, to lines: inout [String]
  ) {
    guard end > start else { return }
    let length = Int(end - start)
    guard length > maxLineBytes else {
      let bytes = read(descriptor, from: start, count: length)
      return lines.append(String(decoding: bytes, as: UTF8.self))
    }
    var bytes = read(descriptor, from: start, count: maxLineBytes)
    // Not in the middle of a character.
    while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
    if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
    lines.append(
      String(decoding: bytes, as: UTF8.self) + RotatedLog.cutLine(length - bytes.count))
  }

  private static func read(_ descriptor: Int32, from start: off_t, count: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let taken = pread(descriptor, &buffer, count, start)
    return Array(buffer.prefix(max(0, taken)))
  }
}
