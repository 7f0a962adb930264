// The routing table, as the fleet's state implies it.

internal import MartletCore

extension Fleet {
  /// Orders a new table when it differs from the last one.
  mutating func publish(_ orders: inout [FleetOrder]) {
    let apps = self.apps.keys.sorted().compactMap { self.apps[$0].flatMap(table) }
    guard apps != routing.apps else { return }
    routing = FleetRouting(generation: routing.generation + 1, apps: apps)
    orders.append(.publish)
    for (name, app) in self.apps {
      for version in app.retiring.keys {
        self.apps[name]?.retiring[version]?.published(routing.generation)
      }
      self.apps[name]?.handover?.published(routing.generation)
    }
    for (number, replica) in replicas where replica.leftIn == nil {
      guard case .leaving = replica.machine.state else { continue }
      replicas[number]?.leftIn = routing.generation
    }
  }

  /// Nil for an app that no request may enter and none is left in.
  private func table(of app: FleetApp) -> FleetRouting.App? {
    let entry = app.handover != nil || app.admitsTarget ? app.target : app.current
    let numbers = Set([app.current, entry].compactMap { $0 }).union(app.retiring.keys)
    let versions = numbers.sorted().compactMap { app.versions[$0] }
    guard !versions.isEmpty else { return nil }
    var keys: Set<GroupKey> = []
    for version in versions {
      for (deployment, revision) in version.revisions {
        let key = DeploymentKey(app: app.name, deployment: deployment)
        keys.insert(GroupKey(deployment: key, revision: revision))
      }
    }
    let groups = keys.sorted().map { key in
      let running = (self.groups[key]?.replicas ?? [])
        .filter { replicas[$0]?.machine.state == .running }.sorted()
      return FleetRouting.Group(
        deployment: key.deployment.deployment, revision: key.revision, replicas: running,
        trouble: running.isEmpty && app.launcher == .process ? trouble(of: key) : nil)
    }
    return FleetRouting.App(
      name: app.name, current: entry, versions: versions, groups: groups)
  }

  // MARK: Why there is no replica

  /// Why a group without a running replica has none, for callers.
  private func trouble(of key: GroupKey) -> FleetRouting.Trouble? {
    guard let group = groups[key], !isStopping else { return nil }
    let name = "\(key.deployment.deployment) of \(key.deployment.app)"
    if group.desired == 0, group.staysAtZero {
      let why = group.scaler.pin == 0 ? "was scaled to 0 replicas by hand" : "has num_replicas: 0"
      return FleetRouting.Trouble(
        message: "\(name) \(why); start one with: \(scaleCommand(key.deployment))",
        refusesCalls: true)
    }
    if group.isFailing {
      let count = group.backoff.failures
      let starts = count == 1 ? "a start failed" : "\(count) starts in a row failed"
      return FleetRouting.Trouble(
        message: "\(name) cannot start: \(starts), the last one: \(group.shortFailure)",
        refusesCalls: true)
    }
    let missing = group.replicas.sorted().lazy.compactMap { replicas[$0]?.missing }
      .first { !$0.isEmpty }
    return missing.map { FleetRouting.Trouble(message: "it needs \($0)", refusesCalls: false) }
  }

  private func scaleCommand(_ key: DeploymentKey) -> String {
    let isAmbiguous = apps.values.contains { app in
      app.name != key.app
        && app.versions.values.contains { $0.spec.deployment(named: key.deployment) != nil }
    }
    return "martlet scale \(key.deployment)=1" + (isAmbiguous ? " --app \(key.app)" : "")
  }
}

extension ReplicaGroup {
  /// Characters of a failure that callers are told: enough for what ended the program, small beside
  /// the 8 KiB of trailers that clients take.
  static let shortFailureLength = 400

  /// How the last start failed, in one line: how the program ended, then as much of the end of its
  /// last lines as there is room for.
  var shortFailure: String {
    let lines = lastFailure.split(separator: "\n").map { String($0).trimmingSpaces }
    var text = String((lines.first ?? "for a reason unknown").prefix(Self.shortFailureLength))
    var tail: [String] = []
    for line in lines.dropFirst().reversed() where !line.isEmpty {
      let room = Self.shortFailureLength - text.count - tail.reduce(0) { $0 + $1.count + 3 }
      guard room > 3 else { break }
      tail.insert(line.count > room ? "\(line.prefix(room))…" : line, at: 0)
    }
    for line in tail { text += (text.hasSuffix(":") ? " " : " | ") + line }
    return text
  }
}
