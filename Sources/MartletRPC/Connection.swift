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
///   - maxMessageBytes: the longest message that is sent and taken.
///   - waitsForReady: calls wait for a connection, until their deadline, instead of failing with
///     UNAVAILABLE.
public func withConnection<Result>(
  to endpoint: Endpoint, userAgent: String? = nil, waitsForReady: Bool = false,
  _ body: (CallTarget) async throws -> Result
) async throws -> Result {
  try await withConnection(
    to: ServerAddress(endpoint), userAgent: userAgent, waitsForReady: waitsForReady, body)
}

/// As for an endpoint, with TLS where the address says so.
///
/// ```swift
/// let address = ServerAddress(.tcp(host: "models.example.org", port: 443), isSecure: true)
/// try await withConnection(to: address, tls: ClientTLSFiles(serverCA: "ca.pem")) { target in
///   try await Echo_V1_Echo.Client(target).echo(message)
/// }
/// ```
///
/// - Parameters:
///   - address: a server or the router of a mesh; `ServerAddress("https://HOST:PORT")` reads one.
///   - tls: whom to trust, and who to be. Without it the server must have a certificate for the address's host
///     from one of the system's authorities. New connections use the files as they are by then.
///   - userAgent: who calls, such as `tagger/1.2`; stands in front of Martlet's own `user-agent`.
///   - waitsForReady: calls wait for a connection, until their deadline, instead of failing with
///     UNAVAILABLE.
/// - Throws: what `body` throws, or INVALID_ARGUMENT with the file that cannot be used.
public func withConnection<Result>(
  to address: ServerAddress, tls: ClientTLSFiles = ClientTLSFiles(), userAgent: String? = nil,
  maxMessageBytes: Int = Limits().maxMessageBytes, waitsForReady: Bool = false,
  _ body: (CallTarget) async throws -> Result
) async throws -> Result {
  let loops = LoopGroup(count: 1)
  var limits = Limits()
  limits.maxMessageBytes = maxMessageBytes
  let outcome: Swift.Result<Result, any Error>
  do {
    let channel = try GRPCChannel(
      address, tls: tls, loops: loops, limits: limits, userAgent: userAgent)
    do {
      outcome = .success(try await body(CallTarget(channel, waitsForReady: waitsForReady)))
    } catch {
      outcome = .failure(error)
    }
    await channel.close()
  } catch {
    outcome = .failure(error)
  }
  await loops.shutdown()
  return try outcome.get()
}
