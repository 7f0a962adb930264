// Statuses for calls that ended without one.

package import MartletCore

extension RPCStatus.Code {
  /// What a response's HTTP status means when it carries no `grpc-status` (gRPC's "HTTP to gRPC
  /// Status Code Mapping").
  package init(httpStatus: Int) {
    switch httpStatus {
    case 400, 431: self = .internalError
    case 401: self = .unauthenticated
    case 403: self = .permissionDenied
    case 404: self = .unimplemented
    case 429, 502, 503, 504: self = .unavailable
    default: self = .unknown
    }
  }

  /// What a stream's reset means to its caller (gRPC over HTTP/2, "Errors").
  package init(_ code: HTTP2ErrorCode) {
    switch code {
    case .refusedStream: self = .unavailable
    case .cancel: self = .cancelled
    case .enhanceYourCalm: self = .resourceExhausted
    case .inadequateSecurity: self = .permissionDenied
    case .noError, .protocolError, .internalError, .flowControlError, .settingsTimeout,
      .frameSizeError, .compressionError, .connectError:
      self = .internalError
    default: self = .unknown
    }
  }
}
