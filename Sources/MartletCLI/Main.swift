// The `martlet` program: steers meshes, and is every process of one but the replicas.

internal import ArgumentParser
internal import Glibc
internal import MartletCore
internal import MartletSupervisor

/// Not `async`: the supervisor takes signals with signalfd(2), which needs them blocked before there is
/// a second thread, and nothing of a server belongs on the main actor.
@main enum Main {
  static func main() {
    // A pipe that nobody reads any more (`martlet logs -f x | head`) is an error of write(2).
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let unknown = Spelling.unknownSubcommand(arguments, among: subcommands) {
      Terminal.complain("martlet: \(unknown); see: martlet --help")
      exit(Failure.usage)
    }
    do {
      var command = try MartletCommand.parseAsRoot(arguments)
      try command.run()
    } catch let failure as Failure {
      for line in failure.lines { Terminal.complain(line) }
      exit(failure.exitCode)
    } catch {
      let status = MartletCommand.exitCode(for: error)
      // Help and the version are asked for, and a bare exit status has no words.
      guard status == .validationFailure else { MartletCommand.exit(withError: error) }
      let message = MartletCommand.message(for: error).prefix { !$0.isNewline }
      Terminal.complain("martlet: \(message); see: martlet \(helpFor(arguments))--help")
      exit(status.rawValue)
    }
  }

  private static var subcommands: [String] {
    MartletCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  /// The subcommand whose help fits a mistake in `arguments`, and a space.
  private static func helpFor(_ arguments: [String]) -> String {
    arguments.first.flatMap { subcommands.contains($0) ? "\($0) " : nil } ?? ""
  }
}

struct MartletCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "martlet",
    abstract: "Serves many models as one mesh of processes.",
    version: "martlet \(MartletVersion.text)",
    subcommands: [
      UpCommand.self, DownCommand.self, DeployCommand.self, StatusCommand.self, PsCommand.self,
      LogsCommand.self, EventsCommand.self, ScaleCommand.self, CallCommand.self,
      ExplainCommand.self,
      RollbackCommand.self, DeleteCommand.self, ValidateCommand.self, ConvertCommand.self,
      HealthCommand.self, SimulateCommand.self, SupervisorCommand.self, ControllerCommand.self,
      RouterCommand.self,
    ])
}

/// Why a command did not do its work: what to print and the exit status.
struct Failure: Error {
  /// The work was tried and failed.
  static let failed: Int32 = 1
  /// The command line is wrong (EX_USAGE).
  static let usage: Int32 = 64
  /// Something that is needed is not there (EX_UNAVAILABLE).
  static let unavailable: Int32 = 69
  /// A file says something wrong (EX_CONFIG).
  static let badFile: Int32 = 78

  var exitCode: Int32
  var lines: [String]

  init(_ exitCode: Int32, _ message: String) {
    self.init(exitCode, lines: ["martlet: \(message)"])
  }

  /// Lines that stand for themselves, such as `FILE:LINE:COLUMN: …`.
  init(_ exitCode: Int32, lines: [String]) {
    self.exitCode = exitCode
    self.lines = lines
  }

  init(_ error: SupervisorError) {
    self.init(error.exitCode, error.description)
  }
}
