// A gRPC client for one server.
package import MartletCore

/// A successful answer to a unary call.
package struct UnaryResponse: Sendable {
  package var message: [UInt8]
  package var initialMetadata: Metadata
  package var trailingMetadata: Metadata
}

/// Calls to one endpoint over one connection, which is made at the first call and made again, with growing
/// pauses, when it is lost.
package final class GRPCChannel: Sendable {
  package let endpoint: Endpoint
  package let loop: Loop

  /// A channel on one of `loops`: the calling thread's own if it is one of them.
  package convenience init(
    endpoint: Endpoint, loops: LoopGroup, limits: Limits = Limits(), authority: String? = nil,
    backoff: Backoff = Backoff()
  ) {
    self.init(
      endpoint: endpoint, loop: loops.currentOrNext(), limits: limits, authority: authority,
      backoff: backoff)
  }

  /// A channel on `loop`; calls from that loop's thread do not change threads. `authority` is what
  /// servers see as `:authority`: by default the host, `localhost` for unix sockets.
  package init(
    endpoint: Endpoint, loop: Loop, limits: Limits = Limits(), authority: String? = nil,
    backoff: Backoff = Backoff()
  ) {
    self.endpoint = endpoint
    self.loop = loop
    fatalError("being written")
  }

  /// Sends one request and waits for its answer. Cancelling the task cancels the call. While there is no
  /// connection and the last attempt failed, calls fail with UNAVAILABLE at once, unless `waitForReady`.
  package func unary(
    _ method: MethodName, _ request: [UInt8], metadata: Metadata = [:],
    deadline: Deadline? = nil, waitForReady: Bool = false
  ) async throws(RPCError) -> UnaryResponse {
    fatalError("being written")
  }

  /// Makes a streaming call and hands both directions to `body`. When `body` returns, the requests are
  /// ended if it did not do it; a call whose responses were not read to their end is cancelled. Throws
  /// what `body` throws; reading throws the call's status.
  package func stream<R>(
    _ method: MethodName, metadata: Metadata = [:], deadline: Deadline? = nil,
    waitForReady: Bool = false,
    _ body: (_ requests: MessageWriter, _ responses: MessageStream) async throws -> R
  ) async throws -> R {
    fatalError("being written")
  }

  /// Ends the connection once its calls have ended; new calls fail with UNAVAILABLE.
  package func close() async {
    fatalError("being written")
  }
}
