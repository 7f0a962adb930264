// Deploying apps and waiting for what becomes of them.

internal import MartletController
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import SwiftProtobuf

/// What came of a deploy.
enum RolloutEnd: Sendable {
  case running
  /// It took requests until another version did.
  case replaced(by: UInt64)
  /// Another version was deployed before it took any requests.
  case overtaken(by: UInt64)
  /// Rolled back, deleted, or cannot be: why, in lines.
  case failed(String)
  /// All that fits runs; the rest waits for resources: which. `serving` is the version that takes requests.
  case pending(String, serving: UInt64?)
}

extension RolloutEnd {
  /// Nil while the version is on its way.
  init?(of version: UInt64, _ outcome: Martlet_Control_V1_VersionOutcome, _ status: AppStatus) {
    switch outcome.state {
    case .serving:
      guard status.state != .unhealthy else { return nil }
      self = .running
    case .served where outcome.byVersion != 0: self = .replaced(by: outcome.byVersion)
    case .served: self = .failed("it came up and was deleted")
    case .overtaken: self = .overtaken(by: outcome.byVersion)
    case .failed: self = .failed(outcome.message)
    case .deleted where outcome.byVersion != 0:
      self = .failed("it was deleted, and \(status.name) v\(outcome.byVersion) was deployed anew")
    case .deleted: self = .failed("it was deleted")
    case .rollingOut: return nil
    case .unspecified, .UNRECOGNIZED:
      guard status.version > version else { return nil }
      self = .overtaken(by: status.version)
    }
  }
}

struct Rollout: Sendable {
  /// Looks are this far apart while a small app may be coming up, then further.
  private static let firstPause = Duration.milliseconds(2)
  private static let lastPause = Duration.milliseconds(100)

  /// Replicas that nothing but missing resources keeps from starting have waited long enough when
  /// nothing has changed for this time.
  private static let pendingPatience = Duration.seconds(1)

  /// Longest wait for a mesh that was just started, and for the answer to a deploy.
  private static let startTimeout = Duration.seconds(30)

  let mesh: Mesh
  let app: LoadedApp

  /// Sends the app; returns once the controller has made its intent durable.
  ///
  /// - Throws: status 78 for what only the controller can tell of the file, such as a program that is not there.
  func begin() async throws -> Martlet_Control_V1_DeployResponse {
    let request = Martlet_Control_V1_DeployRequest.with {
      $0.appFile = app.text
      $0.descriptorSet = .init(app.descriptorSet)
      $0.directory = app.directory
    }
    do throws(RPCError) {
      // A deploy that had been taken before the controller ended is taken as the same one.
      return try await mesh.overRestarts { control throws(RPCError) in
        try await control.deploy(request, timeout: Self.startTimeout)
      }
    } catch {
      guard error.code == .invalidArgument else { throw error }
      // The controller got a text without a name.
      let unnamed = "\(AppSource.unnamedFile):"
      throw Failure(
        Failure.badFile,
        lines: error.message.split(separator: "\n").map { line in
          line.hasPrefix(unnamed)
            ? "\(app.file.name):\(line.dropFirst(unnamed.count))" : "martlet: \(line)"
        })
    }
  }

  /// Waits until `version` runs, or cannot.
  func end(of version: UInt64) async throws -> RolloutEnd {
    try await Rollout.end(of: version, app: app.file.spec.name, in: mesh)
  }

  /// Waits until a version of an app runs, or cannot. The wait goes on when the controller restarts.
  static func end(of version: UInt64, app name: String, in mesh: Mesh) async throws -> RolloutEnd {
    let request = Martlet_Control_V1_GetStatusRequest.with {
      $0.app = name
      $0.version = version
    }
    var progress = Progress()
    defer { progress.end() }
    var pause = Self.firstPause
    var pendingSince: ContinuousClock.Instant?
    while true {
      let answer: StatusAnswer
      do throws(RPCError) {
        answer = try await mesh.overRestarts { control throws(RPCError) in
          try await control.getStatus(request, timeout: Mesh.answerTimeout)
        }
      } catch {
        guard error.code == .notFound else { throw error }
        return .failed("it was deleted")
      }
      guard let status = answer.apps.first(where: { $0.name == name }) else {
        return .failed("it was deleted")
      }
      if let end = RolloutEnd(of: version, answer.outcome, status) { return end }
      // Replicas that are about to end make room.
      if answer.stoppingReplicas == 0, let what = Self.missingResources(status) {
        let since = pendingSince ?? .now
        pendingSince = since
        if ContinuousClock.now - since >= Self.pendingPatience {
          return .pending(what, serving: status.state == .deploying ? nil : status.version)
        }
      } else {
        pendingSince = nil
      }
      progress.show(Self.summary(of: status))
      try await Task.sleep(for: pause)
      pause = min(pause * 5 / 4, Self.lastPause)
    }
  }

  /// What PENDING replicas wait for, when no other replica is on its way.
  private static func missingResources(_ status: AppStatus) -> String? {
    let replicas = status.deployments.flatMap { deployment in
      deployment.replicas.map { (deployment.name, $0) }
    }
    guard replicas.allSatisfy({ [.pending, .running].contains($0.1.state) }) else { return nil }
    return replicas.first { $0.1.state == .pending }.map { name, replica in
      "\(name)#\(replica.number) is PENDING: \(replica.message)"
    }
  }

  /// `content-understanding: 5 of 9 replicas run; waiting for detector`
  private static func summary(of status: AppStatus) -> String {
    let desired = status.deployments.reduce(0) { $0 + Int($1.desiredReplicas) }
    let running = status.deployments.reduce(0) { $0 + Int($1.runningReplicas) }
    let late = status.deployments.filter { $0.runningReplicas < $0.desiredReplicas }.map(\.name)
    let waiting = late.isEmpty ? "" : "; waiting for \(late.prefix(3).joined(separator: ", "))"
    let more = late.count > 3 ? " and \(late.count - 3) more" : ""
    return "\(status.name): \(running) of \(Wording.count(desired, "replica")) run\(waiting)\(more)"
      + reason(in: status)
  }

  /// What the first replica that starts says of itself: `; detector#3: loading: answers NOT_SERVING for 34 s`
  private static func reason(in status: AppStatus) -> String {
    for deployment in status.deployments {
      let late = deployment.replicas.first { $0.state == .starting && !$0.message.isEmpty }
      if let late { return "; \(deployment.name)#\(late.number): \(late.message)" }
    }
    return ""
  }
}
