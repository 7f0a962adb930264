// Who the other end of a connection is.

/// The names in a peer's certificate, which an authority that the server trusts has issued.
public struct PeerIdentity: Sendable, Hashable {
  /// URI names, such as `spiffe://example.org/reader`.
  public var uris: [String]

  public var dnsNames: [String]

  public init(uris: [String] = [], dnsNames: [String] = []) {
    self.uris = uris
    self.dnsNames = dnsNames
  }

  /// The SPIFFE ID: a certificate that has one has no other URI name.
  public var spiffeID: String? {
    guard uris.count == 1, uris[0].hasPrefix("spiffe://") else { return nil }
    return uris[0]
  }

  /// The trust domain of the SPIFFE ID, `example.org` of `spiffe://example.org/reader`.
  public var trustDomain: String? {
    guard let spiffeID else { return nil }
    let domain = spiffeID.dropFirst("spiffe://".count).prefix { $0 != "/" }
    return domain.isEmpty ? nil : String(domain)
  }
}
