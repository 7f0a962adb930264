// One deployment in the process of the test, over a real socket.
private import Foundation
public import Martlet
private import MartletNet
private import MartletRPC

/// Makes one of `service`, serves it on a unix socket in a directory of its own, and hands `body` a
/// client. Requests pass the same transport as in a mesh; only the process is the test's. Everything is
/// gone when this returns or throws.
///
/// ```swift
/// try await withDeployment(Echo.self, as: Echo_V1_Echo.self) { echo in
///   #expect(try await echo.echo(message) == message)
/// }
/// ```
///
/// - Parameters:
///   - config: what the deployment finds in `ReplicaContext.config`.
///   - maxOngoingRequests: requests that it works on at once; one more is refused. Nil means no limit.
/// - Throws: what the service's `init` or `body` threw, or an `RPCError` when the socket cannot be made.
public func withDeployment<Service: DeploymentService, Namespace: ServiceNamespace, Result>(
  _ service: Service.Type, as namespace: Namespace.Type, config: ConfigValue = .object([:]),
  maxOngoingRequests: Int? = nil, _ body: (Namespace.Client) async throws -> Result
) async throws -> Result {
  let made = try await Service(context(config))
  let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("martlet-\(UUID().uuidString.prefix(8))")
  try FileManager.default.createDirectory(
    at: directory, withIntermediateDirectories: false,
    attributes: [.posixPermissions: 0o700])
  defer { try? FileManager.default.removeItem(at: directory) }
  let endpoint = Endpoint.unix(path: directory.appendingPathComponent("test.sock").path)

  let loops = LoopGroup(count: 1)
  var handlers = HandlerTable()
  handlers.add(made)
  let server = GRPCServer(loops: loops, handlers: handlers, maxOngoing: maxOngoingRequests)
  let outcome: Swift.Result<Result, any Error>
  do {
    _ = try await server.listen(on: endpoint)
    outcome = .success(
      try await serving(server) {
        let channel = GRPCChannel(endpoint: endpoint, loop: loops.next())
        let result = try await body(Namespace.client(channel))
        await channel.close()
        return result
      })
  } catch {
    outcome = .failure(error)
  }
  await loops.shutdown()
  return try outcome.get()
}

/// Runs `body` beside the server and drains that when it is done.
private func serving<Result>(
  _ server: GRPCServer, _ body: () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await server.run() }
    do {
      let result = try await body()
      await server.drain(within: .seconds(5))
      try await group.waitForAll()
      return result
    } catch {
      await server.drain(within: .zero)
      throw error
    }
  }
}

private func context(_ config: ConfigValue) -> ReplicaContext {
  ReplicaContext(
    app: "test", replica: ReplicaID(deployment: "test", number: 1), config: config
  ) { deployment in
    CallTarget(
      failing: RPCError(.unavailable, "the test runs one deployment, and \(deployment) is not it"))
  }
}
