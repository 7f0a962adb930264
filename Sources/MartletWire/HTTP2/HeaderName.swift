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
  case forwardedClientCert
  case trace, priority, appVersion

  /// The name on the wire; empty for `.other`.
  @inline(__always) package var text: StaticString {
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
    case .forwardedClientCert: "x-forwarded-client-cert"
    case .trace: "martlet-trace"
    case .priority: "martlet-priority"
    case .appVersion: "martlet-app-version"
    }
  }

  /// The known name that `bytes` spell, or `.other`. Names on the wire are lower case.
  @inline(__always) package init(spelled bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, let last = unsafe bytes.last else {
      self = .other
      return
    }
    // Length, last and first byte tell the known names apart; then one comparison makes sure.
    let candidate = unsafe Self.candidate(bytes.count, last: last, first: bytes[0])
    let isIt = unsafe candidate != .other && candidate.text.isSpelled(by: base)
    self = isIt ? candidate : .other
  }

  @inline(__always) private static func candidate(_ count: Int, last: UInt8, first: UInt8)
    -> HeaderName
  {
    switch count {
    case 2: .te
    case 4: .host
    case 5: .path
    case 6: .cookie
    case 7: last == UInt8(ascii: "d") ? .method : last == UInt8(ascii: "e") ? .scheme : .status
    case 10:
      last == UInt8(ascii: "y") ? .authority : last == UInt8(ascii: "t") ? .userAgent : .tracestate
    case 11: last == UInt8(ascii: "s") ? .grpcStatus : .traceparent
    case 12:
      last == UInt8(ascii: "t")
        ? .grpcTimeout : first == UInt8(ascii: "c") ? .contentType : .grpcMessage
    case 13: first == UInt8(ascii: "g") ? .grpcEncoding : .trace
    case 14: .contentLength
    case 16: .priority
    case 19: .appVersion
    case 20: .grpcAcceptEncoding
    case 22: .grpcRetryPushback
    case 23: first == UInt8(ascii: "x") ? .forwardedClientCert : .grpcStatusDetails
    case 26: .grpcPreviousAttempts
    default: .other
    }
  }
}

/// A set of known names; `.other` in it stands for every name that is not known.
package struct HeaderNames: OptionSet, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  @inline(__always) package init(_ name: HeaderName) {
    rawValue = 1 << UInt32(name.rawValue)
  }
}

extension StaticString {
  /// Whether the bytes from `start`, of which there are as many, are the literal's. Words of eight, four and two
  /// bytes that overlap at the end: a byte-wise loop over a request's names was 4 % of it.
  @inline(__always) func isSpelled(by start: UnsafeRawPointer) -> Bool {
    let count = utf8CodeUnitCount
    if count >= 8 {
      var offset = 0
      while offset + 8 < count {
        guard unsafe spells(start, at: offset, as: UInt64.self) else { return false }
        offset += 8
      }
      return unsafe spells(start, at: count - 8, as: UInt64.self)
    }
    if count >= 4 {
      return unsafe spells(start, at: 0, as: UInt32.self)
        && spells(start, at: count - 4, as: UInt32.self)
    }
    if count >= 2 {
      return unsafe spells(start, at: 0, as: UInt16.self)
        && spells(start, at: count - 2, as: UInt16.self)
    }
    return unsafe count == 0 || spells(start, at: 0, as: UInt8.self)
  }

  @inline(__always) private func spells<Word: FixedWidthInteger & BitwiseCopyable>(
    _ start: UnsafeRawPointer, at offset: Int, as word: Word.Type
  ) -> Bool {
    let literal = unsafe UnsafeRawPointer(utf8Start)
    return unsafe start.loadUnaligned(fromByteOffset: offset, as: word)
      == literal.loadUnaligned(fromByteOffset: offset, as: word)
  }
}
