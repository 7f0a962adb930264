// Where plain text may be taken, and which options go together.
import MartletCore
import Testing

@Suite struct PortSecurityTests {
  @Test(arguments: [
    "unix:/run/x", "127.0.0.1:1", "127.8.9.10:1", "localhost:1", "[::1]:1",
  ])
  func thisMachineIsLocal(_ text: String) throws {
    let endpoint = try #require(Endpoint(text))
    #expect(endpoint.isLocal)
    try PortSecurity().check(endpoint)
  }

  @Test(arguments: [
    ":1", "0.0.0.0:1", "10.0.0.1:1", "[::]:1", "router:1", "127.0.0.1.example.org:1", "127.a.b.c:1",
  ])
  func otherPlacesAreNot(_ text: String) throws {
    let endpoint = try #require(Endpoint(text))
    #expect(!endpoint.isLocal)
    #expect(throws: InvalidPortSecurity.self) { try PortSecurity().check(endpoint) }
    try PortSecurity(insecure: true).check(endpoint)
    try PortSecurity(tls: ServerTLSFiles(certificate: "c", key: "k")).check(endpoint)
  }

  @Test func optionsThatDoNotGoTogetherAreRefused() throws {
    func make(_ certificate: String?, _ key: String?, _ clientCA: String?, _ insecure: Bool) throws
    {
      _ = try PortSecurity(
        certificate: certificate, key: key, clientCA: clientCA, insecure: insecure)
    }
    try make(nil, nil, nil, false)
    try make(nil, nil, nil, true)
    try make("c", "k", nil, true)
    try make("c", "k", "ca", false)
    #expect(throws: InvalidPortSecurity.self) { try make("c", nil, nil, false) }
    #expect(throws: InvalidPortSecurity.self) { try make(nil, "k", nil, false) }
    #expect(throws: InvalidPortSecurity.self) { try make(nil, nil, "ca", false) }
    #expect(throws: InvalidPortSecurity.self) { try make("c", "k", "ca", true) }
  }

  @Test func plainTextBesideTLSMustBeAskedFor() {
    let files = ServerTLSFiles(certificate: "c", key: "k")
    #expect(PortSecurity().takesPlaintext)
    #expect(!PortSecurity(tls: files).takesPlaintext)
    #expect(PortSecurity(tls: files, insecure: true).takesPlaintext)
  }

  @Test(arguments: [
    ("https://host:8443", "https://host:8443"), ("https://host", "https://host:443"),
    ("https://[::1]/", "https://[::1]:443"), ("https://[::1]:1", "https://[::1]:1"),
    ("http://host", "host:80"), ("host:1", "host:1"), ("unix:/x", "unix:/x"),
  ])
  func addressesAreRead(_ text: String, _ read: String) {
    #expect(ServerAddress(text)?.description == read)
  }

  @Test(arguments: [
    "https://", "https://a/b", "https://unix:/x", "https://:1", "host", "https://a:b",
  ])
  func otherAddressesAreNot(_ text: String) {
    #expect(ServerAddress(text) == nil)
  }

  @Test func aSPIFFEIDIsTheOnlyURI() {
    #expect(PeerIdentity(uris: ["spiffe://a/b"]).spiffeID == "spiffe://a/b")
    #expect(PeerIdentity(uris: ["spiffe://a/b", "spiffe://a/c"]).spiffeID == nil)
    #expect(PeerIdentity(uris: ["https://a"]).spiffeID == nil)
  }
}
