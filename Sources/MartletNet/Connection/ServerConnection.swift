// One accepted connection and the streams on it.
package import MartletCore
package import MartletWire
internal import NIOCore

/// Takes the requests of a listener's connections. All calls come on the connection's loop.
package protocol RequestAcceptor: AnyObject {
  /// A peer has connected.
  func connectionOpened(_ connection: ServerConnection)

  /// A request's head has arrived, borrowed for the call. The handler that is returned follows the stream
  /// from here on; nil when the acceptor has dealt with the request (answered or reset it), whose payload is
  /// then thrown away. With `endOfStream` neither data nor `endReceived` follows.
  func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)?

  /// Somebody who wanted to connect was turned away or has to wait, and why.
  func connectionRefused(_ reason: String)

  /// The connection is gone; every stream's handler has been told before.
  func connectionClosed(_ connection: ServerConnection)
}

extension RequestAcceptor {
  package func connectionRefused(_ reason: String) {}
}

/// A client's connection. On its loop only.
package final class ServerConnection {
  /// How far a graceful end has come.
  enum Drain: Equatable {
    /// Requests are taken. Exits: `drain`.
    case no
    /// GOAWAY with the highest stream number went out, so that requests in flight still count. Exits: the
    /// peer's answer to the ping behind it.
    case noticed
    /// GOAWAY with the last accepted stream went out; the connection ends with its last stream.
    case final
  }

  /// Marks the ping that follows a shutdown notice among pings.
  private static let drainPing: UInt64 = 0x6d61_7274_6c65_7401
  /// Marks the pings that ask whether the client is alive.
  private static let keepalivePing: UInt64 = 0x6d61_7274_6c65_7402

  /// `Limits.headerExcess` for processes of the same mesh.
  private static let headerExcessOfMesh = 256

  package let loop: Loop
  /// The other end, as logs spell it.
  package let peer: String
  /// Who the other end is, where it had to prove that.
  package let identity: PeerIdentity?
  /// The same as a proxy tells it: one field, `x-forwarded-client-cert`.
  package let forwardedIdentity: HeaderBlock?
  /// The other end is a process of the same mesh: what it says of its own callers is believed.
  let isOfMesh: Bool
  /// Its calls take a share of the memory for messages together: they are one client's.
  let sharesMemory: Bool
  let transport: Transport
  private let acceptor: any RequestAcceptor
  private var handlers: [(any StreamHandler)?] = []
  private(set) var drainState = Drain.no
  /// For the acceptor's own use, such as what it caches for each connection.
  package var userData: AnyObject?
  var whenEnded: (() -> Void)?
  private var farewell = ""
  private let started: Timestamp
  private var life: ServerLifeMachine
  private var facts: ServerLifeMachine.Facts
  /// The one timer of all the connection's times; it is set anew when it has fired.
  private var timer: Timer?
  private let tracksIdleness: Bool
  /// A request that came as HTTP/1.1, until its client has shown that it speaks HTTP/2.
  private var upgrade: (request: H2CUpgrade, stream: HTTP2StreamID)?

  /// `session` is one that has begun already, for an upgraded connection. `isOfMesh` is for peers that have
  /// proved it; those of unix sockets need not.
  init(
    _ loop: Loop, peer: String, identity: PeerIdentity? = nil, isOfMesh: Bool = false,
    limits: Limits, acceptor: any RequestAcceptor, session: HTTP2Session? = nil
  ) {
    self.loop = loop
    self.peer = peer
    self.identity = identity
    forwardedIdentity = identity.map(\.forwardedField)
    self.acceptor = acceptor
    var limits = limits
    let isOfMesh = isOfMesh || peer == SocketAddress.unixPeerName
    self.isOfMesh = isOfMesh
    sharesMemory = !isOfMesh && !limits.connectionsAreShared
    if isOfMesh {
      limits.floods.resets = .unlimited
      // One handler's metadata must not cost the calls of the others their connection.
      limits.headerExcess = Self.headerExcessOfMesh
    }
    started = loop.now
    life = ServerLifeMachine(
      limits, isLocal: isOfMesh, now: started,
      chance: .random(in: 0..<1))
    facts = ServerLifeMachine.Facts(lastRead: started, idleSince: started)
    tracksIdleness = limits.keepalive.maxIdle != nil
    transport = Transport(
      loop, session ?? HTTP2Session(.server, limits: limits, memory: loop.sessionMemory),
      peerName: peer)
  }

  func start() {
    lookAfterLife()
    acceptor.connectionOpened(self)
    transport.start(self)
  }

  /// Begins with a request that came as HTTP/1.1 (`HTTP2Session.upgrade`). It is answered once the client's preface
  /// has come. Before, only our settings may go out: clients read what follows the 101 into a buffer of the old
  /// protocol, and fail where an answer of 32 KiB or more comes with it (curl), or now and then (the JDK).
  func start(with upgrade: H2CUpgrade, on stream: HTTP2StreamID) {
    self.upgrade = (upgrade, stream)
    start()
  }

  private func answerUpgrade() {
    guard let (request, stream) = upgrade else { return }
    upgrade = nil
    // Not from within the session's callback.
    loop.executeLater {
      guard self.transport.isOpen else { return }
      self.transport.session.receiveUpgraded(
        request.request, body: request.body.bytes, on: stream, self)
    }
  }

  /// Streams that are open now.
  package var openStreams: Int { transport.session.openStreams }

  /// Ends the connection gracefully: notice, then the final GOAWAY a round trip later, then the end of
  /// the last stream.
  package func drain() {
    drain(saying: "")
  }

  /// Drains with `farewell` as the GOAWAY's debug data.
  private func drain(saying farewell: String) {
    guard drainState == .no, transport.isOpen else { return }
    drainState = .noticed
    self.farewell = farewell
    transport.session.sendShutdownNotice()
    transport.session.ping(ServerConnection.drainPing)
    transport.markDirty()
  }

  /// Closes the socket at once. Open streams end with `.connectionLost`.
  package func close(_ reason: String = "the server closed the connection") {
    transport.close(RPCError(.unavailable, reason))
  }
}

extension ServerConnection: OpenConnection {}

extension ServerConnection: TransportOwner {
  package func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, on stream: HTTP2StreamID,
    endOfStream: Bool
  ) {
    guard section == .request else {
      // Trailers of a request carry nothing that gRPC reads; their end of stream counts.
      if endOfStream { handlers[Int(stream.slot)]?.endReceived() }
      return
    }
    let slot = Int(stream.slot)
    while handlers.count <= slot { handlers.append(nil) }
    handlers[slot] = acceptor.requestReceived(
      headers, on: ServerStream(connection: self, id: stream), endOfStream: endOfStream)
  }

  package func dataReceived(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID) {
    if let handler = handlers[Int(stream.slot)] {
      handler.dataReceived(bytes)
    } else {
      transport.session.consumed(bytes.count, on: stream)
    }
  }

  package func endReceived(on stream: HTTP2StreamID) {
    handlers[Int(stream.slot)]?.endReceived()
  }

  package func streamClosed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    if tracksIdleness, openStreams == 0 { facts.idleSince = loop.now }
    let slot = Int(stream.slot)
    guard slot < handlers.count, let handler = handlers[slot] else { return }
    handlers[slot] = nil
    handler.closed(StreamClosure(code, failure: transport.failure))
  }

  package func streamBecameWritable(_ stream: HTTP2StreamID) {
    handlers[Int(stream.slot)]?.becameWritable()
  }

  package func goAwayReceived(lastStream: Int32, _ code: HTTP2ErrorCode) {}

  package func settingsReceived() {
    guard !facts.isGreeted else { return }
    facts.isGreeted = true
    timer?.cancel()
    lookAfterLife()
    answerUpgrade()
  }

  package func pingAcknowledged(_ payload: UInt64) {
    guard payload == ServerConnection.drainPing, drainState == .noticed else { return }
    drainState = .final
    transport.session.goAway(.noError, farewell)
    transport.markDirty()
  }

  func transportBecameActive() {}

  func headersBegan() {
    facts.headersSince = transport.session.headersSince
    guard let due = life.headersEnd(facts), due < timer?.time ?? ServerLifeMachine.never else {
      return
    }
    timer?.cancel()
    wake(at: due)
  }

  func transportEnded(_ error: RPCError?) {
    timer?.cancel()
    handlers = []
    acceptor.connectionClosed(self)
    whenEnded?()
    whenEnded = nil
  }
}

// MARK: - Its times

extension ServerConnection {
  /// Asks the machine what is due and does it, until there is nothing but to wait.
  private func lookAfterLife() {
    let session = transport.session
    let now = loop.now
    while true {
      facts.lastRead = max(started, session.lastReceived)
      facts.hasHadRequest = session.hasHadRequest
      facts.openStreams = session.openStreams
      facts.headersSince = session.headersSince
      switch life.timePassed(now: now, facts) {
      case .wait(let time): return wake(at: time)
      case .ping:
        session.ping(ServerConnection.keepalivePing)
        transport.markDirty()
      case .drain(let farewell): drain(saying: farewell.rawValue)
      case .close(let cause): return close(cause)
      }
    }
  }

  private func wake(at time: Timestamp) {
    guard time < ServerLifeMachine.never, transport.isOpen else { return }
    timer = loop.schedule(at: time) { self.lookAfterLife() }
  }

  private func close(_ cause: ServerLifeMachine.Cause) {
    switch cause {
    case .noPreface: close("no HTTP/2 preface came in time")
    case .slowHeaders:
      transport.session.abort(.enhanceYourCalm, "a header section was not whole in time")
      close("a header section was not whole in time")
    case .noAnswer: close("the client does not answer pings")
    case .graceOver: close("the client did not leave in time")
    }
  }
}

extension StreamClosure {
  /// What `streamClosed` says, given why the connection is ending, if it is.
  init(_ code: HTTP2ErrorCode, failure: RPCError?) {
    switch (code, failure) {
    case (.noError, _): self = .finished
    case (.refusedStream, nil): self = .unprocessed("the peer refused the stream")
    case (.refusedStream, let failure?): self = .unprocessed(failure.message)
    case (_, let failure?): self = .connectionLost(failure.message)
    case (_, nil): self = .reset(code)
    }
  }
}

extension PeerIdentity {
  /// The identity as a proxy tells it.
  var forwardedField: HeaderBlock {
    var block = HeaderBlock()
    block.append(.forwardedClientCert, forwarded)
    return block
  }
}
