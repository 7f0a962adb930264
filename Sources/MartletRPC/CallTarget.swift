// Where a client's calls go, and what goes with them.
public import MartletCore
package import MartletNet
internal import SwiftProtobuf

/// The other end of a client's calls: a server, or one deployment of the mesh. Every call takes the
/// earlier deadline of its own timeout and of `Call.current`, and that call's metadata.
public struct CallTarget: Sendable {
  private enum Way {
    case channel(GRPCChannel)
    case none(RPCError)
  }

  private let way: Way
  private let headers: Metadata
  private let waitsForReady: Bool
  private var compression = CallCompression.off

  /// Calls over `channel`, each with `headers`.
  ///
  /// - Parameter waitsForReady: calls wait for a connection, until their deadline, instead of
  ///   failing with UNAVAILABLE.
  package init(_ channel: GRPCChannel, headers: Metadata = [:], waitsForReady: Bool = false) {
    way = .channel(channel)
    self.headers = headers
    self.waitsForReady = waitsForReady
  }

  /// Fails every call with `error`.
  package init(failing error: RPCError) {
    way = .none(error)
    headers = [:]
    waitsForReady = false
  }

  /// The same other end, with this said about compression in every call.
  public func compressing(_ compression: CallCompression) -> CallTarget {
    var target = self
    target.compression = compression
    return target
  }

  private func channel() throws(RPCError) -> GRPCChannel {
    switch way {
    case .channel(let channel): return channel
    case .none(let error): throw error
    }
  }

  /// Sends one request and waits for its response.
  ///
  /// - Parameter timeout: the longest that the call may take; nil leaves it to `Call.current`.
  public func call<Input, Output>(
    _ method: UnaryMethod<Input, Output>, _ request: Input, timeout: Duration?, metadata: Metadata
  ) async throws(RPCError) -> Output {
    try decode(Output.self, await send(method, request, timeout, metadata).message)
  }

  /// As `call`, with everything that came along with the response.
  public func response<Input, Output>(
    to method: UnaryMethod<Input, Output>, _ request: Input, timeout: Duration? = nil,
    metadata: Metadata = [:]
  ) async throws(RPCError) -> RPCResponse<Output> {
    let response = try await send(method, request, timeout, metadata)
    return RPCResponse(
      message: try decode(Output.self, response.message), compression: response.compression,
      initialMetadata: response.initialMetadata, trailingMetadata: response.trailingMetadata)
  }

  private func send<Input, Output>(
    _ method: UnaryMethod<Input, Output>, _ request: Input, _ timeout: Duration?,
    _ metadata: Metadata
  ) async throws(RPCError) -> UnaryResponse {
    let channel = try channel()
    let bytes = try encode(request)
    let heading = heading(method.name, timeout, metadata)
    return try await channel.unary(
      method.name, bytes, metadata: heading.metadata, deadline: heading.deadline,
      waitForReady: waitsForReady, compression: compression, traced: heading.traced)
  }

  /// Sends what `send` writes and waits for the one response.
  public func call<Input, Output>(
    _ method: ClientStreamingMethod<Input, Output>, timeout: Duration?, metadata: Metadata,
    _ send: (RPCWriter<Input>) async throws -> Void
  ) async throws -> Output {
    try await response(to: method, timeout: timeout, metadata: metadata, send).message
  }

  /// As `call`, with everything that came along with the response.
  public func response<Input, Output>(
    to method: ClientStreamingMethod<Input, Output>, timeout: Duration? = nil,
    metadata: Metadata = [:], _ send: (RPCWriter<Input>) async throws -> Void
  ) async throws -> RPCResponse<Output> {
    let channel = try channel()
    let heading = heading(method.name, timeout, metadata)
    return try await channel.stream(
      method.name, metadata: heading.metadata, deadline: heading.deadline,
      waitForReady: waitsForReady, compression: compression, traced: heading.traced
    ) { writer, messages in
      try await send(RPCWriter(writer))
      await Self.finish(writer)
      return try await Self.only(RPCStream<Output>(messages), of: method.name)
    }
  }

  /// Sends one request and hands the responses to `receive`; the call is cancelled when that
  /// returns before their end.
  public func call<Input, Output, Result>(
    _ method: ServerStreamingMethod<Input, Output>, _ request: Input, timeout: Duration?,
    metadata: Metadata, _ receive: (RPCStream<Output>) async throws -> Result
  ) async throws -> Result {
    let bytes = try encode(request)
    let channel = try channel()
    let heading = heading(method.name, timeout, metadata)
    return try await channel.stream(
      method.name, metadata: heading.metadata, deadline: heading.deadline,
      waitForReady: waitsForReady, compression: compression, traced: heading.traced
    ) { writer, messages in
      try await writer.write(bytes)
      await Self.finish(writer)
      return try await receive(RPCStream(messages))
    }
  }

  /// Lets `exchange` send and receive; the call is cancelled when that returns before the end of
  /// the responses.
  public func call<Input, Output, Result>(
    _ method: BidirectionalMethod<Input, Output>, timeout: Duration?, metadata: Metadata,
    _ exchange: (RPCWriter<Input>, RPCStream<Output>) async throws -> Result
  ) async throws -> Result {
    let channel = try channel()
    let heading = heading(method.name, timeout, metadata)
    return try await channel.stream(
      method.name, metadata: heading.metadata, deadline: heading.deadline,
      waitForReady: waitsForReady, compression: compression, traced: heading.traced
    ) { writer, messages in
      try await exchange(RPCWriter(writer), RPCStream(messages))
    }
  }

  /// Ends the requests. That fails only when the call is over, and then reading says how it ended:
  /// a server may well answer before it has heard the end of the requests.
  private static func finish(_ writer: MessageWriter) async {
    do { try await writer.finish() } catch {}
  }

  /// The one response of a client-streaming call (gRPC: none or two are INTERNAL).
  private static func only<Output>(
    _ stream: RPCStream<Output>, of method: MethodName
  ) async throws -> RPCResponse<Output> {
    var responses = stream.makeAsyncIterator()
    guard let message = try await responses.next() else {
      throw RPCError(.internalError, "\(method) ended with OK and without a response")
    }
    let compression = responses.lastCompression
    guard try await responses.next() == nil else {
      throw RPCError(.internalError, "\(method) gave two responses to a call that has one")
    }
    return RPCResponse(
      message: message, compression: compression,
      initialMetadata: try await stream.initialMetadata(),
      trailingMetadata: await stream.trailingMetadata())
  }

  /// What goes along with one call.
  private struct Heading {
    var metadata: Metadata
    let deadline: Deadline?
    var traced: TracedCall?
  }

  /// The deadline and the metadata of the current call with the call's own. Its trace goes along only to
  /// deployments, of which a target's own headers say which.
  private func heading(
    _ method: MethodName, _ timeout: Duration?, _ metadata: Metadata
  ) -> Heading {
    let current = CallScope.current
    let own = timeout.map { Deadline(Loop.now + $0) }
    var heading = Heading(
      metadata: outgoing(current?.metadata, metadata),
      deadline: Deadline.earliest(own, current?.deadline))
    if let trace = current?.trace, let deployment = headers[MeshHeader.deployment] {
      heading.metadata.removeAll(named: TraceHeader.trace)
      heading.metadata.add("1", for: TraceHeader.trace)
      heading.traced = trace.call(method, on: deployment, now: Loop.now)
    }
    return heading
  }

  /// The metadata of the current call, overridden name by name by `metadata`, then by the target's
  /// own.
  private func outgoing(_ inherited: Metadata?, _ metadata: Metadata) -> Metadata {
    guard var inherited, !inherited.isEmpty else { return overriding(metadata, with: headers) }
    // How often that call was tried says nothing about this one.
    let attempts = "grpc-previous-rpc-attempts"
    if inherited.entries.contains(where: { $0.name == attempts }) {
      inherited.removeAll(named: attempts)
    }
    return overriding(overriding(inherited, with: metadata), with: headers)
  }

  private func overriding(_ base: Metadata, with other: Metadata) -> Metadata {
    guard !other.isEmpty else { return base }
    guard !base.isEmpty else { return other }
    var result = base
    for entry in other.entries { result.removeAll(named: entry.name) }
    result.add(contentsOf: other)
    return result
  }
}

extension ServiceNamespace {
  /// A client of this service at the other end of `channel`.
  package static func client(
    _ channel: GRPCChannel, compression: CallCompression = .off
  ) -> Client {
    Client(CallTarget(channel).compressing(compression))
  }
}
