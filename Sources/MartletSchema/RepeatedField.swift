// Takes the elements of repeated fields out of a message and puts others in, without decoding it.

/// Byte-level surgery on one field of a message whose other fields stay as they are.
extension Field {
  /// The elements of a repeated message, string or bytes field, in order.
  package func elements(in message: [UInt8]) throws(WireError) -> [[UInt8]] {
    precondition(kind.wireType == .lengthDelimited)
    return try elementRanges(in: message).map { Array(message[$0]) }
  }

  /// Where the content of each occurrence of a length-delimited field lies, in order.
  package func elementRanges(in message: [UInt8]) throws(WireError) -> [Range<Int>] {
    // Read once: looking a field up in its schema for every tag costs more than the tag.
    let number = number
    var reader = WireReader(message)
    var ranges: [Range<Int>] = []
    while let tag = try reader.nextTag() {
      guard tag.number == number, tag.type == .lengthDelimited else {
        try reader.skip(tag)
        continue
      }
      ranges.append(try reader.lengthDelimited())
    }
    return ranges
  }

  /// The message with the field's elements replaced by others, appended at its end.
  package func replacingElements(
    in message: [UInt8], with elements: [[UInt8]]
  ) throws(WireError) -> [UInt8] {
    precondition(kind.wireType == .lengthDelimited)
    var result = try removed(
      from: message, reserving: elements.reduce(0) { $0 + $1.count + 10 })
    for element in elements { result.appendField(number, element) }
    return result
  }

  /// Every value of a numeric field: all elements of a repeated one, packed or not; of a singular
  /// one the last, or its default.
  package func numbers(in message: [UInt8]) throws(WireError) -> [FieldValue] {
    let values = try numbersIfSet(in: message)
    return values.isEmpty && !isRepeated ? [defaultValue] : values
  }

  /// As `numbers`, but none of a singular field that is not set.
  package func numbersIfSet(in message: [UInt8]) throws(WireError) -> [FieldValue] {
    precondition(kind.isNumeric)
    let (number, kind) = (number, kind)
    let rivals = MessagePath.Step(self).rivals
    var reader = WireReader(message)
    var values: [FieldValue] = []
    while let tag = try reader.nextTag() {
      guard tag.number == number else {
        if rivals.contains(tag) { values.removeAll() }
        try reader.skip(tag)
        continue
      }
      if tag.type == kind.wireType {
        if !isRepeated { values.removeAll() }
        values.append(try reader.value(of: kind))
      } else if tag.type == .lengthDelimited, isRepeated {
        var packed = WireReader(message, in: try reader.lengthDelimited())
        while !packed.isAtEnd { values.append(try packed.value(of: kind)) }
      } else {
        try reader.skip(tag)
      }
    }
    return values
  }

  /// The message with the values of a numeric field replaced.
  package func replacingNumbers(
    in message: [UInt8], with values: [FieldValue]
  ) throws(WireError) -> [UInt8] {
    precondition(kind.isNumeric)
    var result = try removed(from: message, reserving: values.count * 10)
    if isPacked {
      var content: [UInt8] = []
      for value in values { content.appendNumber(value, as: kind) }
      if !content.isEmpty { result.appendField(number, content) }
      return result
    }
    for value in values where hasPresence || isRepeated || !value.isZero {
      result.appendTag(number, kind.wireType)
      result.appendNumber(value, as: kind)
    }
    return result
  }

  /// The message without any occurrence of the field; runs of other fields are copied whole.
  private func removed(from message: [UInt8], reserving extra: Int) throws(WireError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(message.count + extra)
    let number = number
    var reader = WireReader(message)
    var kept = 0
    var start = 0
    while let tag = try reader.nextTag() {
      try reader.skip(tag)
      if tag.number == number {
        result.append(contentsOf: message[kept..<start])
        kept = reader.position
      }
      start = reader.position
    }
    result.append(contentsOf: message[kept...])
    return result
  }
}
