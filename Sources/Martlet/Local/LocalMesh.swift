// A whole app in one process: for tests and debuggers.
public import MartletCore
internal import MartletNet
public import MartletRPC
internal import MartletReplica
internal import MartletRouter
public import SwiftProtobuf
internal import Synchronization

/// Every deployment of an app, its routes and its graphs, within this process and without a socket.
///
/// ```swift
/// let mesh = try await LocalMesh(ContentUnderstanding())
/// let answer = try await mesh.call(Content_V1_Understanding.analyze, request)
/// await mesh.shutdown()
/// ```
///
/// Requests pass the same router as in a mesh of processes, which runs the same graphs, keeps the same queues,
/// limits and times and gives the same statuses; deployments are served as in a replica. Three things differ:
/// there is one replica of each deployment, whatever its scaling says; `Deployment.environment` is not set,
/// since a process has one environment; and what ends the process ends all of it.
///
/// Each deployment has a thread of its own, as it would have a process, so that one that blocks holds up no
/// other.
public final class LocalMesh: Sendable {
  /// The thread of those who call. It stays, since clients may be kept for longer than their mesh.
  private static let clientLoops = LoopGroup(count: 1)

  /// The router's.
  private let loops = LoopGroup(count: 1)
  private let router: LocalRouter
  private let replicas: LocalReplicas
  private let ingress: GRPCChannel
  private let back: GRPCChannel
  private let app: String
  /// Runs the replicas. The mesh is their owner, and `shutdown` waits for it.
  private let life: Task<Void, Never>
  private let ending = Mutex<Task<Void, Never>?>(nil)

  /// Starts every deployment of the app and returns when all of them are ready for requests.
  ///
  /// - Throws: `LocalMeshError` with what is wrong with the app, or with the deployment that did not start
  ///   and what it threw; `CancellationError`.
  public convenience init(_ app: some Application) async throws {
    try await self.init(LocalApp(app))
  }

  /// - Parameter namesNodes: replicas are told which node of a graph calls them (`MeshHeader.node`).
  package init(_ app: LocalApp, namesNodes: Bool = false) async throws {
    let number = MemoryNetwork.makeNumber()
    let names = { (name: String) in MemoryNetwork.endpoint("\(number)/\(name)") }
    self.app = app.name
    router = LocalRouter(app.spec, on: loops.loops[0], namesNodes: namesNodes)
    ingress = GRPCChannel(endpoint: names("ingress"), loop: Self.clientLoops.next())
    back = GRPCChannel(endpoint: names("router"), loop: Self.clientLoops.next())
    do {
      try await router.start(
        descriptorSet: app.descriptorSet.bytes, listeningOn: names("router"))
    } catch {
      await loops.shutdown()
      guard let error = error as? InvalidLocalApp else { throw error }
      throw LocalMeshError(description: error.description, cause: error)
    }
    replicas = LocalReplicas(app, router: names("router")) { names("replica/\($0)") }
    // Each replica says at most two things.
    let (events, event) = AsyncStream.makeStream(of: LocalReplicas.Event.self)
    life = Task { [replicas] in
      await replicas.run { event.yield($0) }
      event.finish()
    }
    do {
      try await untilServing(events, app.deployments.count)
      _ = try await router.listen(on: names("ingress"))
    } catch {
      await shutdown(within: .zero)
      throw error
    }
  }

  private func untilServing(
    _ events: AsyncStream<LocalReplicas.Event>, _ count: Int
  ) async throws {
    var starting = count
    for await event in events {
      switch event {
      case .serving(let replica, let endpoint):
        await router.add(replica, at: endpoint)
        starting -= 1
        if starting == 0 { return }
      case .failed(let deployment, let error):
        throw LocalMeshError(
          description: "deployment \(deployment) did not start: \(error)", cause: error)
      }
    }
    try Task.checkCancellation()
  }

  /// Sends one request, as a client of the app does.
  ///
  /// - Parameters:
  ///   - timeout: the longest that the call may take; nil leaves it to the app.
  ///   - metadata: what goes along with the request.
  /// - Throws: the status with which the app answers.
  public func call<Input: Message, Output: Message>(
    _ method: UnaryMethod<Input, Output>, _ request: Input, timeout: Duration? = nil,
    metadata: Metadata = [:]
  ) async throws(RPCError) -> Output {
    try await target.call(method, request, timeout: timeout, metadata: metadata)
  }

  /// What clients of the app call: its routes, health and reflection.
  public var target: CallTarget { CallTarget(ingress) }

  /// A client of a service to which routes of the app lead.
  public func client<Service: ServiceNamespace>(_ service: Service.Type) -> Service.Client {
    Service.Client(target)
  }

  /// A client of one deployment, as other deployments have it from `ReplicaContext.handle`. No route need lead
  /// there.
  public func handle<Service: ServiceNamespace>(
    _ service: Service.Type, on deployment: String
  ) -> Service.Client {
    Service.Client(
      CallTarget(back, headers: [MeshHeader.app: app, MeshHeader.deployment: deployment]))
  }

  /// Takes clients' requests at an address too, as the router of a mesh does: gRPC, and JSON by plain HTTP.
  /// Returns the address, with the port that was given when 0 was asked for.
  ///
  /// - Throws: `InvalidPortSecurity` where plain text would pass over a network unasked, or an `RPCError`
  ///   when it cannot listen there.
  public func listen(
    on endpoint: Endpoint, security: PortSecurity = PortSecurity(), times: PortTimes = PortTimes()
  ) async throws -> Endpoint {
    try security.check(endpoint)
    return try await router.listen(on: endpoint, security: security, times: times)
  }

  /// Takes nothing new, waits for what is under way and ends everything. Call it once you are done: the mesh
  /// does not end by itself.
  ///
  /// - Parameter limit: after it what is left is cancelled.
  public func shutdown(within limit: Duration = .seconds(20)) async {
    let ending = ending.withLock { ending in
      let task = ending ?? Task { await self.end(within: limit) }
      ending = task
      return task
    }
    await ending.value
  }

  private func end(within limit: Duration) async {
    let deadline = Deadline(Loop.now + limit)
    async let frontIsClosed: Void = ingress.close()
    async let backIsClosed: Void = back.close()
    await router.drain(within: limit)
    await replicas.drain(within: deadline.remaining(at: Loop.now))
    // A deployment may still be loading when another one has failed.
    life.cancel()
    await life.value
    _ = await (frontIsClosed, backIsClosed)
    await loops.settle()
    await replicas.end()
    await loops.shutdown()
  }
}

/// Why a `LocalMesh` could not start.
public struct LocalMeshError: Error, Sendable, CustomStringConvertible {
  /// Every mistake in the app, one a line, or the deployment that did not start.
  public let description: String

  /// What a deployment's `init` threw, or what is wrong with the app.
  public let cause: any Error
}
