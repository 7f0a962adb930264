// One connection to a server and the streams on it.
package import MartletCore
package import MartletWire
internal import NIOCore
internal import NIOPosix

/// Hears of a client connection's life, on its loop.
package protocol ClientConnectionObserver: AnyObject {
  /// The server's settings have arrived: streams may be opened.
  func connectionReady(_ connection: ClientConnection)

  /// A stream may be opened again after `open` gave nil: the server allows more of them, or one has
  /// closed.
  func connectionCapacityChanged(_ connection: ClientConnection)

  /// The server takes no new streams; those that it took go on. Open new ones elsewhere.
  func connectionGoingAway(_ connection: ClientConnection)

  /// The connection is gone, or was never made. Called exactly once, after every stream's handler was told.
  /// `error` is UNAVAILABLE with the endpoint and the reason; nil after an orderly end.
  func connectionClosed(_ connection: ClientConnection, _ error: RPCError?)
}

/// A connection to one server. On its loop only.
package final class ClientConnection {
  package enum State: Sendable, Hashable {
    /// The socket is being connected, or the server's settings are awaited. Exits: `ready`, `closed`.
    case connecting
    /// Streams may be opened. Exits: `goingAway`, `closed`.
    case ready
    /// The server sent GOAWAY or `drain` was called: open streams finish. Exits: `closed`.
    case goingAway
    case closed
  }

  package let loop: Loop
  package let endpoint: Endpoint
  package private(set) var state = State.connecting
  let transport: Transport
  private var observer: (any ClientConnectionObserver)?
  private var handlers: [(any ClientStreamHandler)?] = []
  /// Gives up connecting, then looks after the keepalive.
  private var timer: Timer?
  private var keepalive: KeepaliveMachine?
  /// The server said that pings come too often, and nobody has been told yet.
  private var wasPingingTooOften = false
  private var openWasRefused = false
  /// Who waits for the answer to a ping.
  private var pingWaiters: [(Bool) -> Void] = []
  /// The server has spoken HTTP/2.
  package private(set) var wasReady = false

  private let tls: ClientTLS?

  private init(
    _ endpoint: Endpoint, tls: ClientTLS?, on loop: Loop, limits: Limits,
    observer: any ClientConnectionObserver
  ) {
    self.endpoint = endpoint
    self.tls = tls
    self.loop = loop
    self.observer = observer
    keepalive = KeepaliveMachine(client: limits.keepalive)
    transport = Transport(
      loop, HTTP2Session(.client, limits: limits, memory: loop.sessionMemory),
      peerName: endpoint.description)
  }

  /// Starts to connect; the observer hears how it went, never before this returns. The observer is held until
  /// the connection is closed.
  package static func connect(
    to endpoint: Endpoint, tls: ClientTLS? = nil, on loop: Loop, limits: Limits,
    observer: any ClientConnectionObserver
  ) -> ClientConnection {
    loop.preconditionIsCurrent()
    let connection = ClientConnection(
      endpoint, tls: tls, on: loop, limits: limits, observer: observer)
    connection.transport.start(connection)
    connection.timer = loop.schedule(after: limits.connectTimeout) {
      connection.connectTimedOut(limits.connectTimeout)
    }
    connection.connectSocket()
    return connection
  }

  /// Streams that are open now.
  package var openStreams: Int { transport.session.openStreams }

  /// Whether `open` would succeed now.
  package var canOpen: Bool { state == .ready && transport.session.canOpen }

  /// Asks for `connectionCapacityChanged` without having tried `open`.
  func wantsCapacity() {
    openWasRefused = true
  }

  /// Whether the server has ended the connection because of its pings; true once.
  package func takePingComplaint() -> Bool {
    defer { wasPingingTooOften = false }
    return wasPingingTooOften
  }

  /// Why the server would not take a request of these headers, however often it is sent; nil when it would.
  package func refusal(of headers: borrowing HeaderBlock) -> RPCStatus? {
    guard let limit = transport.session.limit(exceededBy: headers) else { return nil }
    return RPCStatus(
      .resourceExhausted,
      "the request's headers have \(headers.listBytes) bytes, and the server takes \(limit)")
  }

  /// Opens a stream. Nil when the server would never take such headers (`refusal`), and when the connection is not
  /// ready, the server's limit of concurrent streams is reached or it is going away; then
  /// `connectionCapacityChanged` or `connectionGoingAway` follows.
  package func open(
    _ headers: HeaderBlock, endOfStream: Bool = false, _ handler: any ClientStreamHandler
  ) -> ClientStream? {
    guard state == .ready, transport.session.limit(exceededBy: headers) == nil,
      let id = transport.session.open(headers, endOfStream: endOfStream)
    else {
      openWasRefused = true
      return nil
    }
    let slot = Int(id.slot)
    while handlers.count <= slot { handlers.append(nil) }
    handlers[slot] = handler
    transport.markDirty()
    return ClientStream(connection: self, id: id)
  }

  /// Opens no more streams and closes the connection once the last one has ended.
  package func drain() {
    switch state {
    case .connecting: close()
    case .ready:
      state = .goingAway
      transport.session.goAway()
      transport.markDirty()
    case .goingAway, .closed: break
    }
  }

  /// Closes the socket. Open streams end with `.connectionLost`.
  package func close(_ reason: String = "the connection was closed by this process") {
    transport.close(RPCError(.unavailable, "\(endpoint): \(reason)"))
  }
}

// MARK: - Connecting

extension ClientConnection {
  private func connectSocket() {
    do { try endpoint.check() } catch { return transport.close(error) }
    let this = UncheckedSendable(self)
    connectedChannel.assumeIsolated().whenComplete { result in
      switch result {
      case .success(let channel): this.value.socketConnected(channel)
      case .failure(let error):
        this.value.transport.close(
          .unavailable("cannot connect to", this.value.endpoint, error))
      }
    }
  }

  /// Reading starts once the transport is in the pipeline.
  private var connectedChannel: EventLoopFuture<any Channel> {
    let bootstrap = ClientBootstrap(group: loop.eventLoop)
      .channelOption(.autoRead, value: false)
      .channelOption(.recvAllocator, value: Transport.receiveAllocator)
      .channelOption(.writeBufferWaterMark, value: Transport.waterMark)
    switch endpoint {
    case .unix(let path) where MemoryNetwork.contains(endpoint):
      return MemoryNetwork.connect(to: path, from: loop)
    case .unix(let path):
      return bootstrap.connect(unixDomainSocketPath: path)
    case .tcp(let host, let port):
      let tcp = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
      if let address = try? SocketAddress(ipAddress: host, port: port) {
        return tcp.connect(to: address)
      }
      return tcp.connect(host: host, port: port)
    }
  }

  private func socketConnected(_ channel: any Channel) {
    guard transport.isOpen else { return channel.close(promise: nil) }
    // Linux may connect a TCP socket to itself when nobody listens on a port of the ephemeral range.
    if case .tcp = endpoint, channel.localAddress == channel.remoteAddress {
      channel.close(promise: nil)
      return transport.close(
        RPCError(.unavailable, "cannot connect to \(endpoint): Connection refused"))
    }
    do {
      try tls?.add(to: channel, for: endpoint)
      try channel.pipeline.syncOperations.addHandler(FirstAnswer())
      try channel.pipeline.syncOperations.addHandler(transport)
      try channel.syncOptions?.setOption(.autoRead, value: true)
    } catch {
      channel.close(promise: nil)
      transport.close(.unavailable("cannot connect to", endpoint, error))
    }
  }

  private func connectTimedOut(_ timeout: Duration) {
    transport.close(
      RPCError(
        .unavailable,
        "cannot connect to \(endpoint): no HTTP/2 answer within \(timeout.inSeconds) s"))
  }
}

// MARK: - Events

extension ClientConnection: TransportOwner {
  package func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, on stream: HTTP2StreamID,
    endOfStream: Bool
  ) {
    handlers[Int(stream.slot)]?.headersReceived(headers, section, endOfStream: endOfStream)
  }

  package func dataReceived(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID) {
    handlers[Int(stream.slot)]?.dataReceived(bytes)
  }

  package func endReceived(on stream: HTTP2StreamID) {
    handlers[Int(stream.slot)]?.endReceived()
  }

  package func streamClosed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    let slot = Int(stream.slot)
    guard slot < handlers.count, let handler = handlers[slot] else { return }
    handlers[slot] = nil
    handler.closed(StreamClosure(code, failure: transport.failure))
    capacityMayHaveGrown()
  }

  package func streamBecameWritable(_ stream: HTTP2StreamID) {
    handlers[Int(stream.slot)]?.becameWritable()
  }

  package func goAwayReceived(lastStream: Int32, _ code: HTTP2ErrorCode) {
    if code == .enhanceYourCalm, transport.session.goAwayText == "too_many_pings" {
      wasPingingTooOften = true
    }
    endPings(true)
    guard state == .ready || state == .connecting else { return }
    if state == .connecting {
      return close("the server takes no requests (\(code))")
    }
    state = .goingAway
    observer?.connectionGoingAway(self)
  }

  package func settingsReceived() {
    guard state == .connecting else { return capacityMayHaveGrown() }
    timer?.cancel()
    timer = nil
    state = .ready
    wasReady = true
    lookAfterKeepalive()
    observer?.connectionReady(self)
  }

  package func pingAcknowledged(_ payload: UInt64) {
    if payload == Self.lifePing { endPings(true) }
  }

  /// The session's callbacks are no place to open streams from, so this waits for them to return.
  private func capacityMayHaveGrown() {
    guard openWasRefused, state == .ready else { return }
    openWasRefused = false
    loop.executeLater {
      if self.state == .ready { self.observer?.connectionCapacityChanged(self) }
    }
  }

  func transportBecameActive() {}

  func headersBegan() {}

  func transportEnded(_ error: RPCError?) {
    timer?.cancel()
    let wasConnecting = state == .connecting
    state = .closed
    handlers = []
    endPings(false)
    let observer = observer
    self.observer = nil
    let fallback = RPCError(.unavailable, "\(endpoint): the server closed the connection")
    observer?.connectionClosed(self, wasConnecting ? error ?? fallback : error)
  }
}

// MARK: - Pings

extension ClientConnection {
  private static let lifePing: UInt64 = 0x6d61_7274_6c65_7404

  /// Asks the server for a sign of life: true once it has answered, or has said goodbye; false when the
  /// connection ends without either.
  func ping(_ done: @escaping (Bool) -> Void) {
    guard transport.isOpen else { return done(false) }
    pingWaiters.append(done)
    transport.session.ping(Self.lifePing)
    transport.markDirty()
  }

  private func endPings(_ isAlive: Bool) {
    let ended = pingWaiters
    pingWaiters = []
    for done in ended { done(isAlive) }
  }
}

// MARK: - Keepalive

extension ClientConnection {
  private static let keepalivePing: UInt64 = 0x6d61_7274_6c65_7403

  /// Asks the machine what is due and does it, until there is nothing but to wait.
  private func lookAfterKeepalive() {
    let session = transport.session
    let now = loop.now
    while transport.isOpen {
      let order = keepalive?.timePassed(
        now: now, lastRead: session.lastReceived, hasCalls: session.openStreams > 0)
      switch order {
      case .wait(let time):
        timer = loop.schedule(at: time) { self.lookAfterKeepalive() }
        return
      case .ping:
        session.ping(ClientConnection.keepalivePing)
        transport.markDirty()
      case .giveUp: return close("the server does not answer pings")
      case nil: return
      }
    }
  }
}
