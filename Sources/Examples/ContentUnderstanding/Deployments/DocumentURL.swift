// The URLs that the downloader understands.
import Martlet

/// Where a document is.
enum DocumentURL: Sendable, Hashable {
  /// A path, absolute or relative to the app file's folder.
  case file(String)
  /// An `http:` or `https:` URL as it was given.
  case web(String)

  /// Characters of a URL; browsers and servers agree on less.
  private static let greatestLength = 8192

  /// Throws INVALID_ARGUMENT when the text is not such a URL.
  init(_ text: String) throws(RPCError) {
    guard !text.isEmpty else {
      throw RPCError(.invalidArgument, "the URL is empty; give a file: or http: URL")
    }
    guard text.utf8.count <= Self.greatestLength else {
      throw RPCError(
        .invalidArgument, "the URL has \(text.utf8.count) bytes; at most \(Self.greatestLength)")
    }
    let scheme = text.prefix { $0 != ":" }.lowercased()
    switch scheme {
    case "file": self = .file(try Self.path(text))
    case "http", "https": self = .web(text)
    default:
      throw RPCError(.invalidArgument, "\(text): the URL must begin with file: or http:")
    }
  }

  /// The path of a `file:` URL (RFC 8089): `file:/path`, `file:///path` or `file://localhost/path`, and
  /// `file:path` for a relative one.
  private static func path(_ text: String) throws(RPCError) -> String {
    var rest = text.dropFirst("file:".count)
    if rest.hasPrefix("//") {
      let host = rest.dropFirst(2).prefix { $0 != "/" }
      guard host.isEmpty || host.lowercased() == "localhost" else {
        throw RPCError(.invalidArgument, "\(text): a file of the host \(host) cannot be read")
      }
      rest = rest.dropFirst(2 + host.count)
    }
    guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
      throw RPCError(
        .invalidArgument, "\(text): write ? as %3F and # as %23 in the path of a file")
    }
    guard let path = percentDecoded(rest), !path.isEmpty, !path.utf8.contains(0) else {
      throw RPCError(.invalidArgument, "\(text): the URL does not hold the path of a file")
    }
    return path
  }

  /// Nil when a percent sign is not followed by two hexadecimal digits, or the result is not UTF-8
  /// (RFC 3986 §2.1).
  static func percentDecoded(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
