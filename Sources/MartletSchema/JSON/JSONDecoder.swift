// JSON to messages (protobuf's "JSON Mapping").

internal import MartletCore

/// Fills messages; `path` is where it is, for errors, and `depth` how deep the message is.
struct JSONDecoder {
  let path: String
  let depth: Int

  func error(_ message: String) -> JSONError {
    JSONError(path, message)
  }

  func expected(_ what: String, _ found: JSONValue) -> JSONError {
    error("expected \(what), found \(found.kind)")
  }

  func at(_ name: String) -> JSONDecoder {
    JSONDecoder(path: path.isEmpty ? name : "\(path).\(name)", depth: depth)
  }

  private func at(_ index: Int) -> JSONDecoder {
    JSONDecoder(path: "\(path)[\(index)]", depth: depth)
  }

  /// Runs something that only fails for lack of memory.
  func building<Result>(
    _ body: () throws(WireError) -> Result
  ) throws(JSONError) -> Result {
    do throws(WireError) {
      return try body()
    } catch {
      throw self.error(error.description)
    }
  }

  func fill(_ message: MessageNode, from value: JSONValue) throws(JSONError) {
    guard depth <= SchemaLimits.maxDepth else {
      throw error("messages are nested deeper than \(SchemaLimits.maxDepth)")
    }
    if try fillWellKnown(message, from: value) { return }
    guard case .object(let members) = value else {
      throw expected("an object for \(message.type)", value)
    }
    try fill(message, members: members)
  }

  func fill(_ message: MessageNode, members: [JSONValue.Member]) throws(JSONError) {
    var given: Set<Int> = []
    var oneofs: [String: String] = [:]
    for member in members {
      let field = try field(member.name, of: message.type)
      let inner = at(member.name)
      guard given.insert(field.number).inserted else { throw inner.error("is given twice") }
      if case .null = member.value, !field.takesNull { continue }
      if let oneof = field.oneof, let other = oneofs.updateValue(member.name, forKey: oneof) {
        throw inner.error("excludes \(other); both are in the oneof \(oneof)")
      }
      try inner.set(field, of: message, to: member.value)
    }
  }

  private func field(_ name: String, of type: MessageType) throws(JSONError) -> Field {
    if let field = type.field(jsonName: name) ?? type.field(named: name) { return field }
    let names = type.fields.map(\.jsonName)
    throw at(name).error(
      "\(type) has no such field" + Spelling.hint(for: name, among: names))
  }

  func set(
    _ field: Field, of message: MessageNode, to value: JSONValue
  ) throws(JSONError) {
    if field.isMap { return try setMap(field, of: message, to: value) }
    if field.isRepeated { return try setElements(field, of: message, to: value) }
    if field.kind == .message {
      let nested = try building { () throws(WireError) in try message.makeMessage(field) }
      try deeper.fill(nested, from: value)
    } else {
      let value = try scalar(field, value)
      try building { () throws(WireError) in try message.set(field, to: value) }
    }
  }

  private var deeper: JSONDecoder { JSONDecoder(path: path, depth: depth + 1) }

  private func setElements(
    _ field: Field, of message: MessageNode, to value: JSONValue
  ) throws(JSONError) {
    guard case .array(let elements) = value else {
      throw expected("an array for \(field.typeName)", value)
    }
    if field.kind == .message {
      let nested = try building { () throws(WireError) in
        try message.makeMessages(field, count: elements.count)
      }
      for (index, element) in elements.enumerated() {
        if case .null = element, !field.takesNull { throw at(index).error("null is no element") }
        try deeper.at(index).fill(nested[index], from: element)
      }
    } else {
      var values: [FieldValue] = []
      for (index, element) in elements.enumerated() {
        values.append(try at(index).scalar(field, element))
      }
      try building { () throws(WireError) in try message.setElements(field, to: values) }
    }
  }

  private func setMap(
    _ field: Field, of message: MessageNode, to value: JSONValue
  ) throws(JSONError) {
    guard case .object(let members) = value else { throw expected("an object for a map", value) }
    guard let entry = field.messageType, let key = entry.field(number: 1),
      let valueField = entry.field(number: 2)
    else { return }
    let entries = try building { () throws(WireError) in
      try message.makeMessages(field, count: members.count)
    }
    var keys: Set<FieldValue> = []
    for (member, node) in zip(members, entries) {
      let inner = JSONDecoder(path: "\(path)[\(member.name)]", depth: depth + 1)
      let keyValue = try inner.mapKey(key, member.name)
      guard keys.insert(keyValue).inserted else { throw inner.error("is given twice") }
      if case .null = member.value, !valueField.takesNull {
        throw inner.error("null is no value of a map")
      }
      // Keys and values are always written, also when they are zero.
      try building { () throws(WireError) in try node.set(key, to: keyValue) }
      try inner.set(valueField, of: node, to: member.value)
    }
  }

  private func mapKey(_ field: Field, _ name: String) throws(JSONError) -> FieldValue {
    guard let value = field.value(parsing: name) else {
      throw error("the key is not a \(field.typeName)")
    }
    return value
  }
}

extension MessageType {
  func field(jsonName name: String) -> Field? {
    record.indexByJSONName[name].map { Field(schema: schema, message: index, index: $0) }
  }
}

extension Field {
  /// JSON's null is a value of the field and not its absence.
  var takesNull: Bool {
    messageType?.fullName == "google.protobuf.Value"
      || enumType?.fullName == "google.protobuf.NullValue"
  }
}
