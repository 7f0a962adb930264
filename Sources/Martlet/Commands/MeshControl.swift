// Deploying an app and waiting for what becomes of it, over the control API.
internal import FoundationEssentials
private import MartletCore
internal import MartletNet
internal import MartletRPC
internal import SwiftProtobuf

/// An app that did not come up: why, in the controller's words.
struct RolloutFailure: Error, Sendable, Equatable, CustomStringConvertible {
  let description: String
}

/// The controller of a mesh, for whoever steers it.
struct MeshControl: Sendable {
  typealias AppStatus = Martlet_Control_V1_AppStatus

  /// Pauses between two looks at a rollout. The first is short, because a small app is up in tens
  /// of milliseconds; they double up to the last.
  private static let firstPause = Duration.milliseconds(5)
  private static let lastPause = Duration.milliseconds(200)

  /// How long the controller may take to be there.
  private static let connectPatience = Duration.seconds(10)

  let client: Martlet_Control_V1_Controller.Client

  /// - Parameter channel: to the controller; a mesh that is still starting is waited for.
  init(_ channel: GRPCChannel) {
    client = Martlet_Control_V1_Controller.Client(CallTarget(channel, waitsForReady: true))
  }

  /// Makes an app or its next version. Returns once the intent is durable.
  ///
  /// - Parameters:
  ///   - appFile: YAML or JSON.
  ///   - directory: where relative programs are looked for and replicas start.
  func deploy(
    appFile: String, descriptorSet: DescriptorSet, directory: String
  ) async throws(RPCError) -> Martlet_Control_V1_DeployResponse {
    let request = Martlet_Control_V1_DeployRequest.with {
      $0.appFile = appFile
      $0.descriptorSet = Data(descriptorSet.bytes)
      $0.directory = directory
    }
    return try await client.deploy(request, timeout: Self.connectPatience)
  }

  /// Waits until version `version` of an app runs.
  ///
  /// - Parameter progress: told each status that differs from the one before.
  /// - Throws: `RolloutFailure` when it was rolled back or deleted, or an `RPCError`.
  func waitUntilRunning(
    app: String, version: UInt64, progress: (AppStatus) -> Void = { _ in }
  ) async throws {
    var pause = Self.firstPause
    var last: AppStatus?
    while true {
      let request = Martlet_Control_V1_GetStatusRequest.with { $0.app = app }
      let answer = try await client.getStatus(request, timeout: Self.connectPatience)
      guard let status = answer.apps.first(where: { $0.name == app }) else {
        throw RolloutFailure(description: "app \(app) was deleted")
      }
      if status != last { progress(status) }
      last = status
      switch status.state {
      case .running where status.version >= version: return
      case .deployFailed: throw RolloutFailure(description: status.message)
      case .deleting: throw RolloutFailure(description: "app \(app) is being deleted")
      default: break
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, Self.lastPause)
    }
  }
}
