// Merges the occurrences of singular message fields before protobuf-c sees them.

extension MessageType {
  /// The same message with every singular message field at most once. A field that is on the wire
  /// twice means its contents one after the other, which is how protobuf merges; protobuf-c's own
  /// merging loses scalars without presence and fails where a oneof is unset. The bytes passed
  /// `check`.
  func merging(_ message: [UInt8]) throws(WireError) -> [UInt8] {
    try schema.merging(WireReader(message), as: index)
  }
}

extension Schema {
  private enum Piece {
    case raw(Range<Int>)
    case nested(field: Int, contents: [Range<Int>])
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
        result.appendField(field.number, try merging(nested, as: field.typeIndex))
      }
    }
    return result
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
        try reader.skip(tag.type)
        pieces.append(.raw(start..<reader.position))
        continue
      }
      let field = message.fields[index]
      if let oneof = field.oneof {
        if let other = chosen[oneof], other != index, let place = places.removeValue(forKey: other)
        {
          pieces[place] = .dropped
        }
        chosen[oneof] = index
      }
      guard field.kind == .message else {
        try reader.skip(tag.type)
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
