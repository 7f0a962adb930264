// `martlet down`: ends a mesh.

internal import ArgumentParser
internal import Glibc
internal import MartletCore
internal import MartletSupervisor

struct DownCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Finish the requests in hand and end the mesh.")

  /// A supervisor that was asked twice kills what still runs; that takes no longer than this.
  private static let killPatience = Duration.seconds(30)

  @Option(
    help: ArgumentHelp("After this long, kill what still runs.", valueName: "seconds"),
    transform: Seconds.init)
  var timeout: Seconds?

  @OptionGroup var options: MeshOptions

  func run() throws {
    let directory = try options.runDirectory()
    guard let pid = directory.supervisor() else { throw Mesh.noMesh(in: directory) }
    var progress = Progress()
    defer { progress.end() }
    let end = timeout.map { ContinuousClock.now + $0.duration }
    var patience = Duration.seconds(1)
    if let timeout { patience = min(patience, timeout.duration) }
    var ended = try stop(pid, directory, within: patience)
    while !ended {
      if let end, ContinuousClock.now >= end {
        // The second request.
        ended = try stop(pid, directory, within: Self.killPatience)
        guard ended else {
          throw Failure(Failure.failed, "the supervisor (pid \(pid)) does not end; see its log")
        }
        break
      }
      progress.show("replicas finish their requests")
      ended = MeshProcess.wait(supervisor: pid, within: .milliseconds(200))
    }
    progress.end()
    Terminal.print("the mesh in \(directory.path) is down")
  }

  private func stop(
    _ pid: Int32, _ directory: RunDirectory, within patience: Duration
  ) throws(Failure) -> Bool {
    do {
      return try MeshProcess.stop(supervisor: pid, of: directory, within: patience)
    } catch {
      throw Failure(error)
    }
  }
}
