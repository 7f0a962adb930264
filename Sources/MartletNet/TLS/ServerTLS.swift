// A server's side of TLS: its certificate, read anew when the files change.
package import Logging
package import MartletCore
internal import NIOSSL

/// Makes the TLS of accepted connections. May be used from any thread.
package final class ServerTLS: Sendable {
  /// What a new connection is made with; connections that there are keep what they began with.
  let current: @Sendable () -> TLSMaterial

  /// Whether clients need a certificate.
  let verifiesClients: Bool

  /// Whether clients are processes of the same mesh.
  let isForMesh: Bool

  /// Reads the files. `protocols` are what ALPN offers, the best first. Throws INVALID_ARGUMENT with the
  /// file and what is wrong with it.
  package init(
    _ files: ServerTLSFiles, protocols: [String] = ["h2"], logger: Logger? = nil
  ) throws(RPCError) {
    verifiesClients = files.clientCA != nil
    isForMesh = false
    let paths = [files.certificate, files.key] + (files.clientCA.map { [$0] } ?? [])
    let material = try FileBacked(paths, logger: logger) { () throws(RPCError) in
      try Self.makeMaterial(files, protocols)
    }
    current = { material.current }
  }

  /// Lets in processes of a mesh alone.
  init(mesh: FileBacked<MeshMaterial>) {
    verifiesClients = true
    isForMesh = true
    current = { mesh.current.server }
  }

  static func makeMaterial(_ identity: MeshIdentity) throws(RPCError) -> TLSMaterial {
    let files = ServerTLSFiles(
      certificate: identity.certificate, key: identity.key, clientCA: identity.authority)
    return try makeMaterial(files, ["h2"], isForMesh: true)
  }

  private static func makeMaterial(
    _ files: ServerTLSFiles, _ protocols: [String], isForMesh: Bool = false
  ) throws(RPCError) -> TLSMaterial {
    let chain = try PEM.certificates(files.certificate)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) },
      privateKey: .privateKey(try PEM.key(files.key)))
    if let clientCA = files.clientCA {
      configuration.certificateVerification = .noHostnameVerification
      configuration.trustRoots = .certificates(try PEM.certificates(clientCA))
      // So that a client with several certificates knows which one is wanted.
      configuration.sendCANameList = true
    }
    configuration.applyBounds(protocols)
    do {
      return TLSMaterial(
        context: try NIOSSLContext(configuration: configuration),
        trustDomain: isForMesh ? PeerIdentity(chain[0]).trustDomain : nil)
    } catch {
      throw RPCError.keyDoesNotFit(files.key, files.certificate, error)
    }
  }
}
