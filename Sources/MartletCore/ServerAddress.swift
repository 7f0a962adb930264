// A server's address as clients write it.

/// An endpoint, and whether TLS is spoken there.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
  public var endpoint: Endpoint
  public var isSecure: Bool

  public init(_ endpoint: Endpoint, isSecure: Bool = false) {
    self.endpoint = endpoint
    self.isSecure = isSecure
  }

  /// Reads `https://HOST[:PORT]`, `http://HOST[:PORT]` and whatever an endpoint can be. Nil for anything
  /// else.
  public init?(_ text: String) {
    for (scheme, port, isSecure) in [("https://", 443, true), ("http://", 80, false)]
    where text.hasPrefix(scheme) {
      var rest = String(text.dropFirst(scheme.count))
      if rest.hasSuffix("/") { rest.removeLast() }
      guard !rest.isEmpty, !rest.hasPrefix("unix:"), !rest.contains("/"), !rest.hasPrefix(":")
      else { return nil }
      let hasPort = rest.hasSuffix("]") ? false : rest.contains(":")
      guard let endpoint = Endpoint(hasPort ? rest : "\(rest):\(port)") else { return nil }
      self.init(endpoint, isSecure: isSecure)
      return
    }
    guard let endpoint = Endpoint(text) else { return nil }
    self.init(endpoint)
  }

  public var description: String { isSecure ? "https://\(endpoint)" : "\(endpoint)" }
}
