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
    }
    for (number, replica) in replicas where replica.leftIn == nil {
      guard case .leaving = replica.machine.state else { continue }
      replicas[number]?.leftIn = routing.generation
    }
  }

  /// Nil for an app that no request may enter and none is left in.
  private func table(of app: FleetApp) -> FleetRouting.App? {
    let numbers = Array(app.retiring.keys) + [app.current].compactMap { $0 }
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
      name: app.name, current: app.current, versions: versions, groups: groups)
  }
}
