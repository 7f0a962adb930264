// What waits for the end of a TLS handshake.
internal import MartletCore
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// On a server: hands the connection to the protocol that ALPN has chosen.
final class TLSNegotiation: ConnectionStage, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let connection: IncomingConnection
  private let material: TLSMaterial
  private let verifiesClient: Bool

  /// `material` is what the handler in front was made with.
  init(_ connection: IncomingConnection, _ material: TLSMaterial, verifiesClient: Bool) {
    self.connection = connection
    self.material = material
    self.verifiesClient = verifiesClient
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    var identity: PeerIdentity?
    do throws(RPCError) {
      if verifiesClient {
        let verified = context.peerIdentity
        try material.check(verified ?? PeerIdentity())
        identity = verified
      }
    } catch {
      return connection.refuseSecured(error.message, before: self)
    }
    connection.secured(isHTTP2: negotiated == "h2", identity)
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    connection.handshakeFailed(error.systemReason)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    connection.left(self)
  }
}

/// On a client: fails the channel of a server that has not chosen HTTP/2, or is of another mesh. No request
/// is sent before: those wait for the server's settings.
final class HTTP2Check: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let material: TLSMaterial

  init(_ material: TLSMaterial) {
    self.material = material
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    do throws(RPCError) {
      try material.check(context.peerIdentity ?? PeerIdentity())
      guard negotiated == "h2" else {
        throw RPCError(.unavailable, "the server does not choose HTTP/2 (ALPN h2) over TLS")
      }
    } catch {
      context.fireErrorCaught(error)
    }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}

extension ChannelHandlerContext {
  /// Whom the other end's certificate names, once the handshake is done.
  fileprivate var peerIdentity: PeerIdentity? {
    guard let certificate = try? pipeline.syncOperations.nioSSL_peerCertificate() else {
      return nil
    }
    return PeerIdentity(certificate)
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
