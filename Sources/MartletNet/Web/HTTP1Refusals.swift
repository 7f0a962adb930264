// How HTTP/1.1 is told that something cannot be answered.
internal import NIOCore
internal import NIOHTTP1

/// The pages of requests that are none, or that nobody takes.
enum HTTP1Refusals {
  /// The answer to what is no HTTP.
  static func page(for error: HTTPParserError) -> Page {
    switch error {
    case .headerOverflow: Page(status: 431, "the request's head is too large")
    case .invalidVersion: Page(status: 505, "this port speaks HTTP/1.1 and HTTP/2")
    case .invalidEOFState: Page(status: 400, "the request ended before it was whole")
    default: Page(status: 400, "this is not HTTP: \(error)")
    }
  }

  /// What is wrong with a request, by RFC 9112 §3.2 and §6.1; nil when nothing is.
  static func page(for head: HTTPRequestHead) -> Page? {
    guard head.version.minor == 0 || head.headers["host"].count == 1 else {
      return Page(status: 400, "an HTTP/1.1 request has one Host field")
    }
    let codings = head.headers[canonicalForm: "transfer-encoding"]
    guard head.version.minor > 0 || codings.isEmpty else {
      return Page(status: 400, "HTTP/1.0 has no transfer-encoding: say how long the body is")
    }
    if let other = codings.first(where: { $0.lowercased() != "chunked" }) {
      return Page(
        status: 501,
        "transfer-encoding \(other) is not known; what is compressed says so in content-encoding")
    }
    return nil
  }

  /// For whoever asks for what is not here.
  static func nothing(for head: HTTPRequestHead, on connection: IncomingConnection) -> Page {
    if head.isGRPC, connection.isSecure {
      return Page(status: 505, "gRPC needs HTTP/2: choose h2 by ALPN")
    }
    if head.isGRPC {
      return Page(status: 426, "gRPC needs HTTP/2: h2c with prior knowledge, or Upgrade: h2c")
        .with("upgrade", "h2c")
    }
    return Page(
      status: 404,
      connection.port.pages == nil
        ? "nothing is here for HTTP/1.1; calls are gRPC"
        : "nothing is here but /-/healthz, /-/routes and calls by POST /SERVICE/METHOD")
  }
}
