// A listening socket and the connections that came through it.
internal import Glibc
package import MartletCore
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Accepts connections on behalf of a `RequestAcceptor`. Its methods may be called from any thread.
package final class Listener: Sendable {
  /// Connections that the kernel completes before they are accepted; it clamps this to `somaxconn`.
  private static let backlog: Int32 = 1024

  /// A loop, who takes its requests and what is connected there.
  struct Target: @unchecked Sendable {
    let loop: Loop
    let acceptor: any RequestAcceptor
    /// Nil where only HTTP/2 with prior knowledge is spoken.
    let port: SharedPort?
    let connections: ConnectionSet

    init(_ loop: Loop, _ acceptor: any RequestAcceptor, port: SharedPort? = nil) {
      self.loop = loop
      self.acceptor = acceptor
      self.port = port
      connections = ConnectionSet(loop: loop)
    }
  }

  package let loop: Loop
  private let allLimits: NIOLockedValueBox<Limits>
  private let targets: [Target]
  private let channels = NIOLockedValueBox<[any Channel]>([])
  /// Paths of the memory network that it listens at.
  private let memoryPaths = NIOLockedValueBox<[String]>([])
  private let connectionCount = Atomic<Int>(0)
  private let peers: PeerCounts

  /// Accepts on `loop` and keeps the connections there; `acceptor` and `port` are used on that loop only.
  package convenience init(
    on loop: Loop, limits: Limits, acceptor: any RequestAcceptor, port: SharedPort? = nil
  ) {
    self.init(on: loop, limits: limits, targets: [Target(loop, acceptor, port: port)])
  }

  /// Accepts on `loop` and deals the connections out to the targets' loops.
  init(on loop: Loop, limits: Limits, targets: [Target]) {
    self.loop = loop
    allLimits = NIOLockedValueBox(limits)
    peers = PeerCounts(limit: limits.maxConnectionsPerPeer)
    self.targets = targets
  }

  /// What holds for connections that are made from now on.
  private var limits: Limits { allLimits.withLockedValue { $0 } }

  /// Changes how often a client may ping, for connections that are made from now on.
  package func setLeastPingInterval(_ interval: Duration) {
    allLimits.withLockedValue { $0.keepalive.setLeastPingInterval(interval) }
  }

  /// Binds and listens. A socket file that nobody listens on is replaced. Returns the endpoint, with the port
  /// that was given when 0 was asked for. Throws UNAVAILABLE with endpoint and reason.
  package func listen(on endpoint: Endpoint) async throws(RPCError) -> Endpoint {
    try endpoint.check()
    do {
      switch endpoint {
      case .unix(let path) where MemoryNetwork.contains(endpoint):
        try listen(atMemoryPath: path)
        return endpoint
      case .unix(let path):
        try await makeSureNobodyListens(atPath: path)
        try await add(
          bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get())
        return endpoint
      case .tcp(let host, let port):
        let channel = try await bootstrap.bind(host: host, port: port).get()
        add(channel)
        return .tcp(host: host, port: channel.localAddress?.port ?? port)
      }
    } catch {
      throw .unavailable("cannot listen on", endpoint, error)
    }
  }

  /// Listens on a socket that is bound already, and owns the descriptor from now on.
  package func listen(onInherited descriptor: CInt) async throws(RPCError) {
    do {
      let channel = try await bootstrap.withBoundSocket(descriptor).get()
      // NIO has just set the backlog to its own default.
      _ = Glibc.listen(descriptor, Listener.backlog)
      add(channel)
    } catch {
      throw RPCError(
        .unavailable, "cannot listen on inherited descriptor \(descriptor): \(error)",
        cause: error)
    }
  }

  /// Accepts no more connections; those that there are stay.
  package func stop() async {
    let paths = memoryPaths.withLockedValue { paths in
      defer { paths = [] }
      return paths
    }
    for path in paths { MemoryNetwork.stopListening(at: path) }
    let closing = channels.withLockedValue { channels in
      defer { channels = [] }
      return channels
    }
    for channel in closing {
      // It fails only when the channel is closed already.
      try? await channel.close().get()
    }
  }

  /// Stops, drains every connection and returns when the last has ended; after `within` those that
  /// are left are closed.
  package func drain(within: Duration) async {
    await stop()
    let deadline = Loop.now + within
    for target in targets {
      await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
        target.loop.run { target.connections.drain(until: deadline) { done.resume() } }
      }
    }
  }

  private func add(_ channel: any Channel) {
    channels.withLockedValue { $0.append(channel) }
  }

  private func listen(atMemoryPath path: String) throws {
    try MemoryNetwork.listen(at: path) { client in
      let turn = self.connectionCount.load(ordering: .relaxed)
      let target = self.targets[turn % self.targets.count]
      let ends = MemoryChannel.pair(client: client, server: target.loop, path: path)
      target.loop.execute {
        do {
          try self.accept(ends.server, for: target)
          ends.server.activate()
        } catch {
          ends.server.close(promise: nil)
        }
      }
      return ends.client
    }
    memoryPaths.withLockedValue { $0.append(path) }
  }

  /// NIO would take the socket file away from a living server.
  private func makeSureNobodyListens(atPath path: String) async throws {
    let client = ClientBootstrap(group: loop.eventLoop)
    guard let channel = try? await client.connect(unixDomainSocketPath: path).get() else { return }
    try? await channel.close().get()
    throw RPCError(.alreadyExists, "another process listens there")
  }

  private var bootstrap: ServerBootstrap {
    let targetsByLoop = targets
    let group = targets.count == 1 ? targets[0].loop.eventLoop : loop.siblings
    return ServerBootstrap(group: loop.eventLoop, childGroup: group)
      .serverChannelOption(.backlog, value: Listener.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AcceptBackoff { self.tellRefused("there is no descriptor or memory left: \($0)") })
        }
      }
      .childChannelOption(.recvAllocator, value: Transport.receiveAllocator)
      .childChannelOption(.writeBufferWaterMark, value: Transport.waterMark)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let target = targetsByLoop.first(where: \.loop.isCurrent) else {
            throw ChannelError.inappropriateOperationForState
          }
          try self.accept(channel, for: target)
        }
      }
  }

  /// Counts a connection and gives it to who speaks on it. Throws when it must be closed: it is one too
  /// many, or it has ended already; then it does not count.
  func accept(_ channel: any Channel, for target: Target) throws {
    let limits = limits
    guard connectionCount.load(ordering: .relaxed) < limits.maxConnections else {
      tellRefused("\(limits.maxConnections) connections are open, the most that are taken")
      throw ChannelError.inappropriateOperationForState
    }
    let address = PeerAddress(channel.remoteAddress)
    guard peers.enter(address) else {
      tellRefused(
        "\(limits.maxConnectionsPerPeer) connections of one peer are open, the most that are taken")
      throw ChannelError.inappropriateOperationForState
    }
    connectionCount.wrappingAdd(1, ordering: .relaxed)
    do {
      try begin(channel, for: target)
    } catch {
      leave(address)
      throw error
    }
    // It counts for as long as it has a socket, also after its last word.
    channel.closeFuture.whenComplete { _ in self.leave(address) }
  }

  /// Nothing of the connection is left when it throws.
  private func begin(_ channel: any Channel, for target: Target) throws {
    if case .some(.v4) = channel.remoteAddress, let options = channel.syncOptions {
      try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    } else if case .some(.v6) = channel.remoteAddress, let options = channel.syncOptions {
      try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    }
    let peer = channel.remoteAddress?.peerName ?? "unknown"
    if let port = target.port {
      return try IncomingConnection(channel, port, for: target, peer: peer, limits: limits).start()
    }
    let connection = ServerConnection(
      target.loop, peer: peer, limits: limits, acceptor: target.acceptor)
    try channel.pipeline.syncOperations.addHandler(connection.transport)
    connection.whenEnded = { target.connections.remove(connection) }
    target.connections.insert(connection)
    connection.start()
  }
}

extension Listener {
  /// A connection counts no longer.
  private func leave(_ address: PeerAddress?) {
    connectionCount.wrappingSubtract(1, ordering: .relaxed)
    peers.leave(address)
  }

  /// One acceptor hears of it: they serve the same process.
  private func tellRefused(_ reason: String) {
    guard let target = targets.first else { return }
    target.loop.run { target.acceptor.connectionRefused(reason) }
  }
}

/// Lets a listening socket rest while the process has no descriptor or memory for another
/// connection; without it the loop would spin on the one that waits.
private final class AcceptBackoff: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private static let pause = TimeAmount.milliseconds(50)

  private let whenResting: (String) -> Void

  init(whenResting: @escaping (String) -> Void) {
    self.whenResting = whenResting
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError,
      [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
    else { return context.fireErrorCaught(error) }
    whenResting(error.systemReason)
    let options = context.channel.syncOptions
    // It fails only when the channel has been closed meanwhile.
    try? options?.setOption(.autoRead, value: false)
    context.eventLoop.assumeIsolated().scheduleTask(in: AcceptBackoff.pause) {
      try? options?.setOption(.autoRead, value: true)
    }
  }
}
