// The first handler of a client's connection that reads: knows a web page from HTTP/2.
internal import MartletCore
internal import NIOCore

/// Fails the channel of a server that begins with HTTP/1.1, in that server's words: ports that take TLS or
/// certain clients only refuse others so, since HTTP/2 has no room for a reason. Then it leaves.
final class FirstAnswer: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  /// Bytes of a page's last line that are quoted.
  private static let quotedBytes = 500

  private static let http1 = Array("HTTP/1.".utf8)

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if bytes.readableBytesView.starts(with: Self.http1) {
      context.fireErrorCaught(
        RPCError(.unavailable, "the server answers with HTTP/1.1, not HTTP/2: \(words(bytes))"))
    } else {
      context.fireChannelRead(data)
    }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  /// The last line of the page, or the first one of an answer without any.
  private func words(_ bytes: ByteBuffer) -> String {
    let text = String(decoding: bytes.readableBytesView, as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline)
    let hasBody = text.firstRange(of: "\r\n\r\n").map { $0.upperBound < text.endIndex } ?? false
    return String((hasBody ? lines.last : lines.first)?.prefix(Self.quotedBytes) ?? "")
  }
}
