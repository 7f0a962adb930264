// How the mesh is, for `martlet status` and `martlet ps`.
internal import MartletCore
internal import MartletRPC
internal import MartletScaling
internal import SwiftProtobuf

extension MeshController {
  /// NOT_FOUND for an app that is not there; every app for an empty name.
  ///
  /// - Parameter version: one of the app's whose outcome is asked for; `AppVersion.none` for none.
  func status(
    app name: String, version: AppVersion
  ) throws -> Martlet_Control_V1_GetStatusResponse {
    guard name.isEmpty || fleet.apps[name] != nil else {
      let names = fleet.apps.keys.sorted().joined(separator: ", ")
      throw RPCError(
        .notFound,
        "there is no app \"\(name)\"" + (names.isEmpty ? "" : "; there are: \(names)"))
    }
    let names = name.isEmpty ? fleet.apps.keys.sorted() : [name]
    let outcome = fleet.outcome(of: version, app: name)
    return .with {
      if version != .none { $0.outcome = .init(outcome) }
      $0.stoppingReplicas = UInt32(
        clamping: fleet.replicas.values.count { $0.machine.isStopping && !$0.isExternal })
      $0.apps = names.compactMap { appStatus($0) }
      $0.routers = routers.values.filter { !$0.name.isEmpty }.sorted { $0.name < $1.name }
        .map { router in
          .with {
            $0.name = router.name
            $0.tableGeneration = router.appliedGeneration
          }
        }
      $0.problems = [storeProblem].compactMap { $0 }
      $0.machine = .with {
        $0.milliCpus = UInt32(clamping: fleet.packer.capacity.milliCPUs)
        $0.milliCpusTaken = UInt32(clamping: fleet.packer.takenMilliCPUs)
        $0.milliGpus = UInt32(clamping: fleet.packer.capacity.gpus * 1000)
        $0.milliGpusTaken = UInt32(clamping: fleet.packer.takenMilliGPUs)
      }
    }
  }

  private func appStatus(_ name: String) -> Martlet_Control_V1_AppStatus? {
    guard let app = fleet.apps[name], let summary = fleet.summary(of: name) else { return nil }
    return .with {
      $0.name = name
      $0.version = (app.current ?? app.target)?.number ?? 0
      $0.targetVersion = app.target?.number ?? 0
      $0.state = .init(summary.condition)
      $0.message = summary.message
      $0.launcher = app.launcher.rawValue
      $0.deployedAtUnixMs = deployedAt[name] ?? 0
      $0.deployments = summary.deployments.map { deploymentStatus($0) }
    }
  }

  private func deploymentStatus(
    _ summary: DeploymentSummary
  ) -> Martlet_Control_V1_DeploymentStatus {
    .with {
      $0.name = summary.name
      $0.state = .init(summary.condition)
      $0.message = summary.message
      $0.desiredReplicas = UInt32(clamping: summary.desired)
      $0.runningReplicas = UInt32(clamping: summary.running)
      $0.queuedRequests = UInt32(clamping: summary.queued)
      $0.ongoingRequests = UInt32(clamping: summary.ongoing)
      $0.replicas = summary.replicas.map { replicaStatus($0) }
    }
  }

  private func replicaStatus(_ replica: FleetReplica) -> Martlet_Control_V1_ReplicaStatus {
    let id = ReplicaID(deployment: replica.group.deployment.deployment, number: replica.number)
    return .with {
      $0.number = replica.number
      $0.state = .init(replica.machine.state)
      $0.pid = processes[replica.number]?.identity.pid ?? 0
      $0.endpoint = replica.machine.state == .pending ? "" : "\(endpoint(of: replica.number))"
      $0.revision = replica.group.revision
      $0.startedAtUnixMs = startedAt[replica.number] ?? 0
      $0.ongoingRequests = UInt32(clamping: fleet.routers.ongoing(replica: replica.number))
      $0.message =
        replica.missing.isEmpty ? replica.machine.message : "needs \(replica.missing)"
      $0.logPath = replica.isExternal ? "" : files.logPath(id)
    }
  }
}
