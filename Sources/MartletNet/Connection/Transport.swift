// One socket under one HTTP/2 session: bytes in when they arrive, bytes out once a turn.
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// Who hears of a transport's life.
protocol TransportOwner: HTTP2SessionDelegate {
  /// The socket is connected.
  func transportBecameActive()

  /// A read ended within a header section.
  func headersBegan()

  /// Every stream has been closed. `error` is nil after an orderly end. Called exactly once.
  func transportEnded(_ error: RPCError?)
}

/// The last handler of a channel's pipeline. Whoever gives the session an order calls `markDirty`;
/// the loop then calls `flush` once for the turn, however many orders there were.
final class Transport: ChannelInboundHandler, Flushable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes of one output of the session: room to coalesce hundreds of small answers, or for a message of
  /// 64 KiB with its frames, and a size that sockets take at once.
  static let outputBytes = 128 << 10

  /// Bytes of one read. Small to begin with, because a server may have thousands of quiet connections
  /// and NIO keeps the last buffer of each; a busy one has larger ones after a few reads.
  static let receiveAllocator = AdaptiveRecvByteBufferAllocator(
    minimum: 1 << 10, initial: 1 << 10, maximum: 256 << 10)

  /// Behind TLS, no more output is made above the high mark.
  static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(
    low: 64 << 10, high: 256 << 10)

  /// Time for a peer to close its side after we have ended an orderly connection. Closing at once would
  /// destroy answers that it has not read yet (TCP resets when unread bytes are left).
  static let lingerTime = Duration.seconds(1)

  /// Bytes of a peer that are thrown away after our last word: more than two sockets hold. Who goes on beyond
  /// that is not reading.
  static let mostDiscarded = 16 << 20

  private enum State {
    case open
    /// `close` was asked for, or the session failed: nothing more is read.
    case closing(RPCError?)
    /// The channel is gone and the owner knows.
    case ended
  }

  let loop: Loop
  let session: HTTP2Session
  private let peerName: String
  private var owner: (any TransportOwner)?
  private var context: ChannelHandlerContext?
  private var state = State.open
  private var isDirty = false
  /// Nil while bytes must take the way through the channel's handlers.
  private var socket: DirectSocket?
  /// NIO has a write that the socket has not taken. None may overtake it, and no more output is made
  /// meanwhile: what is not sent yet stays in its stream, where writers see it.
  private var isBehind: Bool { pendingWrites > 0 }
  private var pendingWrites = 0
  private var lingerTimer: Timer?
  private var discarded = 0
  private var pacer = ReadPacer()
  private var resumption: Timer?
  /// What was read before reading was paused.
  private var held = ByteBuffer()

  /// `peerName` stands in front of every reason that the transport gives for its end.
  init(_ loop: Loop, _ session: HTTP2Session, peerName: String) {
    self.loop = loop
    self.session = session
    self.peerName = peerName
  }

  /// The owner is kept until the transport has ended.
  func start(_ owner: any TransportOwner) {
    self.owner = owner
    markDirty()
  }

  /// Why the connection is ending, for streams that it takes along; nil while it is not failing.
  var failure: RPCError? {
    if case .closing(let error) = state { return error }
    return nil
  }

  var isOpen: Bool {
    if case .open = state { return true }
    return false
  }

  /// Has the session's output written when the loop's turn ends.
  @inline(__always)
  func markDirty() {
    guard !isDirty else { return }
    isDirty = true
    loop.flushAtTurnEnd(self)
  }

  /// Gives `count` received payload bytes back to the peer's windows.
  func consumed(_ count: Int, on stream: HTTP2StreamID) {
    session.consumed(count, on: stream)
    if session.wantsWrite { markDirty() }
  }

  /// Writes what is queued and closes the socket, a little later: never from within a callback of the session.
  /// Streams that are still open are closed with it.
  func close(_ error: RPCError?) {
    guard isOpen else { return }
    state = .closing(error)
    loop.executeLater { self.closeNow() }
  }

  private func closeNow() {
    guard let context else { return end() }
    writeOutput(context)
    guard failure == nil || session.saidWhyItFailed else { return context.close(promise: nil) }
    let channel = context.channel
    // It may have been paused.
    setReading(true)
    context.close(mode: .output, promise: nil)
    if failure != nil { end() }
    lingerTimer = loop.schedule(after: Transport.lingerTime) { channel.close(promise: nil) }
  }

  /// What comes after our last word, or after a failure, is read and thrown away.
  private func discard(_ bytes: ByteBuffer, of channel: any Channel) {
    discarded += bytes.readableBytes
    if discarded > Transport.mostDiscarded { channel.close(promise: nil) }
  }

  // MARK: Out

  func flush() {
    isDirty = false
    guard let context, isOpen, context.channel.isActive else { return }
    writeOutput(context)
    if isOpen, session.isFinished { close(nil) }
  }

  private func writeOutput(_ context: ChannelHandlerContext) {
    guard let owner else { return }
    do {
      while session.wantsWrite, !isBehind || !isOpen, context.channel.isWritable {
        var buffer = loop.takeOutputBuffer()
        let count = try buffer.writeWithUnsafeMutableBytes(
          minimumWritableBytes: Transport.outputBytes
        ) { try session.output(into: $0, owner) }
        if count > 0 { write(buffer, context) }
        loop.giveBack(outputBuffer: buffer)
        if count == 0 { break }
      }
    } catch {
      close(RPCError(.unavailable, "\(peerName): the connection failed: \(error)", cause: error))
    }
  }

  private func write(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
    guard let socket else { return context.writeAndFlush(wrapOutboundOut(buffer), promise: nil) }
    var rest = buffer
    if !isBehind, context.channel.isActive {
      rest.moveReaderIndex(forwardBy: buffer.withUnsafeReadableBytes { socket.write($0) })
      if rest.readableBytes == 0 { return }
    }
    pendingWrites += 1
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in
      self.pendingWrites -= 1
      self.markDirty()
    }
    context.writeAndFlush(wrapOutboundOut(rest), promise: written)
  }

  // MARK: In, from NIO

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    socket = DirectSocket(context)
    if context.channel.isActive { owner?.transportBecameActive() }
  }

  func channelActive(context: ChannelHandlerContext) {
    owner?.transportBecameActive()
    if session.wantsWrite { markDirty() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    end()
    lingerTimer?.cancel()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    guard isOpen else { return discard(buffer, of: context.channel) }
    // NIO may have read several times before it heard of the pause.
    if resumption != nil {
      held.writeBuffer(&buffer)
    } else {
      receive(buffer)
    }
  }

  private func receive(_ buffer: ByteBuffer) {
    guard isOpen, let owner else { return }
    let endsRead = loop.beginRead()
    defer { if endsRead { loop.endRead() } }
    do {
      var rest = buffer
      repeat {
        try receiveSlice(of: &rest, owner)
      } while resumption == nil && rest.readableBytes > 0
      if session.headersSince != nil { owner.headersBegan() }
      if session.wantsWrite || session.isFinished { markDirty() }
    } catch {
      close(RPCError(.unavailable, "\(peerName): the peer broke HTTP/2: \(error)", cause: error))
    }
  }

  private func receiveSlice(
    of bytes: inout ByteBuffer, _ owner: any TransportOwner
  ) throws(HTTP2SessionError) {
    let began = session.isResetOften ? ReadPacer.cpuTime() : nil
    // Cutting a read cuts frames, so it is done only where there may be a reason to pause.
    let count =
      began == nil ? bytes.readableBytes : min(bytes.readableBytes, ReadPacer.sliceBytes)
    try bytes.withUnsafeReadableBytes { all throws(HTTP2SessionError) in
      try session.receive(UnsafeRawBufferPointer(rebasing: all[..<count]), at: loop.now, owner)
    }
    bytes.moveReaderIndex(forwardBy: count)
    guard let began, session.isResetOften else { return }
    let spent = ReadPacer.cpuTime() - began
    if let pause = pacer.pause(after: spent, hasMore: bytes.readableBytes > 0) {
      pauseReading(pause, bytes)
    }
  }

  // MARK: Clients that cancel more than they may

  /// Keeps `rest` and what the socket has for later.
  private func pauseReading(_ pause: Duration, _ rest: ByteBuffer) {
    held = rest
    setReading(false)
    resumption = loop.schedule(after: pause) { self.resumeReading() }
  }

  private func resumeReading() {
    resumption = nil
    guard isOpen else { return }
    let rest = held
    held = ByteBuffer()
    if rest.readableBytes > 0 { receive(rest) }
    if resumption == nil { setReading(true) }
  }

  private func setReading(_ reads: Bool) {
    // It fails only when the channel has been closed meanwhile.
    try? context?.channel.syncOptions?.setOption(.autoRead, value: reads)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { markDirty() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isOpen {
      state = .closing(RPCError(.unavailable, "\(peerName): \(error.systemReason)", cause: error))
    }
    context.close(promise: nil)
  }

  private func end() {
    guard let owner else { return }
    let error: RPCError?
    switch state {
    case .open:
      // Streams that see `failure` must find the reason, so the state changes first.
      let isOrderly = session.isFinished || session.openStreams == 0
      let reason = session.goAwayText.isEmpty ? "" : " (\(session.goAwayText))"
      error =
        isOrderly
        ? nil : RPCError(.unavailable, "\(peerName): the peer closed the connection\(reason)")
      state = .closing(error)
    case .closing(let reason): error = reason
    case .ended: return
    }
    session.end(.cancel, owner)
    state = .ended
    self.owner = nil
    context = nil
    held = ByteBuffer()
    resumption?.cancel()
    owner.transportEnded(error)
  }
}
