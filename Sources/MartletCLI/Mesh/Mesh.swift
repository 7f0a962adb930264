// A running mesh as the commands see it: the controller's client and what goes wrong with it.

internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletSupervisor
internal import SwiftProtobuf

typealias Control = Martlet_Control_V1_Controller.Client
typealias AppStatus = Martlet_Control_V1_AppStatus
typealias DeploymentStatus = Martlet_Control_V1_DeploymentStatus
typealias ReplicaStatus = Martlet_Control_V1_ReplicaStatus
typealias StatusAnswer = Martlet_Control_V1_GetStatusResponse

/// The mesh of a run directory.
struct Mesh: Sendable {
  /// Longest wait for an answer that the controller gives from memory.
  static let answerTimeout = Duration.seconds(10)

  let directory: RunDirectory
  let loops: LoopGroup
  let channel: GRPCChannel
  let control: Control
  /// A supervisor ran when this was made, and starts a controller that ends anew.
  let isSupervised: Bool

  /// Connects lazily; when `mustRun`, fails at once where no controller's socket is.
  init(_ directory: RunDirectory, mustRun: Bool = true) throws(Failure) {
    guard !mustRun || Files.exists(directory.controllerSocket) else {
      throw Mesh.noMesh(in: directory)
    }
    self.directory = directory
    isSupervised = directory.supervisor() != nil
    loops = LoopGroup(count: 1)
    // Reconnects at once: on this machine a connect is microseconds, and while a mesh starts the
    // socket is there within milliseconds.
    channel = GRPCChannel(
      endpoint: .unix(path: directory.controllerSocket), loop: loops.next(),
      backoff: Backoff(first: .milliseconds(1), most: .milliseconds(2)))
    control = Control(CallTarget(channel, waitsForReady: !mustRun))
  }

  static func noMesh(in directory: RunDirectory) -> Failure {
    Failure(
      Failure.unavailable,
      "no mesh runs in \(directory.path); start one with: martlet up FILE --detach")
  }

  /// Calls the controller and turns its errors into words for people.
  func ask<Answer: Sendable>(
    _ body: @escaping @Sendable (Control) async throws -> Answer
  ) throws -> Answer {
    do {
      return try waitFor { try await body(control) }
    } catch let error as RPCError {
      throw failure(for: error)
    }
  }

  func failure(for error: RPCError) -> Failure {
    switch error.code {
    case .unavailable:
      Files.exists(directory.lock)
        ? Failure(
          Failure.unavailable,
          "the controller in \(directory.path) does not answer; see "
            + directory.log(of: "controller"))
        : Mesh.noMesh(in: directory)
    case .invalidArgument: Failure(Failure.badFile, error.message)
    default: Failure(Failure.failed, "\(error.status)")
    }
  }

  func status(of app: String = "") throws -> StatusAnswer {
    let request = Martlet_Control_V1_GetStatusRequest.with { $0.app = app }
    let answer = try ask { try await $0.getStatus(request, timeout: Mesh.answerTimeout) }
    guard app.isEmpty || !answer.apps.isEmpty else {
      throw unknownApp(app, among: try status().apps)
    }
    return answer
  }

  func unknownApp(_ app: String, among apps: [AppStatus]) -> Failure {
    let names = apps.map(\.name)
    return Failure(
      Failure.failed,
      "no app \(app)\(Spelling.hint(for: app, among: names)); apps: "
        + (names.isEmpty ? "none" : names.joined(separator: ", ")))
  }

  func unknownDeployment(_ name: String, in answer: StatusAnswer) -> Failure {
    let names = answer.apps.flatMap(\.deployments).map(\.name)
    return Failure(
      Failure.failed,
      "no deployment \(name)\(Spelling.hint(for: name, among: names)); deployments: "
        + (names.isEmpty ? "none" : names.joined(separator: ", ")))
  }
}
