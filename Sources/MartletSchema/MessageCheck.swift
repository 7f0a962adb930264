// Whether bytes are a well-formed message of a type: the gate before protobuf-c and before
// replicas.

extension MessageType {
  /// Checks a whole message: nesting depth, lengths, varints and UTF-8. Fields that the type does not have,
  /// or not with that wire type, are only walked over. What passes never overflows a decoder's stack.
  package func check(_ message: [UInt8]) throws(WireError) {
    var traits = MessageTraits()
    try schema.check(WireReader(message), as: index, depth: 1, &traits)
  }
}

/// What a check notices on the way.
struct MessageTraits {
  /// A singular message field may be on the wire more than once, so that its occurrences merge.
  var mayNeedMerging = false

  /// Something on the wire is as good as unknown, and protobuf-c would not take it, or for a value: a group,
  /// another wire type than the field's, a number that a closed enum does not have.
  var hasStrangers = false

  /// Asked for by who reads texts: those that need not be UTF-8 have to be, too.
  var needsText = false
}

extension Schema {
  func check(
    _ reader: WireReader, as type: Int, depth: Int, _ traits: inout MessageTraits
  ) throws(WireError) {
    guard depth <= SchemaLimits.maxDepth else { throw WireError(.tooDeep, at: reader.position) }
    var reader = reader
    let message = messages[type]
    // Bit n: the singular message field at index n was seen; fields beyond 63 share the last bit.
    var seen: UInt64 = 0
    while let tag = try reader.nextTag() {
      guard let index = message.indexByNumber[tag.number] else {
        if tag.type == .group { traits.hasStrangers = true }
        try reader.skip(tag, within: depth - 1)
        continue
      }
      let field = message.fields[index]
      if field.kind == .message, !field.isRepeated {
        let bit: UInt64 = 1 << UInt64(min(index, 63))
        if seen & bit != 0 { traits.mayNeedMerging = true }
        seen |= bit
      }
      do throws(WireError) {
        try check(field, tag, &reader, depth: depth, &traits)
      } catch {
        guard error.field == nil else { throw error }
        throw WireError(
          error.reason, at: error.offset, field: "\(message.fullName).\(field.name)")
      }
    }
  }

  private func check(
    _ field: FieldRecord, _ tag: WireTag, _ reader: inout WireReader, depth: Int,
    _ traits: inout MessageTraits
  ) throws(WireError) {
    let start = reader.position
    guard tag.type == field.kind.wireType else {
      // Both encodings of a repeated scalar are valid whatever the field declares.
      guard field.takesPacked(tag) else {
        traits.hasStrangers = true
        return try reader.skip(tag, within: depth - 1)
      }
      try checkPacked(reader.bytes, in: try reader.lengthDelimited(), field.kind)
      // Whether they are there is asked once more where that matters.
      if isClosedEnum(field) { traits.hasStrangers = true }
      return
    }
    switch field.kind {
    case .message:
      let content = WireReader(reader.bytes, in: try reader.lengthDelimited())
      try check(content, as: field.typeIndex, depth: depth + 1, &traits)
    case .string:
      let content = try reader.lengthDelimited()
      guard
        field.takesAnyText && !traits.needsText || UTF8Check.isValid(reader.bytes[content])
      else { throw WireError(.badUTF8, at: start) }
    case .enumeration:
      let number = Int32(truncatingIfNeeded: try reader.varint())
      if isStranger(number, in: field) { traits.hasStrangers = true }
    case .double, .float, .int64, .uint64, .int32, .fixed64, .fixed32, .bool, .bytes, .uint32,
      .sfixed32, .sfixed64, .sint32, .sint64:
      try reader.skip(tag)
    }
  }

  /// The values of the field's enum are those that it names and no others (proto2).
  func isClosedEnum(_ field: FieldRecord) -> Bool {
    field.kind == .enumeration && enums[field.typeIndex].isClosed
  }

  /// A number that is no value of the field, as if nothing were there.
  func isStranger(_ number: Int32, in field: FieldRecord) -> Bool {
    isClosedEnum(field) && enums[field.typeIndex].nameByNumber[number] == nil
  }

  private func checkPacked(
    _ bytes: [UInt8], in range: Range<Int>, _ kind: FieldKind
  ) throws(WireError) {
    switch kind.wireType {
    case .fixed32:
      guard range.count % 4 == 0 else {
        throw WireError(.raggedPackedValues, at: range.lowerBound)
      }
    case .fixed64:
      guard range.count % 8 == 0 else {
        throw WireError(.raggedPackedValues, at: range.lowerBound)
      }
    case .varint, .lengthDelimited, .group:
      var content = WireReader(bytes, in: range)
      while !content.isAtEnd { _ = try content.varint() }
    }
  }
}

extension Schema.FieldRecord {
  /// A repeated scalar may come packed or not, whatever the field declares.
  func takesPacked(_ tag: WireTag) -> Bool {
    isRepeated && kind.isPackable && tag.type == .lengthDelimited
  }
}

/// UTF-8 as Unicode defines it (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing
/// above U+10FFFF.
enum UTF8Check {
  static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
    var position = bytes.startIndex
    let end = bytes.endIndex
    while position < end {
      let lead = bytes[position]
      if lead < 0x80 {
        position += 1
        continue
      }
      guard let (length, second) = sequence(lead), end - position >= length,
        second.contains(bytes[position + 1])
      else { return false }
      for i in 2..<max(2, length) where bytes[position + i] & 0xc0 != 0x80 { return false }
      position += length
    }
    return true
  }

  /// The length of the sequence that a lead byte starts, and what its second byte may be.
  private static func sequence(_ lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
    switch lead {
    case 0xc2...0xdf: (2, 0x80...0xbf)
    case 0xe0: (3, 0xa0...0xbf)
    case 0xe1...0xec, 0xee...0xef: (3, 0x80...0xbf)
    case 0xed: (3, 0x80...0x9f)
    case 0xf0: (4, 0x90...0xbf)
    case 0xf1...0xf3: (4, 0x80...0xbf)
    case 0xf4: (4, 0x80...0x8f)
    default: nil
    }
  }
}
