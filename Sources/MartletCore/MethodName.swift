// The full name of an RPC method.

/// `content.v1.Understanding/Analyze`: a service's full name and one of its methods. On the wire it
/// is the `:path` with a slash in front (gRPC over HTTP/2, "Path").
public struct MethodName: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var service: String
  public var method: String

  public init(service: String, method: String) {
    self.service = service
    self.method = method
  }

  /// Reads `package.Service/Method`, with or without a slash in front. Nil when either part is
  /// missing.
  public init?(_ text: some StringProtocol) {
    let parts = text.drop { $0 == "/" }.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    self.init(service: String(parts[0]), method: String(parts[1]))
  }

  /// The `:path` of a request to this method.
  public var path: String { "/\(service)/\(method)" }

  public var description: String { "\(service)/\(method)" }

  public static func < (lhs: MethodName, rhs: MethodName) -> Bool {
    (lhs.service, lhs.method) < (rhs.service, rhs.method)
  }
}
