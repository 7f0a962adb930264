// What waits for the end of a TLS handshake.
internal import MartletCore
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// On a server: hands the connection to the protocol that ALPN has chosen.
final class TLSNegotiation: ConnectionStage, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let connection: IncomingConnection
  private let tls: ServerTLS

  init(_ connection: IncomingConnection, _ tls: ServerTLS) {
    self.connection = connection
    self.tls = tls
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    var identity: PeerIdentity?
    if tls.verifiesClients,
      let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
    {
      identity = PeerIdentity(certificate)
    }
    connection.secured(isHTTP2: negotiated == "h2", identity)
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    connection.close("TLS: \(error.systemReason)")
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    connection.left(self)
  }
}

/// On a client: fails the channel of a server that has not chosen HTTP/2.
final class HTTP2Check: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    if negotiated != "h2" {
      context.fireErrorCaught(
        RPCError(.unavailable, "the server does not choose HTTP/2 (ALPN h2) over TLS"))
    }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}

extension PeerIdentity {
  /// The names of a certificate that was verified.
  init(_ certificate: NIOSSLCertificate) {
    self.init()
    for name in certificate._subjectAlternativeNames() {
      switch name.nameType {
      case .uri: uris.append(String(decoding: name.contents, as: UTF8.self))
      case .dnsName: dnsNames.append(String(decoding: name.contents, as: UTF8.self))
      default: break
      }
    }
  }
}
