// What gRPC's mapping to HTTP/2 does not allow in metadata.

internal import MartletCore

extension HeaderBlock {
  /// What is wrong with the custom metadata of a request; nil for nothing. HTTP allows more than gRPC does: other
  /// bytes in names and values, and anything in a value whose name ends in `-bin`. Receivers differ in what
  /// they make of that, so whoever lets requests in refuses them (gRPC over HTTP/2, "Custom-Metadata").
  package var metadataProblem: InvalidMetadata? {
    // Most requests have no other fields than those that we know.
    guard !names.isDisjoint(with: Self.checkedNames) else { return nil }
    for index in 0..<count where Self.checkedNames.contains(HeaderNames(name(at: index))) {
      let problem = unsafe withField(at: index) { name, value in
        unsafe Self.problem(name, value)
      }
      if let problem { return problem }
    }
    return nil
  }

  private static let checkedNames: HeaderNames = [
    HeaderNames(.other), HeaderNames(.grpcStatusDetails), HeaderNames(.grpcRetryPushback),
    HeaderNames(.grpcPreviousAttempts), HeaderNames(.traceparent), HeaderNames(.tracestate),
  ]

  private static func problem(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> InvalidMetadata? {
    guard let reason = unsafe reasonAgainst(name, value) else { return nil }
    return InvalidMetadata(
      name: unsafe String(decoding: name.prefix(maxNameBytesTold), as: UTF8.self), reason: reason)
  }

  /// Why a field is no custom metadata; nil when it is.
  static func reasonAgainst(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> String? {
    guard unsafe name.allSatisfy(isNameByte) else {
      return "a name is lower-case letters, digits, '-', '_' and '.'"
    }
    guard unsafe isBinary(name) else {
      return unsafe value.allSatisfy(isPrintable)
        ? nil : "text is printable ASCII; use a -bin name for anything else"
    }
    return unsafe isBase64List(value) ? nil : "the value of a -bin name is base64"
  }

  /// Names are as long as a header list may be; a message quotes so much.
  private static var maxNameBytesTold: Int { 128 }

  private static func isBinary(_ name: UnsafeRawBufferPointer) -> Bool {
    guard name.count >= 4 else { return false }
    return unsafe name.loadUnaligned(fromByteOffset: name.count - 4, as: UInt32.self)
      == binarySuffix
  }

  /// `-bin`
  private static let binarySuffix: UInt32 = {
    let suffix: StaticString = "-bin"
    return unsafe UnsafeRawPointer(suffix.utf8Start).loadUnaligned(as: UInt32.self)
  }()

  /// Whether a value is base64, or several of them with commas between.
  private static func isBase64List(_ value: UnsafeRawBufferPointer) -> Bool {
    var start = 0
    while let comma = unsafe value[start...].firstIndex(of: UInt8(ascii: ",")) {
      let part = unsafe UnsafeRawBufferPointer(rebasing: value[start..<comma])
      guard unsafe Base64.isStandard(part) else { return false }
      start = comma + 1
    }
    return unsafe Base64.isStandard(UnsafeRawBufferPointer(rebasing: value[start...]))
  }
}

extension HeaderBlock {
  /// Names the fields of an answer that were left out, because they were too long or not allowed.
  mutating func append(leftOut names: [String]) {
    let text = names.joined(separator: ",").utf8.prefix(Self.maxLeftOutBytes)
    append(
      name: Self.leftOutName, value: String(decoding: text, as: UTF8.self), neverIndexed: true)
  }

  /// Names that are told.
  private static var maxLeftOutBytes: Int { 200 }

  /// What names them.
  static let leftOutName = "martlet-left-out"
}
