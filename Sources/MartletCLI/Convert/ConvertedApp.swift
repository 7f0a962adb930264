// An app that was converted: its text, and whether it is an app as it stands.

internal import MartletCore

struct ConvertedApp {
  let spec: AppSpec

  /// The app file, with what it does not say in front.
  ///
  /// - Parameter source: the file that it was.
  func text(from source: String, unsaid: [String]) -> String {
    let yaml = AppFile.yaml(for: spec)
    guard !unsaid.isEmpty else { return yaml }
    let lines =
      ["Converted from \(source) by martlet convert --partial, but for:"] + unsaid.map { "  \($0)" }
    // A line break would end the comment.
    return lines.map { "# \($0.split(whereSeparator: \.isNewline).joined(separator: " "))\n" }
      .joined() + yaml
  }

  /// What `martlet validate` says of the app, a line for each mistake: all of it where its protos are
  /// there, and what needs no types where they are not.
  ///
  /// - Parameter path: where the app file is to be, for messages and for finding the protos.
  func problems(at path: String) throws(Failure) -> [String] {
    let text = AppFile.yaml(for: spec)
    let directory = Files.directory(of: Files.absolute(path))
    let hasProtos =
      !spec.protos.isEmpty
      && spec.protos.allSatisfy { Files.exists(Files.resolve($0, in: directory)) }
    do throws(Failure) {
      if hasProtos {
        _ = try LoadedApp(text: text, name: path, directory: directory)
      } else {
        _ = try LoadedApp.read(text, name: path)
      }
      return []
    } catch {
      // Without protoc nobody can tell.
      guard error.exitCode == Failure.badFile else { throw error }
      return error.lines
    }
  }
}
