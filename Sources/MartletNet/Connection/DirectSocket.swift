// Writing to a socket past NIO, for as long as NIO holds nothing for it.
internal import Glibc
internal import NIOCore
internal import NIOSSL

/// A channel's socket. NIO's way from a handler to the kernel and back costs about 3,000 instructions, as
/// many as making a small answer does, and what they are for is what a socket did not take at once.
struct DirectSocket {
  private let descriptor: CInt

  /// Nil where bytes go through TLS, or where NIO has still something to write.
  init?(_ context: ChannelHandlerContext) {
    let pipeline = context.pipeline.syncOperations
    guard (try? pipeline.handler(type: NIOSSLHandler.self)) == nil,
      (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) == 0,
      let descriptor = try? pipeline.withUnsafeTransportIfAvailable(
        of: NIOBSDSocket.Handle.self, { $0 })
    else { return nil }
    self.descriptor = descriptor
  }

  /// Writes what the socket takes at once, and returns how many bytes that were. An error counts as nothing:
  /// NIO meets it again with what is left. The channel must be active.
  func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    max(0, send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL)))
  }
}
