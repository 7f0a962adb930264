// Updates of deployments that must not run twice: `update: recreate`.

internal import MartletCore

/// Such a deployment's new replicas start when its old ones are gone. So that no request finds both
/// versions at work, and none fails for the gap, new requests enter under the new version first and wait
/// in its queue; the old replicas finish what they have, end, and only then the new ones start. Where
/// those fail, requests enter under the old version again, and its replicas start anew.
extension Fleet {
  /// Lets requests enter under a version of which only deployments are missing that must not run twice.
  mutating func beginHandover(
    of app: inout FleetApp, to target: AppVersion, now: Timestamp, _ orders: inout [FleetOrder]
  ) {
    guard app.handover == nil, let current = app.current, let record = app.versions[current] else {
      return
    }
    let recreated = recreatedDeployments(of: app)
    guard !recreated.isEmpty else { return }
    let others = progress(of: app, target, now: now)
      .filter { !recreated.contains($0.deployment) }
    guard RolloutDecision(others) == .switchOver else { return }
    app.handover = RetiringVersion(deadline: now + record.longestGrace)
    orders.append(.storeApp(app.name))
    let names = recreated.joined(separator: ", ")
    orders.append(
      .note(
        FleetNote(
          "Recreating", app: app.name,
          "\(names): requests wait for version \(target) while the replicas of \(current) end")))
  }

  /// The deployments of the target whose replicas take the place of others and must not run beside them.
  private func recreatedDeployments(of app: FleetApp) -> [String] {
    guard app.launcher == .process, let target = app.target.flatMap({ app.versions[$0] }),
      let current = app.current.flatMap({ app.versions[$0] })
    else { return [] }
    return target.spec.deployments.map(\.name).filter { name in
      guard let before = current.revisions[name], before != target.revisions[name] else {
        return false
      }
      return mustNotRunTwice(name, of: app)
    }
  }

  /// Whether any version says so: the one that comes, or one whose replicas may still be there.
  private func mustNotRunTwice(_ deployment: String, of app: FleetApp) -> Bool {
    app.launcher == .process
      && app.versions.values.contains { $0.spec.deployment(named: deployment)?.update == .recreate }
  }

  private func isRecreated(_ key: GroupKey) -> Bool {
    guard let app = apps[key.deployment.app] else { return false }
    return recreatedDeployments(of: app).contains(key.deployment.deployment)
  }

  /// Whether the requests of the version before are over, or have had their time.
  private func isHandedOver(_ app: FleetApp, now: Timestamp) -> Bool {
    guard let handover = app.handover, let current = app.current else { return false }
    return handover.isOver(
      routers: routers, app: app.name, version: current, quietAt: quiet(since: nil), now: now)
  }

  /// Whether a serving group ends for one of the version that is being rolled out.
  func makesWay(_ key: GroupKey, now: Timestamp) -> Bool {
    guard let app = apps[key.deployment.app], isHandedOver(app, now: now), isRecreated(key),
      let target = app.target
    else { return false }
    return app.versions[target]?.revisions[key.deployment.deployment] != key.revision
  }

  /// Whether a group of the version that is being rolled out is not to start yet.
  func waitsForWay(_ key: GroupKey, now: Timestamp) -> Bool {
    guard let app = apps[key.deployment.app], isRecreated(key) else { return false }
    return !isHandedOver(app, now: now)
  }

  /// How many replicas may be added to a group: of a deployment that must not run twice none while one
  /// of another revision has not ended, and never more than there are to be, those that end included.
  func room(for key: GroupKey) -> Int {
    guard let app = apps[key.deployment.app], let group = groups[key],
      mustNotRunTwice(key.deployment.deployment, of: app)
    else { return .max }
    let isAlone = !replicas.values.contains {
      $0.group.deployment == key.deployment && $0.group != key
    }
    return isAlone ? max(0, group.desired - group.replicas.count) : 0
  }

  /// What a handover waits for; nil when not for requests.
  func waitingForRequests(of app: FleetApp, now: Timestamp) -> String? {
    guard app.handover != nil, let current = app.current, !isHandedOver(app, now: now) else {
      return nil
    }
    return "version \(current) finishes its requests before its replicas of "
      + recreatedDeployments(of: app).joined(separator: ", ") + " end (update: recreate)"
  }

  /// Ends at once what the failed version has of deployments that must not run twice, so that the old
  /// replicas can start again.
  mutating func stopRecreated(
    of app: FleetApp, _ target: AppVersion, now: Timestamp, _ orders: inout [FleetOrder]
  ) {
    guard app.handover != nil, let record = app.versions[target] else { return }
    for name in recreatedDeployments(of: app) {
      guard let revision = record.revisions[name] else { continue }
      let deployment = DeploymentKey(app: app.name, deployment: name)
      let key = GroupKey(deployment: deployment, revision: revision)
      for number in (groups[key]?.replicas ?? []).sorted() { stop(number, now: now, &orders) }
    }
  }

  /// Gives up a version that was being rolled out. One that requests entered under already has them to
  /// the end.
  mutating func leave(_ target: AppVersion, of app: inout FleetApp, now: Timestamp) {
    guard app.handover != nil || app.admitsTarget, let record = app.versions[target] else {
      app.versions[target] = nil
      return
    }
    app.handover = nil
    app.admitsTarget = false
    app.retiring[target] = RetiringVersion(deadline: now + record.longestGrace)
  }
}
