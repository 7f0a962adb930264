// What a port says to who does not speak what it takes.

/// The last bytes of connections that came to the wrong port.
enum Refusals {
  /// A fatal alert `handshake_failure` in a record of TLS 1.2 (RFC 8446 §5.1, §6).
  static let noTLS: [UInt8] = [0x15, 3, 3, 0, 2, 2, 40]

  /// For plain text of any kind. Also to HTTP/2 the answer of a server that does not speak it: a GOAWAY
  /// behind SETTINGS would have gRPC clients connect again at once, and again, until their deadline.
  static var plaintext: [UInt8] {
    Page(status: 400, "this port takes TLS only: use https")
      .with("connection", "close").http1(isHead: false)
  }

  /// Within TLS, for who has a certificate of the right authority and yet is somebody else; as above, for
  /// HTTP/2 as well.
  static func forbidden(_ reason: String) -> [UInt8] {
    Page(status: 403, "only processes of this mesh are let in: \(reason)")
      .with("connection", "close").http1(isHead: false)
  }
}
