// What a client's session keeps of an answer's head and trailers.

private import MartletCore

/// A status must reach its caller whatever else an answer has: one call's text or metadata is no reason to lose
/// the call, let alone the connection and all other calls on it.
extension SessionCore {
  /// Takes a field of an answer: as it is; a text that is too long up to where it is cut; or, when it is metadata
  /// that there is no room for or that gRPC does not allow, only its name, for `martlet-left-out`.
  @inline(never)
  mutating func keepOfAnswer(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, neverIndexed: Bool
  ) {
    let known = unsafe HeaderName(spelled: name)
    let value = unsafe known == .grpcMessage ? value : HTTPFieldValue.trimmed(value)
    guard known.isStatusField, value.count <= SessionBounds.maxStatusFieldBytes else {
      return unsafe keepWithCare(known, name, value, neverIndexed)
    }
    unsafe keep(known, name, value, neverIndexed: neverIndexed)
    if known == .grpcMessage { repairText() }
  }

  private func keep(
    _ known: HeaderName, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer,
    neverIndexed: Bool
  ) {
    unsafe inboundStorage?._withUnsafeGuaranteedRef { storage in
      unsafe storage.append(known, spelled: name, value, neverIndexed: neverIndexed)
    }
  }

  /// Encodes what a field value of HTTP cannot have in the text that was kept last.
  private func repairText() {
    unsafe inboundStorage?._withUnsafeGuaranteedRef { $0.repairText() }
  }

  private mutating func keepWithCare(
    _ known: HeaderName, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer,
    _ neverIndexed: Bool
  ) {
    // Of what was cut on its way in, the field's number says how long it was.
    let whole =
      inboundCuts.isEmpty ? nil : inboundCuts.first { $0.field == inboundFields - 1 }?.bytes
    if known == .grpcMessage {
      return unsafe keepText(value, of: whole ?? value.count)
    }
    let isList = unsafe HeaderBlock.isList(name, value)
    let bytes =
      unsafe isList
      ? HeaderBlock.splitBytes(name, value)
      : name.count + value.count + HeaderStorage.fieldOverhead
    guard whole == nil, !known.isStatusField, keptMetadataBytes + bytes <= maxHeaderListBytes,
      unsafe HeaderBlock.reasonAgainst(name, value) == nil
    else { return unsafe leaveOut(name) }
    keptMetadataBytes += bytes
    guard isList else {
      return unsafe keep(known, name, value, neverIndexed: neverIndexed)
    }
    // Not every client splits what the mapping to HTTP/2 says it must.
    unsafe HeaderBlock.forEachValue(value) {
      unsafe keep(known, name, $0, neverIndexed: neverIndexed)
    }
  }

  private mutating func keepText(_ value: UnsafeRawBufferPointer, of whole: Int) {
    let text = unsafe StatusText.cut(
      value, of: whole, to: min(SessionBounds.maxStatusTextBytes, maxHeaderListBytes / 2))
    unsafe text.withUnsafeBytes {
      unsafe keep(
        UnsafeRawBufferPointer(
          start: Self.messageName.utf8Start, count: Self.messageName.utf8CodeUnitCount), $0,
        neverIndexed: true)
    }
    repairText()
  }

  private static var messageName: StaticString { HeaderName.grpcMessage.text }

  private mutating func leaveOut(_ name: UnsafeRawBufferPointer) {
    guard leftOut.count < SessionBounds.maxNamesLeftOut else { return }
    leftOut.append(
      unsafe String(decoding: name.prefix(SessionBounds.maxNameLeftOutBytes), as: UTF8.self))
  }

  /// Says which fields are not there, if any.
  mutating func tellLeftOut() {
    guard !leftOut.isEmpty else { return }
    inbound.append(leftOut: leftOut)
    leftOut = []
  }
}

extension HeaderName {
  /// Whether it is one of those by which an answer says how the call went. Their values are short.
  @inline(__always) fileprivate var isStatusField: Bool {
    switch self {
    case .status, .contentType, .grpcStatus, .grpcMessage, .grpcEncoding, .grpcAcceptEncoding,
      .contentLength:
      true
    default: false
    }
  }
}
