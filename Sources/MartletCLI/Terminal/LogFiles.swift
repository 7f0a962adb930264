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
  private var logs: [Log] = []
  private var labelWidth = 0

  init(directory: RunDirectory, name: String) {
    self.directory = directory
    self.name = name
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
    for line in lines { bytes += label.utf8 + line + [10] }
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
  /// Looks at a log whose end was kept but which was not cut yet.
  private var waits = 0

  /// After so many of them it is not about to be cut: its writer has died in between.
  private static let mostWaits = 40

  init(path: String) {
    self.path = path
    // What was kept before the first look is the begin of what there is to show.
    kept = Self.inode(RotatedLog.path(of: path))
    keptPosition = kept == nil ? nil : 0
  }

  private static func inode(_ path: String) -> ino_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_ino : nil
  }

  /// Lines that are new, perhaps none yet of what was read; nil when nothing is there to read.
  mutating func take() -> [[UInt8]]? {
    noteRotation()
    if let offset = keptPosition {
      guard let bytes = Self.read(RotatedLog.path(of: path), at: offset) else {
        keptPosition = nil
        return take()
      }
      keptPosition = offset + off_t(bytes.count)
      return split(bytes)
    }
    guard let bytes = Self.read(path, at: position) else { return nil }
    position += off_t(bytes.count)
    return split(bytes)
  }

  /// A line without an end.
  mutating func takeRest() -> [UInt8]? {
    guard !rest.isEmpty || dropped > 0 else { return nil }
    return finishLine()
  }

  /// After a rotation the rest of what was there before is in the kept end.
  private mutating func noteRotation() {
    let keptNow = Self.inode(RotatedLog.path(of: path))
    var status = stat()
    let size = stat(path, &status) == 0 ? status.st_size : 0
    if let keptNow, keptNow != kept {
      waits += 1
      guard position == 0 || size < position || waits > Self.mostWaits else { return }
      waits = 0
      kept = keptNow
      keptPosition = Self.offset(of: position, inKept: RotatedLog.path(of: path))
      position = 0
      return
    }
    // It was cut without anything being kept.
    if size < position { position = 0 }
  }

  /// Where byte `position` of the log that was cut is in its kept end; its begin when that byte is gone.
  private static func offset(of position: off_t, inKept path: String) -> off_t {
    guard let head = read(path, at: 0)?.prefix(128),
      let end = head.firstIndex(of: 10),
      let cut = RotatedLog.cutBytes(String(decoding: head[..<end], as: UTF8.self)),
      position >= cut
    else { return 0 }
    return off_t(end + 1) + position - off_t(cut)
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
