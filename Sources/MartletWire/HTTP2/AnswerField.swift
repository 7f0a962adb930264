// Field values of answers that HTTP does not allow and that servers of gRPC send all the same.

/// Makes values of answers fit to be sent on. A server that writes a status text, or metadata, as its handler said it
/// has a space at an end now and then: the call must have its status, and no hop behind this one may see what it
/// would have to refuse.
enum AnswerField {
  /// A value without the spaces and tabs at its ends, which gRPC lets anybody strip from metadata.
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
