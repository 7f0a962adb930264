// `martlet convert`: files of KServe and Ray Serve as app files.

internal import ArgumentParser
internal import Glibc
internal import MartletConversion
internal import MartletCore

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Make an app file of KServe's InferenceGraph or of Ray Serve's config.",
    discussion: """
      What the file says and an app cannot is listed as FILE:LINE:COLUMN: path: reason; then nothing is \
      written and the exit status is 1, unless --partial says to write the rest. What is written is an app that \
      martlet validate takes once its protos are there. A file may have several documents and lists: objects \
      that are neither graphs nor configs are listed and left out.
      """)

  @Argument(
    help: "The file, YAML or JSON.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var file: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The app file; stdout by default. Of several applications a folder, which gets a file for each.",
      valueName: "out"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The method of a service, deployment or node, or of all others.",
      valueName: "[name=]package.Service/Method"))
  var method: [String] = []

  @Option(
    help: ArgumentHelp(
      "The method that clients call; the one of all others by default.",
      valueName: "package.Service/Method"))
  var route: String?

  @Option(
    help: ArgumentHelp(
      "The message that holds the answers of an Ensemble of KServe's, each in the field of its step's name.",
      valueName: "node=package.Message"))
  var answer: [String] = []

  @Option(
    help: ArgumentHelp(
      "The descriptor set, or .proto files, as the app file is to name them: relative to it.",
      valueName: "file"))
  var protos: [String] = []

  @Option(
    help: ArgumentHelp(
      "How to start a replica; {deployment} stands for the deployment's name. By default something "
        + "else starts them (launcher: external).", valueName: "words"))
  var command: String?

  @Flag(help: "Write what can be said, with a list of the rest as a comment.")
  var partial = false

  /// Takes the options of a mesh like every other command, so that scripts may pass them always.
  @OptionGroup var mesh: MeshOptions

  func run() throws {
    let converted = try converted()
    let apps = converted.apps
    let targets = try targets(of: apps)
    var lines = converted.lines
    guard !apps.isEmpty else {
      throw Failure(Failure.failed, lines: lines + ["martlet: nothing of \(file) is left"])
    }
    for (app, path) in targets {
      let problems = try app.problems(at: path ?? "\(app.spec.name).yaml")
      guard !problems.isEmpty else { continue }
      lines += problems.map { "\(file): in the app \(app.spec.name): \($0)" }
      lines.append("martlet: what is left of \(file) is no app, so nothing is written")
      throw Failure(Failure.failed, lines: lines)
    }
    guard converted.unsaid.isEmpty || partial else {
      let count = Wording.count(converted.unsaid.count, "thing")
      let rest = "martlet: \(count) above cannot be converted; "
      throw Failure(
        Failure.failed, lines: lines + [rest + "--partial writes the rest, with a list of them"])
    }
    for line in lines { Terminal.complain(line) }
    if apps.count > 1, let output { try Files.makeDirectory(output) }
    for (app, path) in targets {
      if app.lacksTypes {
        Terminal.complain("martlet: \(app.spec.name) needs its types to serve; add protos to it")
      }
      let text = app.text(from: file, unsaid: lines)
      guard let path else {
        Terminal.write(text, to: STDOUT_FILENO)
        continue
      }
      try Files.write(text, to: path)
      Terminal.complain("wrote \(path)")
    }
  }

  private func converted() throws(Failure) -> ConvertedFile {
    let text = try Files.source(file, maxBytes: AppFile.maxBytes)
    do throws(ConversionError) {
      let options = try ConversionOptions(
        methods: method, route: route, answers: answer, protos: protos, command: command)
      return try ConvertedFile(text: text, file: file, options: options)
    } catch {
      throw Failure(error)
    }
  }

  /// Where each app goes; nil is stdout.
  private func targets(
    of apps: [ConvertedApp]
  ) throws(Failure) -> [(app: ConvertedApp, path: String?)] {
    let targets = try namedTargets(of: apps)
    for case let path? in targets.map(\.path) where Files.areSame(path, file) {
      throw Failure(Failure.usage, "\(path) is the file that is converted; name another with -o")
    }
    return targets
  }

  private func namedTargets(
    of apps: [ConvertedApp]
  ) throws(Failure) -> [(app: ConvertedApp, path: String?)] {
    guard apps.count > 1 else { return apps.map { ($0, output) } }
    guard let output else {
      throw Failure(
        Failure.usage, "\(file) has \(apps.count) applications; say -o FOLDER for a file of each")
    }
    return apps.map { ($0, "\(output)/\($0.spec.name).yaml") }
  }
}
