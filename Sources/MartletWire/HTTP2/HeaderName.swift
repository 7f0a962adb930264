// The header names that Martlet itself reads or writes.

/// A known header name, or `.other`. Received fields carry theirs, so that looking one up compares
/// a byte and not a string.
package enum HeaderName: UInt8, Sendable, Hashable, CaseIterable {
  case other
  case method, scheme, authority, path, status
  case te, contentType, contentLength, userAgent, host, cookie
  case grpcTimeout, grpcStatus, grpcMessage, grpcEncoding, grpcAcceptEncoding
  case grpcStatusDetails, grpcRetryPushback, grpcPreviousAttempts
  case traceparent, tracestate

  /// The name on the wire; empty for `.other`.
  package var text: StaticString {
    switch self {
    case .other: ""
    case .method: ":method"
    case .scheme: ":scheme"
    case .authority: ":authority"
    case .path: ":path"
    case .status: ":status"
    case .te: "te"
    case .contentType: "content-type"
    case .contentLength: "content-length"
    case .userAgent: "user-agent"
    case .host: "host"
    case .cookie: "cookie"
    case .grpcTimeout: "grpc-timeout"
    case .grpcStatus: "grpc-status"
    case .grpcMessage: "grpc-message"
    case .grpcEncoding: "grpc-encoding"
    case .grpcAcceptEncoding: "grpc-accept-encoding"
    case .grpcStatusDetails: "grpc-status-details-bin"
    case .grpcRetryPushback: "grpc-retry-pushback-ms"
    case .grpcPreviousAttempts: "grpc-previous-rpc-attempts"
    case .traceparent: "traceparent"
    case .tracestate: "tracestate"
    }
  }

  /// The known name that `bytes` spell, or `.other`. Names on the wire are lower case.
  package init(spelled bytes: UnsafeRawBufferPointer) {
    unsafe self = Self.known(bytes)
  }

  private static func known(_ bytes: UnsafeRawBufferPointer) -> HeaderName {
    // Length and last byte tell all known names apart but for the pairs below; `matching` then
    // makes sure with one comparison.
    guard let last = unsafe bytes.last else { return .other }
    let candidate: HeaderName
    switch (bytes.count, last) {
    case (7, UInt8(ascii: "d")): candidate = .method
    case (7, UInt8(ascii: "e")): candidate = .scheme
    case (7, UInt8(ascii: "s")): candidate = .status
    case (10, UInt8(ascii: "y")): candidate = .authority
    case (5, UInt8(ascii: "h")): candidate = .path
    case (2, UInt8(ascii: "e")): candidate = .te
    case (12, UInt8(ascii: "e")):
      candidate = unsafe bytes[0] == UInt8(ascii: "c") ? .contentType : .grpcMessage
    case (14, UInt8(ascii: "h")): candidate = .contentLength
    case (10, UInt8(ascii: "t")): candidate = .userAgent
    case (4, UInt8(ascii: "t")): candidate = .host
    case (6, UInt8(ascii: "e")): candidate = .cookie
    case (12, UInt8(ascii: "t")): candidate = .grpcTimeout
    case (11, UInt8(ascii: "s")): candidate = .grpcStatus
    case (13, UInt8(ascii: "g")): candidate = .grpcEncoding
    case (20, UInt8(ascii: "g")): candidate = .grpcAcceptEncoding
    case (23, UInt8(ascii: "n")): candidate = .grpcStatusDetails
    case (22, UInt8(ascii: "s")): candidate = .grpcRetryPushback
    case (26, UInt8(ascii: "s")): candidate = .grpcPreviousAttempts
    case (11, UInt8(ascii: "t")): candidate = .traceparent
    case (10, UInt8(ascii: "e")): candidate = .tracestate
    default: return .other
    }
    let text = candidate.text
    for index in 0..<bytes.count where unsafe bytes[index] != text.utf8Start[index] {
      return .other
    }
    return candidate
  }
}
