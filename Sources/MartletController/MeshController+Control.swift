// What the control API asks for.
internal import Logging
internal import MartletCore
internal import MartletNet
internal import MartletScaling

extension MeshController {
  /// What became of a deploy.
  struct Deployed: Sendable {
    var app: String
    var version: AppVersion
    var changed: Bool
    /// After a rollback: the version whose files these are.
    var restored: AppVersion?
    /// After a rollback: the version that did not serve and will not.
    var givenUp: AppVersion?
  }

  var now: Timestamp { Loop.now }

  func deploy(_ source: AppSource) throws -> Deployed {
    guard source.directory.hasPrefix("/") else {
      throw RPCError(
        .invalidArgument, "directory is \"\(source.directory)\"; it must be an absolute path")
    }
    let valid = try ValidatedApp(source, launcher: options.launcher)
    try checkWritable()
    return try deploy(valid)
  }

  private func deploy(_ valid: ValidatedApp) throws -> Deployed {
    let name = valid.spec.name
    if let app = fleet.apps[name] {
      guard app.launcher == valid.spec.launcher || !app.isDeleting else {
        throw RPCError(
          .failedPrecondition,
          "app \(name) has launcher \(app.launcher.rawValue) and is being deleted; with another "
            + "launcher it can be deployed once it is gone, as martlet delete \(name) waits for")
      }
      guard app.launcher == valid.spec.launcher else {
        throw RPCError(
          .failedPrecondition,
          "app \(name) has launcher \(app.launcher.rawValue); delete it first to change that")
      }
      if let same = try versionThatIs(valid, app) {
        return Deployed(app: name, version: same, changed: false)
      }
    }
    let version = try store.transaction { transaction in
      // Counted on over a delete: routers may still know the app's earlier versions.
      let version = AppVersion(try transaction.counter("version:\(name)") + 1)
      try transaction.setCounter("version:\(name)", version.number)
      try transaction.saveVersion(name, version, valid.source)
      try transaction.savePins(name, version, valid.pins)
      return version
    }
    deployedAt[name] = nowUnixMs
    handle(
      .deployed(
        VersionRecord(version: version, spec: valid.spec, fingerprints: valid.fingerprints)))
    noteResolutions(valid)
    for waiter in deployWaiters.values { waiter.yield() }
    return Deployed(app: name, version: version, changed: true)
  }

  /// Links that one event names; the log of the controller has no more either.
  private static let notedResolutions = 8

  /// Says which paths in `env` and `user_config` replicas get in the place of those in the app file.
  private func noteResolutions(_ valid: ValidatedApp) {
    for (deployment, names) in valid.pins.sorted(by: { $0.key < $1.key }) {
      guard !names.resolutions.isEmpty else { continue }
      let pairs = names.resolutions.sorted { $0.key < $1.key }.map { "\($0.key) is \($0.value)" }
      let more = pairs.count - Self.notedResolutions
      let list = pairs.prefix(Self.notedResolutions).joined(separator: ", ")
      perform([
        .note(
          FleetNote(
            "LinksResolved", app: valid.spec.name, deployment: deployment,
            list + (more > 0 ? " and \(more) more" : "")))
      ])
    }
  }

  /// The version that this would be all over again; nil when something changes.
  private func versionThatIs(_ valid: ValidatedApp, _ app: FleetApp) throws -> AppVersion? {
    // A deploy ends what was pinned before it.
    let pins = app.target == nil ? app.pins : app.nextPins
    guard app.failure == nil, pins.isEmpty, let version = app.target ?? app.current,
      let record = app.versions[version], record.spec == valid.spec,
      record.fingerprints == valid.fingerprints,
      let source = try store.read({ try $0.source(of: app.name, version) }),
      source.descriptorSet == valid.source.descriptorSet,
      source.directory == valid.source.directory
    else { return nil }
    return version
  }

  /// Undoes the last deploy: gives up a version that does not serve, else brings back the one before.
  func rollback(_ name: String) throws -> Deployed {
    let app = try app(name)
    if let current = app.current, let given = app.target ?? app.failedVersion {
      try checkWritable()
      log.info("giving up version \(given) of \(name); \(current) serves")
      handle(.rolledBack(app: name))
      return Deployed(app: name, version: current, changed: true, givenUp: given)
    }
    guard let current = app.current ?? app.target else {
      throw RPCError(.failedPrecondition, "app \(name) has no version that serves")
    }
    let (version, source, pins) = try store.read { state in
      let version = try state.servedVersion(of: name, before: current)
      return (
        version, try version.flatMap { try state.source(of: name, $0) },
        try version.map { try state.pins(of: name, $0) }
      )
    }
    guard let version, let source else {
      throw RPCError(.failedPrecondition, "app \(name) has no version before \(current)")
    }
    log.info("rolling \(name) back from \(current) to what \(version) was")
    try checkWritable()
    var valid = try ValidatedApp(source, launcher: options.launcher, pins: pins ?? [:])
    if let served = app.versions[current]?.spec { valid.distrustVersions(otherThanIn: served) }
    var deployed = try deploy(valid)
    deployed.restored = version
    return deployed
  }

  func delete(_ name: String) throws {
    _ = try app(name)
    try checkWritable()
    handle(.deleted(app: name))
  }

  /// Returns the app and how many replicas there were to be before.
  func scale(app name: String, deployment: String, to replicas: Int) throws -> (String, Int) {
    let candidates = fleet.apps.values.filter { app in
      (name.isEmpty || app.name == name)
        && app.versions.values.contains { $0.spec.deployment(named: deployment) != nil }
    }
    guard let app = candidates.first else {
      throw RPCError(.notFound, unknownDeployment(deployment, app: name))
    }
    guard candidates.count == 1 else {
      let names = candidates.map(\.name).sorted().joined(separator: ", ")
      throw RPCError(
        .invalidArgument, "deployment \(deployment) is in several apps (\(names)); name the app")
    }
    guard app.launcher == .process else {
      throw RPCError(
        .failedPrecondition,
        "app \(app.name) has launcher external: scale \(deployment) where its replicas are started, "
          + "as in docker-compose up -d --scale \(deployment)=\(replicas)")
    }
    guard app.current != nil else {
      throw RPCError(.failedPrecondition, "app \(app.name) does not serve yet; see martlet status")
    }
    guard (0...DeploymentSpec.maxReplicas).contains(replicas) else {
      throw RPCError(.invalidArgument, "replicas: 0 to \(DeploymentSpec.maxReplicas) are possible")
    }
    try checkWritable()
    let key = DeploymentKey(app: app.name, deployment: deployment)
    let before = fleet.desiredReplicas(key)
    handle(.pinned(key, replicas: replicas))
    return (app.name, before)
  }

  private func unknownDeployment(_ deployment: String, app: String) -> String {
    let known = fleet.apps.values.flatMap { app in
      app.versions.values.flatMap { $0.spec.deployments.map(\.name) }
    }
    let list = Set(known).sorted().joined(separator: ", ")
    let place = app.isEmpty ? "" : " in app \(app)"
    return "there is no deployment \(deployment)\(place)"
      + (list.isEmpty ? "; nothing is deployed" : "; there are: \(list)")
  }

  private func app(_ name: String) throws -> FleetApp {
    guard let app = fleet.apps[name] else {
      let names = fleet.apps.keys.sorted().joined(separator: ", ")
      throw RPCError(
        .notFound,
        "there is no app \"\(name)\"" + (names.isEmpty ? "" : "; there are: \(names)"))
    }
    return app
  }

  /// Deletes every app; returns when the last replica is gone.
  func shutDown() async {
    for name in fleet.apps.keys.sorted() { handle(.deleted(app: name)) }
    await waitUntilEmpty()
  }

  /// Stops every replica and leaves the apps as they are; returns when the last one is gone.
  func stopReplicas() async {
    handle(.stopped)
    await waitUntilEmpty()
  }

  func events(after id: UInt64, limit: UInt32) throws -> [StoredEvent] {
    let limit = limit == 0 ? 100 : min(Int(limit), StateStore.keptEvents)
    return try store.read { try $0.events(after: id, limit: limit) }
  }

  /// The versions that take requests.
  func definitions(app: String) throws -> [(String, AppVersion, AppSource)] {
    let apps = app.isEmpty ? fleet.apps.values.sorted { $0.name < $1.name } : [try self.app(app)]
    return try apps.compactMap { app in
      guard let version = app.current ?? app.target,
        let source = try store.read({ try $0.source(of: app.name, version) })
      else { return nil }
      return (app.name, version, source)
    }
  }
}
