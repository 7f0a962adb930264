// How apps and deployments are, in Ray Serve's words.

package import MartletCore

package enum AppCondition: Sendable, Hashable {
  case deploying
  case running
  case updating
  case unhealthy
  case deployFailed
  case deleting
}

package enum DeploymentCondition: Sendable, Hashable {
  case healthy
  case updating
  case upscaling
  case downscaling
  case unhealthy
  case deployFailed
}

/// How one deployment is.
package struct DeploymentSummary: Sendable, Equatable {
  package var name: String
  package var condition: DeploymentCondition
  package var message: String
  package var desired: Int
  package var running: Int
  package var queued: Int
  package var ongoing: Int
  /// Of every revision, the newest last.
  package var replicas: [FleetReplica]
}

/// How one app is.
package struct AppSummary: Sendable, Equatable {
  package var name: String
  package var condition: AppCondition
  package var message: String
  package var deployments: [DeploymentSummary]
}

extension Fleet {
  /// Nil when there is no such app.
  package func summary(of name: String) -> AppSummary? {
    guard let app = apps[name] else { return nil }
    let spec = (app.target ?? app.current).flatMap { app.versions[$0]?.spec }
    var names = spec?.deployments.map(\.name) ?? []
    let left = Set(
      replicas.values.filter { $0.group.deployment.app == name }
        .map(\.group.deployment.deployment))
    names += left.subtracting(names).sorted()
    let deployments = names.map { summary(of: DeploymentKey(app: name, deployment: $0), app) }
    let sick = deployments.first { $0.condition == .unhealthy }
    if app.isDeleting {
      return AppSummary(name: name, condition: .deleting, message: "", deployments: deployments)
    }
    if app.target != nil {
      return AppSummary(
        name: name, condition: app.current == nil ? .deploying : .updating,
        message: app.waitsFor, deployments: deployments)
    }
    if let failure = app.failure {
      return AppSummary(
        name: name, condition: .deployFailed, message: failure, deployments: deployments)
    }
    return AppSummary(
      name: name, condition: sick == nil ? .running : .unhealthy,
      message: sick.map { "deployment \($0.name): \($0.message)" } ?? "",
      deployments: deployments)
  }

  /// How far a version is; nil when the app is not there or the version is unknown.
  package func outcome(of version: AppVersion, app name: String) -> VersionOutcome? {
    guard let app = apps[name] else { return nil }
    if app.current == version { return .serving }
    if app.target == version { return .rollingOut }
    if let fate = app.fates[version] { return .over(fate) }
    // The name was given anew after the app of this version was gone.
    guard let newest = app.target ?? app.current, version < newest else { return nil }
    return .over(.deleted(anew: newest))
  }

  /// Replicas that a deployment should have under the version that takes requests, or is about to.
  package func desiredReplicas(_ key: DeploymentKey) -> Int {
    guard let app = apps[key.app], let version = app.current ?? app.target,
      let revision = app.versions[version]?.revisions[key.deployment]
    else { return 0 }
    return groups[GroupKey(deployment: key, revision: revision)]?.desired ?? 0
  }

  private func summary(of key: DeploymentKey, _ app: FleetApp) -> DeploymentSummary {
    let members = replicas.values.filter { $0.group.deployment == key }
      .sorted { $0.number < $1.number }
    let version = app.current ?? app.target
    let revision = version.flatMap { app.versions[$0]?.revisions[key.deployment] }
    let group = revision.flatMap { groups[GroupKey(deployment: key, revision: $0)] }
    let running = members.count { $0.machine.state == .running && $0.group.revision == revision }
    let isExternal = app.launcher == .external
    let desired = isExternal ? members.count : (group?.desired ?? 0)
    let failing = members.first { $0.machine.state == .unhealthy }?.machine.message
    let missing = members.first { !$0.missing.isEmpty }?.missing
    var condition = DeploymentCondition.healthy
    var message = ""
    if app.current == nil, app.failure != nil {
      condition = .deployFailed
    } else if let target = app.target, app.current != nil,
      let next = app.versions[target]?.revisions[key.deployment], next != revision
    {
      condition = .updating
    } else if let failing {
      (condition, message) = (.unhealthy, failing)
    } else if running < desired {
      let lost = group.map { !$0.lastFailure.isEmpty } ?? false
      condition = lost && missing == nil ? .unhealthy : .upscaling
      message = missing.map { "needs \($0)" } ?? group?.lastFailure ?? ""
    } else if members.contains(where: \.machine.isStopping) {
      condition = .downscaling
    }
    return DeploymentSummary(
      name: key.deployment, condition: condition, message: message, desired: desired,
      running: running, queued: routers.queued(key),
      ongoing: members.reduce(0) { $0 + routers.ongoing(replica: $1.number) }, replicas: members)
  }
}
