// What the controller gets to know.
internal import MartletCore

extension Dispatcher {
  /// What is in hand now, in an order that depends on nothing else: by app and name, number, version.
  package func loadReport() -> LoadReport {
    var report = LoadReport(generation: generation)
    var replicaLoads: [Int: [LoadReport.ReplicaLoad]] = [:]
    for slot in replicas.indices where replicas[slot].ongoing > 0 {
      let load = LoadReport.ReplicaLoad(
        number: replicas[slot].number, ongoing: replicas[slot].ongoing)
      replicaLoads[pools[replicas[slot].pool].deployment, default: []].append(load)
    }
    for index in deployments.indices {
      let deployment = deployments[index]
      let loads = replicaLoads[index] ?? []
      guard deployment.queued > 0 || !loads.isEmpty else { continue }
      report.deployments.append(
        LoadReport.DeploymentLoad(
          app: deployment.app, deployment: deployment.name, queued: deployment.queued,
          replicas: loads.sorted { $0.number < $1.number }))
    }
    for index in versions.indices where versions[index].ongoing > 0 {
      let version = versions[index]
      report.versions.append(
        LoadReport.VersionLoad(
          app: version.app, version: version.version, ongoing: version.ongoing))
    }
    for slot in replicas.indices
    where replicas[slot].record.isReported && replicas[slot].isListed {
      report.suspects.append(
        LoadReport.Suspect(
          number: replicas[slot].number, reason: replicas[slot].record.suspicion))
    }
    report.suspects.sort { $0.number < $1.number }
    report.deployments.sort { ($0.app, $0.deployment) < ($1.app, $1.deployment) }
    report.versions.sort { ($0.app, $0.version) < ($1.app, $1.version) }
    return report
  }
}
