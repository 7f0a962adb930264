// How a call's messages may be compressed.

/// An encoding of messages other than `identity` (gRPC over HTTP/2, "Message-Encoding").
public enum Compression: UInt8, Sendable, Hashable, CaseIterable {
  /// What HTTP calls so: zlib's format (RFC 1950).
  case deflate
  /// RFC 1952.
  case gzip

  /// As `grpc-encoding` spells it.
  public var name: String {
    switch self {
    case .deflate: "deflate"
    case .gzip: "gzip"
    }
  }
}

/// What a client's call does about compression.
public enum CallCompression: Sendable, Hashable {
  /// Requests are sent as they are, and the server is not told that it may compress.
  case off
  /// Requests are sent as they are; the server may compress its responses.
  case responses
  /// Requests are compressed, and the server may compress its responses.
  case both(Compression)
}
