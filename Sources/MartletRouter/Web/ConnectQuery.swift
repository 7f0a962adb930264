// A call by Connect that comes as GET (https://connectrpc.com/docs/protocol, "Unary-Get-Request").
internal import MartletCore
internal import MartletSchema

/// The message in a URL's query, and how it is written: `connect=v1&encoding=json&message=%7B%7D`.
struct ConnectQuery {
  let codec: ConnectCodec
  /// As it came, perhaps compressed.
  let message: [UInt8]
  let hasGzip: Bool

  /// Names that are not the protocol's say nothing; of several values the first counts.
  init(_ query: some StringProtocol) throws(WebRefusal) {
    var values: [String: [UInt8]] = [:]
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard Self.names.contains(name), values[name] == nil else { continue }
      do throws(MartletSchema.JSONError) {
        values[name] = try parts.count > 1 ? MessageType.bytes(ofQueryPart: parts[1]) : []
      } catch {
        throw WebRefusal(.invalidArgument, "the query's \(name) cannot be read: \(error)")
      }
    }
    func text(_ name: String) -> String? {
      values[name].map { String(decoding: $0, as: UTF8.self) }
    }
    if let version = text("connect"), version != "v1" {
      throw WebRefusal(
        .invalidArgument, "the query says connect=\(version); this server speaks v1")
    }
    codec = try Self.codec(text("encoding"))
    hasGzip = try Self.isGzip(text("compression"))
    guard let message = values["message"] else {
      throw WebRefusal(.invalidArgument, "the query has no message")
    }
    guard text("base64") == "1" else {
      self.message = message
      return
    }
    guard let decoded = message.withUnsafeBytes({ Base64.decode($0) }) else {
      throw WebRefusal(.invalidArgument, "the query's message is not base64, as it says")
    }
    self.message = decoded
  }

  private static let names: Set<String> = [
    "connect", "encoding", "message", "base64", "compression",
  ]

  private static func codec(_ encoding: String?) throws(WebRefusal) -> ConnectCodec {
    switch encoding {
    case "json": return .json
    case "proto": return .proto
    case nil: throw WebRefusal(.invalidArgument, "the query has no encoding: json or proto")
    case let other?:
      throw .unsupportedMedia(
        "the query says encoding=\(other); messages are json or proto",
        accepted: ConnectCodec.acceptPost)
    }
  }

  private static func isGzip(_ compression: String?) throws(WebRefusal) -> Bool {
    switch compression {
    case nil, "", "identity": return false
    case "gzip": return true
    case let other?:
      throw WebRefusal(
        .unimplemented, "compression \(other) is not known; allowed: identity, gzip")
    }
  }
}
