// A gRPC client for one server.
package import MartletCore

/// A successful answer to a unary call.
package struct UnaryResponse: Sendable {
  package var message: [UInt8]
  /// How the message was compressed on its way; nil when it was not.
  package var compression: Compression?
  package var initialMetadata: Metadata
  package var trailingMetadata: Metadata
}

/// Calls to one endpoint over one connection, which is made at the first call and made again, with growing
/// pauses, when it is lost.
package final class GRPCChannel: Sendable {
  private let core: ChannelCore

  package var endpoint: Endpoint { core.endpoint }
  package var loop: Loop { core.loop }

  /// A channel on one of `loops`: the calling thread's own if it is one of them.
  package convenience init(
    endpoint: Endpoint, tls: ClientTLS? = nil, loops: LoopGroup, limits: Limits = Limits(),
    authority: String? = nil, backoff: Backoff = Backoff()
  ) {
    self.init(
      endpoint: endpoint, tls: tls, loop: loops.currentOrNext(), limits: limits,
      authority: authority, backoff: backoff)
  }

  /// A channel to `address`: with TLS when it says so.
  package convenience init(
    _ address: ServerAddress, tls files: ClientTLSFiles = ClientTLSFiles(), loops: LoopGroup,
    limits: Limits = Limits(), userAgent: String? = nil
  ) throws(RPCError) {
    self.init(
      endpoint: address.endpoint, tls: address.isSecure ? try ClientTLS(files) : nil,
      loop: loops.currentOrNext(), limits: limits, userAgent: userAgent)
  }

  /// A channel on `loop`; calls from that loop's thread do not change threads. `authority` is what
  /// servers see as `:authority`: by default the host, `localhost` for unix sockets. `userAgent` stands in
  /// front of Martlet's own.
  package init(
    endpoint: Endpoint, tls: ClientTLS? = nil, loop: Loop, limits: Limits = Limits(),
    authority: String? = nil, userAgent: String? = nil, backoff: Backoff = Backoff()
  ) {
    core = ChannelCore(
      endpoint, tls: tls, loop: loop, limits: limits, authority: authority,
      userAgent: userAgent, backoff: backoff)
  }

  /// Sends one request and waits for its answer. Cancelling the task cancels the call. While there is no
  /// connection and the last attempt failed, calls fail with UNAVAILABLE at once, unless `waitForReady`.
  /// A call that is `traced` says how it ended, also when it fails.
  package func unary(
    _ method: MethodName, _ request: [UInt8], metadata: Metadata = [:],
    deadline: Deadline? = nil, waitForReady: Bool = false, compression: CallCompression = .off,
    traced: TracedCall? = nil
  ) async throws(RPCError) -> UnaryResponse {
    let slot = CallSlot()
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation {
        (continuation: UnsafeContinuation<Result<UnaryResponse, RPCError>, Never>) in
        let call = OutboundCall(
          method, metadata: metadata, deadline: deadline, waitForReady: waitForReady,
          compression: compression, traced: traced, core: core, request: request
        ) { continuation.resume(returning: $0) }
        loop.run { slot.begin(call) }
      }
    } onCancel: {
      loop.execute { slot.cancel() }
    }
    return try result.get()
  }

  /// Makes a streaming call and hands both directions to `body`. When `body` returns before the end of the
  /// responses was read, the call is cancelled. Throws what `body` throws; reading throws the call's
  /// status.
  package func stream<R>(
    _ method: MethodName, metadata: Metadata = [:], deadline: Deadline? = nil,
    waitForReady: Bool = false, compression: CallCompression = .off, traced: TracedCall? = nil,
    _ body: (_ requests: MessageWriter, _ responses: MessageStream) async throws -> R
  ) async throws -> R {
    let call = OutboundCall(
      method, metadata: metadata, deadline: deadline, waitForReady: waitForReady,
      compression: compression, traced: traced, core: core)
    guard let (requests, responses) = call.makeStreams() else {
      throw RPCError(.internalError, "a streaming call has no streams")
    }
    loop.run { call.begin() }
    defer { loop.run { call.bodyReturned() } }
    return try await withTaskCancellationHandler {
      try await body(requests, responses)
    } onCancel: {
      loop.execute { call.cancel() }
    }
  }

  /// Asks the server for a sign of life once `delay` has passed, unless the watch is ended before.
  package func watchLife(after delay: Duration) -> LifeWatch {
    LifeWatch(core, after: delay)
  }

  /// Ends the connection at once, with the calls on it; the next call makes a new one. For a peer that may
  /// have lost its end without a word.
  package func renewConnection() {
    loop.run { self.core.renewConnection() }
  }

  /// Ends the connection once its calls have ended; new calls fail with UNAVAILABLE.
  package func close() async {
    await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
      loop.run { self.core.close { done.resume() } }
    }
  }
}

/// Lets a cancellation find its call, whichever of the two comes first. On the loop only.
private final class CallSlot: @unchecked Sendable {
  private var call: OutboundCall?
  private var isCancelled = false

  func begin(_ call: OutboundCall) {
    guard !isCancelled else {
      return call.fail(RPCError(.cancelled, "the call was cancelled"))
    }
    self.call = call
    call.begin()
  }

  func cancel() {
    isCancelled = true
    call?.cancel()
  }
}
