// What a controller does when it starts: takes over the replicas of the one before.
internal import Logging
internal import MartletCore
internal import MartletScaling

extension MeshController {
  /// Restores apps and adopts every replica that still runs; ends what runs and is not ours.
  func recover() throws {
    let (apps, stored) = try store.read { (try $0.apps(), try $0.replicas()) }
    var restored: [FleetApp] = []
    for (app, deployed) in apps {
      deployedAt[app.name] = deployed
      restored.append(try withSpecs(app))
    }
    var running: [UInt64: MeshProcess] = [:]
    let all = MeshProcess.all(of: options.runDirectory)
    for process in all where process.isLeader { running[process.number] = process }
    var adopted: [AdoptedReplica] = []
    var identities: Set<ProcessIdentity> = []
    for replica in stored {
      // A controller that died between start and record knew no pid: the environment tells.
      guard let identity = running[replica.number]?.identity,
        replica.identity == nil || replica.identity == identity,
        let process = ReplicaProcess(adopting: identity)
      else {
        try store.transaction { try $0.forgetReplica(replica.number) }
        continue
      }
      try store.transaction { try $0.setIdentity(replica.number, identity) }
      startedAt[replica.number] = replica.startedAtUnixMs
      ids[replica.number] = ReplicaID(
        deployment: replica.group.deployment.deployment, number: replica.number)
      identities.insert(identity)
      watch(replica.number, process)
      adopted.append(
        AdoptedReplica(
          number: replica.number, group: replica.group, placement: replica.placement,
          wasReady: replica.wasReady, wasStopping: replica.wasStopping))
    }
    let numbers = Set(adopted.map(\.number))
    for process in all
    where !identities.contains(process.identity)
      && (process.isLeader || !numbers.contains(process.number))
    {
      log.warning("ending process \(process.identity.pid), a leftover of replica \(process.number)")
      process.kill()
    }
    files.removeLeftovers(alive: numbers)
    if !adopted.isEmpty { log.info("adopted \(adopted.count) replicas") }
    perform(fleet.restore(apps: restored, replicas: adopted, now: now))
  }

  private func withSpecs(_ app: FleetApp) throws -> FleetApp {
    var app = app
    for (version, record) in app.versions {
      guard let source = try store.read({ try $0.source(of: app.name, version) }) else { continue }
      var record = record
      // It was valid when it was deployed; whether its programs are still there is not the question.
      record.spec = try AppFile.read(text: source.appFile, file: source.fileName).spec
      record.spec.launcher = app.launcher
      app.versions[version] = record
    }
    return app
  }
}
