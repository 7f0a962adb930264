// Notices the bytes of a request before the decoder has made anything of them.
internal import NIOCore

/// Stands in front of a decoder: only here is the beginning of a request told from silence.
final class FirstByteWatch: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  var whenBytesCame: () -> Void = {}

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    whenBytesCame()
    context.fireChannelRead(data)
  }
}
