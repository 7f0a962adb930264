// Where a server's call answers.
internal import MartletCore
internal import MartletWire

/// A stream of HTTP/2, or what translates for a client that speaks something else. On its loop only. An enum
/// and no existential, because every call of a replica passes here.
enum CallStream: PayloadSource {
  case http2(ServerStream)
  case translated(any ResponseStream & AnyObject)

  /// The other end, as logs spell it.
  var peer: String {
    switch self {
    case .http2(let stream): stream.connection.peer
    case .translated: "unknown"
    }
  }

  /// Who the other end of the connection had to prove to be.
  var identity: PeerIdentity? {
    switch self {
    case .http2(let stream): stream.connection.identity
    case .translated: nil
    }
  }

  /// Who calls, as a router says: processes of the mesh are believed, anybody else could say anything.
  func forwardedIdentity(_ headers: borrowing HeaderBlock) -> PeerIdentity? {
    switch self {
    case .http2(let stream):
      guard headers.contains(.forwardedClientCert), stream.connection.isOfMesh else { return nil }
      return headers[.forwardedClientCert].flatMap { PeerIdentity(forwarded: $0) }
    case .translated(let stream):
      return stream.forwardedIdentity?[.forwardedClientCert].flatMap { PeerIdentity(forwarded: $0) }
    }
  }

  /// Bytes that wait for a slow client; of a translated answer as many as make its writer wait, or none.
  func backlog(_ limits: Limits) -> Int {
    switch self {
    case .http2(let stream): stream.backlog
    case .translated(let stream): stream.isWritable ? 0 : limits.maxStreamBacklogBytes + 1
    }
  }

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool = false) {
    switch self {
    case .http2(let stream): stream.sendHead(headers, endOfStream: endOfStream)
    case .translated(let stream): stream.sendHead(headers, endOfStream: endOfStream)
    }
  }

  func sendData(_ bytes: [UInt8]) {
    switch self {
    case .http2(let stream): stream.sendData(bytes)
    case .translated(let stream): stream.sendData(bytes)
    }
  }

  func sendMessage(_ message: [UInt8]) {
    switch self {
    case .http2(let stream): stream.sendMessage(message)
    case .translated(let stream): stream.sendMessage(message)
    }
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    switch self {
    case .http2(let stream): stream.sendTrailers(trailers)
    case .translated(let stream): stream.sendTrailers(trailers)
    }
  }

  func consumed(_ count: Int) {
    switch self {
    case .http2(let stream): stream.consumed(count)
    case .translated(let stream): stream.consumed(count)
    }
  }

  func held(_ count: Int) {
    switch self {
    case .http2(let stream): stream.held(count)
    case .translated(let stream): stream.held(count)
    }
  }

  var sharingConnection: ObjectIdentifier? {
    switch self {
    case .http2(let stream): stream.sharingConnection
    case .translated(let stream): stream.sharingConnection
    }
  }

  /// Says that the request was not looked at, so that it may be sent again elsewhere.
  func refuse() {
    switch self {
    case .http2(let stream): stream.reset(.refusedStream)
    case .translated(let stream):
      let status = RPCStatus(.unavailable, "the server has as many calls as it takes")
      stream.sendHead(.grpcTrailersOnly(status), endOfStream: true)
    }
  }
}
