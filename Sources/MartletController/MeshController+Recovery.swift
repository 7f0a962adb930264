// What a controller does when it starts: takes over the replicas of the one before.
internal import Logging
internal import MartletCore
internal import MartletNet
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
    let scan = ProcessScan(
      of: options.runDirectory, reaper: options.supervisorPID, groups: groups)
    var adopted: [AdoptedReplica] = []
    for replica in stored {
      guard let process = Self.process(of: replica, in: scan) else {
        if replica.wasStopping { linger(replica, restored) }
        // On a full disk it is found gone again.
        try? store.transaction { try $0.forgetReplica(replica.number) }
        continue
      }
      if replica.identity == nil {
        try? store.transaction { try $0.setIdentity(replica.number, process.identity) }
      }
      startedAt[replica.number] = replica.startedAtUnixMs
      ids[replica.number] = ReplicaID(
        deployment: replica.group.deployment.deployment, number: replica.number)
      watch(replica.number, process)
      let socket = options.runDirectory.replicaSocket(replica.number)
      keptSockets[replica.number] = KeptSocket(path: socket)
      adopted.append(
        AdoptedReplica(
          number: replica.number, group: replica.group, placement: replica.placement,
          wasReady: replica.wasReady, wasStopping: replica.wasStopping))
    }
    scanProcesses()
    files.removeLeftovers(alive: Set(adopted.map(\.number)))
    if !adopted.isEmpty { log.info("adopted \(adopted.count) replicas") }
    perform(fleet.restore(apps: restored, replicas: adopted, now: now))
    followEndings()
  }

  /// The process that was started as a replica, whatever else that has started since. A controller that died
  /// between start and record knew no pid: then the environment tells.
  private static func process(of replica: StoredReplica, in scan: ProcessScan) -> ReplicaProcess? {
    guard let identity = replica.identity else {
      return scan.leader(of: replica.number).flatMap { ReplicaProcess(adopting: $0) }
    }
    guard scan.isReplica(replica.number, identity) else { return nil }
    return ReplicaProcess(adopting: identity)
  }

  /// A replica that was stopping has ended, perhaps without what it started: that has the time which the
  /// replica would have had.
  private func linger(_ replica: StoredReplica, _ apps: [FleetApp]) {
    guard let identity = replica.identity else { return }
    let name = replica.group.deployment.deployment
    let grace = apps.first { $0.name == replica.group.deployment.app }?
      .newest(using: replica.group)?.spec.deployment(named: name)?.gracefulShutdownTimeout
    let id = ReplicaID(deployment: name, number: replica.number)
    lingering[replica.number] = ProcessScan.Leader(
      identity: identity, logPath: files.logPath(id))
    // It was asked to finish already.
    toldGroups.insert(identity.pid)
    endings[replica.number] = ReplicaEnding(killAt: now + (grace ?? .zero))
  }

  private func withSpecs(_ app: FleetApp) throws -> FleetApp {
    var app = app
    for (version, record) in app.versions {
      guard let source = try store.read({ try $0.source(of: app.name, version) }) else { continue }
      var record = record
      // It was valid when it was deployed; whether its programs are still there is not the question.
      record.spec = try AppFile.read(text: source.appFile, file: source.fileName).spec
      record.spec.launcher = app.launcher
      let pins = try store.read { try $0.pins(of: app.name, version) }
      for index in record.spec.deployments.indices {
        pins[record.spec.deployments[index].name]?.apply(to: &record.spec.deployments[index])
      }
      app.versions[version] = record
    }
    return app
  }
}
