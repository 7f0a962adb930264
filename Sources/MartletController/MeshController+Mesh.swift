// Routers that are connected, and replicas that something else started.
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletScaling
internal import SwiftProtobuf

extension MeshController {
  // MARK: Routers

  func routerConnected(_ changed: AsyncStream<Void>.Continuation) -> UInt64 {
    let session = newSession()
    routers[session] = RouterSession(changed: changed)
    changed.yield()
    return session
  }

  func routerReported(
    _ session: UInt64, _ report: RouterReport, _ graphs: [Martlet_Control_V1_GraphFigures]
  ) {
    guard routers[session] != nil else { return }
    take(graphs, from: session)
    routers[session]?.name = report.router
    routers[session]?.appliedGeneration = report.generation
    handle(.routerReported(report, connection: session))
  }

  func routerDisconnected(_ session: UInt64) {
    guard routers.removeValue(forKey: session) != nil else { return }
    handle(.routerDisconnected(connection: session))
  }

  /// What a router has not been sent yet: definitions first, then the table that names them.
  func updates(for session: UInt64) throws -> [Martlet_Control_V1_RoutingUpdate] {
    guard var router = routers[session], router.sentGeneration != fleet.routing.generation else {
      return []
    }
    var updates: [Martlet_Control_V1_RoutingUpdate] = []
    for app in fleet.routing.apps {
      for version in app.versions {
        let key = DefinitionKey(app: app.name, version: version.version)
        guard router.sentDefinitions.insert(key).inserted else { continue }
        guard let source = try store.read({ try $0.source(of: app.name, version.version) }) else {
          continue
        }
        updates.append(.with { $0.definition = .init(app.name, version.version, source) })
      }
    }
    let live = fleet.routing.apps.flatMap { app in
      app.versions.map { DefinitionKey(app: app.name, version: $0.version) }
    }
    router.sentDefinitions.formIntersection(live)
    router.sentGeneration = fleet.routing.generation
    routers[session] = router
    let endpoints = { self.endpoint(of: $0) }
    updates.append(.with { $0.table = .init(fleet.routing, endpoint: endpoints) })
    return updates
  }

  private func newSession() -> UInt64 {
    defer { nextSession += 1 }
    return nextSession
  }

  // MARK: The supervisor

  /// Gives the supervisor signs of life and notes its news, for as long as the task lives. Each beat comes
  /// from the actor, so that one that hangs is found out.
  func keepBeating(_ heartbeat: Heartbeat) async {
    repeat {
      heartbeat.beat()
      for news in heartbeat.news() {
        perform([.note(FleetNote(news.reason, app: "", news.message))])
      }
    } while (try? await Task.sleep(for: Heartbeat.period)) != nil
  }

  // MARK: Replicas of others

  /// Nil while the app or its deployment is not there. `gone` is finished when the replica is
  /// forgotten while it still is registered.
  func register(
    _ key: DeploymentKey, _ endpoint: Endpoint, gone: AsyncStream<Void>.Continuation
  ) throws -> UInt64? {
    guard let app = fleet.apps[key.app], !app.isDeleting,
      app.versions.values.contains(where: { $0.spec.deployment(named: key.deployment) != nil })
    else { return nil }
    guard app.launcher == .external else {
      throw RPCError(
        .failedPrecondition,
        "app \(key.app) has launcher process: its replicas are started by the controller alone; "
          + "set launcher: external to register others")
    }
    // It could be neither asked for its health nor called: better it hears that at once.
    _ = try tls.client(to: endpoint)
    let number = fleet.nextReplica
    try store.transaction { try $0.setCounter("next_replica", number + 1) }
    registrations[number] = gone
    startedAt[number] = nowUnixMs
    handle(.registered(number, key, endpoint))
    return number
  }

  func announcedDraining(_ number: UInt64) {
    handle(.announcedDraining(number))
  }

  func unregistered(_ number: UInt64) {
    handle(.unregistered(number))
  }

  /// Yields on every deploy.
  func deploys() -> (UInt64, AsyncStream<Void>) {
    let session = newSession()
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    deployWaiters[session] = continuation
    return (session, stream)
  }

  func stopWaitingForDeploys(_ session: UInt64) {
    deployWaiters.removeValue(forKey: session)?.finish()
  }
}
