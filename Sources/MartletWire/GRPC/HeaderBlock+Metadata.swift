// Custom metadata among the headers.

package import MartletCore

extension HeaderBlock {
  /// Appends custom metadata; `-bin` values become base64 without padding, and text loses the spaces at its ends,
  /// which a field value cannot have. Throws, having appended nothing, when a name or a value cannot be sent (gRPC
  /// over HTTP/2, "Custom-Metadata").
  package mutating func append(_ metadata: Metadata) throws(InvalidMetadata) {
    guard !metadata.isEmpty else { return }
    for entry in metadata.entries { try Self.check(entry) }
    for entry in metadata.entries { append(checked: entry) }
  }

  /// Appends those entries that can be sent, and returns what is wrong with the others.
  package mutating func append(sendable metadata: Metadata) -> [InvalidMetadata] {
    var left: [InvalidMetadata] = []
    for entry in metadata.entries {
      do throws(InvalidMetadata) {
        try Self.check(entry)
        append(checked: entry)
      } catch {
        left.append(error)
      }
    }
    return left
  }

  private mutating func append(checked entry: Metadata.Entry) {
    switch entry.value {
    case .text(let text):
      append(name: entry.name, value: HTTPFieldValue.trimmed(text))
    case .binary(let bytes):
      var name = entry.name
      name.withUTF8 { name in
        unsafe Base64.encode(bytes, .none).withUnsafeBytes { value in
          unsafe append(name: UnsafeRawBufferPointer(name), value: value)
        }
      }
    }
  }

  /// The custom metadata among the fields: everything but pseudo-headers and what HTTP and gRPC
  /// reserve. A `-bin` value that is not base64 is left out; a list of them (`a,b`) becomes several.
  /// HTTP allows more than gRPC: what could not be sent on as metadata is left out too, so that whoever
  /// got it may (gRPC over HTTP/2, "Custom-Metadata").
  package var metadata: Metadata {
    var metadata = Metadata()
    guard !names.isSubset(of: Self.reservedKnownNames) else { return metadata }
    for index in 0..<count where isCustom(at: index) {
      unsafe withField(at: index) { name, value in
        let key = unsafe String(decoding: name, as: UTF8.self)
        guard key.utf8.allSatisfy(Self.isNameByte), !Self.isReservedByGRPC(key) else { return }
        guard key.hasSuffix("-bin") else {
          let text = unsafe String(decoding: value, as: UTF8.self)
          if text.utf8.allSatisfy(Self.isPrintable) { metadata.add(text, for: key) }
          return
        }
        let parts = unsafe value.split(
          separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        for index in unsafe parts.indices {
          let part = unsafe UnsafeRawBufferPointer(rebasing: parts[index])
          if let bytes = unsafe Base64.decode(part) { metadata.add(bytes, for: key) }
        }
      }
    }
    return metadata
  }

  /// False where no field is the application's own, as in most answers.
  package var hasCustomFields: Bool { !names.isSubset(of: Self.reservedKnownNames) }

  /// Whether the field at `index` is the application's own, which a proxy passes on.
  package func isCustom(at index: Int) -> Bool {
    let name = name(at: index)
    guard name == .other else { return !Self.reservedKnownNames.contains(HeaderNames(name)) }
    return unsafe withField(at: index) { name, _ in
      unsafe name.first != UInt8(ascii: ":")
    }
  }

  /// Whether the name of the field at `index` is spelled as gRPC's metadata is.
  package func hasMetadataName(at index: Int) -> Bool {
    unsafe withField(at: index) { name, _ in unsafe name.allSatisfy(Self.isNameByte) }
  }

  /// What HTTP and gRPC keep for themselves among the names that we know.
  private static let reservedKnownNames: HeaderNames = [
    HeaderNames(.method), HeaderNames(.scheme), HeaderNames(.authority), HeaderNames(.path),
    HeaderNames(.status), HeaderNames(.te), HeaderNames(.contentType),
    HeaderNames(.contentLength), HeaderNames(.userAgent), HeaderNames(.host),
    HeaderNames(.grpcTimeout), HeaderNames(.grpcStatus), HeaderNames(.grpcMessage),
    HeaderNames(.grpcEncoding), HeaderNames(.grpcAcceptEncoding),
    // Who called is for the server to say, which knows whom to believe.
    HeaderNames(.forwardedClientCert),
  ]

  private static func check(_ entry: Metadata.Entry) throws(InvalidMetadata) {
    guard !entry.name.isEmpty, entry.name.utf8.allSatisfy(isNameByte) else {
      throw InvalidMetadata(
        name: entry.name, reason: "a name is lower-case letters, digits, '-', '_' and '.'")
    }
    guard !reservedNames.contains(entry.name), !isReservedByGRPC(entry.name) else {
      throw InvalidMetadata(name: entry.name, reason: "HTTP/2 or gRPC keeps this name for itself")
    }
    switch entry.value {
    case .text(let text):
      guard !entry.name.hasSuffix("-bin") else {
        throw InvalidMetadata(name: entry.name, reason: "a -bin name carries bytes, not text")
      }
      guard HTTPFieldValue.trimmed(text).utf8.allSatisfy(isPrintable) else {
        throw InvalidMetadata(
          name: entry.name, reason: "text is printable ASCII; use a -bin name for anything else")
      }
    case .binary:
      guard entry.name.hasSuffix("-bin") else {
        throw InvalidMetadata(name: entry.name, reason: "the name of bytes ends in -bin")
      }
    }
  }

  private static func isReservedByGRPC(_ name: String) -> Bool {
    name.hasPrefix("grpc-") && !customGRPCNames.contains(name)
  }

  /// HTTP's own and those of one connection, which a peer has to refuse (RFC 9113 §8.2.2).
  private static let reservedNames: Set<String> = [
    "te", "content-type", "content-length", "user-agent", "host", "connection", "keep-alive",
    "proxy-connection", "transfer-encoding", "upgrade",
  ]

  /// The names with gRPC's prefix that an application may set.
  private static let customGRPCNames: Set<String> = [
    "grpc-status-details-bin", "grpc-retry-pushback-ms", "grpc-previous-rpc-attempts",
    "grpc-trace-bin", "grpc-tags-bin",
  ]

  static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

/// A metadata entry that HTTP/2 cannot carry.
package struct InvalidMetadata: Error, Sendable, Hashable, CustomStringConvertible {
  package var name: String
  package var reason: String

  package var description: String { "metadata \"\(name)\" cannot be sent: \(reason)" }
}
