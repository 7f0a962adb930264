// The end of a connection that has given its last answer.
internal import MartletCore
internal import NIOCore

/// Takes the place of a stage that has given its last answer. Closing at once would destroy the answer: what of it
/// the peer has not taken yet, and all of it when bytes are left unread (TCP resets then). So the rest is written
/// first, for as long as the peer takes it, and then the peer gets time to read it.
final class LingeringEnd: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let loop: Loop
  /// How long a peer may take nothing of what is written.
  private let patience: Duration
  private var timer: Timer?
  private var lastBuffered = 0

  init(_ loop: Loop, patience: Duration) {
    self.loop = loop
    self.patience = patience
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    lastBuffered = channel.bufferedBytes
    lookAfterWriting(channel)
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [self] _ in
      timer?.cancel()
      channel.close(mode: .output, promise: nil)
      timer = loop.schedule(after: Transport.lingerTime) { channel.close(promise: nil) }
    }
    // Nothing, behind all that waits.
    context.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
  }

  private func lookAfterWriting(_ channel: any Channel) {
    timer = loop.schedule(after: patience) { [weak self] in
      guard let self else { return }
      let buffered = channel.bufferedBytes
      guard buffered < lastBuffered else { return channel.close(promise: nil) }
      lastBuffered = buffered
      lookAfterWriting(channel)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
  }
}

extension Channel {
  /// Bytes that wait for the peer to take them; 0 where the channel does not tell.
  var bufferedBytes: Int {
    (try? syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }
}
