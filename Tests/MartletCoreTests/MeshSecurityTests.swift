// What a mesh speaks where, and how its identity is given.
import MartletCore
import Testing

@Suite struct MeshSecurityTests {
  private let files = [
    "MARTLET_TLS_CERT": "/c", "MARTLET_TLS_KEY": "/k", "MARTLET_TLS_CA": "/a",
  ]
  private let identity = MeshIdentity(certificate: "/c", key: "/k", authority: "/a")

  private func security(_ variables: [String: String]) throws -> MeshSecurity {
    try MeshSecurity { variables[$0] }
  }

  @Test func variablesReadBack() throws {
    for written in [
      MeshSecurity(), MeshSecurity(insecure: true), MeshSecurity(identity: identity),
      MeshSecurity(identity: identity, insecure: true),
    ] {
      #expect(try security(written.variables) == written)
    }
    #expect(try security(files).identity == identity)
    #expect(try security(["MARTLET_INSECURE": "0", "MARTLET_TLS_CA": ""]) == MeshSecurity())
  }

  @Test(arguments: ["MARTLET_TLS_CERT", "MARTLET_TLS_KEY", "MARTLET_TLS_CA"])
  func aFileAloneIsNoIdentity(_ name: String) {
    var most = files
    most[name] = nil
    let one = #expect(throws: InvalidPortSecurity.self) { try security(most) }
    #expect(one?.description.hasSuffix(": \(name) (--mesh-\(option(name))) is missing") == true)
    let two = #expect(throws: InvalidPortSecurity.self) { try security([name: "/x"]) }
    #expect(two?.description.hasSuffix(" is missing") == true)
    #expect(two?.description.contains("\(name) (--mesh-\(option(name))) is missing") == false)
  }

  private func option(_ variable: String) -> String {
    variable.dropFirst("MARTLET_TLS_".count).lowercased()
  }

  @Test func insecureIsYesOrNo() {
    let error = #expect(throws: InvalidPortSecurity.self) {
      try security(["MARTLET_INSECURE": "yes"])
    }
    #expect(error?.description == "MARTLET_INSECURE is \"yes\"; it should be 1 or 0")
  }

  @Test(arguments: ["unix:/run/x", "127.0.0.1:1", "localhost:1", "[::1]:1"])
  func plainTextStaysOnThisMachine(_ text: String) throws {
    let endpoint = try #require(Endpoint(text))
    try MeshSecurity().check(endpoint)
    #expect(!MeshSecurity(insecure: true).isSecure(at: endpoint))
  }

  @Test(arguments: ["10.0.0.1:1", "0.0.0.0:1", "replica:1"])
  func elsewhereItMustBeAskedFor(_ text: String) throws {
    let endpoint = try #require(Endpoint(text))
    let error = #expect(throws: InvalidPortSecurity.self) { try MeshSecurity().check(endpoint) }
    for word in [text, "MARTLET_TLS_CERT", "--mesh-ca", "MARTLET_INSECURE=1", "--insecure"] {
      #expect(error?.description.contains(word) == true)
    }
    try MeshSecurity(insecure: true).check(endpoint)
    try MeshSecurity(identity: identity).check(endpoint)
  }

  @Test func withAnIdentityTCPIsTLSAndUnixSocketsAreNot() {
    let security = MeshSecurity(identity: identity, insecure: true)
    #expect(security.isSecure(at: .tcp(host: "127.0.0.1", port: 1)))
    #expect(security.isSecure(at: .tcp(host: "replica", port: 1)))
    #expect(!security.isSecure(at: .unix(path: "/x")))
  }

  @Test func pathsAreMapped() {
    let mapped = MeshSecurity(identity: identity).mapPaths { "/etc\($0)" }
    #expect(
      mapped.identity
        == MeshIdentity(certificate: "/etc/c", key: "/etc/k", authority: "/etc/a"))
  }

  @Test func trustDomainsAreThoseOfSPIFFEIDs() {
    #expect(PeerIdentity(uris: ["spiffe://a.b/c/d"]).trustDomain == "a.b")
    #expect(PeerIdentity(uris: ["spiffe://a.b"]).trustDomain == "a.b")
    #expect(PeerIdentity(uris: ["spiffe:///c"]).trustDomain == nil)
    #expect(PeerIdentity(uris: ["spiffe://a/c", "spiffe://a/d"]).trustDomain == nil)
    #expect(PeerIdentity(dnsNames: ["a.b"]).trustDomain == nil)
  }
}
