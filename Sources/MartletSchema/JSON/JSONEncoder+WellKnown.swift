// The types of google.protobuf that JSON spells in their own way, to JSON.

extension JSONEncoder {
  /// Writes a message of a well-known type; false for every other type, and for one that has only its
  /// name: a descriptor set may declare what it likes.
  func writeWellKnown(_ message: MessageNode, to text: inout JSONText) throws(JSONError) -> Bool {
    let name = message.type.fullName
    guard name.hasPrefix("google.protobuf.") else { return false }
    switch name.dropFirst("google.protobuf.".count) {
    case "Timestamp":
      text.string(try time(message, WellKnownTime.timestamp, "0001-01-01 to 9999-12-31"))
    case "Duration":
      text.string(try time(message, WellKnownTime.duration, "±315576000000s"))
    case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value",
      "BoolValue", "StringValue", "BytesValue":
      guard let value = message.type.field(number: 1), value.kind != .message, !value.isRepeated
      else { return false }
      write(message.value(value), of: value, to: &text)
    case "FieldMask": text.string(try fieldMask(message))
    case "Struct", "ListValue": return try writeStructure(message, to: &text)
    case "Value": try writeValue(message, to: &text)
    case "Any": return try writeAny(message, to: &text)
    default: return false
    }
    return true
  }

  private func error(_ message: String) -> JSONError {
    JSONError(path.text, message)
  }

  private func time(
    _ message: MessageNode, _ spell: (_ seconds: Int64, _ nanos: Int64) -> String?,
    _ range: String
  ) throws(JSONError) -> String {
    guard let seconds = message.signed(1), let nanos = message.signed(2),
      let text = spell(seconds, nanos)
    else { throw error("\(message.type) is out of its range, \(range)") }
    return text
  }

  private func fieldMask(_ message: MessageNode) throws(JSONError) -> String {
    guard let paths = message.type.field(number: 1), paths.isRepeated, paths.kind == .string else {
      return ""
    }
    var spelled: [String] = []
    for index in 0..<message.count(paths) {
      guard case .string(let path) = message.value(paths, at: index) else { continue }
      guard let json = FieldMaskPath.json(path) else {
        throw error("the path \(path.shortened) of a FieldMask cannot be told in lowerCamelCase")
      }
      spelled.append(json)
    }
    return spelled.joined(separator: ",")
  }

  /// `Struct.fields` and `ListValue.values`, without their own names.
  private func writeStructure(
    _ message: MessageNode, to text: inout JSONText
  ) throws(JSONError) -> Bool {
    guard let content = message.type.field(number: 1), content.isRepeated else { return false }
    try writeElements(of: content, in: message, to: &text)
    return true
  }

  private func writeValue(_ message: MessageNode, to text: inout JSONText) throws(JSONError) {
    guard let field = message.type.fields.first(where: { $0.oneof != nil && message.has($0) })
    else {
      // A value of no kind is that of nothing.
      text.raw("null")
      return
    }
    if let nested = message.message(field) {
      try JSONEncoder(path: path, depth: depth + 1).write(nested, to: &text)
      return
    }
    let value = message.value(field)
    if let number = value.number, !number.isFinite {
      throw error("google.protobuf.Value holds \(number), which JSON has no number for")
    }
    write(value, of: field, to: &text)
  }

  private func writeAny(
    _ message: MessageNode, to text: inout JSONText
  ) throws(JSONError) -> Bool {
    guard let urlField = message.type.field(number: 1), urlField.kind == .string,
      let valueField = message.type.field(number: 2), valueField.kind == .bytes,
      !urlField.isRepeated, !valueField.isRepeated,
      case .string(let url) = message.value(urlField),
      case .bytes(let bytes) = message.value(valueField)
    else { return false }
    text.open("{")
    defer { text.close("}") }
    if url.isEmpty, bytes.isEmpty { return true }
    guard let type = message.type.schema.message(anyURL: url) else {
      throw error("the schema does not have the type of \(url.shortened)")
    }
    text.name("@type")
    text.string(url)
    let nested = try type.decode(bytes, at: path)
    if type.isSpelledSpecially {
      text.name("value")
      try at("value").write(nested.root, to: &text)
    } else {
      try JSONEncoder(path: path, depth: depth + 1).writeFields(of: nested.root, to: &text)
    }
    return true
  }
}

extension MessageNode {
  /// A singular integer field by number; nil when the type has none such.
  fileprivate func signed(_ number: Int) -> Int64? {
    guard let field = type.field(number: number), !field.isRepeated, field.kind != .message,
      case .signed(let value) = value(field)
    else { return nil }
    return value
  }
}

extension Schema {
  /// The type that a `type_url` ends in.
  func message(anyURL url: String) -> MessageType? {
    url.split(separator: "/").last.flatMap { message(named: String($0)) }
  }
}

extension MessageType {
  /// JSON spells the type otherwise than as an object of its fields, so an Any has it in `value`.
  var isSpelledSpecially: Bool {
    [
      "Timestamp", "Duration", "DoubleValue", "FloatValue", "Int64Value", "UInt64Value",
      "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue", "FieldMask", "Struct",
      "ListValue", "Value", "Any",
    ].contains { fullName == "google.protobuf.\($0)" }
  }
}
