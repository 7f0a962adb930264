// The replicas of a local mesh: one of each deployment, on a thread of its own.
internal import MartletCore
internal import MartletNet
internal import MartletReplica
internal import Synchronization

struct LocalReplicas: Sendable {
  enum Event: Sendable {
    /// A replica is ready for requests.
    case serving(ReplicaID, at: Endpoint)
    /// It will never be, or it has ended by itself.
    case failed(deployment: String, any Error)
  }

  private struct Part: Sendable {
    let deployment: Deployment
    let options: ReplicaOptions
    let loops = LoopGroup(count: 1)
  }

  private let parts: [Part]
  private let running = Running()

  /// - Parameters:
  ///   - router: where deployments call each other.
  ///   - endpoint: where the replica of a deployment listens.
  init(_ app: LocalApp, router: Endpoint, _ endpoint: (String) -> Endpoint) {
    // Numbered as a mesh numbers the first replicas of an app.
    parts = app.deployments.enumerated().map { index, deployment in
      var options = ReplicaOptions(
        listen: endpoint(deployment.name), app: app.name,
        replica: ReplicaID(deployment: deployment.name, number: UInt64(index + 1)))
      options.config = deployment.spec.userConfig
      options.router = router
      options.maxOngoingRequests = deployment.spec.maxOngoingRequests
      let own = deployment.spec.maxMessageBytes ?? app.maxMessageBytes
      options.maxMessageBytes = min(own ?? options.maxMessageBytes, options.maxMessageBytes)
      return Part(deployment: deployment, options: options)
    }
  }

  /// Serves until `drain`.
  func run(_ tell: @escaping @Sendable (Event) -> Void) async {
    await withTaskGroup { group in
      for part in parts { group.addTask { await serve(part, tell) } }
    }
  }

  private func serve(_ part: Part, _ tell: @escaping @Sendable (Event) -> Void) async {
    do {
      let replica = try RunningReplica(
        part.deployment.service, execution: part.deployment.execution, options: part.options,
        loops: part.loops)
      guard running.add(replica) else { return }
      try await replica.serve {
        tell(.serving(part.options.replica, at: part.options.listen))
      }
    } catch {
      tell(.failed(deployment: part.deployment.name, error))
    }
  }

  /// Ends all of them; what is under way after `limit` is cancelled.
  func drain(within limit: Duration) async {
    await withTaskGroup { group in
      for replica in running.close() { group.addTask { await replica.drain(within: limit) } }
    }
  }

  /// Ends their threads, once nothing runs any more.
  func end() async {
    for part in parts { await part.loops.settle() }
    for part in parts { await part.loops.shutdown() }
  }
}

/// The replicas that were made.
private final class Running: Sendable {
  private let state = Mutex<(replicas: [RunningReplica], isClosed: Bool)>(([], false))

  /// False when none may start any more.
  func add(_ replica: RunningReplica) -> Bool {
    state.withLock { state in
      if !state.isClosed { state.replicas.append(replica) }
      return !state.isClosed
    }
  }

  /// Lets none start any more; returns those that did.
  func close() -> [RunningReplica] {
    state.withLock { state in
      state.isClosed = true
      return state.replicas
    }
  }
}
