// How processes of a mesh that are on different machines prove to each other that they belong to it.

/// The files by which a process shows that it is of a mesh, and knows others that are.
public struct MeshIdentity: Sendable, Hashable {
  /// The own certificate and those that it was issued by, leaf first (PEM).
  public var certificate: String

  /// The certificate's private key (PEM).
  public var key: String

  /// The authorities that issue the certificates of this mesh, and nobody else's (PEM).
  public var authority: String

  public init(certificate: String, key: String, authority: String) {
    self.certificate = certificate
    self.key = key
    self.authority = authority
  }
}

/// What processes of a mesh speak with each other. Unix sockets are this machine's own and always plain. TCP
/// is mutual TLS with an identity; without one it is plain text, and stays on this machine unless `insecure`
/// says otherwise.
public struct MeshSecurity: Sendable, Hashable {
  public var identity: MeshIdentity?

  /// Plain text may pass over a network, where there is no identity.
  public var insecure: Bool

  public init(identity: MeshIdentity? = nil, insecure: Bool = false) {
    self.identity = identity
    self.insecure = insecure
  }

  /// Reads the variables of the contract (`ReplicaVariable`), of which an empty one is as good as none. Throws
  /// when a file is missing to an identity, or a value cannot be.
  public init(variables: (String) -> String?) throws(InvalidPortSecurity) {
    func value(_ name: String) -> String? {
      variables(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    switch value(ReplicaVariable.insecure) {
    case nil, "0": insecure = false
    case "1": insecure = true
    case let other?:
      throw InvalidPortSecurity("\(ReplicaVariable.insecure) is \"\(other)\"; it should be 1 or 0")
    }
    let files = MeshSecurity.spellings.map { value($0.variable) }
    if let certificate = files[0], let key = files[1], let authority = files[2] {
      identity = MeshIdentity(certificate: certificate, key: key, authority: authority)
      return
    }
    let missing = zip(MeshSecurity.spellings, files).filter { $0.1 == nil }.map(\.0)
    guard missing.count == files.count else {
      throw InvalidPortSecurity(
        "the mesh's identity is three files, \(MeshSecurity.named(MeshSecurity.spellings)): "
          + "\(MeshSecurity.named(missing)) is missing")
    }
    identity = nil
  }

  /// The variables that say the same.
  public var variables: [String: String] {
    var variables: [String: String] = [:]
    if let identity {
      variables[ReplicaVariable.certificate] = identity.certificate
      variables[ReplicaVariable.key] = identity.key
      variables[ReplicaVariable.authority] = identity.authority
    }
    if insecure { variables[ReplicaVariable.insecure] = "1" }
    return variables
  }

  /// The same with other paths, such as absolute ones.
  public func mapPaths(_ change: (String) -> String) -> MeshSecurity {
    guard let identity else { return self }
    return MeshSecurity(
      identity: MeshIdentity(
        certificate: change(identity.certificate), key: change(identity.key),
        authority: change(identity.authority)),
      insecure: insecure)
  }

  /// Whether what passes at `endpoint` is TLS.
  public func isSecure(at endpoint: Endpoint) -> Bool {
    guard case .tcp = endpoint else { return false }
    return identity != nil
  }

  /// Throws when the mesh would speak plain text at `endpoint` over a network, which nobody has asked for.
  public func check(_ endpoint: Endpoint) throws(InvalidPortSecurity) {
    guard !isSecure(at: endpoint), !insecure, !endpoint.isLocal else { return }
    throw InvalidPortSecurity(
      "\(endpoint) is not on this machine alone, and the mesh would speak plain text there: give its "
        + "identity (\(MeshSecurity.named(MeshSecurity.spellings))), use 127.0.0.1 or a unix socket, "
        + "or say \(ReplicaVariable.insecure)=1 (--insecure)")
  }

  /// How each file of an identity is called in the environment and on the command line.
  private static let spellings = [
    (variable: ReplicaVariable.certificate, option: "--mesh-cert"),
    (variable: ReplicaVariable.key, option: "--mesh-key"),
    (variable: ReplicaVariable.authority, option: "--mesh-ca"),
  ]

  private static func named(_ spellings: [(variable: String, option: String)]) -> String {
    let names = spellings.map { "\($0.variable) (\($0.option))" }
    guard names.count > 1, let last = names.last else { return names.joined() }
    return "\(names.dropLast().joined(separator: ", ")) and \(last)"
  }
}
