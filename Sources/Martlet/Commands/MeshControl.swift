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

  /// How long a controller that restarts is waited for.
  private static let restartPatience = Duration.seconds(30)

  /// The status of an app and of one of its versions, also when the controller ends under the call.
  private func status(
    of app: String, _ version: UInt64
  ) async throws -> Martlet_Control_V1_GetStatusResponse {
    let request = Martlet_Control_V1_GetStatusRequest.with {
      $0.app = app
      $0.version = version
    }
    let began = ContinuousClock.now
    while true {
      do throws(RPCError) {
        return try await client.getStatus(request, timeout: Self.connectPatience)
      } catch {
        if error.code == .notFound { return .init() }
        guard error.code == .unavailable, ContinuousClock.now - began < Self.restartPatience
        else { throw error }
        try await Task.sleep(for: Self.lastPause)
      }
    }
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
      let answer = try await status(of: app, version)
      guard let status = answer.apps.first(where: { $0.name == app }) else {
        throw RolloutFailure(description: "app \(app) was deleted")
      }
      if status != last { progress(status) }
      last = status
      let outcome = answer.outcome
      switch outcome.state {
      case .serving where status.state != .unhealthy: return
      case .served where outcome.byVersion != 0: return
      case .failed: throw RolloutFailure(description: outcome.message)
      case .overtaken:
        throw RolloutFailure(
          description: "version \(outcome.byVersion) was deployed before version \(version) served")
      case .deleted, .served: throw RolloutFailure(description: "app \(app) was deleted")
      case .serving, .rollingOut, .unspecified, .UNRECOGNIZED: break
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, Self.lastPause)
    }
  }
}
