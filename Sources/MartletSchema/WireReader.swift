// Reads the protobuf wire format, one field at a time, and trusts nothing.

/// How a field's value is laid out (protobuf encoding guide, "Message Structure").
package enum WireType: UInt8, Sendable, Hashable {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  /// Fields up to a tag of the type 4 with the same number, as groups of proto2 and fields with delimited
  /// encoding have them. They travel as they are.
  case group = 3
  case fixed32 = 5
}

/// The field number and wire type in front of a value.
package struct WireTag: Sendable, Hashable {
  package var number: Int
  package var type: WireType

  package init(number: Int, type: WireType) {
    self.number = number
    self.type = type
  }
}

/// Why bytes are not a message of a type, and where. `offset` counts from the start of the
/// outermost message.
package struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Reason: Sendable, Hashable {
    /// A value, or the length before it, reaches past the end of its message.
    case truncated
    /// A varint of more than 10 bytes or 64 bits, or a tag or length of more than 5 bytes.
    case overlongVarint
    /// A field number of 0 or above 2²⁹ − 1.
    case badFieldNumber
    /// Wire type 6 or 7.
    case badWireType
    /// A group that does not end, or ends as another one began.
    case unbalancedGroup
    case mismatchedWireType(WireType)
    case badUTF8
    /// Messages nested deeper than `SchemaLimits.maxDepth`.
    case tooDeep
    /// Packed fixed-width values that do not fill their length.
    case raggedPackedValues
    /// Decoded, the message takes more than `SchemaLimits.maxArenaBytes`, or protobuf-c refused it.
    case notDecodable
  }

  package var reason: Reason
  package var offset: Int

  /// The full name of the field whose value is bad, where it is known.
  package var field: String?

  package init(_ reason: Reason, at offset: Int, field: String? = nil) {
    self.reason = reason
    self.offset = offset
    self.field = field
  }

  package var description: String {
    let what =
      switch reason {
      case .truncated: "message is truncated"
      case .overlongVarint: "varint is too long"
      case .badFieldNumber: "field number is out of range"
      case .badWireType: "wire type does not exist"
      case .unbalancedGroup: "group does not end as it began"
      case .mismatchedWireType(let type): "wire type \(type) does not fit the field's type"
      case .badUTF8: "string is not UTF-8"
      case .tooDeep: "messages are nested deeper than \(SchemaLimits.maxDepth)"
      case .raggedPackedValues: "packed values do not fill their length"
      case .notDecodable: "message takes too much memory to decode"
      }
    return field.map { "\($0): \(what) at byte \(offset)" } ?? "\(what) at byte \(offset)"
  }
}

/// A cursor over the fields of one message. It shares the bytes, so a nested message costs no copy.
package struct WireReader: Sendable {
  package let bytes: [UInt8]
  package private(set) var position: Int
  package let end: Int

  /// Reads a whole message, or the nested one in `range` of it.
  package init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
    self.bytes = bytes
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  package var isAtEnd: Bool { position == end }

  /// The next field's tag, or nil at the end of the message.
  package mutating func nextTag() throws(WireError) -> WireTag? {
    guard position < end else { return nil }
    let start = position
    let raw = try varint(maxBytes: 5)
    guard raw <= UInt64(UInt32.max) else { throw WireError(.overlongVarint, at: start) }
    let number = Int(raw >> 3)
    guard number > 0 else { throw WireError(.badFieldNumber, at: start) }
    guard let type = WireType(rawValue: UInt8(raw & 7)) else {
      throw WireError(raw & 7 == Self.groupEnd ? .unbalancedGroup : .badWireType, at: start)
    }
    return WireTag(number: number, type: type)
  }

  private static let groupEnd: UInt64 = 4

  /// Goes on behind a group, which a tag with its number began.
  private mutating func skipGroup(_ number: Int, within depth: Int) throws(WireError) {
    var open = [number]
    while let innermost = open.last {
      let start = position
      guard depth + open.count <= SchemaLimits.maxDepth else {
        throw WireError(.tooDeep, at: start)
      }
      let raw = try varint(maxBytes: 5)
      if raw & 7 == Self.groupEnd {
        guard raw >> 3 == UInt64(innermost) else { throw WireError(.unbalancedGroup, at: start) }
        open.removeLast()
        continue
      }
      position = start
      guard let tag = try nextTag() else { throw WireError(.truncated, at: start) }
      if tag.type == .group { open.append(tag.number) } else { try skip(tag) }
    }
  }

  package mutating func varint() throws(WireError) -> UInt64 {
    if position < end, bytes[position] < 0x80 {
      defer { position += 1 }
      return UInt64(bytes[position])
    }
    return try varint(maxBytes: 10)
  }

  private mutating func varint(maxBytes: Int) throws(WireError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    for _ in 0..<maxBytes {
      guard position < end else { throw WireError(.truncated, at: start) }
      let byte = bytes[position]
      position += 1
      // The tenth byte holds the 64th bit and nothing else.
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw WireError(.overlongVarint, at: start)
  }

  package mutating func fixed32() throws(WireError) -> UInt32 {
    guard end - position >= 4 else { throw WireError(.truncated, at: position) }
    var value: UInt32 = 0
    for i in 0..<4 { value |= UInt32(bytes[position + i]) << UInt32(8 * i) }
    position += 4
    return value
  }

  package mutating func fixed64() throws(WireError) -> UInt64 {
    let low = try fixed32()
    return try UInt64(fixed32()) << 32 | UInt64(low)
  }

  /// The range of a string's, bytes', message's or packed field's content.
  package mutating func lengthDelimited() throws(WireError) -> Range<Int> {
    let start = position
    let length = try varint(maxBytes: 5)
    guard length <= UInt64(end - position) else { throw WireError(.truncated, at: start) }
    let range = position..<(position + Int(length))
    position = range.upperBound
    return range
  }

  /// Goes on behind the value of the tag that was just read.
  ///
  /// - Parameter depth: of the message around it, in which groups are nested as messages are.
  package mutating func skip(_ tag: WireTag, within depth: Int = 0) throws(WireError) {
    switch tag.type {
    case .varint: _ = try varint()
    case .fixed64: _ = try fixed64()
    case .fixed32: _ = try fixed32()
    case .lengthDelimited: _ = try lengthDelimited()
    case .group: try skipGroup(tag.number, within: depth)
    }
  }
}
