// Messages to JSON (protobuf's "JSON Mapping").

/// Writes messages; `path` is where it is, for errors, and `depth` how deep. Decoding bounds the
/// depth too, but it starts anew in every `Any`.
struct JSONEncoder {
  let path: JSONPath
  let depth: Int

  func write(_ message: MessageNode, to text: inout JSONText) throws(JSONError) {
    guard depth <= SchemaLimits.maxDepth else {
      throw JSONError(path.text, "messages are nested deeper than \(SchemaLimits.maxDepth)")
    }
    if let reason = message.type.record.unread {
      throw JSONError(path.text, "JSON cannot tell what is in it: \(reason)")
    }
    if try writeWellKnown(message, to: &text) { return }
    text.open("{")
    try writeFields(of: message, to: &text)
    text.close("}")
  }

  /// The members of a message's object, without braces, in the order of the field numbers.
  func writeFields(of message: MessageNode, to text: inout JSONText) throws(JSONError) {
    for field in message.type.fieldsByNumber {
      if field.isRepeated {
        guard message.count(field) > 0 else { continue }
        text.name(field.jsonName)
        try writeElements(of: field, in: message, to: &text)
      } else if message.has(field) {
        text.name(field.jsonName)
        if let nested = message.message(field) {
          try at(field.jsonName).write(nested, to: &text)
        } else {
          write(message.value(field), of: field, to: &text)
        }
      }
    }
  }

  /// For a message in this one.
  func at(_ name: String) -> JSONEncoder {
    JSONEncoder(path: .member(name, of: path), depth: depth + 1)
  }

  func writeElements(
    of field: Field, in message: MessageNode, to text: inout JSONText
  ) throws(JSONError) {
    if field.isMap { return try writeMap(field, in: message, to: &text) }
    let list = at(field.jsonName)
    text.open("[")
    for index in 0..<message.count(field) {
      text.separate()
      if field.kind == .message {
        let element = message.message(field, at: index)
        try JSONEncoder(path: .element(index, of: list.path), depth: list.depth)
          .write(element, to: &text)
      } else {
        write(message.value(field, at: index), of: field, to: &text)
      }
    }
    text.close("]")
  }

  /// Of entries with the same key the last counts.
  private func writeMap(
    _ field: Field, in message: MessageNode, to text: inout JSONText
  ) throws(JSONError) {
    guard let entry = field.messageType, let key = entry.field(number: 1),
      let value = entry.field(number: 2)
    else { return }
    let map = at(field.jsonName)
    var last: [FieldValue: Int] = [:]
    for index in 0..<message.count(field) {
      last[message.message(field, at: index).value(key)] = index
    }
    text.open("{")
    for index in 0..<message.count(field) {
      let element = message.message(field, at: index)
      guard last[element.value(key)] == index else { continue }
      let name = Self.mapKey(element.value(key))
      text.name(name)
      guard let type = value.messageType else {
        write(element.value(value), of: value, to: &text)
        continue
      }
      // The entry is a message, too, as decoders count.
      let inner = JSONEncoder(path: .entry(name, of: map.path), depth: depth + 2)
      if let nested = element.message(value) {
        try inner.write(nested, to: &text)
      } else {
        // An entry without a value has the empty message.
        text.raw(try type.json([]))
      }
    }
    text.close("}")
  }

  private static func mapKey(_ value: FieldValue) -> String {
    switch value {
    case .string(let text): text
    case .bool(let flag): "\(flag)"
    case .signed(let number): "\(number)"
    case .unsigned(let number): "\(number)"
    case .float, .double, .bytes, .enumeration: ""
    }
  }

  func write(_ value: FieldValue, of field: Field, to text: inout JSONText) {
    switch value {
    case .bool(let flag): text.raw("\(flag)")
    case .float(let number): write(Double(number), "\(number)", to: &text)
    case .double(let number): write(number, "\(number)", to: &text)
    case .string(let string): text.string(string)
    case .bytes(let bytes): text.base64(bytes)
    case .enumeration(let number):
      if field.enumType?.fullName == "google.protobuf.NullValue" {
        text.raw("null")
      } else if let name = field.enumType?.name(of: number) {
        text.string(name)
      } else {
        text.raw("\(number)")
      }
    case .signed(let number): writeInteger("\(number)", field, to: &text)
    case .unsigned(let number): writeInteger("\(number)", field, to: &text)
    }
  }

  /// 64-bit integers are strings: JavaScript's numbers do not hold them.
  private func writeInteger(_ digits: String, _ field: Field, to text: inout JSONText) {
    if MessageLayouts.width(field.kind) == 8 {
      text.string(digits)
    } else {
      text.raw(digits)
    }
  }

  /// `digits` is Swift's shortest text that reads back as the same number.
  private func write(_ number: Double, _ digits: String, to text: inout JSONText) {
    if number.isNaN {
      text.string("NaN")
    } else if number.isInfinite {
      text.string(number < 0 ? "-Infinity" : "Infinity")
    } else {
      text.raw(digits)
    }
  }
}

extension MessageType {
  var fieldsByNumber: [Field] {
    record.indicesInOrder.map { Field(schema: schema, message: index, index: $0) }
  }
}
