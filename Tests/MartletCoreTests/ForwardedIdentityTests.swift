// `x-forwarded-client-cert`, written and read.
import MartletCore
import Testing

@Suite struct ForwardedIdentityTests {
  @Test(arguments: [
    (PeerIdentity(), ""),
    (PeerIdentity(uris: ["spiffe://a/b"]), "URI=spiffe://a/b"),
    (PeerIdentity(uris: ["spiffe://a/b"], dnsNames: ["x", "y"]), "URI=spiffe://a/b;DNS=x;DNS=y"),
    (PeerIdentity(uris: ["urn:a,b"]), #"URI="urn:a,b""#),
    (PeerIdentity(uris: ["a;b=c", "d"]), #"URI="a;b=c";URI=d"#),
    (PeerIdentity(dnsNames: [#"a"b\c"#]), #"DNS="a\"b\\c""#),
    (PeerIdentity(uris: [#"x";URI="spiffe://a/root"#]), #"URI="x\";URI=\"spiffe://a/root""#),
  ])
  func namesReadBack(_ identity: PeerIdentity, _ text: String) {
    #expect(identity.forwarded == text)
    #expect(PeerIdentity(forwarded: text) == identity)
  }

  @Test func namesThatNoHeaderCarriesLeaveNone() {
    #expect(PeerIdentity(uris: ["spiffe://a/b", "x\r\ny"]).forwarded == "")
    #expect(PeerIdentity(uris: ["spiffe://a/b"], dnsNames: ["ä"]).forwarded == "")
    let long = PeerIdentity(
      uris: ["spiffe://a/b"], dnsNames: [String(repeating: "d", count: 4096)])
    #expect(long.forwarded == "")
  }

  @Test func whatEnvoyWritesIsRead() {
    let text =
      "By=http://frontend;Hash=468ed3;Subject=\"CN=a,OU=\\\"b\\\"\";URI=http://testclient;DNS=c"
    #expect(
      PeerIdentity(forwarded: text)
        == PeerIdentity(uris: ["http://testclient"], dnsNames: ["c"]))
    #expect(
      PeerIdentity(forwarded: "URI=spiffe://a/far, URI=spiffe://a/near;DNS=n")
        == PeerIdentity(uris: ["spiffe://a/near"], dnsNames: ["n"]))
  }

  @Test(arguments: [
    "spiffe://a/b", "=x", "URI", "URI=\"a", "URI=\"a\\", "URI=\"a\"b", "URI=a;", "URI=a,", ";URI=a",
    "U RI=a", "\"URI\"=a",
  ])
  func whatIsMalformedIsNobody(_ text: String) {
    #expect(PeerIdentity(forwarded: text) == nil)
  }
}
