// The logs that one name stands for, and how far each has been shown.

internal import Glibc
internal import MartletCore

struct LogFiles {
  private struct Log {
    var reader: LogReader
    /// In front of each line when there are several logs.
    var label: String
  }

  let directory: RunDirectory
  let name: String
  /// Bytes are shown as they were printed, whatever they do to a terminal.
  let isRaw: Bool
  private var logs: [Log] = []
  private var labelWidth = 0

  init(directory: RunDirectory, name: String, isRaw: Bool = false) {
    self.directory = directory
    self.name = name
    self.isRaw = isRaw
  }

  var isEmpty: Bool { logs.isEmpty }

  /// Adds the logs that are there and not known yet.
  mutating func find() {
    for file in Files.names(in: directory.logs) where file.hasSuffix(".log") {
      let process = String(file.dropLast(".log".count))
      let path = "\(directory.logs)/\(file)"
      guard let label = label(of: process), !logs.contains(where: { $0.reader.path == path }) else {
        continue
      }
      logs.append(Log(reader: LogReader(path: path), label: label))
      labelWidth = max(labelWidth, label.count)
    }
  }

  /// `DEPLOYMENT#N` for the log `DEPLOYMENT-N` when the name is that deployment or that replica; the
  /// mesh's own processes stand for themselves.
  func label(of process: String) -> String? {
    if process == name { return process }
    guard let dash = process.lastIndex(of: "-"),
      let number = UInt64(process[process.index(after: dash)...])
    else { return nil }
    let replica = ReplicaID(deployment: String(process[..<dash]), number: number)
    return replica.deployment == name || replica.description == name ? replica.description : nil
  }

  /// Everything so far, or the last lines of it.
  ///
  /// - Parameter isAll: nothing will be shown after this, so a line without an end is shown as well.
  mutating func show(lastLines: Int?, isAll: Bool) {
    for index in logs.indices {
      var lines: [[UInt8]] = []
      while let taken = logs[index].reader.take() {
        lines += taken
        if let lastLines {
          lines = lines.suffix(max(0, lastLines))
        } else {
          print(lines, of: index)
          lines = []
        }
      }
      if isAll, let rest = logs[index].reader.takeRest() { lines.append(rest) }
      print(lastLines.map { lines.suffix(max(0, $0)) } ?? lines, of: index)
    }
  }

  mutating func showNews() {
    for index in logs.indices {
      while let lines = logs[index].reader.take() { print(lines, of: index) }
    }
  }

  private func print(_ lines: [[UInt8]], of index: Int) {
    guard !lines.isEmpty else { return }
    var label = ""
    if logs.count > 1 {
      label = logs[index].label
      label += String(repeating: " ", count: labelWidth - label.count) + " | "
    }
    var bytes: [UInt8] = []
    for line in lines { bytes += label.utf8 + (isRaw ? line : LogLine.visible(line)) + [10] }
    Terminal.write(bytes, to: STDOUT_FILENO)
  }
}

/// Reads a log line by line over its rotations.
struct LogReader {
  /// Bytes that are taken from one file at once.
  static let chunk = 64 << 10

  /// What is shown of one line: more than any terminal's page.
  static let maxLineBytes = 16 << 10

  let path: String

  /// Bytes of the log as it is now that have been taken.
  private var position: off_t = 0
  /// The begin of a line whose end is not written yet, and how much of it is not kept.
  private var rest: [UInt8] = []
  private var dropped = 0
  /// The kept end of the log before the last rotation that was seen.
  private var kept: ino_t?
  /// What of that is still to be taken, at which offset; nil when nothing is.
  private var keptPosition: off_t?

  init(path: String) {
    self.path = path
  }

  private static func inode(_ path: String) -> ino_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_ino : nil
  }

  private static func size(_ path: String) -> off_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_size : 0
  }

  /// Lines that are new, perhaps none yet of what was read; nil when nothing is there to read.
  mutating func take() -> [[UInt8]]? {
    var lines: [[UInt8]] = []
    _ = noteRotation(&lines)
    var bytes = next()
    // It may have been cut since we looked.
    while bytes == nil, noteRotation(&lines) { bytes = next() }
    if let bytes { return lines + split(bytes) }
    return lines.isEmpty ? nil : lines
  }

  private mutating func next() -> [UInt8]? {
    if let offset = keptPosition {
      if let bytes = Self.read(RotatedLog.path(of: path), at: offset) {
        keptPosition = offset + off_t(bytes.count)
        return bytes
      }
      keptPosition = nil
    }
    guard let bytes = Self.read(path, at: position) else { return nil }
    position += off_t(bytes.count)
    return bytes
  }

  /// A line without an end.
  mutating func takeRest() -> [UInt8]? {
    guard !rest.isEmpty || dropped > 0 else { return nil }
    return finishLine()
  }

  /// After a rotation the rest of what was there before is in the kept end. A line whose end is gone goes to
  /// `lines`.
  ///
  /// - Returns: whether there has been one since the last look.
  private mutating func noteRotation(_ lines: inout [[UInt8]]) -> Bool {
    let keptPath = RotatedLog.path(of: path)
    if let keptNow = Self.inode(keptPath), keptNow != kept {
      guard !isWhole else { return false }
      kept = keptNow
      keptPosition = Self.offset(of: position, inKept: keptPath)
    } else {
      // It was cut without anything being kept.
      guard Self.size(path) < position else { return false }
    }
    position = 0
    if keptPosition ?? 0 == 0, let line = takeRest() { lines.append(line) }
    return true
  }

  /// Whether the log still has all that was kept of it: it is cut right after, unless its writer dies in between.
  private var isWhole: Bool {
    let keptPath = RotatedLog.path(of: path)
    guard let head = Self.read(keptPath, at: 0), let (cut, start) = Self.mark(head) else {
      return false
    }
    let sample = head[start...].prefix(256)
    return Self.size(path) >= cut + Self.size(keptPath) - off_t(start)
      && Self.read(path, at: cut)?.prefix(sample.count) == sample
  }

  /// How many bytes are missing in front of a kept end that begins with `head`, and where their mark ends.
  private static func mark(_ head: [UInt8]) -> (cut: off_t, start: Int)? {
    guard let end = head.prefix(128).firstIndex(of: 10),
      let cut = RotatedLog.cutBytes(String(decoding: head[..<end], as: UTF8.self))
    else { return nil }
    return (off_t(cut), end + 1)
  }

  /// Where byte `position` of the log that was cut is in its kept end; its begin when that byte is gone.
  private static func offset(of position: off_t, inKept path: String) -> off_t {
    guard let (cut, start) = read(path, at: 0).flatMap(mark), position >= cut else { return 0 }
    return off_t(start) + position - cut
  }

  private static func read(_ path: String, at offset: off_t) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: chunk)
    let count = pread(descriptor, &buffer, buffer.count, offset)
    return count > 0 ? Array(buffer.prefix(count)) : nil
  }

  private mutating func split(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var pieces = bytes.split(separator: 10, omittingEmptySubsequences: false)[...]
    while let piece = pieces.popFirst() {
      let room = max(0, Self.maxLineBytes - rest.count)
      rest += piece.prefix(room)
      dropped += max(0, piece.count - room)
      if !pieces.isEmpty { lines.append(finishLine()) }
    }
    return lines
  }

  private mutating func finishLine() -> [UInt8] {
    var line = rest
    if dropped > 0 {
      // Not in the middle of a character.
      while let last = line.last, last & 0xC0 == 0x80 {
        line.removeLast()
        dropped += 1
      }
      if let last = line.last, last >= 0xC0 {
        line.removeLast()
        dropped += 1
      }
      line += RotatedLog.cutLine(dropped).utf8
    }
    rest = []
    dropped = 0
    return line
  }
}
