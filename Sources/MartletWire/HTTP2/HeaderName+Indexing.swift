// Which values may enter an HPACK table that other calls read.

extension HeaderName {
  /// Whether a field may enter the dynamic table of a connection that carries it (RFC 7541 §7.1.3).
  ///
  /// A router's connection to a replica carries the calls of everybody, and an HPACK decoder may keep what is
  /// wrong with a value beside its table's entry: gRPC's C core then fails each later call that has the same
  /// name. So only fields of known names with values that are known to be good are indexed. What differs from
  /// call to call (timeouts, identifiers, texts) stays out as well: it would push the others out of the table.
  @inline(__always) func mayBeIndexed(_ value: UnsafeRawBufferPointer) -> Bool {
    switch self {
    case .other, .contentLength, .host, .cookie, .grpcTimeout, .grpcMessage, .grpcStatusDetails,
      .grpcRetryPushback, .grpcPreviousAttempts, .traceparent, .tracestate:
      false
    case .method, .scheme, .authority, .path, .userAgent, .forwardedClientCert, .trace, .priority,
      .appVersion:
      // No decoder reads more than text in them. nghttp2 itself keeps `:path` out.
      value.count <= Self.maxIndexedBytes
    case .status: value.count == 3
    case .te: unsafe Self.spells(value, "trailers")
    case .contentType:
      unsafe value.count <= Self.maxTypeBytes && Self.begins(value, "application/grpc")
    case .grpcStatus: unsafe (1...2).contains(value.count) && value.allSatisfy(Self.isDigit)
    case .grpcEncoding:
      unsafe Self.spells(value, "identity") || Self.spells(value, "gzip")
        || Self.spells(value, "deflate")
    case .grpcAcceptEncoding: value.count <= Self.maxIndexedBytes
    }
  }

  /// Longer values cost more of the table's 4 KiB than they save.
  private static var maxIndexedBytes: Int { 256 }

  /// Room for the kinds of `application/grpc` that there are.
  private static var maxTypeBytes: Int { 32 }

  @inline(__always) private static func spells(
    _ value: UnsafeRawBufferPointer, _ text: StaticString
  ) -> Bool {
    unsafe value.count == text.utf8CodeUnitCount && begins(value, text)
  }

  @inline(__always) private static func begins(
    _ value: UnsafeRawBufferPointer, _ text: StaticString
  ) -> Bool {
    guard value.count >= text.utf8CodeUnitCount, let start = value.baseAddress else { return false }
    return unsafe text.isSpelled(by: start)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
