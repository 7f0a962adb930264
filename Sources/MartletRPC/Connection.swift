// Calls to a server outside of any mesh.
public import MartletCore
internal import MartletNet

/// Hands `body` the way to the server at `endpoint` and closes the connection when it returns or
/// throws. The connection is made at the first call, and made again when it is lost.
///
/// ```swift
/// try await withConnection(to: .tcp(host: "127.0.0.1", port: 8000)) { target in
///   try await Echo_V1_Echo.Client(target).echo(message)
/// }
/// ```
///
/// - Parameters:
///   - endpoint: a server or the router of a mesh, without TLS.
///   - userAgent: who calls, such as `tagger/1.2`; stands in front of Martlet's own `user-agent`.
///   - waitsForReady: calls wait for a connection, until their deadline, instead of failing with
///     UNAVAILABLE.
public func withConnection<Result>(
  to endpoint: Endpoint, userAgent: String? = nil, waitsForReady: Bool = false,
  _ body: (CallTarget) async throws -> Result
) async throws -> Result {
  let loops = LoopGroup(count: 1)
  let channel = GRPCChannel(endpoint: endpoint, loop: loops.next(), userAgent: userAgent)
  let outcome: Swift.Result<Result, any Error>
  do {
    outcome = .success(try await body(CallTarget(channel, waitsForReady: waitsForReady)))
  } catch {
    outcome = .failure(error)
  }
  await channel.close()
  await loops.shutdown()
  return try outcome.get()
}
