// What a converted app would be told where it is used.

internal import MartletConversion
internal import MartletCore

extension ConvertedApp {
  /// What `martlet validate` says of the app, a line for each mistake, without the place in a file that nobody
  /// has: all of it where its protos are there, and what needs no types where they are not.
  ///
  /// - Parameter path: where the app file is to be, for finding the protos.
  func problems(at path: String) throws(Failure) -> [String] {
    let directory = Files.directory(of: Files.absolute(path))
    let hasProtos =
      !spec.protos.isEmpty
      && spec.protos.allSatisfy { Files.exists(Files.resolve($0, in: directory)) }
    do throws(Failure) {
      if hasProtos {
        _ = try LoadedApp(text: yaml, name: path, directory: directory)
      } else {
        _ = try LoadedApp.read(yaml, name: path)
      }
      return []
    } catch {
      // Without protoc nobody can tell.
      guard error.exitCode == Failure.badFile else { throw error }
      return error.lines.map { line in
        guard line.hasPrefix("\(path):") else { return line }
        let rest = line.dropFirst(path.count + 1).drop { $0.isNumber || $0 == ":" }
        return String(rest.drop { $0 == " " })
      }
    }
  }
}

extension ConvertedApp {
  /// It has a graph, and no protos were named.
  var lacksTypes: Bool {
    guard spec.protos.isEmpty else { return false }
    return spec.routes.contains { if case .graph = $0.target { true } else { false } }
  }
}

extension Failure {
  init(_ error: ConversionError) {
    switch error.place {
    case .file: self.init(Failure.badFile, lines: error.lines)
    case .options: self.init(Failure.usage, error.lines.joined(separator: "\n"))
    }
  }
}
