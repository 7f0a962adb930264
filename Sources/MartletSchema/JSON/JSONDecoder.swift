// JSON to messages (protobuf's "JSON Mapping").

internal import MartletCore

/// Fills messages; `path` is where it is, for errors, and `depth` how deep the message is. `size` is shared
/// by all that fill one message.
struct JSONDecoder {
  let path: JSONPath
  let depth: Int
  let size: MessageSize

  func error(_ message: String) -> JSONError {
    JSONError(path.text, message)
  }

  func expected(_ what: String, _ found: JSONValue) -> JSONError {
    error("expected \(what), found \(found.kind)")
  }

  func at(_ name: String) -> JSONDecoder {
    JSONDecoder(path: .member(name, of: path), depth: depth, size: size)
  }

  private func at(_ index: Int) -> JSONDecoder {
    JSONDecoder(path: .element(index, of: path), depth: depth, size: size)
  }

  /// Counts bytes that the message has in any case.
  func spend(_ bytes: Int) throws(JSONError) {
    guard size.add(bytes) else { throw .tooLarge(size.limit) }
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
    if let reason = message.type.record.unread { throw error("not JSON's to say: \(reason)") }
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
        throw inner.error("excludes \(other.shortened); both are in the oneof \(oneof)")
      }
      try inner.set(field, of: message, to: member.value)
    }
  }

  private func field(_ name: String, of type: MessageType) throws(JSONError) -> Field {
    if let field = type.field(jsonName: name) ?? type.field(named: name) { return field }
    if let reason = type.whyUnread(name) { throw at(name).error(reason) }
    let names = type.fields.map(\.jsonName)
    throw at(name).error(
      "\(type) has no such field" + Spelling.hint(for: name.shortened, among: names))
  }

  func set(
    _ field: Field, of message: MessageNode, to value: JSONValue
  ) throws(JSONError) {
    if field.isMap { return try setMap(field, of: message, to: value) }
    if field.isRepeated { return try setElements(field, of: message, to: value) }
    if field.kind == .message {
      // A tag and a length.
      try spend(2)
      let nested = try building { () throws(WireError) in try message.makeMessage(field) }
      try deeper.fill(nested, from: value)
    } else {
      let value = try scalar(field, value)
      if field.hasPresence || !value.isZero { try spend(1 + value.leastSize(as: field.kind)) }
      try building { () throws(WireError) in try message.set(field, to: value) }
    }
  }

  private var deeper: JSONDecoder { JSONDecoder(path: path, depth: depth + 1, size: size) }

  private func setElements(
    _ field: Field, of message: MessageNode, to value: JSONValue
  ) throws(JSONError) {
    guard case .array(let elements) = value else {
      throw expected("an array for \(field.typeName)", value)
    }
    if field.kind == .message {
      try spend(2 * elements.count)
      let nested = try building { () throws(WireError) in
        try message.makeMessages(field, count: elements.count)
      }
      for (index, element) in elements.enumerated() {
        if case .null = element, !field.takesNull { throw at(index).error("null is no element") }
        try deeper.at(index).fill(nested[index], from: element)
      }
    } else {
      var values: [FieldValue] = []
      let tag = field.isPacked ? 0 : 1
      for (index, element) in elements.enumerated() {
        let value = try at(index).scalar(field, element)
        try spend(tag + value.leastSize(as: field.kind))
        values.append(value)
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
    try spend(2 * members.count)
    let entries = try building { () throws(WireError) in
      try message.makeMessages(field, count: members.count)
    }
    var keys: Set<FieldValue> = []
    for (member, node) in zip(members, entries) {
      let inner = JSONDecoder(
        path: .entry(member.name, of: path), depth: depth + 1, size: size)
      let keyValue = try inner.mapKey(key, member.name)
      guard keys.insert(keyValue).inserted else { throw inner.error("is given twice") }
      if case .null = member.value, !valueField.takesNull {
        throw inner.error("null is no value of a map")
      }
      // Keys and values are always written, also when they are zero.
      try spend(1 + keyValue.leastSize(as: key.kind))
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

/// How many bytes a message has at least that is being filled, so that what is too large is known before
/// it is there. Two characters of a list of google.protobuf.Value may be eleven bytes.
final class MessageSize {
  let limit: Int
  private(set) var bytes: Int

  init(limit: Int, bytes: Int = 0) {
    self.limit = limit
    self.bytes = bytes
  }

  /// False beyond the limit.
  func add(_ count: Int) -> Bool {
    bytes += count
    return bytes <= limit
  }
}

extension FieldValue {
  /// The bytes of the value on the wire without a tag; of numbers that vary in length the fewest.
  fileprivate func leastSize(as kind: FieldKind) -> Int {
    switch self {
    case .string(let text): 1 + text.utf8.count
    case .bytes(let bytes): 1 + bytes.count
    case .bool, .signed, .unsigned, .float, .double, .enumeration: kind.zeroSize
    }
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
