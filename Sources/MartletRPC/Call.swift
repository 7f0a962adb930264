// The call that a handler answers.
public import MartletCore
package import MartletNet

/// What a handler knows of its call beside the request. Cancelling the call, by its client or by
/// its deadline, cancels the task that runs the handler.
public struct Call: Sendable {
  private let inbound: InboundCall

  package init(_ inbound: InboundCall) {
    self.inbound = inbound
  }

  /// The call that the current task works for; nil outside of a deployment's handlers. Handles take
  /// deadline and metadata from it.
  public static var current: Call? { CallScope.current.map(Call.init) }

  public var method: MethodName { inbound.method }

  /// How the message of a unary request was compressed; nil when it was not. For requests that are a
  /// stream, `RPCStream.Iterator` knows it of each.
  public var requestCompression: Compression? { inbound.requestCompression }

  /// Custom metadata of the request.
  public var metadata: Metadata { inbound.metadata }

  /// When nobody waits for the answer any more.
  public var deadline: Deadline? { inbound.deadline }

  /// What is left until the deadline: zero when it has passed, nil when there is none.
  public var timeRemaining: Duration? { deadline?.remaining(at: Loop.now) }

  /// The address of the other end, for logs.
  public var peer: String { inbound.peer }

  /// Who calls, by the certificate that the router has verified (mutual TLS), or this server where the call
  /// came through no router; nil where callers have to show none. Of a call that another deployment makes
  /// through a handle it is that replica's identity, and nil on a unix socket.
  public var peerIdentity: PeerIdentity? { inbound.peerIdentity }

  /// Metadata to send before the first response. It has no effect once that was sent.
  public func setInitialMetadata(_ metadata: Metadata) {
    inbound.setInitialMetadata(metadata)
  }

  /// Metadata to send with the status.
  public func setTrailingMetadata(_ metadata: Metadata) {
    inbound.setTrailingMetadata(metadata)
  }

  /// Compresses the responses if the client understands `encoding`; nil leaves them as they are. A
  /// call that does not say answers in the encoding of its request. Short responses are never
  /// compressed. It has no effect once the first response was sent.
  public func compressResponses(with encoding: Compression? = .gzip) {
    inbound.compressResponses(with: encoding)
  }
}

// MARK: - For the code that answers it

extension Call {
  /// `inbound` must be what a server gave to a `UnaryResponder`, whose type apps cannot name.
  @usableFromInline
  init(erased inbound: any AnyObject & Sendable) {
    self.init(unsafeDowncast(inbound, to: InboundCall.self))
  }

  /// Where the call's handler finds its server: what its method was registered with.
  @usableFromInline
  func servers<Server>(_ type: Server.Type) -> ServerSlot<Server> {
    guard let context = inbound.context else { preconditionFailure("registered without a server") }
    return unsafeDowncast(context, to: ServerSlot<Server>.self)
  }

  @usableFromInline
  func answer(_ response: [UInt8]) {
    inbound.handlerEnded(.success(response))
  }

  @usableFromInline
  func fail(_ error: any Error) {
    inbound.handlerEnded(.failure(error))
  }
}
