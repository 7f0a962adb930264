// Whether replicas that are ready stay so: a program may open its port and die a moment later.

internal import MartletCore

extension Fleet {
  /// When a ready replica counts for the rollout of its version. At once where nothing serves that it
  /// could be worse than.
  func provenAt(
    _ replica: FleetReplica, _ group: ReplicaGroup, of app: FleetApp
  ) -> Timestamp? {
    let least = app.current == nil ? .zero : group.spec.minReady
    return replica.machine.readySince.map { $0 + group.backoff.provingTime(least) }
  }

  /// Whether the end of a replica speaks against its program as a failed start does.
  ///
  /// - Parameter bySignal: somebody killed it. In a rollout that counts nevertheless: what kills a new version
  ///   again and again, such as the kernel for want of memory, would kill it once it serves.
  func isEarly(_ replica: FleetReplica, _ uptime: Duration, bySignal: Bool) -> Bool {
    guard !replica.isExternal, let group = groups[replica.group] else { return false }
    let isNext = purpose(of: replica.group) == .next
    if isNext, replica.machine.gaveUp { return true }
    guard isNext || !bySignal else { return false }
    return uptime < group.backoff.provingTime(leastProof(group))
  }

  /// Forgets the early deaths of groups of which a replica has stayed ready since.
  mutating func noteProofs(now: Timestamp) {
    for (key, group) in groups where group.backoff.earlyDeaths > 0 {
      guard proofs(group).contains(where: { $0 <= now }) else { continue }
      groups[key]?.backoff.proved()
      groups[key]?.lastFailure = ""
    }
  }

  /// When replicas will have been ready for long enough, where something waits for that.
  var proofsDue: [Timestamp] {
    var times: [Timestamp] = []
    for group in groups.values where group.backoff.earlyDeaths > 0 { times += proofs(group) }
    for app in apps.values {
      guard let target = app.target, let record = app.versions[target] else { continue }
      for (deployment, revision) in record.revisions {
        let key = GroupKey(
          deployment: DeploymentKey(app: app.name, deployment: deployment), revision: revision)
        guard purpose(of: key) == .next, let group = groups[key] else { continue }
        times += running(group).compactMap { provenAt($0, group, of: app) }
      }
    }
    return times
  }

  private func proofs(_ group: ReplicaGroup) -> [Timestamp] {
    let time = group.backoff.provingTime(leastProof(group))
    return running(group).compactMap { $0.machine.readySince.map { $0 + time } }
  }

  private func running(_ group: ReplicaGroup) -> [FleetReplica] {
    group.replicas.compactMap { replicas[$0] }.filter { $0.machine.state == .running }
  }

  private func leastProof(_ group: ReplicaGroup) -> Duration {
    max(group.spec.minReady, limits.backoff.earlyDeath)
  }
}

extension Duration {
  /// Seconds with one decimal place, for people.
  var inTenths: String {
    let (seconds, attoseconds) = components
    return "\(seconds).\(attoseconds / 100_000_000_000_000_000)"
  }
}
