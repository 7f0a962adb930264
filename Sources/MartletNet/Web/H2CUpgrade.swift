// An HTTP/1.1 request that asks to go on as HTTP/2.
internal import MartletCore
internal import MartletWire
internal import NIOCore
internal import NIOHTTP1

/// A request with `Upgrade: h2c` (RFC 7540 §3.2), as HTTP/2 puts it.
struct H2CUpgrade {
  /// The client's settings, decoded.
  let settings: [UInt8]
  let request: HeaderBlock
  let isHead: Bool
  /// The body is longer than it may be, by the request's own word.
  let announcesTooMuch: Bool
  var body: HTTP1Body

  /// What the server says before its preface.
  static let answer = ByteBuffer(
    string: "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n")

  /// Nil when the request does not ask, or not rightly: a server may then answer it as it is. Its body has at most
  /// `maxBytes`.
  init?(_ head: HTTPRequestHead, maxBytes: Int = 0) {
    let headers = head.headers
    let connection = Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
    let encoded = headers["http2-settings"]
    let hosts = headers["host"]
    guard head.version == .http1_1, head.method != .CONNECT,
      headers[canonicalForm: "upgrade"].contains("h2c"), connection.contains("upgrade"),
      connection.contains("http2-settings"), encoded.count == 1, hosts.count == 1,
      let settings = Array(encoded[0].utf8).withUnsafeBytes({ Base64.decode($0) })
    else { return nil }
    self.settings = settings
    body = HTTP1Body(maxBytes: maxBytes)
    isHead = head.method == .HEAD
    announcesTooMuch = head.announcedBytes > maxBytes
    var request = HeaderBlock()
    request.append(.method, head.method.rawValue)
    request.append(.scheme, literal: "http")
    request.append(.authority, hosts[0])
    request.append(.path, head.target)
    request.append(contentsOf: headers.http2Fields)
    self.request = request
  }
}

extension HTTPHeaders {
  /// Fields that belong to the connection (RFC 9113 §8.2.2) or have become pseudo-header fields.
  private static let left: Set<String> = [
    "connection", "upgrade", "http2-settings", "keep-alive", "proxy-connection",
    "transfer-encoding", "host",
  ]

  /// The size of the fields, counted as in HTTP/2 (`HeaderBlock.listBytes`).
  var listBytes: Int {
    reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + HeaderBlock.fieldOverhead }
  }

  /// The fields as HTTP/2 has them.
  var http2Fields: HeaderBlock {
    let connection = Set(self[canonicalForm: "connection"].map { $0.lowercased() })
    var block = HeaderBlock()
    for (name, value) in self {
      let (name, value) = (name.lowercased(), HTTPFieldValue.trimmed(value))
      guard !Self.left.contains(name), !connection.contains(name) else { continue }
      guard name != "te" || value == "trailers" else { continue }
      block.append(name: name, value: value)
    }
    return block
  }
}
