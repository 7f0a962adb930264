// What a request says of its body: its media type, read in one place for all that a port takes.
package import MartletWire

/// The media types (RFC 9110 §8.3.1) that mean something to a port. Types that only begin like one of them
/// (`application/protobuf`, `application/json-seq`) are others.
package enum RequestMedia: Sendable, Hashable {
  /// `application/grpc` or one of its kinds, such as `application/grpc+proto`.
  case grpc
  /// `application/grpc-web`, `application/grpc-web-text` or one of their kinds.
  case grpcWeb(GRPCWebFormat)
  /// `application/json`
  case json
  /// `application/proto`
  case proto
  /// `application/x-www-form-urlencoded`: what `curl -d` says, whatever it sends.
  case form
  /// There is no type.
  case none
  case other

  /// Reads a `content-type`; case and parameters do not count.
  package init(_ contentType: String?) {
    guard let contentType else {
      self = .none
      return
    }
    let type = contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    switch type {
    case "application/grpc": self = .grpc
    case "application/json": self = .json
    case "application/proto": self = .proto
    case "application/x-www-form-urlencoded": self = .form
    default:
      if type.hasPrefix("application/grpc+") {
        self = .grpc
      } else {
        self = GRPCWebFormat(mediaType: type).map(Self.grpcWeb) ?? .other
      }
    }
  }
}
