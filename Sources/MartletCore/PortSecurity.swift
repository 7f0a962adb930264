// Whether a port takes TLS, plain text or both, and where plain text is allowed at all.

/// Where a server's certificate is, and whom it lets in.
public struct ServerTLSFiles: Sendable, Hashable {
  /// The certificate and those that it was issued by, leaf first (PEM).
  public var certificate: String

  /// The certificate's private key (PEM).
  public var key: String

  /// The authorities that issue clients' certificates (PEM). With it no client gets in without one.
  public var clientCA: String?

  public init(certificate: String, key: String, clientCA: String? = nil) {
    self.certificate = certificate
    self.key = key
    self.clientCA = clientCA
  }
}

/// Whom a client trusts at `https://` addresses, and who it says it is.
public struct ClientTLSFiles: Sendable, Hashable {
  /// The authorities that issue servers' certificates (PEM), instead of the system's.
  public var serverCA: String?

  /// The client's own certificate chain (PEM, leaf first), for servers that ask for one.
  public var certificate: String?

  /// The certificate's private key (PEM).
  public var key: String?

  /// The name that the server's certificate must have, instead of the address's host. One for the IP address
  /// that is connected to is believed as well.
  public var serverName: String?

  public init(
    serverCA: String? = nil, certificate: String? = nil, key: String? = nil,
    serverName: String? = nil
  ) {
    self.serverCA = serverCA
    self.certificate = certificate
    self.key = key
    self.serverName = serverName
  }
}

/// What keeps strangers out of a port.
public struct PortSecurity: Sendable, Hashable {
  public var tls: ServerTLSFiles?

  /// Plain text is taken wherever the port is, also beside TLS.
  public var insecure: Bool

  /// Whose pages in browsers may read the answers.
  public var origins: AllowedOrigins

  public init(
    tls: ServerTLSFiles? = nil, insecure: Bool = false,
    origins: AllowedOrigins = AllowedOrigins()
  ) {
    self.tls = tls
    self.insecure = insecure
    self.origins = origins
  }

  /// Takes what options say. Throws what does not fit together.
  public init(
    certificate: String?, key: String?, clientCA: String?, insecure: Bool,
    origins: AllowedOrigins = AllowedOrigins()
  ) throws(InvalidPortSecurity) {
    self.insecure = insecure
    self.origins = origins
    switch (certificate, key) {
    case (let certificate?, let key?):
      tls = ServerTLSFiles(certificate: certificate, key: key, clientCA: clientCA)
    case (nil, nil): tls = nil
    case (_?, nil): throw InvalidPortSecurity("--tls-cert needs --tls-key")
    case (nil, _?): throw InvalidPortSecurity("--tls-key needs --tls-cert")
    }
    guard clientCA != nil else { return }
    guard tls != nil else {
      throw InvalidPortSecurity("--client-ca needs --tls-cert and --tls-key")
    }
    guard !insecure else {
      throw InvalidPortSecurity(
        "--insecure would let in callers without the certificate that --client-ca asks for; "
          + "leave one of them out")
    }
  }

  /// Plain text is taken: there is no TLS, or it was asked for.
  public var takesPlaintext: Bool { tls == nil || insecure }

  /// Throws when requests would come to `endpoint` over a network in plain text, which nobody has
  /// asked for.
  public func check(_ endpoint: Endpoint) throws(InvalidPortSecurity) {
    guard tls == nil, !insecure, !endpoint.isLocal else { return }
    throw InvalidPortSecurity(
      "\(endpoint) can be reached from other machines, and requests would come without TLS: give "
        + "--tls-cert and --tls-key, listen on 127.0.0.1, or say --insecure")
  }
}

/// Why a port cannot be as it was asked for.
public struct InvalidPortSecurity: Error, Sendable, Hashable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) {
    self.description = description
  }
}

extension Endpoint {
  /// Only this machine's processes can reach it: a unix socket or a loopback address. Other names than
  /// `localhost` are not looked up, since what they mean may change.
  public var isLocal: Bool {
    guard case .tcp(let host, _) = self else { return true }
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
