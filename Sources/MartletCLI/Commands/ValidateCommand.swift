// `martlet validate`: everything that can be said of an app file without running it.

internal import ArgumentParser
internal import MartletCore

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check an app file: its keys, names, types and graphs.",
    discussion: "Mistakes are printed as FILE:LINE:COLUMN: path: message; the exit status is 78.")

  @Argument(help: "App files.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  /// Takes the options of a mesh like every other command, so that scripts may pass them always.
  @OptionGroup var options: MeshOptions

  func run() throws {
    var problems: [String] = []
    var exitCode = Failure.badFile
    for file in files {
      do throws(Failure) {
        let spec = try LoadedApp(path: file).file.spec
        Terminal.print(
          "\(file): \(spec.name) is fine: \(Wording.count(spec.deployments.count, "deployment")), "
            + Wording.count(spec.routes.count, "route"))
      } catch {
        problems += error.lines
        exitCode = error.exitCode
      }
    }
    guard problems.isEmpty else { throw Failure(exitCode, lines: problems) }
  }
}
