// The program of an app: its commands, and the roles in which a mesh starts it.
internal import ArgumentParser
private import Glibc
internal import MartletCore

extension Application {
  /// Runs what the command line says. `run` and `build` are for people; `replica`, `supervisor`,
  /// `controller` and `router` are how a mesh starts this same executable.
  ///
  /// Not `async`: a supervisor takes its signals before there is a second thread, and nothing of a
  /// server belongs on the main actor.
  public static func main() {
    // A connection that the other side has closed is an error of write(2), not a signal.
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let role = Role(arguments) { exit(role.run(Self())) }
    let names = AppCommand<Self>.configuration.subcommands.compactMap {
      $0.configuration.commandName
    }
    if let unknown = Spelling.unknownSubcommand(arguments, among: names) {
      complain("error: \(unknown); see: \(ThisProgram.name) --help")
      exit(EX_USAGE)
    }
    AppCommand<Self>.main(arguments)
  }
}

/// The commands for people.
struct AppCommand<App: Application>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: ThisProgram.name,
      abstract: "The app \(App.name), served by Martlet.",
      version: "\(App.name), built with Martlet \(MartletVersion.text)",
      subcommands: [RunCommand<App>.self, BuildCommand<App>.self])
  }
}

/// One line on stderr.
func complain(_ text: String) {
  let line = Array("\(text)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}
