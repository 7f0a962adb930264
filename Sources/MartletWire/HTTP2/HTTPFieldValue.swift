// Field values that HTTP does not allow and that programs of gRPC send all the same.

/// Makes values fit to be sent on. A program that writes a status text, or metadata, as somebody said it has a space at
/// an end now and then. RFC 9113 §8.2.1 calls the whole message malformed for that, but gRPC lets anybody strip such
/// spaces from metadata: the call goes on, and no hop behind this one sees what it would have to refuse.
package enum HTTPFieldValue {
  /// A value without the spaces and tabs at its ends, which gRPC lets anybody strip from metadata ("ASCII-Value") and
  /// HTTP/1.1 does not count as parts of it (RFC 9112 §5.1).
  @inline(__always) static func trimmed(
    _ value: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    guard let first = unsafe value.first, let last = unsafe value.last,
      first <= 0x20 || last <= 0x20
    else { return unsafe value }
    return unsafe stripped(value)
  }

  private static func stripped(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = value.count
    while start < end, unsafe isBlank(value[start]) { start += 1 }
    while end > start, unsafe isBlank(value[end - 1]) { end -= 1 }
    return unsafe UnsafeRawBufferPointer(rebasing: value[start..<end])
  }

  /// The same for text.
  package static func trimmed(_ text: String) -> String {
    let bytes = text.utf8
    guard bytes.first.map(isBlank) ?? false || bytes.last.map(isBlank) ?? false else { return text }
    let rest = bytes.drop(while: isBlank)
    let end = rest.lastIndex { !isBlank($0) }
    return end.map { String(text[rest.startIndex...$0]) } ?? ""
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

extension HeaderStorage {
  /// Encodes what a field value cannot have in `grpc-message`, the last field.
  func repairText() {
    guard fieldCount > 0 else { return }
    let field = unsafe fields[fieldCount - 1]
    guard field.name == .grpcMessage,
      let repaired = unsafe PercentEncoding.repaired(value(of: field))
    else { return }
    removeLast()
    unsafe repaired.withUnsafeBytes {
      unsafe append(.grpcMessage, $0, neverIndexed: field.neverIndexed)
    }
  }
}
