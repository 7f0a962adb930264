// `martlet logs`: what replicas and the mesh's own processes have printed.

internal import ArgumentParser
internal import Glibc
internal import MartletCore
internal import MartletRPC

struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Show what the replicas of a deployment have printed.",
    discussion: """
      Takes a deployment, one of its replicas (detector#3), or controller, router-0 and supervisor for \
      the mesh's own processes. A line of more than 16 KiB is cut, and says how much of it is missing. \
      A log of more than 16 MiB is cut as well: its last 4 MiB are kept. Colours are passed on; whatever \
      else would steer the terminal is shown as an escape such as \\u001b.
      """)

  /// How often files are looked at; people do not read faster.
  private static let pause: UInt32 = 50_000

  @Argument(help: "A deployment, a replica, or a process of the mesh.")
  var name: String

  @Flag(name: .shortAndLong, help: "Go on with what is printed from now on.")
  var follow = false

  @Option(name: [.customShort("n"), .long], help: "The last lines of each log only.")
  var lines: Int?

  @Flag(help: "Show the bytes as they were printed, whatever they do to the terminal.")
  var raw = false

  @OptionGroup var options: MeshOptions

  func run() throws {
    let directory = try options.runDirectory()
    var logs = LogFiles(directory: directory, name: name, isRaw: raw)
    logs.find()
    if logs.isEmpty { try checkName(directory) }
    logs.show(lastLines: lines, isAll: !follow)
    guard follow else { return }
    while true {
      usleep(Self.pause)
      logs.find()
      logs.showNews()
    }
  }

  /// A deployment or replica that has printed nothing yet is no mistake.
  private func checkName(_ directory: RunDirectory) throws {
    let mesh = try Mesh(directory)
    let answer = try mesh.status()
    let deployment = ReplicaID(name)?.deployment ?? name
    let known = answer.apps.contains { app in
      app.deployments.contains { $0.name == deployment }
    }
    guard known else { throw mesh.unknownDeployment(name, in: answer) }
    guard let replica = ReplicaID(name) else { return }
    let numbers = answer.apps.flatMap(\.deployments).filter { $0.name == deployment }
      .flatMap(\.replicas).map(\.number)
    guard !numbers.contains(replica.number) else { return }
    let names = numbers.map { "\(deployment)#\($0)" }.joined(separator: ", ")
    throw Failure(
      Failure.failed, "no replica \(name); replicas: \(names.isEmpty ? "none" : names)")
  }
}
