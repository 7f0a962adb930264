// The kernel's and NIO's reasons, in words for people.
internal import Glibc
internal import MartletCore
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

extension RPCError {
  /// UNAVAILABLE: what could not be done at `endpoint`, and the errno's text.
  static func unavailable(
    _ what: String, _ endpoint: Endpoint, _ error: any Error
  ) -> RPCError {
    RPCError(.unavailable, "\(what) \(endpoint): \(error.systemReason)", cause: error)
  }

}

extension Error {
  /// The kernel's words for it, without NIO's around them.
  var systemReason: String {
    switch self {
    case let error as IOError:
      return String(cString: strerror(error.errnoCode))
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first { return first.error.systemReason }
      if let lookup = error.dnsAError ?? error.dnsAAAAError {
        return "cannot resolve \"\(error.host)\": \(lookup)"
      }
      return "\"\(error.host)\" has no address"
    case let error as ChannelError:
      guard case .connectTimeout(let time) = error else { return "\(error)" }
      return "no answer within \(Double(time.nanoseconds) / 1e9) s"
    case let error as RPCError:
      return error.message
    case let error as NIOSSLError:
      return error.reason
    case let error as BoringSSLError:
      return error.reason
    case let error as NIOSSLExtraError:
      return error.description
    default:
      return "\(self)"
    }
  }
}

extension Endpoint {
  /// Bytes of a unix socket's path that fit `sockaddr_un`, its closing zero not counted.
  static let maxPathBytes = 107

  /// INVALID_ARGUMENT when the kernel cannot take this endpoint.
  func check() throws(RPCError) {
    guard case .unix(let path) = self, path.utf8.count > Endpoint.maxPathBytes else { return }
    throw RPCError(
      .invalidArgument,
      "the socket path \(path) is \(path.utf8.count) bytes long; at most "
        + "\(Endpoint.maxPathBytes) fit: choose a shorter run directory")
  }

  /// What clients call this endpoint in `:authority`.
  var authority: String {
    switch self {
    case .unix: "localhost"
    case .tcp: description
    }
  }
}

extension SocketAddress {
  /// What `peerName` says of unix sockets.
  static let unixPeerName = "unix"

  /// `HOST:PORT`, or `unix` for the other end of a unix socket, which has no name.
  var peerName: String {
    switch self {
    case .unixDomainSocket: SocketAddress.unixPeerName
    case .v4, .v6:
      Endpoint.tcp(host: ipAddress ?? "?", port: port ?? 0).description
    }
  }
}
