// Merges the occurrences of singular message fields, and drops what protobuf-c would not take for unknown,
// before it sees them.

extension MessageType {
  /// The same message with every singular message field at most once. A field that is on the wire
  /// twice means its contents one after the other, which is how protobuf merges; protobuf-c's own
  /// merging loses scalars without presence and fails where a oneof is unset. Groups, fields of
  /// another wire type than theirs and numbers that closed enums do not have are left out. The bytes
  /// passed `check`.
  func merging(_ message: [UInt8]) throws(WireError) -> [UInt8] {
    try schema.merging(WireReader(message), as: index)
  }
}

extension Schema {
  private enum Piece {
    case raw(Range<Int>)
    case nested(field: Int, contents: [Range<Int>])
    case packed(field: Int, content: Range<Int>)
    case dropped
  }

  fileprivate func merging(_ reader: WireReader, as type: Int) throws(WireError) -> [UInt8] {
    let message = messages[type]
    var result: [UInt8] = []
    for piece in try pieces(of: reader, as: message) {
      switch piece {
      case .dropped: break
      case .raw(let range): result.append(contentsOf: reader.bytes[range])
      case .nested(let index, let contents):
        let field = message.fields[index]
        // Only contents that were concatenated have to be copied together first.
        let nested =
          contents.count == 1
          ? WireReader(reader.bytes, in: contents[0])
          : WireReader(contents.flatMap { reader.bytes[$0] })
        if messages[field.typeIndex].isMapEntry, try isStranger(entry: nested, of: field) {
          continue
        }
        result.appendField(field.number, try merging(nested, as: field.typeIndex))
      case .packed(let index, let content):
        try appendPacked(message.fields[index], WireReader(reader.bytes, in: content), to: &result)
      }
    }
    return result
  }

  /// The values of a closed enum without those that it does not have.
  private func appendPacked(
    _ field: FieldRecord, _ content: WireReader, to result: inout [UInt8]
  ) throws(WireError) {
    var (content, kept) = (content, [UInt8]())
    while !content.isAtEnd {
      let raw = try content.varint()
      if !isStranger(Int32(truncatingIfNeeded: raw), in: field) { kept.appendVarint(raw) }
    }
    if !kept.isEmpty { result.appendField(field.number, kept) }
  }

  /// An entry of a map whose last value is none of its closed enum is unknown as a whole.
  private func isStranger(
    entry: WireReader, of field: FieldRecord
  ) throws(WireError) -> Bool {
    let record = messages[field.typeIndex]
    guard let value = record.indexByNumber[2].map({ record.fields[$0] }), isClosedEnum(value) else {
      return false
    }
    var (entry, isStranger) = (entry, false)
    while let tag = try entry.nextTag() {
      guard tag == WireTag(number: 2, type: .varint) else {
        try entry.skip(tag)
        continue
      }
      isStranger = self.isStranger(Int32(truncatingIfNeeded: try entry.varint()), in: value)
    }
    return isStranger
  }

  private func pieces(
    of reader: WireReader, as message: MessageRecord
  ) throws(WireError) -> [Piece] {
    var reader = reader
    var pieces: [Piece] = []
    // Where the piece of each singular message field is, and which member of each oneof is set.
    var places: [Int: Int] = [:]
    var chosen: [Int: Int] = [:]
    var start = reader.position
    while let tag = try reader.nextTag() {
      defer { start = reader.position }
      guard let index = message.indexByNumber[tag.number] else {
        try reader.skip(tag)
        if tag.type != .group { pieces.append(.raw(start..<reader.position)) }
        continue
      }
      let field = message.fields[index]
      guard tag.type == field.kind.wireType || field.takesPacked(tag) else {
        try reader.skip(tag)
        continue
      }
      if isClosedEnum(field) {
        if tag.type == .lengthDelimited {
          pieces.append(.packed(field: index, content: try reader.lengthDelimited()))
          continue
        }
        var value = reader
        if isStranger(Int32(truncatingIfNeeded: try value.varint()), in: field) {
          try reader.skip(tag)
          continue
        }
      }
      if let oneof = field.oneof {
        if let other = chosen[oneof], other != index, let place = places.removeValue(forKey: other)
        {
          pieces[place] = .dropped
        }
        chosen[oneof] = index
      }
      guard field.kind == .message else {
        try reader.skip(tag)
        pieces.append(.raw(start..<reader.position))
        continue
      }
      var contents = [try reader.lengthDelimited()]
      if !field.isRepeated {
        if let place = places[index], case .nested(_, let earlier) = pieces[place] {
          contents = earlier + contents
          pieces[place] = .dropped
        }
        places[index] = pieces.count
      }
      pieces.append(.nested(field: index, contents: contents))
    }
    return pieces
  }
}
