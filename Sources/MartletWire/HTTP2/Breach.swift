// What a peer can do that ends its connection and that nghttp2 lets pass.

/// A connection error (RFC 9113 §5.4.1) that the session finds by itself.
enum Breach: Equatable {
  /// CONTINUATION above SETTINGS_MAX_FRAME_SIZE.
  case continuationTooLong
  /// HEADERS for a stream that was passed by.
  case streamSkipped
  /// HEADERS for a stream that its sender has ended (RFC 9113 §5.1).
  case frameAfterEnd
  /// A value that its setting cannot have.
  case badSetting(UInt16)
  case initialWindowTooLarge
  /// A new SETTINGS_INITIAL_WINDOW_SIZE makes an open stream's window larger than windows may be.
  case windowOverflow
  /// Pings that come sooner than `PingPolicy` allows.
  case tooManyPings
  /// More frames of a kind than `Limits.Floods` allows.
  case flood(FloodKind)
  /// A header section in too many pieces, or of too many bytes as it is sent.
  case headerSectionTooLong
  /// A header section of too many bytes once it is decompressed.
  case headerListTooLarge
  /// Frames that wait for a peer which sends and does not read.
  case peerDoesNotRead

  var code: HTTP2ErrorCode {
    switch self {
    case .continuationTooLong: .frameSizeError
    case .streamSkipped, .badSetting: .protocolError
    case .frameAfterEnd: .streamClosed
    case .initialWindowTooLarge, .windowOverflow: .flowControlError
    case .tooManyPings, .flood, .headerSectionTooLong, .headerListTooLarge, .peerDoesNotRead:
      .enhanceYourCalm
    }
  }

  /// For the GOAWAY's debug data and for logs.
  var reason: String {
    switch self {
    case .continuationTooLong: "CONTINUATION is larger than SETTINGS_MAX_FRAME_SIZE"
    case .streamSkipped: "HEADERS on a stream that was passed by"
    case .frameAfterEnd: "HEADERS on a stream that has ended"
    case .badSetting(let name): "SETTINGS: a bad value for setting \(name)"
    case .initialWindowTooLarge: "SETTINGS_INITIAL_WINDOW_SIZE is above 2^31-1"
    case .windowOverflow: "SETTINGS_INITIAL_WINDOW_SIZE makes a stream's window too large"
    // The words that gRPC's clients wait for (gRFC A9).
    case .tooManyPings: "too_many_pings"
    case .flood(let kind): "too many frames: \(kind)"
    case .headerSectionTooLong: "a header section is too long"
    case .headerListTooLarge: "a header list is far larger than announced"
    case .peerDoesNotRead: "too many frames wait to be read"
    }
  }
}
