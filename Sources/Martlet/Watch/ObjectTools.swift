// The programs that look into object files: nm(1) of binutils or LLVM, and sha256sum(1).
private import CLinux
internal import FoundationEssentials
private import Glibc
private import MartletSupervisor

/// Why there are no code versions.
struct NoCodeVersions: Error, CustomStringConvertible {
  let description: String
}

/// Runs them on files, with their answers in a folder that is removed in the end.
struct ObjectTools: ~Copyable {
  /// A shell and what it starts; two thousand objects take a second.
  private static let limit = Duration.seconds(60)

  /// Bytes of an answer, which is not in memory at once: 50 times what a program of two thousand objects has.
  private static let mostBytes = 1 << 30

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Tells the global symbols of the objects in a link file list, and the digest of each of `objects`.
  /// Reading symbols and bytes are about the same work, so that they go on at once.
  func examine(list: String, objects: [String]) throws -> (symbols: Data, digests: [String]) {
    let names = folder.appending(path: "objects")
    try write(Data(objects.flatMap { $0.utf8 + [0] }), to: names)
    try run(
      """
      nm -P -g "@$1" > "$2/symbols" & nm=$!
      xargs -0 sha256sum < "$2/objects" > "$2/digests" && wait $nm
      """, list)
    return (try answer("symbols"), try digests(count: objects.count))
  }

  /// The SHA-256 digest of each text, in hexadecimal.
  func digests(of texts: [String]) throws -> [String] {
    guard !texts.isEmpty else { return [] }
    var names = Data()
    for (number, text) in texts.enumerated() {
      let file = folder.appending(path: "text-\(number)")
      try write(Data(text.utf8), to: file)
      names += file.path.utf8 + [0]
    }
    try write(names, to: folder.appending(path: "objects"))
    try run(#"xargs -0 sha256sum < "$2/objects" > "$2/digests""#, "")
    return try digests(count: texts.count)
  }

  private func write(_ data: Data, to file: URL) throws { try data.write(to: file) }

  private func answer(_ name: String) throws -> Data {
    let data = try Data(contentsOf: folder.appending(path: name), options: .mappedIfSafe)
    guard data.count <= Self.mostBytes else {
      throw NoCodeVersions(description: "the program has more symbols than are looked at")
    }
    return data
  }

  /// A line is a digest and a name; it begins with a backslash when there is one in the name.
  private func digests(count: Int) throws -> [String] {
    let text = String(decoding: try answer("digests"), as: UTF8.self)
    let digests = text.split(separator: "\n").map { line in
      String(line.drop { $0 == "\\" }.prefix(64))
    }
    guard digests.count == count else {
      throw NoCodeVersions(
        description: "sha256sum told the digests of \(digests.count) of \(count) files")
    }
    return digests
  }

  /// Runs a shell's words with `argument` as `$1` and the folder as `$2`.
  private func run(_ script: String, _ argument: String) throws {
    let child = ProcessLauncher.Child(arguments: ["-c", script, "sh", argument, folder.path])
    let pid = try ProcessLauncher.start("/bin/sh", child)
    let descriptor = martlet_pidfd_open(pid)
    var ended = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let milliseconds = Int32(Self.limit.components.seconds) * 1000
    let isOver = descriptor >= 0 && poll(&ended, 1, milliseconds) > 0
    // It is not waited for yet, so that its number is no other's; what it started may go on after it.
    kill(-pid, SIGKILL)
    if descriptor >= 0 { close(descriptor) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard isOver else {
      throw NoCodeVersions(description: "nm and sha256sum did not end within \(Self.limit)")
    }
    guard status == 0 else {
      throw NoCodeVersions(description: "nm or sha256sum did not succeed, as told above")
    }
  }
}
