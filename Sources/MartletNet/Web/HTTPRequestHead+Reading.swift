// What an HTTP/1.1 request's head says of how the request is to be read.
internal import NIOCore
internal import NIOHTTP1

extension HTTPRequestHead {
  /// The target in origin form, also when it came in absolute form (RFC 9112 §3.2).
  var target: String {
    guard !uri.hasPrefix("/"), let scheme = uri.firstRange(of: "://") else { return uri }
    let rest = uri[scheme.upperBound...]
    return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
  }

  var isGRPC: Bool {
    RequestMedia(headers.first(name: "content-type")) == .grpc
  }

  var hasPayload: Bool {
    headers.contains(name: "transfer-encoding")
      || headers.first(name: "content-length").map { $0 != "0" } ?? false
  }

  /// The length that the body is announced with; 0 where none is.
  var announcedBytes: Int { headers.first(name: "content-length").flatMap { Int($0) } ?? 0 }

  /// Whether the decoder takes what follows the request for another protocol's.
  var endsDecoding: Bool {
    headers.contains(name: "upgrade")
      && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
  }
}
