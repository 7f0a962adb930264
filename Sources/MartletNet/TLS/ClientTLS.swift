// A client's side of TLS.
package import MartletCore
internal import NIOCore
internal import NIOSSL

/// Whom a client trusts, and who it says it is. New connections use the files as they are then.
package struct ClientTLS: Sendable {
  private let current: @Sendable () -> TLSMaterial
  private let serverName: String?

  /// Reads the files; by default a server must have a certificate from one of the system's authorities. Throws
  /// INVALID_ARGUMENT with the file and what is wrong with it.
  package init(_ files: ClientTLSFiles = ClientTLSFiles()) throws(RPCError) {
    guard (files.certificate == nil) == (files.key == nil) else {
      throw RPCError(.invalidArgument, "a client's certificate and its key go together")
    }
    serverName = files.serverName
    let paths = [files.certificate, files.key, files.serverCA].compactMap { $0 }
    let material = try FileBacked(paths, logger: nil) { () throws(RPCError) in
      try Self.makeMaterial(files)
    }
    current = { material.current }
  }

  /// Believes processes of a mesh alone.
  init(mesh: FileBacked<MeshMaterial>) {
    serverName = nil
    current = { mesh.current.client }
  }

  static func makeMaterial(_ identity: MeshIdentity) throws(RPCError) -> TLSMaterial {
    let files = ClientTLSFiles(
      serverCA: identity.authority, certificate: identity.certificate, key: identity.key)
    return try makeMaterial(files, isForMesh: true)
  }

  private static func makeMaterial(
    _ files: ClientTLSFiles, isForMesh: Bool = false
  ) throws(RPCError) -> TLSMaterial {
    var configuration = TLSConfiguration.makeClientConfiguration()
    var trustDomain: String?
    if let serverCA = files.serverCA {
      configuration.trustRoots = .certificates(try PEM.certificates(serverCA))
    }
    if let certificate = files.certificate, let key = files.key {
      let chain = try PEM.certificates(certificate)
      configuration.certificateChain = chain.map { .certificate($0) }
      configuration.privateKey = .privateKey(try PEM.key(key))
      if isForMesh { trustDomain = PeerIdentity(chain[0]).trustDomain }
    }
    // A trust domain takes the place of host names (`HTTP2Check`), which processes that come and go
    // at changing addresses have none of.
    if trustDomain != nil { configuration.certificateVerification = .noHostnameVerification }
    configuration.applyBounds(["h2"])
    do {
      return TLSMaterial(
        context: try NIOSSLContext(configuration: configuration), trustDomain: trustDomain)
    } catch {
      guard let certificate = files.certificate, let key = files.key else {
        throw RPCError(.invalidArgument, "TLS cannot be used: \(error.systemReason)", cause: error)
      }
      throw RPCError.keyDoesNotFit(key, certificate, error)
    }
  }

  /// Puts TLS on a connected channel; what is added behind it sees plain text. The channel fails when the
  /// server does not choose HTTP/2, or is of another mesh.
  func add(to channel: any Channel, for endpoint: Endpoint) throws {
    let material = current()
    let handler = try NIOSSLClientHandler(
      context: material.context, serverHostname: name(of: endpoint))
    try channel.pipeline.syncOperations.addHandler(handler)
    try channel.pipeline.syncOperations.addHandler(HTTP2Check(material))
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
