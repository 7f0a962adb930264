// Connect's unary protocol over plain HTTP (https://connectrpc.com/docs/protocol), as far as it is bytes.
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletSchema
internal import MartletWire
internal import SwiftProtobuf

/// How the messages of a call are written.
enum ConnectCodec {
  case json
  case proto

  var contentType: String {
    switch self {
    case .json: "application/json"
    case .proto: "application/proto"
    }
  }

  static let acceptPost = "application/json, application/proto"
}

extension WebRequest {
  /// The verb by whose name the request is answered: HEAD is GET whose answer is sent without its body (RFC 9110
  /// §9.3.2).
  var verb: HTTPName.Verb? { HTTPName.Verb(rawValue: method == "HEAD" ? "GET" : method) }

  /// How the body is written; nil when it is neither JSON nor protobuf. What `curl -d` calls a form, or does
  /// not name, is JSON, unless a page in a browser sent it: those may send forms anywhere, and must ask
  /// before they send JSON.
  var connectCodec: ConnectCodec? {
    switch media {
    case .json: .json
    case .proto: .proto
    case .form, .none: fields["origin"] == nil && fields["sec-fetch-site"] == nil ? .json : nil
    case .grpc, .grpcWeb, .other: nil
    }
  }

  /// There is one version of the protocol, which clients need not name. Throws INVALID_ARGUMENT for another.
  func checkConnectVersion() throws(RPCError) {
    guard let version = fields["connect-protocol-version"], version != "1" else { return }
    throw RPCError(
      .invalidArgument, "connect-protocol-version is \"\(version)\"; this server speaks 1")
  }

  /// `connect-timeout-ms`: at most ten digits. Throws INVALID_ARGUMENT when it is anything else.
  func connectTimeout() throws(RPCError) -> Duration? {
    guard let text = fields["connect-timeout-ms"] else { return nil }
    guard text.utf8.count <= 10, !text.isEmpty,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let milliseconds = Int64(text)
    else {
      throw RPCError(
        .invalidArgument, "connect-timeout-ms is \"\(text)\"; it has one to ten digits")
    }
    return .milliseconds(milliseconds)
  }

  /// Whether the body is compressed.
  var hasGzip: Bool { fields["content-encoding"]?.lowercased() == "gzip" }

  /// Whether the answer's body may be compressed (RFC 9110 §12.5.3).
  var takesGzip: Bool {
    guard let list = fields["accept-encoding"] else { return false }
    return list.lowercased().split(separator: ",").contains { item in
      let parts = item.filter { $0 != " " && $0 != "\t" }.split(separator: ";")
      guard parts.first == "gzip" else { return false }
      // A weight of nothing means: not this one.
      return !parts.dropFirst().contains { part in
        part.hasPrefix("q=0") && part.dropFirst(3).allSatisfy { $0 == "." || $0 == "0" }
      }
    }
  }
}

extension Page {
  /// A message that answers a call.
  init(_ codec: ConnectCodec, _ body: [UInt8]) {
    self.init(contentType: codec.contentType, body: "")
    self.body = body
  }

  /// A status that ends a call without an answer. `details` is a `google.rpc.Status`.
  init(_ status: RPCStatus, details: [UInt8]? = nil, http: Int? = nil) {
    var json = JSONText(pretty: false)
    json.open("{")
    json.name("code")
    json.string(status.code.connectName)
    if !status.message.isEmpty {
      json.name("message")
      json.string(status.message)
    }
    let rich = details.flatMap { try? Google_Rpc_Status(serializedBytes: $0) }
    if let details = rich?.details, !details.isEmpty {
      json.name("details")
      json.open("[")
      for detail in details {
        json.separate()
        json.open("{")
        json.name("type")
        json.string(String(detail.typeURL.split(separator: "/").last ?? ""))
        json.name("value")
        json.string(String(decoding: Base64.encode(Array(detail.value), .none), as: UTF8.self))
        json.close("}")
      }
      json.close("]")
    }
    json.close("}")
    self.init(contentType: "application/json", body: json.text)
    self.status = http ?? status.code.connectHTTPStatus
  }
}

extension RPCStatus.Code {
  /// The code as Connect spells it.
  var connectName: String { self == .cancelled ? "canceled" : name.lowercased() }

  /// The HTTP status that Connect gives the code ("Error Codes").
  var connectHTTPStatus: Int {
    switch self {
    case .ok: 200
    case .cancelled: 499
    case .invalidArgument, .failedPrecondition, .outOfRange: 400
    case .deadlineExceeded: 504
    case .notFound: 404
    case .alreadyExists, .aborted: 409
    case .permissionDenied: 403
    case .resourceExhausted: 429
    case .unimplemented: 501
    case .unavailable: 503
    case .unauthenticated: 401
    case .unknown, .internalError, .dataLoss: 500
    }
  }
}
