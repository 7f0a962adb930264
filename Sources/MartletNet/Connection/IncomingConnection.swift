// One accepted connection of a port that several protocols share, until it speaks HTTP/2.
internal import MartletCore
internal import MartletWire
internal import NIOCore
internal import NIOSSL

/// What a port takes beside HTTP/2 with prior knowledge. On its loop only.
package struct SharedPort {
  /// Answers HTTP/1.1; without it there is nothing to see in that.
  let pages: (any PageSource)?
  /// Answers calls in HTTP/1.1.
  let calls: (any WebCallAcceptor)?
  let tls: ServerTLS?
  let takesPlaintext: Bool

  package init(
    pages: (any PageSource)? = nil, calls: (any WebCallAcceptor)? = nil, tls: ServerTLS? = nil,
    takesPlaintext: Bool = true
  ) {
    self.pages = pages
    self.calls = calls
    self.tls = tls
    self.takesPlaintext = takesPlaintext
  }
}

/// Goes from stage to stage, each a handler in the channel's pipeline, until an HTTP/2 connection takes
/// its place. On its loop only.
final class IncomingConnection {
  let loop: Loop
  let peer: String
  let limits: Limits
  let port: SharedPort
  private let channel: any Channel
  private let target: Listener.Target
  /// The handler that has the connection; nil once it has ended or is HTTP/2.
  private var stage: (any ConnectionStage)?
  private var timer: Timer?
  /// TLS is around it.
  private(set) var isSecure = false
  private(set) var identity: PeerIdentity?

  init(
    _ channel: any Channel, _ port: SharedPort, for target: Listener.Target, peer: String,
    limits: Limits
  ) {
    self.channel = channel
    self.port = port
    self.target = target
    self.peer = peer
    self.limits = limits
    loop = target.loop
  }

  /// Throws when the channel has ended; then it never was a connection.
  func start() throws {
    let detector = ProtocolDetector(self)
    try channel.pipeline.syncOperations.addHandler(detector)
    stage = detector
    target.connections.insert(self)
    expectWithinTime()
  }

  /// Begins to wait for what must come next.
  func expectWithinTime() {
    expect(within: limits.connectTimeout)
  }

  func expect(within time: Duration) {
    timer?.cancel()
    timer = loop.schedule(after: time) {
      guard let http1 = self.stage as? HTTP1Connection else {
        return self.close("nothing came in time")
      }
      http1.nothingCame(within: time)
    }
  }

  /// What comes next takes its own time.
  func stopExpecting() {
    timer?.cancel()
    timer = nil
  }

  // MARK: Stages

  /// Hands over what came so far to the protocol that it belongs to.
  func speaks(_ spoken: SpokenProtocol, _ received: ByteBuffer, after detector: ProtocolDetector) {
    do {
      switch spoken {
      case .tls:
        guard let tls = port.tls else {
          return refuse(Refusals.noTLS, after: detector)
        }
        try becomeTLS(tls)
      case .http2:
        guard port.takesPlaintext else { return refusePlaintext(after: detector) }
        try becomeHTTP2().start()
      case .http1:
        guard port.takesPlaintext else { return refusePlaintext(after: detector) }
        try becomeHTTP1()
      }
      detector.leave(with: received)
    } catch {
      close("\(error)")
    }
  }

  private func becomeTLS(_ tls: ServerTLS) throws {
    let material = tls.current()
    let negotiation = TLSNegotiation(self, material, verifiesClient: tls.verifiesClients)
    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: material.context))
    try channel.pipeline.syncOperations.addHandler(negotiation)
    stage = negotiation
  }

  /// The TLS handshake is done. Who does not choose HTTP/2 gets HTTP/1.1 (RFC 9113 §3.2).
  func secured(isHTTP2: Bool, _ identity: PeerIdentity?) {
    isSecure = true
    self.identity = identity
    expectWithinTime()
    do {
      if isHTTP2 { try becomeHTTP2().start() } else { try becomeHTTP1() }
    } catch {
      close("\(error)")
    }
  }

  /// The other end did not prove what it must, or broke off because we did not.
  func handshakeFailed(_ reason: String) {
    tellRefused(reason)
    close(reason)
  }

  /// The handshake went well, and yet its client is not let in.
  func refuseSecured(_ reason: String, before handler: any ChannelHandler) {
    tellRefused(reason)
    channel.writeAndFlush(
      channel.allocator.buffer(bytes: Refusals.forbidden(reason)), promise: nil)
    linger(before: handler)
  }

  private func tellRefused(_ reason: String) {
    target.acceptor.connectionRefused("\(peer): \(reason)")
  }

  private func becomeHTTP1() throws {
    // A client may end its side behind its last request and wait for the answer.
    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
    let watch = FirstByteWatch()
    let decoder = HTTP1Connection.makeDecoder(limits)
    try channel.pipeline.syncOperations.addHandler(watch)
    try channel.pipeline.syncOperations.addHandler(decoder)
    let http1 = HTTP1Connection(self, watch, decoder)
    try channel.pipeline.syncOperations.addHandler(http1)
    stage = http1
  }

  /// Puts an HTTP/2 connection in this one's place; it is still to be started. `session` is one that has
  /// begun already.
  private func becomeHTTP2(_ session: HTTP2Session? = nil) throws -> ServerConnection {
    let connection = ServerConnection(
      loop, peer: peer, identity: identity, isOfMesh: isSecure && port.tls?.isForMesh == true,
      limits: limits, acceptor: target.acceptor, session: session)
    try channel.pipeline.syncOperations.addHandler(connection.transport)
    let connections = target.connections
    connection.whenEnded = { connections.remove(connection) }
    timer?.cancel()
    stage = nil
    connections.insert(connection)
    connections.remove(self)
    return connection
  }

  /// Goes on as HTTP/2 behind `answer`, the 101. Throws what is wrong with the request; then nothing
  /// has changed.
  func upgrade(_ upgrade: H2CUpgrade, after answer: ByteBuffer) throws {
    let session = HTTP2Session(.server, limits: limits, memory: loop.sessionMemory)
    let stream = try session.upgrade(settings: upgrade.settings, isHead: upgrade.isHead)
    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
    channel.writeAndFlush(answer, promise: nil)
    try becomeHTTP2(session).start(with: upgrade, on: stream)
  }

  private func refusePlaintext(after detector: ProtocolDetector) {
    tellRefused("it spoke plain text, and this port takes TLS only")
    refuse(Refusals.plaintext, after: detector)
  }

  /// Says so in the peer's own protocol and closes.
  private func refuse(_ answer: [UInt8], after detector: ProtocolDetector) {
    channel.writeAndFlush(channel.allocator.buffer(bytes: answer), promise: nil)
    linger(before: detector)
  }

  /// Ends our side once all is written, and the peer's a little later; what still comes goes no further than to
  /// the place of `handler`.
  func linger(before handler: any ChannelHandler) {
    timer?.cancel()
    do {
      try channel.pipeline.syncOperations.addHandler(
        LingeringEnd(loop, patience: limits.connectTimeout), position: .before(handler))
    } catch {
      close("\(error)")
    }
  }

  /// A stage's handler is gone: with the channel, unless another one has taken over.
  func left(_ handler: any ConnectionStage) {
    guard stage === handler else { return }
    stage = nil
    timer?.cancel()
    target.connections.remove(self)
  }
}

extension IncomingConnection: OpenConnection {
  /// Who has said nothing yet may be about to: its requests are taken and drained as HTTP/2. The time
  /// for that is bounded by what `expectWithinTime` began.
  func drain() {
    (stage as? HTTP1Connection)?.drain()
  }

  func close(_ reason: String) {
    channel.close(promise: nil)
  }
}

/// A handler that has a connection for a while and tells it, when it leaves the pipeline, by `left`.
protocol ConnectionStage: ChannelInboundHandler {}
