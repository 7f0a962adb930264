// What a client's first bytes say about the protocol that it speaks.

/// The protocols that share a port.
enum SpokenProtocol: Equatable {
  /// HTTP/2 without asking first ("prior knowledge").
  case http2
  case http1
  case tls

  /// A TLS record that holds a handshake message (RFC 8446 §5.1), as every TLS connection begins. No
  /// method of HTTP begins with this byte.
  private static let tlsHandshake: UInt8 = 0x16

  /// The method of HTTP/2's preface, which is set aside for it (RFC 9113 §11.6).
  private static let preface = Array("PRI ".utf8)

  /// Nil until the bytes tell.
  init?(_ bytes: some Sequence<UInt8>) {
    var matching = 0
    for byte in bytes.prefix(SpokenProtocol.preface.count) {
      if matching == 0, byte == SpokenProtocol.tlsHandshake {
        self = .tls
        return
      }
      guard byte == SpokenProtocol.preface[matching] else {
        self = .http1
        return
      }
      matching += 1
    }
    guard matching == SpokenProtocol.preface.count else { return nil }
    self = .http2
  }
}
