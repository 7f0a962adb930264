// A client's side of TLS.
package import MartletCore
internal import NIOCore
internal import NIOSSL

/// Whom a client trusts, and who it says it is.
package struct ClientTLS: Sendable {
  /// Files and names; by default a server must have a certificate from one of the system's authorities.
  package struct Options: Sendable, Hashable {
    /// The authorities that issue servers' certificates (PEM), instead of the system's.
    package var serverCA: String?
    /// The client's own certificate and its key (PEM).
    package var certificate: String?
    package var key: String?
    /// The name that the server's certificate must have, instead of the endpoint's host. One for the
    /// IP address that is connected to is believed as well.
    package var serverName: String?

    package init(
      serverCA: String? = nil, certificate: String? = nil, key: String? = nil,
      serverName: String? = nil
    ) {
      self.serverCA = serverCA
      self.certificate = certificate
      self.key = key
      self.serverName = serverName
    }
  }

  private let context: NIOSSLContext
  private let serverName: String?

  /// Reads the files. Throws INVALID_ARGUMENT with the file and what is wrong with it.
  package init(_ options: Options = Options()) throws(RPCError) {
    serverName = options.serverName
    var configuration = TLSConfiguration.makeClientConfiguration()
    if let serverCA = options.serverCA {
      configuration.trustRoots = .certificates(try PEM.certificates(serverCA))
    }
    guard (options.certificate == nil) == (options.key == nil) else {
      throw RPCError(.invalidArgument, "a client's certificate and its key go together")
    }
    if let certificate = options.certificate, let key = options.key {
      configuration.certificateChain = try PEM.certificates(certificate).map { .certificate($0) }
      configuration.privateKey = .privateKey(try PEM.key(key))
    }
    configuration.applyBounds(["h2"])
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw RPCError(.invalidArgument, "TLS cannot be used: \(error.systemReason)", cause: error)
    }
  }

  /// Puts TLS on a connected channel; what is added behind it sees plain text. The channel fails when the
  /// server does not choose HTTP/2.
  func add(to channel: any Channel, for endpoint: Endpoint) throws {
    let handler = try NIOSSLClientHandler(context: context, serverHostname: name(of: endpoint))
    try channel.pipeline.syncOperations.addHandler(handler)
    try channel.pipeline.syncOperations.addHandler(HTTP2Check())
  }

  /// Nil where the certificate must name the IP address that is connected to.
  private func name(of endpoint: Endpoint) -> String? {
    if let serverName { return serverName }
    switch endpoint {
    case .unix: return endpoint.authority
    case .tcp(let host, let port):
      return (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }
  }
}
