// A router without a controller, for an app whose replicas are in the same process.
internal import Logging
package import MartletCore
internal import MartletDispatch
package import MartletNet
internal import MartletSchema

/// Routes the requests of one app, of which there is one version, to the replicas that it is told of. All else
/// is as in the router of a mesh: queues and limits, graphs, health, reflection and pages.
package final class LocalRouter: Sendable {
  /// The only version of the app, as after a first deploy.
  private static let version = AppVersion(1)

  private let loop: Loop
  private let limits: Limits
  private let app: AppSpec
  private let router: Router
  private let local: Listener
  private let logger: Logger

  /// Belongs to the loop.
  private nonisolated(unsafe) var table: RoutingTable
  private nonisolated(unsafe) var ingresses: [Listener] = []

  /// - Parameter namesNodes: requests of graphs' legs say which node makes them (`MeshHeader.node`).
  package init(
    _ app: AppSpec, on loop: Loop, namesNodes: Bool = false, limits: Limits = Limits()
  ) {
    self.app = app
    self.loop = loop
    self.limits = limits
    logger = Logger(label: "martlet.local")
    router = Router(loop: loop, limits: limits, logger: logger)
    router.namesNodes = namesNodes
    local = Listener(on: loop, limits: limits, acceptor: RequestGate(router, isLocal: true))
    let revisions = Dictionary(
      app.deployments.map { ($0.name, UInt64(1)) }, uniquingKeysWith: { first, _ in first })
    table = RoutingTable(
      apps: [
        AppRouting(
          app: app.name, currentVersion: Self.version,
          versions: [VersionRouting(version: Self.version, revisions: revisions)], replicaSets: [])
      ])
  }

  /// Takes the app's definition and listens for the calls that its deployments make.
  ///
  /// - Parameters:
  ///   - descriptorSet: a `FileDescriptorSet` with every service of the app.
  ///   - endpoint: the replicas' `MARTLET_ROUTER`.
  /// - Throws: `InvalidLocalApp` with every mistake in the app, or an `RPCError`.
  package func start(descriptorSet: [UInt8], listeningOn endpoint: Endpoint) async throws {
    let app = app
    var problems = app.problems()
    let schema: Schema?
    do throws(SchemaError) {
      schema = descriptorSet.isEmpty ? nil : try Schema(descriptorSet: descriptorSet)
      problems += checkApp(app, schema)
    } catch {
      throw InvalidLocalApp(app: app.name, problems: ["its descriptor set: \(error)"])
    }
    guard problems.isEmpty else {
      throw InvalidLocalApp(app: app.name, problems: problems.map(\.description))
    }
    try await onLoop { this in
      try this.router.define(
        Self.version, spec: app, schema: schema, descriptorSet: descriptorSet)
      this.publish()
    }
    _ = try await local.listen(on: endpoint)
  }

  /// A replica is ready for requests.
  package func add(_ replica: ReplicaID, at endpoint: Endpoint) async {
    await onLoop { this in
      let address = ReplicaAddress(number: replica.number, endpoint: endpoint)
      this.table.apps[0].replicaSets.append(
        ReplicaSet(deployment: replica.deployment, revision: 1, replicas: [address]))
      this.publish()
    }
  }

  private func publish() {
    table.generation += 1
    router.apply(table)
  }

  /// Takes clients' requests at an address. Returns it, with the port that was given when 0 was asked for.
  ///
  /// - Throws: an `RPCError` when it cannot listen there, or a file of `security` cannot be used.
  package func listen(
    on endpoint: Endpoint, security: PortSecurity = PortSecurity(), times: PortTimes = PortTimes()
  ) async throws(RPCError) -> Endpoint {
    let tls = try security.tls.map { files throws(RPCError) in
      try ServerTLS(files, protocols: ["h2", "http/1.1"], logger: logger)
    }
    let listener = await onLoop { this in
      let gate = RequestGate(
        this.router, isLocal: false, crossOrigin: CrossOrigin(security.origins))
      let port = SharedPort(
        pages: gate, calls: gate, tls: tls, takesPlaintext: security.takesPlaintext)
      var limits = times.applied(to: this.limits)
      if let interval = this.app.minPingInterval, interval < times.minPingInterval {
        limits.keepalive.setLeastPingInterval(interval)
      }
      let listener = Listener(on: this.loop, limits: limits, acceptor: gate, port: port)
      this.ingresses.append(listener)
      return listener
    }
    return try await listener.listen(on: endpoint)
  }

  /// Takes nothing new and waits for the requests in hand, first the clients', then those of deployments; what
  /// is left after `limit` is cancelled. The connections to the replicas end with what is under way on them.
  package func drain(within limit: Duration) async {
    let deadline = Loop.now + limit
    let ingresses = await onLoop { this in
      this.router.own.close()
      return this.ingresses
    }
    await withTaskGroup { group in
      for ingress in ingresses { group.addTask { await ingress.drain(within: limit) } }
    }
    await local.drain(within: Deadline(deadline).remaining(at: Loop.now))
    await onLoop { $0.router.close() }
  }

  private func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable (LocalRouter) throws -> Value
  ) async throws -> Value {
    try await withUnsafeThrowingContinuation { continuation in
      loop.execute { continuation.resume(with: Result { try body(self) }) }
    }
  }

  private func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable (LocalRouter) -> Value
  ) async -> Value {
    await withUnsafeContinuation { continuation in
      loop.execute { continuation.resume(returning: body(self)) }
    }
  }
}

/// An app that cannot run as it is declared.
package struct InvalidLocalApp: Error, Sendable, CustomStringConvertible {
  package let app: String
  package let problems: [String]

  package var description: String {
    problems.map { "app \(app): \($0)" }.joined(separator: "\n")
  }
}
