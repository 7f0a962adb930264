// Which mesh a command is about.

internal import ArgumentParser
internal import Glibc
internal import MartletCore
internal import MartletSupervisor

/// `--run-dir`, which every command of a mesh takes.
struct MeshOptions: ParsableArguments {
  @Option(
    name: .customLong("run-dir"),
    help: ArgumentHelp(
      "The directory of the mesh. By default $XDG_RUNTIME_DIR/martlet, /run/martlet for root, or "
        + "~/.local/state/martlet.",
      valueName: "dir"))
  var runDirectoryPath: String?

  /// The run directory, absolute: the one door to it for all commands. Fails when somebody else has a hand in it.
  func runDirectory() throws(Failure) -> RunDirectory {
    let directory = try namedDirectory()
    do {
      try directory.check()
    } catch {
      throw Failure(error)
    }
    return directory
  }

  private func namedDirectory() throws(Failure) -> RunDirectory {
    guard let path = runDirectoryPath.map(Files.absolute) else {
      return RunDirectory.standard { name in getenv(name).map { String(cString: $0) } }
    }
    guard let directory = RunDirectory(path: path) else {
      throw Failure(
        Failure.usage,
        "the run directory \(path) is too long: sockets beneath it would have more than "
          + "\(RunDirectory.maxSocketPathBytes) bytes; choose a shorter one with --run-dir")
    }
    return directory
  }
}
