// The types of google.protobuf that JSON spells in their own way, from JSON.

extension JSONDecoder {
  /// Fills a message of a well-known type; false for every other type.
  func fillWellKnown(_ message: MessageNode, from value: JSONValue) throws(JSONError) -> Bool {
    let name = message.type.fullName
    guard name.hasPrefix("google.protobuf.") else { return false }
    switch name.dropFirst("google.protobuf.".count) {
    case "Timestamp":
      try fillTime(
        message, value, "a time such as 2026-01-02T03:04:05Z", WellKnownTime.parseTimestamp)
    case "Duration":
      try fillTime(message, value, "a duration such as 1.5s", WellKnownTime.parseDuration)
    case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value",
      "BoolValue", "StringValue", "BytesValue":
      try set(message, 1, value)
    case "FieldMask": try fillFieldMask(message, value)
    case "Struct": try set(message, "fields", value)
    case "ListValue": try set(message, "values", value)
    case "Value": try fillValue(message, value)
    case "Any": try fillAny(message, value)
    default: return false
    }
    return true
  }

  /// Sets one field of a well-known message as if the JSON had named it.
  private func set(
    _ message: MessageNode, _ name: String, _ value: JSONValue
  ) throws(JSONError) {
    guard let field = message.type.field(named: name) else {
      throw error("\(message.type) has no field \(name)")
    }
    try set(field, of: message, to: value)
  }

  private func set(_ message: MessageNode, _ number: Int, _ value: JSONValue) throws(JSONError) {
    guard let field = message.type.field(number: number) else {
      throw error("\(message.type) has no field numbered \(number)")
    }
    try set(field, of: message, to: value)
  }

  private func fillTime(
    _ message: MessageNode, _ value: JSONValue, _ what: String,
    _ parse: (String) -> (seconds: Int64, nanos: Int64)?
  ) throws(JSONError) {
    guard case .string(let text) = value, let (seconds, nanos) = parse(text) else {
      guard case .string(let text) = value else { throw expected(what, value) }
      throw error("expected \(what), found \"\(text.shortened)\"")
    }
    try set(message, 1, .number("\(seconds)"))
    try set(message, 2, .number("\(nanos)"))
  }

  private func fillFieldMask(_ message: MessageNode, _ value: JSONValue) throws(JSONError) {
    guard case .string(let text) = value else {
      throw expected("a list of paths in a string", value)
    }
    var paths: [String] = []
    for json in text.split(separator: ",") {
      guard let path = FieldMaskPath.path(String(json)) else {
        throw error("the path \(json.shortened) of a FieldMask is not in lowerCamelCase")
      }
      paths.append(path)
    }
    try set(message, 1, .array(paths.map(JSONValue.string)))
  }

  private func fillValue(_ message: MessageNode, _ value: JSONValue) throws(JSONError) {
    switch value {
    case .null: try set(message, "null_value", .null)
    case .bool: try set(message, "bool_value", value)
    case .number: try set(message, "number_value", value)
    case .string: try set(message, "string_value", value)
    case .array: try set(message, "list_value", value)
    case .object: try set(message, "struct_value", value)
    }
  }

  private func fillAny(_ message: MessageNode, _ value: JSONValue) throws(JSONError) {
    guard case .object(var members) = value else { throw expected("an object with @type", value) }
    if members.isEmpty { return }
    guard let position = members.firstIndex(where: { $0.name == "@type" }),
      case .string(let url) = members.remove(at: position).value
    else { throw error("an Any says its type in @type") }
    guard let type = message.type.schema.message(anyURL: url) else {
      throw at("@type").error("the schema does not have the type of \(url.shortened)")
    }
    let nested = try building { () throws(WireError) in try DynamicMessage(type) }
    // Its fields count once they are bytes.
    let inner = JSONDecoder(
      path: path, depth: depth + 1, size: MessageSize(limit: size.limit, bytes: size.bytes))
    if type.isSpelledSpecially {
      guard members.count == 1, let member = members.first, member.name == "value" else {
        throw error("an Any with a \(type) has one more member, value")
      }
      try inner.at("value").fill(nested.root, from: member.value)
    } else {
      try inner.fill(nested.root, members: members)
    }
    try set(message, 1, .string(url))
    guard let content = message.type.field(number: 2), content.kind == .bytes, !content.isRepeated
    else { throw error("\(message.type) has no bytes for its content") }
    let bytes = nested.pack()
    try spend(bytes.count)
    try building { () throws(WireError) in try message.set(content, to: .bytes(bytes)) }
  }
}
