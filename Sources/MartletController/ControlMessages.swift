// Between the fleet's values and the control API's messages.
internal import Foundation
internal import MartletCore
internal import MartletRPC
internal import MartletScaling
internal import SwiftProtobuf

extension RouterReport {
  init(_ message: Martlet_Control_V1_RouterReport) {
    self.init(router: message.router, generation: message.tableGeneration)
    for load in message.deployments {
      let key = DeploymentKey(app: load.app, deployment: load.deployment)
      if load.queued > 0 { queued[key] = Int(load.queued) }
      for replica in load.replicas where replica.ongoing > 0 {
        ongoing[replica.number] = Int(replica.ongoing)
      }
    }
    for load in message.versions where load.ongoing > 0 {
      versions[load.app, default: [:]][AppVersion(load.version)] = Int(load.ongoing)
    }
    for suspect in message.suspects { suspects[suspect.number] = suspect.reason }
    deadlyRequests = message.deadlyRequests.map { request in
      DeadlyRequest(
        deployment: DeploymentKey(app: request.app, deployment: request.deployment),
        method: request.method, requestID: request.requestID, replicas: request.replicas)
    }
  }
}

extension Martlet_Control_V1_RoutingTable {
  init(_ routing: FleetRouting, endpoint: (UInt64) -> Endpoint) {
    self.init()
    generation = routing.generation
    apps = routing.apps.map { app in
      .with {
        $0.app = app.name
        $0.currentVersion = (app.current ?? .none).number
        $0.versions = app.versions.map { version in
          .with {
            $0.version = version.version.number
            $0.revisions = version.revisions
          }
        }
        $0.replicaSets = app.groups.map { group in
          .with {
            $0.deployment = group.deployment
            $0.revision = group.revision
            $0.trouble = group.trouble?.message ?? ""
            $0.refuses = group.trouble?.refusesCalls ?? false
            $0.replicas = group.replicas.map { number in
              .with {
                $0.number = number
                $0.endpoint = "\(endpoint(number))"
              }
            }
          }
        }
      }
    }
  }
}

extension Martlet_Control_V1_AppDefinition {
  init(_ app: String, _ version: AppVersion, _ source: AppSource) {
    self.init()
    self.app = app
    self.version = version.number
    appFile = source.appFile
    descriptorSet = Data(source.descriptorSet)
  }
}

extension Martlet_Control_V1_DeployResponse {
  init(_ deployed: MeshController.Deployed) {
    self.init()
    app = deployed.app
    version = deployed.version.number
    changed = deployed.changed
    restoredVersion = (deployed.restored ?? .none).number
    givenUpVersion = (deployed.givenUp ?? .none).number
  }
}

extension Martlet_Control_V1_Event {
  init(_ event: StoredEvent) {
    self.init()
    id = event.id
    unixMs = event.unixMs
    reason = event.note.reason
    app = event.note.app
    deployment = event.note.deployment
    message = event.note.message
  }
}

extension Martlet_Control_V1_AppState {
  init(_ condition: AppCondition) {
    self =
      switch condition {
      case .deploying: .deploying
      case .running: .running
      case .updating: .updating
      case .unhealthy: .unhealthy
      case .deployFailed: .deployFailed
      case .deleting: .deleting
      }
  }
}

extension Martlet_Control_V1_DeploymentState {
  init(_ condition: DeploymentCondition) {
    self =
      switch condition {
      case .healthy: .healthy
      case .updating: .updating
      case .upscaling: .upscaling
      case .downscaling: .downscaling
      case .unhealthy: .unhealthy
      case .deployFailed: .deployFailed
      }
  }
}

extension Martlet_Control_V1_ReplicaState {
  init(_ state: ReplicaMachine.State) {
    self =
      switch state {
      case .pending: .pending
      case .starting: .starting
      case .running: .running
      case .unhealthy: .unhealthy
      case .leaving, .terminating, .killing, .gone: .stopping
      }
  }
}

extension Martlet_Control_V1_VersionOutcome {
  /// Nil for a version that nobody knows of.
  init(_ outcome: VersionOutcome?) {
    self.init()
    switch outcome {
    case nil: break
    case .rollingOut: state = .rollingOut
    case .serving: state = .serving
    case .over(.served(let until)): (state, byVersion) = (.served, (until ?? .none).number)
    case .over(.overtaken(let by)): (state, byVersion) = (.overtaken, by.number)
    case .over(.failed(let why)): (state, message) = (.failed, why)
    case .over(.deleted(let anew)): (state, byVersion) = (.deleted, (anew ?? .none).number)
    }
  }
}
