// BoringSSL's reasons, in words for people.
internal import NIOSSL

extension NIOSSLError {
  var reason: String {
    switch self {
    case .handshakeFailed(let error): "the TLS handshake failed: \(error.reason)"
    case .shutdownFailed(let error): "TLS did not end well: \(error.reason)"
    case .uncleanShutdown: "the peer closed the connection without ending TLS"
    case .failedToLoadCertificate: "it cannot be read as a certificate"
    case .failedToLoadPrivateKey: "it cannot be read as a private key"
    default: "\(self)"
    }
  }
}

extension BoringSSLError {
  var reason: String {
    switch self {
    case .sslError(let stack), .unknownError(let stack), .invalidSNIName(let stack),
      .failedToSetALPN(let stack):
      stack.first.map { BoringSSLError.explained("\($0)") } ?? "the peer closed the connection"
    case .syscallError, .zeroReturn: "the peer closed the connection"
    default: "\(self)"
    }
  }

  /// The library's words for it, and what they mean where those do not say.
  private static func explained(_ description: String) -> String {
    let words = words(description)
    switch words {
    case "wrong version number", "http request": return "the peer does not speak TLS (\(words))"
    case "peer did not return a certificate": return "the peer has no certificate (\(words))"
    case "tlsv1 alert unknown ca":
      return "the peer does not trust the authority of our certificate (\(words))"
    case "tlsv1 alert certificate required":
      return "the peer takes nobody without a certificate (\(words))"
    default: return words
    }
  }

  /// Of `Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at
  /// FILE:LINE` the last name, in small letters.
  private static func words(_ description: String) -> String {
    guard let mark = description.firstRange(of: "OPENSSL_internal:") else { return description }
    let name = description[mark.upperBound...].prefix { $0 == "_" || $0.isLetter || $0.isNumber }
    return name.lowercased().split(separator: "_").joined(separator: " ")
  }
}
