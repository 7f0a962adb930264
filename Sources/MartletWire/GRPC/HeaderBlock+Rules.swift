// What gRPC's mapping to HTTP/2 does not allow in metadata.

internal import MartletCore

/// What the custom metadata of a request is like.
package enum MetadataFinding: Equatable {
  /// Every receiver reads it alike.
  case plain
  /// A `-bin` field has several values with commas between. Receivers must split them, and gRPC's C core does
  /// not: `splittingLists` does.
  case lists
  case bad(InvalidMetadata)
}

extension HeaderBlock {
  /// What is to be done about the custom metadata of a request. HTTP allows more than gRPC does: other bytes in
  /// names and values, and anything in a value whose name ends in `-bin`. Receivers differ in what they make of
  /// that, so whoever lets requests in refuses them (gRPC over HTTP/2, "Custom-Metadata").
  package var metadataFinding: MetadataFinding {
    // Most requests have no other fields than those that we know.
    guard !names.isDisjoint(with: Self.checkedNames) else { return .plain }
    var hasLists = false
    for index in 0..<count where Self.checkedNames.contains(HeaderNames(name(at: index))) {
      let problem = unsafe withField(at: index) { name, value in
        hasLists = unsafe hasLists || Self.isList(name, value)
        return unsafe Self.problem(name, value)
      }
      if let problem { return .bad(problem) }
    }
    return hasLists ? .lists : .plain
  }

  /// The same fields, but each value of a `-bin` field in one of its own.
  ///
  /// - Throws: if the fields would be longer than `maxBytes` then, as HPACK counts them.
  package func splittingLists(maxBytes: Int) throws(InvalidMetadata) -> HeaderBlock {
    var result = HeaderBlock()
    var bytes = 0
    for index in 0..<count {
      let problem = unsafe withField(at: index) { name, value -> InvalidMetadata? in
        guard unsafe Self.isList(name, value) else {
          bytes += name.count + value.count + Self.fieldOverhead
          result.append(fieldAt: index, of: self)
          return nil
        }
        bytes += unsafe Self.splitBytes(name, value)
        guard bytes <= maxBytes else {
          return InvalidMetadata(
            name: unsafe String(decoding: name.prefix(Self.maxNameBytesTold), as: UTF8.self),
            reason: "as fields of their own its values are more than \(maxBytes) bytes")
        }
        unsafe Self.forEachValue(value) { unsafe result.append(name: name, value: $0) }
        return nil
      }
      if let problem { throw problem }
    }
    return result
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
    var isOne = true
    unsafe forEachValue(value) { isOne = unsafe isOne && Base64.isStandard($0) }
    return isOne
  }

  /// Whether a field has several values of a `-bin` name.
  static func isList(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    unsafe isBinary(name) && value.contains(comma)
  }

  /// What the values of a list take as fields of their own, at most.
  static func splitBytes(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int {
    let commas = unsafe value.count { $0 == comma }
    return (commas + 1) * (name.count + fieldOverhead) + value.count - commas
  }

  /// Gives each value of a list, without the spaces that HTTP allows around a comma.
  static func forEachValue(
    _ value: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    var rest = unsafe value[...]
    while let end = unsafe rest.firstIndex(of: comma) {
      let part = unsafe UnsafeRawBufferPointer(rebasing: rest[..<end])
      unsafe body(HTTPFieldValue.trimmed(part))
      unsafe rest = unsafe rest[(end + 1)...]
    }
    let last = unsafe UnsafeRawBufferPointer(rebasing: rest)
    unsafe body(HTTPFieldValue.trimmed(last))
  }

  private static let comma = UInt8(ascii: ",")
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
