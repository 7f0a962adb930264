// Small files and folders, whole.
internal import Glibc

/// Reads and writes small files. Foundation would cost a megabyte of memory for this.
enum TextFile {
  /// What one read gives; files of /proc have no size to ask for.
  private static let chunkBytes = 16 << 10

  /// Nil when the file cannot be read.
  static func read(_ path: String) -> String? {
    bytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  static func number(_ path: String) -> Int? {
    read(path).flatMap { Int($0.filter { !$0.isWhitespace }) }
  }

  /// Nil when the file cannot be read.
  static func bytes(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: chunkBytes)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return count == 0 ? result : nil }
      result += chunk.prefix(count)
    }
  }

  /// What there is of `count` bytes from `position` on.
  static func bytes(_ descriptor: Int32, from position: off_t, count: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let taken = pread(descriptor, &buffer, count, max(0, position))
    return taken == count ? buffer : Array(buffer.prefix(max(0, taken)))
  }

  /// False unless all of it was written.
  static func append(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    Glibc.write(descriptor, bytes, bytes.count) == bytes.count
  }

  /// Writes a file of the owner's only, in place of one that was there.
  static func write(_ text: String, to path: String) throws(ControllerError) {
    try write(Array(text.utf8), to: path)
  }

  static func write(_ bytes: [UInt8], to path: String) throws(ControllerError) {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(path, flags, 0o600)
    guard descriptor >= 0 else { throw ControllerError("cannot write \(path): \(lastError())") }
    defer { close(descriptor) }
    let written = Glibc.write(descriptor, bytes, bytes.count)
    guard written == bytes.count else {
      // Less than all is written where the disk is full then.
      if written >= 0 { errno = ENOSPC }
      throw ControllerError("cannot write \(path): \(lastError())")
    }
  }

  /// Where a symbolic link points; nil when it cannot be read.
  static func link(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map { readlink(path, $0, text.count) } ?? -1
      }
    }
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// Names in a folder, without `.` and `..`; none when it cannot be read.
  static func names(in folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}

/// The kernel's words for the last error.
func lastError() -> String {
  String(cString: strerror(errno))
}
