// What both sides of TLS have in common.
internal import Glibc
internal import MartletCore
internal import NIOCore
internal import NIOSSL

enum TLSBounds {
  /// The times of files are looked at at most this often, when a connection is made: often enough that no
  /// certificate is used long after it was replaced, seldom enough to cost nothing.
  static let filesLookedAtEvery = Duration.seconds(1)
}

/// What a connection is made with.
struct TLSMaterial: Sendable {
  let context: NIOSSLContext
  /// The SPIFFE trust domain that the peer must be of; nil where none is asked for.
  let trustDomain: String?

  /// Throws UNAUTHENTICATED for a peer that is of another trust domain.
  func check(_ peer: PeerIdentity) throws(RPCError) {
    guard let trustDomain, peer.trustDomain != trustDomain else { return }
    let names = (peer.uris + peer.dnsNames).joined(separator: ", ")
    throw RPCError(
      .unauthenticated,
      "the certificate has no SPIFFE ID of trust domain \(trustDomain), but "
        + (names.isEmpty ? "no name" : names))
  }
}

extension TLSConfiguration {
  /// TLS 1.2 or later, and for TLS 1.2 only what HTTP/2 allows (RFC 9113 §9.2.2): ephemeral keys and
  /// authenticated encryption.
  mutating func applyBounds(_ protocols: [String]) {
    minimumTLSVersion = .tlsv12
    cipherSuiteValues = [
      .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
      .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
    applicationProtocols = protocols
    // A peer that does not say goodbye gets as long for it as one that is to read our last words.
    shutdownTimeout = .nanoseconds(Transport.lingerTime.saturatedNanoseconds)
  }
}

/// Reading PEM files, with errors that name the file.
enum PEM {
  static func certificates(_ path: String) throws(RPCError) -> [NIOSSLCertificate] {
    try check(path)
    do {
      let certificates = try NIOSSLCertificate.fromPEMFile(path)
      if !certificates.isEmpty { return certificates }
    } catch {
      throw RPCError(
        .invalidArgument, "\(path) holds no PEM certificate (\(error.systemReason))", cause: error)
    }
    throw RPCError(.invalidArgument, "\(path) holds no PEM certificate")
  }

  static func key(_ path: String) throws(RPCError) -> NIOSSLPrivateKey {
    try check(path)
    do {
      return try NIOSSLPrivateKey(file: path, format: .pem)
    } catch {
      throw RPCError(
        .invalidArgument,
        "\(path) holds no PEM private key without a passphrase (\(error.systemReason))",
        cause: error)
    }
  }

  /// The kernel's reason, which BoringSSL does not pass on.
  private static func check(_ path: String) throws(RPCError) {
    guard access(path, R_OK) != 0 else { return }
    throw RPCError(
      .invalidArgument, "cannot read \(path): \(String(cString: strerror(errno)))")
  }
}

extension RPCError {
  static func keyDoesNotFit(
    _ key: String, _ certificate: String, _ error: any Error
  ) -> RPCError {
    RPCError(
      .invalidArgument,
      "the key in \(key) does not fit the certificate in \(certificate): \(error.systemReason)",
      cause: error)
  }
}
