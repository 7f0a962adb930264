// The name that a method has for clients of plain HTTP beside its own.

/// `POST /analyze`: a method of HTTP and a path. With GET and DELETE the fields of the message come in the query, with the
/// others the message is the body, in JSON. As in google.api.http, but without templates in the path.
public struct HTTPName: Sendable, Hashable, CustomStringConvertible {
  public enum Verb: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// Whether the message comes in the query.
    public var readsQuery: Bool { self == .get || self == .delete }
  }

  /// Bytes of the longest path.
  public static let maxPathBytes = 1024

  public var verb: Verb

  /// Begins with a slash.
  public var path: String

  public init(_ verb: Verb, _ path: String) {
    self.verb = verb
    self.path = path
  }

  /// Reads `POST /analyze`. Nil without one of the verbs in front, or without a path.
  public init?(_ text: String) {
    let parts = text.split(separator: " ")
    guard parts.count == 2, let verb = Verb(rawValue: String(parts[0])) else { return nil }
    self.init(verb, String(parts[1]))
  }

  public var description: String { "\(verb.rawValue) \(path)" }

  /// What is wrong with the path; nil when it can be a name.
  var pathProblem: String? {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard path.hasPrefix("/"), !segments.isEmpty else { return "a path begins with /" }
    if path.utf8.count > Self.maxPathBytes {
      return "a path has at most \(Self.maxPathBytes) bytes"
    }
    if path.contains(where: { "{}*".contains($0) }) {
      return "templates and wildcards are not supported; fields come in the query or the body"
    }
    if segments.contains(where: \.isEmpty) {
      return "a path has something between its slashes and none at its end"
    }
    if !segments.allSatisfy({ $0.utf8.allSatisfy(Self.isPathByte) && $0 != "." && $0 != ".." }) {
      return "a path is letters, digits and -._~!$&'()+,;=:@ between its slashes"
    }
    if segments.first == "-" { return "paths under /-/ are the router's own" }
    if segments.count == 2, segments.first?.contains(".") == true {
      return "it looks like a gRPC method, /package.Service/Method, which needs no other name"
    }
    return nil
  }

  /// RFC 3986 §3.3, without escapes: those could spell one path in several ways.
  private static func isPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~!$&'()+,;=:@".utf8.contains(byte)
    }
  }
}
