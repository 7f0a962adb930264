// One end of a connection that stays within this process: a NIO channel without a socket.
internal import MartletCore
internal import NIOCore
internal import Synchronization

/// Hands what is written to the other end, which lives on a loop of its own. Everything mutable belongs to
/// the channel's loop; what both ends share is atomic.
final class MemoryChannel: Channel, NIOCore.ChannelCore, @unchecked Sendable {
  /// Bytes that the other end has not read yet, above which this one is not writable, and those at which it is
  /// again: as much as sockets hold.
  private static let highWaterBytes = Transport.waterMark.high
  private static let lowWaterBytes = Transport.waterMark.low

  let loop: Loop
  let allocator = ByteBufferAllocator()
  let remoteAddress: SocketAddress?
  private let closePromise: EventLoopPromise<Void>
  private let active = Atomic(false)
  private let writable = Atomic(true)
  /// Bytes on their way to the other end.
  private let sent = Atomic(0)
  private var isOpen = true
  private var outputIsOpen = true
  private var pending: [(data: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
  /// The other end; nil before the two are joined and once it can hear nothing more.
  private var peer: MemoryChannel?
  // Made at the end of `init`, since it wants the channel.
  private(set) lazy var pipeline = ChannelPipeline(channel: self)

  private init(_ loop: Loop, remoteAddress: SocketAddress?) {
    self.loop = loop
    self.remoteAddress = remoteAddress
    closePromise = loop.eventLoop.makePromise()
    _ = pipeline
  }

  /// Both ends of a new connection, neither of which has handlers or is active.
  static func pair(
    client: Loop, server: Loop, path: String
  ) -> (client: MemoryChannel, server: MemoryChannel) {
    let address = try? SocketAddress(unixDomainSocketPath: path)
    let ends = (
      client: MemoryChannel(client, remoteAddress: address),
      server: MemoryChannel(server, remoteAddress: address)
    )
    ends.client.peer = ends.server
    ends.server.peer = ends.client
    return ends
  }

  /// Begins to pass on what comes. On the loop.
  func activate() {
    guard isOpen, !isActive else { return }
    active.store(true, ordering: .releasing)
    pipeline.syncOperations.fireChannelRegistered()
    pipeline.syncOperations.fireChannelActive()
  }

  var eventLoop: any EventLoop { loop.eventLoop }
  var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
  var localAddress: SocketAddress? { remoteAddress }
  var parent: (any Channel)? { nil }
  var isWritable: Bool { writable.load(ordering: .acquiring) }
  var isActive: Bool { active.load(ordering: .acquiring) }
  var _channelCore: any NIOCore.ChannelCore { self }

  /// There is nothing to set: reading never pauses, since HTTP/2's windows bound what comes.
  func setOption<Option: ChannelOption>(
    _ option: Option, value: Option.Value
  ) -> EventLoopFuture<Void> {
    eventLoop.makeSucceededVoidFuture()
  }

  func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
    eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
  }

  // MARK: From the other end, on the loop

  private func received(_ bytes: ByteBuffer, from sender: MemoryChannel) {
    sender.took(bytes.readableBytes)
    guard isOpen else { return }
    pipeline.syncOperations.fireChannelRead(NIOAny(bytes))
    pipeline.syncOperations.fireChannelReadComplete()
  }

  /// The other end has read so many bytes. On its loop.
  private func took(_ count: Int) {
    let left = sent.wrappingSubtract(count, ordering: .relaxed).newValue
    guard left <= Self.lowWaterBytes, !isWritable else { return }
    loop.execute { self.becameWritable() }
  }

  private func becameWritable() {
    guard isOpen, !isWritable else { return }
    writable.store(true, ordering: .releasing)
    pipeline.syncOperations.fireChannelWritabilityChanged()
  }

  /// The other end sends no more; as on sockets of which no half stays open, this is the end.
  private func peerEnded() {
    close0(error: ChannelError.eof, mode: .all, promise: nil)
  }

  /// Tells the other end, once, that nothing more comes.
  private func endOutput() {
    guard outputIsOpen else { return }
    outputIsOpen = false
    guard let peer else { return }
    peer.loop.execute { peer.peerEnded() }
  }
}

// MARK: - What handlers ask for

extension MemoryChannel {
  func localAddress0() throws -> SocketAddress { try address() }
  func remoteAddress0() throws -> SocketAddress { try address() }

  private func address() throws -> SocketAddress {
    guard let remoteAddress else { throw ChannelError.unknownLocalAddress }
    return remoteAddress
  }

  func register0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
  func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) { promise?.succeed() }

  func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }

  func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }

  func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }

  func read0() {}

  func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard isOpen, outputIsOpen else {
      promise?.fail(isOpen ? ChannelError.outputClosed : ChannelError.ioOnClosedChannel)
      return
    }
    pending.append((unwrapData(data, as: ByteBuffer.self), promise))
  }

  func flush0() {
    let writes = pending
    pending.removeAll(keepingCapacity: true)
    for (data, promise) in writes {
      if isOpen, outputIsOpen, let peer {
        let count = sent.wrappingAdd(data.readableBytes, ordering: .relaxed).newValue
        if count > Self.highWaterBytes { writable.store(false, ordering: .releasing) }
        peer.loop.execute { peer.received(data, from: self) }
        promise?.succeed()
      } else {
        promise?.fail(ChannelError.ioOnClosedChannel)
      }
    }
  }

  func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard isOpen else {
      promise?.fail(ChannelError.alreadyClosed)
      return
    }
    switch mode {
    case .input: promise?.fail(ChannelError.operationUnsupported)
    case .output:
      endOutput()
      promise?.succeed()
    case .all:
      endOutput()
      isOpen = false
      peer = nil
      active.store(false, ordering: .releasing)
      for (_, promise) in pending { promise?.fail(error) }
      pending = []
      promise?.succeed()
      pipeline.syncOperations.fireChannelInactive()
      pipeline.syncOperations.fireChannelUnregistered()
      // Whoever closed it may still be in the middle of the pipeline.
      loop.execute {
        self.removeHandlers(pipeline: self.pipeline)
        self.closePromise.succeed()
      }
    }
  }

  func channelRead0(_ data: NIOAny) {}

  func errorCaught0(error: any Error) {}
}
