// How a process speaks with others of its mesh, at whatever address they are.
package import Logging
package import MartletCore

/// Both sides of a mesh's TLS, made of one identity, and the rule where it is spoken. May be used from any
/// thread.
///
/// Whoever is spoken to must have a certificate from the mesh's authority. When the own certificate has a
/// SPIFFE ID, the other one must have one of the same trust domain, and host names do not matter; otherwise
/// a server's certificate must name the host, or the IP address, that was connected to.
package struct MeshTLS: Sendable {
  private let security: MeshSecurity
  private let sides: (server: ServerTLS, client: ClientTLS)?

  /// Plain text that does not leave this machine.
  package init() {
    security = MeshSecurity()
    sides = nil
  }

  /// Reads the identity's files. Throws INVALID_ARGUMENT with the file and what is wrong with it.
  package init(_ security: MeshSecurity, logger: Logger? = nil) throws(RPCError) {
    self.security = security
    guard let identity = security.identity else {
      sides = nil
      return
    }
    let paths = [identity.certificate, identity.key, identity.authority]
    let material = try FileBacked(paths, logger: logger) { () throws(RPCError) in
      MeshMaterial(
        server: try ServerTLS.makeMaterial(identity), client: try ClientTLS.makeMaterial(identity))
    }
    sides = (ServerTLS(mesh: material), ClientTLS(mesh: material))
  }

  /// What a port at `endpoint` takes; nil for plain text. Throws FAILED_PRECONDITION where that must not be.
  package func server(at endpoint: Endpoint) throws(RPCError) -> ServerTLS? {
    try check(endpoint)
    return security.isSecure(at: endpoint) ? sides?.server : nil
  }

  /// What is spoken to a server at `endpoint`; nil for plain text. Throws FAILED_PRECONDITION where that must
  /// not be.
  package func client(to endpoint: Endpoint) throws(RPCError) -> ClientTLS? {
    try check(endpoint)
    return security.isSecure(at: endpoint) ? sides?.client : nil
  }

  private func check(_ endpoint: Endpoint) throws(RPCError) {
    do throws(InvalidPortSecurity) { try security.check(endpoint) } catch {
      throw RPCError(.failedPrecondition, error.description)
    }
  }
}

/// What is made of an identity's files, for both sides at once.
struct MeshMaterial: Sendable {
  let server: TLSMaterial
  let client: TLSMaterial
}
