// What a replica is told when it starts: the MARTLET_* contract.
internal import FoundationEssentials
package import MartletCore

/// A mistake in the environment of a replica.
package struct ReplicaOptionsError: Error, CustomStringConvertible {
  package let description: String
}

/// How and as what a replica runs.
package struct ReplicaOptions: Sendable, Equatable {
  package var listen: Endpoint
  package var app: String
  package var replica: ReplicaID
  package var config = ConfigValue.object([:])

  /// Where calls to other deployments go; nil when there is no mesh.
  package var router: Endpoint?

  /// Nil leaves it to the router.
  package var maxOngoingRequests: Int?

  package var gracefulShutdownTimeout = Duration.seconds(20)

  /// What the replica takes and sends at most, also of other deployments.
  package var maxMessageBytes = Limits().maxMessageBytes

  /// The memory for messages; nil for a share of the machine's.
  package var messageMemory: MessageMemoryLimit?

  /// The replica ends when this process is gone.
  package var supervisorPID: Int32?

  /// Where the replica tells whether its event loop turns; nil when nobody would ask.
  package var lifeSocket: String?

  /// Where a replica that the controller did not start registers.
  package var controller: Endpoint?

  /// Where routers reach this replica, when that is not `listen`.
  package var advertised: Endpoint?

  /// What is spoken at TCP addresses: those it listens on, and those of router and controller.
  package var security = MeshSecurity()

  package init(listen: Endpoint, app: String, replica: ReplicaID) {
    self.listen = listen
    self.app = app
    self.replica = replica
  }

  /// Reads the environment of a replica of `deployment`; without any of it the replica listens on
  /// 127.0.0.1:50051. Throws `ReplicaOptionsError` for values that cannot be, and for addresses where plain
  /// text would pass over a network unasked.
  package init(
    deployment: String, app: String, environment: [String: String]
  ) throws(ReplicaOptionsError) {
    let read = EnvironmentReader(environment: environment)
    listen =
      try read.endpoint(ReplicaVariable.listen) ?? .tcp(host: "127.0.0.1", port: 50051)
    self.app = environment[ReplicaVariable.app] ?? app
    replica =
      try read.parsed(ReplicaVariable.replica, as: "DEPLOYMENT#NUMBER") { ReplicaID($0) }
      ?? ReplicaID(deployment: deployment, number: 0)
    router = try read.endpoint(ReplicaVariable.router)
    controller = try read.endpoint(ReplicaVariable.controller)
    advertised = try read.endpoint(ReplicaVariable.advertise)
    config = try read.config()
    maxOngoingRequests =
      try read.parsed(ReplicaVariable.maxOngoingRequests, as: "a number above 0") { text in
        Int(text).flatMap { $0 > 0 ? $0 : nil }
      }
    let timeout =
      try read.parsed(ReplicaVariable.gracefulShutdownTimeout, as: "seconds") { text in
        Double(text).flatMap { $0 >= 0 && $0 < 1e9 ? $0 : nil }
      }
    if let timeout { gracefulShutdownTimeout = .seconds(timeout) }
    let limit =
      try read.parsed(MessageLimit.variable, as: "64Ki to 1Gi bytes") { MessageLimit($0) }
    if let limit { maxMessageBytes = limit.bytes }
    messageMemory =
      try read.parsed(MessageMemoryLimit.variable, as: "1Mi to 4Ti bytes") {
        MessageMemoryLimit($0)
      }
    supervisorPID =
      try read.parsed(ReplicaVariable.supervisorPID, as: "a pid") { text in
        Int32(text).flatMap { $0 > 0 ? $0 : nil }
      }
    lifeSocket =
      try read.parsed(ReplicaVariable.lifeSocket, as: "an absolute path") { text in
        text.hasPrefix("/") ? text : nil
      }
    security = try read.security()
    try checkAddresses()
  }

  private func checkAddresses() throws(ReplicaOptionsError) {
    let addresses = [
      (ReplicaVariable.listen, listen), (ReplicaVariable.router, router),
      (ReplicaVariable.controller, controller),
    ]
    for case (let name, let endpoint?) in addresses {
      do throws(InvalidPortSecurity) { try security.check(endpoint) } catch {
        throw ReplicaOptionsError(description: "\(name): \(error)")
      }
    }
  }
}

/// Reads variables, naming the one that is wrong.
private struct EnvironmentReader {
  let environment: [String: String]

  func parsed<Value>(
    _ name: String, as form: String, _ parse: (String) -> Value?
  ) throws(ReplicaOptionsError) -> Value? {
    guard let text = environment[name], !text.isEmpty else { return nil }
    guard let value = parse(text) else {
      throw ReplicaOptionsError(description: "\(name) is \"\(text)\"; it should be \(form)")
    }
    return value
  }

  func endpoint(_ name: String) throws(ReplicaOptionsError) -> Endpoint? {
    try parsed(name, as: "unix:PATH or HOST:PORT") { Endpoint($0) }
  }

  func security() throws(ReplicaOptionsError) -> MeshSecurity {
    do throws(InvalidPortSecurity) {
      return try MeshSecurity { environment[$0] }
    } catch {
      throw ReplicaOptionsError(description: error.description)
    }
  }

  func config() throws(ReplicaOptionsError) -> ConfigValue {
    let name = ReplicaVariable.config
    guard let path = environment[name], !path.isEmpty else { return .object([:]) }
    do {
      return try ConfigValue(json: String(contentsOfFile: path, encoding: .utf8))
    } catch {
      throw ReplicaOptionsError(description: "\(name): cannot read \(path): \(error)")
    }
  }
}
