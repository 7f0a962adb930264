// Which mesh a command is about.

internal import ArgumentParser
internal import Glibc
internal import MartletCore

/// `--run-dir`, which every command of a mesh takes.
struct MeshOptions: ParsableArguments {
  @Option(
    name: .customLong("run-dir"),
    help: ArgumentHelp(
      "The directory of the mesh. By default $XDG_RUNTIME_DIR/martlet or /tmp/martlet-UID.",
      valueName: "dir"))
  var runDirectoryPath: String?

  /// The run directory, absolute.
  func runDirectory() throws(Failure) -> RunDirectory {
    let path =
      runDirectoryPath.map(Files.absolute)
      ?? RunDirectory.standardPath(
        userID: geteuid(),
        xdgRuntimeDirectory: getenv("XDG_RUNTIME_DIR").map { String(cString: $0) })
    guard let directory = RunDirectory(path: path) else {
      throw Failure(
        Failure.usage,
        "the run directory \(path) is too long: sockets beneath it would have more than "
          + "\(RunDirectory.maxSocketPathBytes) bytes; choose a shorter one with --run-dir")
    }
    return directory
  }
}
