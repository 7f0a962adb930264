// `app build`: the app as files that `martlet up` and `martlet deploy` take.
internal import ArgumentParser
private import FoundationEssentials
private import MartletCore
private import MartletRPC

/// Writes the app file and, beside it, the descriptor set that it names.
struct BuildCommand<App: Application>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "build",
      abstract: "Print the app file that `martlet up` takes, and write its descriptor set.")
  }

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write the app file here instead of printing it; the descriptor set goes beside it, else "
        + "into the current directory.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The program of the replicas as the app file names it; this executable by default.",
      valueName: "path"))
  var executable: String?

  @Flag(
    help: ArgumentHelp(
      "Give each deployment the version of its code, so that a deploy leaves alone those whose code "
        + "is the same. Needs the object files of the build, and nm."))
  var codeVersions = false

  /// Of programs that ask for the files, not people.
  @Flag(help: .hidden)
  var quiet = false

  func run() throws {
    let app = App()
    let folder = output.map { URL(filePath: $0).deletingLastPathComponent() } ?? URL(filePath: ".")
    let descriptors = "\(App.name).binpb"
    var spec = app.spec(
      executable: try executable ?? ThisProgram.path(), protos: [descriptors])
    if codeVersions {
      // A program that asks has been told when it began to.
      spec = CodeVersions.added(to: spec, of: app) { if !quiet { complain($0) } }
    }
    try spec.check()
    let path = folder.appending(path: descriptors).path
    try write(Data(app.descriptorSet().bytes), to: path)
    let yaml = AppFile.yaml(for: spec)
    if let output {
      try write(Data(yaml.utf8), to: output)
      if !quiet { complain("wrote \(output) and \(path)") }
    } else {
      print(yaml, terminator: "")
      complain("wrote \(path), which the app file names")
    }
  }

  private func write(_ data: Data, to path: String) throws {
    do {
      try data.write(to: URL(filePath: path), options: .atomic)
    } catch {
      let folder = URL(filePath: path).deletingLastPathComponent().path
      let isThere = FileManager.default.fileExists(atPath: folder)
      complain(
        isThere
          ? "error: cannot write \(path)"
          : "error: cannot write \(path): there is no folder \(folder)")
      throw ExitCode.failure
    }
  }
}
