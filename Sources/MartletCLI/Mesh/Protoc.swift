// Running protoc for apps that name .proto files.

internal import Glibc
internal import MartletSupervisor

enum Protoc {
  struct Problem: Error {
    var message: String
    /// protoc itself is not there.
    var isMissing = false
  }

  /// Bytes of a descriptor set that protoc may write.
  private static let maxBytes = 64 << 20

  /// The descriptor set of `.proto` files with all imports.
  static func descriptorSet(
    of sources: [String], beside directory: String
  ) throws(Problem) -> [UInt8] {
    guard let protoc = Files.program("protoc") else {
      throw Problem(
        message: "protoc is needed to compile .proto files and is not in PATH; install it (apt "
          + "install protobuf-compiler) or name a descriptor set (protoc --descriptor_set_out "
          + "--include_imports)",
        isMissing: true)
    }
    var template = Array("/tmp/martlet-protoc.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Problem(message: "cannot make a temporary directory for protoc")
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let (set, words) = ("\(folder)/set", "\(folder)/words")
    defer {
      for path in [set, words] { unlink(path) }
      rmdir(folder)
    }
    var roots: [String] = []
    for root in sources.map(importRoot) + [directory] where !roots.contains(root) {
      roots.append(root)
    }
    let output = open(words, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(output) }
    var child = ProcessLauncher.Child(
      arguments: roots.map { "-I\($0)" } + [
        "--include_imports", "--descriptor_set_out=\(set)",
      ] + sources)
    child.output = output
    var status: Int32 = 0
    do {
      waitpid(try ProcessLauncher.start(protoc, child), &status, 0)
    } catch {
      throw Problem(message: "\(error)")
    }
    guard status == 0 else {
      let said = (try? Files.read(words, maxBytes: 1 << 20)) ?? []
      let lines = String(decoding: said, as: UTF8.self).split(separator: "\n")
      throw Problem(message: "protoc: \(lines.joined(separator: "; "))")
    }
    do {
      return try Files.read(set, maxBytes: maxBytes)
    } catch {
      throw Problem(message: "protoc wrote no descriptor set")
    }
  }

  /// Where a file's imports start: above the folders that its package names, as in
  /// `protos/content/v1/x.proto` of package `content.v1`; without such folders beside the file.
  private static func importRoot(of source: String) -> String {
    let folder = Files.directory(of: source)
    let text = (try? Files.read(source, maxBytes: 4 << 20)) ?? []
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    let package = lines.lazy
      .map { $0.drop { $0 == " " || $0 == "\t" } }
      .first { $0.hasPrefix("package ") }
    guard let package else { return folder }
    let name = package.dropFirst("package ".count).prefix { $0 != ";" }
    let path = "/" + name.filter { $0 != " " }.replacing(".", with: "/")
    return folder.hasSuffix(path) ? String(folder.dropLast(path.count)) : folder
  }
}
