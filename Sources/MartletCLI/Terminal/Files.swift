// Reading files and finding them, with errors in the kernel's words.

internal import Glibc

enum Files {
  /// What is wrong with a file, for messages that name the place of its name.
  struct Problem: Error {
    var message: String
  }

  /// The bytes of a file.
  static func read(_ path: String, maxBytes: Int) throws(Failure) -> [UInt8] {
    do {
      return try bytes(of: path, maxBytes: maxBytes)
    } catch {
      throw Failure(Failure.badFile, error.message)
    }
  }

  /// The bytes of a file.
  static func bytes(of path: String, maxBytes: Int) throws(Problem) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Problem(message: "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw Problem(message: "cannot read \(path): \(String(cString: strerror(errno)))")
      }
      guard count > 0 else { return bytes }
      bytes += buffer.prefix(count)
      guard bytes.count <= maxBytes else {
        throw Problem(message: "\(path) has more than \(maxBytes >> 20) MiB")
      }
    }
  }

  /// Bytes as text.
  ///
  /// - Throws: with the place of the first bytes that are no UTF-8, as `NAME:LINE:COLUMN: …`.
  static func text(_ bytes: [UInt8], of name: String) throws(Problem) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    var (line, column) = (1, 1)
    while case .scalarValue(let scalar) = decoder.decode(&rest) {
      (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
    }
    throw Problem(message: "\(name):\(line):\(column): not UTF-8 text")
  }

  /// The text of an app file or of one that becomes an app file.
  static func source(_ path: String, maxBytes: Int) throws(Failure) -> String {
    let bytes = try read(path, maxBytes: maxBytes)
    do throws(Problem) {
      return try text(bytes, of: path)
    } catch {
      throw Failure(Failure.badFile, lines: [error.message])
    }
  }

  /// The path with every symbolic link in it resolved; nil where there is nothing.
  static func withoutLinks(_ path: String) -> String? {
    // realpath(3): a null second argument has it allocate the result.
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// Whether two names are of one file that is there.
  static func areSame(_ path: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard stat(path, &first) == 0, stat(other, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// Writes a file as a whole: under another name first, so that nobody sees half of it.
  static func write(_ text: String, to path: String) throws(Failure) {
    func failure() -> Failure {
      Failure(Failure.failed, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
    let draft = "\(path).\(getpid()).tmp"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure() }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    guard rest.isEmpty, close(descriptor) == 0, rename(draft, path) == 0 else {
      let problem = failure()
      unlink(draft)
      throw problem
    }
  }

  /// Makes a folder unless it is there; the one around it is.
  static func makeDirectory(_ path: String) throws(Failure) {
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw Failure(
        Failure.failed, "cannot make the folder \(path): \(String(cString: strerror(errno)))")
    }
  }

  /// `path` from the root on; relative paths start at the working directory.
  static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    guard let pointer = getcwd(nil, 0) else { return path }
    defer { free(pointer) }
    let directory = String(cString: pointer)
    return directory == "/" ? "/\(path)" : "\(directory)/\(path)"
  }

  /// What is in front of the last slash.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// `path` as seen from `directory`.
  static func resolve(_ path: String, in directory: String) -> String {
    path.hasPrefix("/") ? path : "\(directory)/\(path)"
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a directory, sorted; none when it cannot be read.
  static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  /// Where a program is in `PATH`.
  static func program(_ name: String) -> String? {
    guard let path = getenv("PATH") else { return nil }
    return String(cString: path).split(separator: ":").lazy
      .map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 }
  }
}
