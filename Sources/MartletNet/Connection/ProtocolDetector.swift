// The first handler of a connection on a shared port: looks at the first bytes and gets out of the way.
internal import NIOCore

/// Keeps what came until the protocol is known, which takes four bytes at most.
final class ProtocolDetector: ConnectionStage, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: IncomingConnection
  private var context: ChannelHandlerContext?
  private var received: ByteBuffer?
  private var isDone = false

  init(_ connection: IncomingConnection) {
    self.connection = connection
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    guard !isDone else { return }
    if var earlier = received {
      earlier.writeBuffer(&bytes)
      bytes = earlier
    }
    guard let spoken = SpokenProtocol(bytes.readableBytesView) else {
      received = bytes
      return
    }
    received = nil
    isDone = true
    connection.speaks(spoken, bytes, after: self)
  }

  /// Passes `bytes` on to the handlers that were added behind this one, and leaves them alone.
  func leave(with bytes: ByteBuffer) {
    guard let context else { return }
    context.fireChannelRead(wrapInboundOut(bytes))
    context.fireChannelReadComplete()
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    connection.left(self)
  }
}
