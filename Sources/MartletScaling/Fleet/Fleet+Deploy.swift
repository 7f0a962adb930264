// Apps come, change and go: versions, revisions, the rollout.

internal import MartletCore

extension Fleet {
  mutating func deployed(
    _ new: VersionRecord, now: Timestamp, _ orders: inout [FleetOrder]
  ) {
    let name = new.spec.name
    var app = apps[name] ?? FleetApp(name: name, launcher: new.spec.launcher)
    var record = new
    // Who deletes an app and deploys it again wants new replicas.
    let before = app.isDeleting ? nil : app.current
    record.revisions = revisions(of: new, after: before.flatMap { app.versions[$0] })
    let admitsTarget = app.isDeleting || app.admitsTarget
    if app.isDeleting { takeBack(&app) }
    if let abandoned = app.target {
      leave(abandoned, of: &app, now: now)
      app.ended(abandoned, .overtaken(by: record.version))
    }
    app.admitsTarget = admitsTarget && app.current == nil
    app.nextPins = [:]
    app.launcher = new.spec.launcher
    app.versions[record.version] = record
    app.target = record.version
    app.failure = nil
    app.isDeleting = false
    apps[name] = app
    orders.append(.storeApp(name))
    orders.append(.note(FleetNote("Deploying", app: name, "version \(record.version)")))
  }

  mutating func deleted(_ name: String, now: Timestamp, _ orders: inout [FleetOrder]) {
    guard var app = apps[name], !app.isDeleting else { return }
    app.isDeleting = true
    if let target = app.target {
      leave(target, of: &app, now: now)
      app.ended(target, .deleted(anew: nil))
    }
    app.target = nil
    if let current = app.current { app.ended(current, .served(until: nil)) }
    retireCurrent(of: &app, now: now)
    apps[name] = app
    orders.append(.storeApp(name))
    orders.append(.note(FleetNote("Deleting", app: name, "no new requests")))
  }

  /// A deploy over a delete takes the delete back: while requests of the version that was deleted are
  /// still in hand, new ones enter under it too, until the new version takes over. Where none is left, they
  /// wait for the new version.
  private func takeBack(_ app: inout FleetApp) {
    guard let serving = app.retiring.keys.max() else { return }
    app.retiring[serving] = nil
    app.fates[serving] = nil
    app.current = serving
  }

  mutating func pinned(_ key: DeploymentKey, _ replicas: Int, _ orders: inout [FleetOrder]) {
    apps[key.app]?.pins[key.deployment] = replicas
    if apps[key.app]?.target != nil { apps[key.app]?.nextPins[key.deployment] = replicas }
    for group in groups.keys where group.deployment == key {
      switch purpose(of: group) {
      case .serving: groups[group]?.scaler.pinned(to: replicas)
      // It still has to prove itself, with a replica at least.
      case .next: groups[group]?.scaler.pinned(to: max(1, replicas))
      case .retiring, .unwanted: break
      }
    }
    orders.append(.storeApp(key.app))
    orders.append(
      .note(
        FleetNote(
          "Scaled", app: key.app, deployment: key.deployment,
          "pinned to \(replicas) until the next deploy")))
  }

  /// A deployment whose process would be started just so again keeps its revision. Replicas that
  /// something else starts are whatever it started: they all have one revision.
  private func revisions(
    of new: VersionRecord, after old: VersionRecord?
  ) -> [String: UInt64] {
    var revisions: [String: UInt64] = [:]
    for spec in new.spec.deployments {
      if new.spec.launcher == .external {
        revisions[spec.name] = 1
      } else if let old, let before = old.spec.deployment(named: spec.name),
        let revision = old.revisions[spec.name], before.startsLike(spec),
        old.fingerprints[spec.name] == new.fingerprints[spec.name]
      {
        revisions[spec.name] = revision
      } else {
        revisions[spec.name] = new.version.number
      }
    }
    return revisions
  }

  mutating func advanceRollouts(now: Timestamp, _ orders: inout [FleetOrder]) {
    for name in apps.keys.sorted() {
      guard var app = apps[name] else { continue }
      if let target = app.target, !isStopping {
        makeGroups(of: app, target, now: now)
        beginHandover(of: &app, to: target, now: now, &orders)
        switch RolloutDecision(progress(of: app, target, now: now)) {
        case .wait(let reason): app.waitsFor = waitingForRequests(of: app, now: now) ?? reason
        case .switchOver: switchOver(&app, to: target, now: now, &orders)
        case .rollBack(let reason): rollBack(&app, target, reason, now: now, &orders)
        }
      }
      for version in app.retiring.keys.sorted() {
        let isOver = app.retiring[version]?.isOver(
          routers: routers, app: name, version: version, quietAt: quiet(since: nil), now: now)
        guard isOver == true else { continue }
        app.retiring[version] = nil
        app.versions[version] = nil
        orders.append(.storeApp(name))
      }
      apps[name] = app
    }
  }

  /// Groups for what the version has and nobody had before. In an update each proves itself with a
  /// replica at least, and takes over no fewer than there are now.
  private mutating func makeGroups(of app: FleetApp, _ version: AppVersion, now: Timestamp) {
    guard let record = app.versions[version] else { return }
    for spec in record.spec.deployments {
      guard let revision = record.revisions[spec.name] else { continue }
      let deployment = DeploymentKey(app: app.name, deployment: spec.name)
      let key = GroupKey(deployment: deployment, revision: revision)
      guard groups[key] == nil else { continue }
      let before = app.current.flatMap { app.versions[$0]?.revisions[spec.name] }
        .flatMap { groups[GroupKey(deployment: deployment, revision: $0)]?.scaler.desired }
      let initial =
        app.current == nil
        ? spec.replicas.initial : max(1, spec.replicas.initial, before ?? 0)
      groups[key] = ReplicaGroup(
        spec: spec,
        scaler: Autoscaler(spec.replicas, initial: initial, mayScaleDown: false, now: now),
        backoff: RestartBackoff(limits.backoff))
    }
  }

  func progress(
    of app: FleetApp, _ version: AppVersion, now: Timestamp
  ) -> [RolloutDecision.Progress] {
    guard app.launcher == .process, let record = app.versions[version] else { return [] }
    return record.spec.deployments.compactMap { spec in
      guard let revision = record.revisions[spec.name] else { return nil }
      let key = GroupKey(
        deployment: DeploymentKey(app: app.name, deployment: spec.name), revision: revision)
      guard purpose(of: key) == .next, let group = groups[key] else { return nil }
      let members = group.replicas.compactMap { replicas[$0] }
      let waiting = members.filter { !$0.missing.isEmpty }
      let ready = members.filter { $0.machine.state == .running }
      let proven = ready.count { provenAt($0, group, of: app).map { $0 <= now } ?? false }
      return RolloutDecision.Progress(
        deployment: spec.name, desired: group.desired,
        running: proven, proving: ready.count - proven,
        waiting: waiting.count, missing: waiting.first?.missing ?? "",
        failedStarts: group.backoff.failures, lastFailure: group.lastFailure,
        hung: group.hung)
    }
  }

  private mutating func switchOver(
    _ app: inout FleetApp, to target: AppVersion, now: Timestamp, _ orders: inout [FleetOrder]
  ) {
    if let current = app.current { app.ended(current, .served(until: target)) }
    if let current = app.current, let handover = app.handover {
      // Its requests are over, or have had their time.
      app.retiring[current] = handover
      app.handover = nil
    } else {
      retireCurrent(of: &app, now: now)
    }
    app.current = target
    app.target = nil
    app.admitsTarget = false
    app.failure = nil
    app.waitsFor = ""
    guard let record = app.versions[target] else { return }
    app.pins = app.nextPins.filter { record.spec.deployment(named: $0.key) != nil }
    app.nextPins = [:]
    for spec in record.spec.deployments {
      guard let revision = record.revisions[spec.name] else { continue }
      let key = GroupKey(
        deployment: DeploymentKey(app: app.name, deployment: spec.name), revision: revision)
      groups[key]?.spec = spec
      groups[key]?.scaler.reconfigured(spec.replicas, now: now)
      if let pin = app.pins[spec.name] { groups[key]?.scaler.pinned(to: pin) }
      for number in groups[key]?.replicas ?? [] {
        replicas[number]?.machine.reconfigured(HealthTerms(spec), now: now)
      }
    }
    orders.append(.storeApp(app.name))
    orders.append(.note(FleetNote("Deployed", app: app.name, "version \(target) serves")))
  }

  private mutating func rollBack(
    _ app: inout FleetApp, _ target: AppVersion, _ reason: String, now: Timestamp,
    _ orders: inout [FleetOrder]
  ) {
    let failure = "version \(target) failed: \(reason)"
    giveUp(target, of: &app, .failed(failure), now: now, &orders)
    app.failure = failure
    let kept = app.current.map { "version \($0) keeps serving" } ?? "nothing serves"
    orders.append(
      .note(
        FleetNote(
          app.current == nil ? "DeployFailed" : "RolledBack", app: app.name,
          "version \(target): \(reason); \(kept)")))
  }

  /// Somebody wants the version back that serves: what is being rolled out is given up at once.
  mutating func rolledBack(_ name: String, now: Timestamp, _ orders: inout [FleetOrder]) {
    guard var app = apps[name], let current = app.current else { return }
    if let target = app.target {
      let why = "it was rolled back to version \(current) before it served"
      giveUp(target, of: &app, .failed(why), now: now, &orders)
      orders.append(
        .note(
          FleetNote(
            "RolledBack", app: name,
            "version \(target): rolled back on demand; version \(current) keeps serving")))
    }
    app.failure = nil
    apps[name] = app
    orders.append(.storeApp(name))
  }

  /// Ends the rollout of a version; the current one has its requests and replicas as before.
  private mutating func giveUp(
    _ target: AppVersion, of app: inout FleetApp, _ fate: VersionFate, now: Timestamp,
    _ orders: inout [FleetOrder]
  ) {
    stopRecreated(of: app, target, now: now, &orders)
    leave(target, of: &app, now: now)
    app.target = nil
    app.nextPins = [:]
    app.waitsFor = ""
    app.ended(target, fate)
    orders.append(.storeApp(app.name))
  }

  private func retireCurrent(of app: inout FleetApp, now: Timestamp) {
    guard let current = app.current, let record = app.versions[current] else { return }
    app.current = nil
    app.retiring[current] = RetiringVersion(deadline: now + record.longestGrace)
  }

  mutating func forgetDeletedApps(_ orders: inout [FleetOrder]) {
    for (name, app) in apps.sorted(by: { $0.key < $1.key }) {
      guard app.isDeleting, app.versions.isEmpty else { continue }
      for replica in replicas.values where replica.isExternal {
        if replica.group.deployment.app == name { remove(replica.number, &orders) }
      }
      guard !replicas.values.contains(where: { $0.group.deployment.app == name }) else { continue }
      apps[name] = nil
      orders.append(.forgetApp(name))
      orders.append(.note(FleetNote("Deleted", app: name, "all replicas are gone")))
    }
  }

  /// What a group is for at the moment.
  func purpose(of key: GroupKey) -> ReplicaGroup.Purpose {
    guard let app = apps[key.deployment.app] else { return .unwanted }
    func uses(_ version: AppVersion?) -> Bool {
      guard let version else { return false }
      return app.versions[version]?.revisions[key.deployment.deployment] == key.revision
    }
    if uses(app.current) { return .serving }
    if uses(app.target) { return .next }
    return app.retiring.keys.contains(where: uses) ? .retiring : .unwanted
  }
}

extension VersionRecord {
  /// The longest time that any of its deployments may take to finish.
  var longestGrace: Duration {
    spec.deployments.map(\.gracefulShutdownTimeout).max() ?? .zero
  }
}
