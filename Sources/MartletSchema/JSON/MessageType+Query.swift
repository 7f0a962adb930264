// Messages from the query of a URL, as google.api.http has them.

internal import MartletCore

extension MessageType {
  /// The bytes of the message that a query (`text=hello&page.size=10&tag=a&tag=b`) describes. A name is the way through
  /// message fields to one that is a value, or a list of values, which is then named once for each; values are spelled
  /// as in JSON, without quotes. The error names what cannot be.
  package func encode(query: some StringProtocol) throws(JSONError) -> [UInt8] {
    var tree = QueryTree()
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = try Self.unescaped(parts[0])
      let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard path.count <= SchemaLimits.maxDepth else {
        throw JSONError("", "a name leads deeper than \(SchemaLimits.maxDepth) messages")
      }
      let value = parts.count > 1 ? try Self.unescaped(parts[1]) : ""
      try tree.add(value, at: path[...], in: self, named: name.shortened)
    }
    return try encode(tree.value)
  }

  private static func unescaped(_ text: some StringProtocol) throws(JSONError) -> String {
    let bytes = try bytes(ofQueryPart: text)
    guard UTF8Check.isValid(bytes[...]) else {
      throw JSONError("", "\(text.shortened) is not UTF-8")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What a name or a value of a query stands for: `application/x-www-form-urlencoded` (URL Standard §5.1).
  package static func bytes(
    ofQueryPart text: some StringProtocol
  ) throws(JSONError) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(0x20)
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(nibble), let low = rest.next().flatMap(nibble) else {
          throw JSONError("", "in \(text.shortened) a % is not followed by two hexadecimal digits")
        }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return bytes
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    Character(Unicode.Scalar(digit)).hexDigitValue.map { UInt8($0) }
  }
}

/// What a query has said of one message so far. Lists and messages are changed where they are: a query may name one
/// list thousands of times.
private struct QueryTree {
  /// JSON names in the order in which they came; each is in one of the others.
  private var names: [String] = []
  private var values: [String: JSONValue] = [:]
  private var lists: [String: [JSONValue]] = [:]
  private var messages: [String: QueryTree] = [:]

  var value: JSONValue {
    .object(
      names.map { name in
        let value =
          values[name] ?? lists[name].map { .array($0) } ?? messages[name].map(\.value) ?? .null
        return JSONValue.Member(name: name, value: value)
      })
  }

  mutating func add(
    _ text: String, at path: ArraySlice<String>, in type: MessageType, named whole: String
  ) throws(JSONError) {
    let name = path.first ?? ""
    guard let field = type.field(jsonName: name) ?? type.field(named: name) else {
      if let reason = type.whyUnread(name) { throw JSONError(whole, reason) }
      let name = name.shortened
      let hint = Spelling.hint(for: name, among: type.fields.map(\.jsonName))
      throw JSONError(whole, "\(type) has no field \"\(name)\"\(hint)")
    }
    let key = field.jsonName
    let isNew = values[key] == nil && lists[key] == nil && messages[key] == nil
    if isNew { names.append(key) }
    if path.count > 1 {
      guard let inner = field.messageType, !field.isRepeated else {
        throw JSONError(whole, "\(field) is \(field.typeName), which has no fields to name")
      }
      guard values[key] == nil else { throw JSONError(whole, "\(key) is given already") }
      try messages[key, default: QueryTree()].add(
        text, at: path.dropFirst(), in: inner, named: whole)
      return
    }
    let value = try field.queryValue(text, named: whole)
    guard !field.isRepeated else { return lists[key, default: []].append(value) }
    guard isNew else { throw JSONError(whole, "is given twice") }
    values[key] = value
  }
}

extension Field {
  /// One value as JSON has it. Messages that JSON writes as a string or number can be values.
  fileprivate func queryValue(
    _ text: String, named whole: String
  ) throws(JSONError) -> JSONValue {
    switch kind {
    case .bool:
      guard text == "true" || text == "false" else {
        throw JSONError(whole, "expected true or false, found \"\(text.shortened)\"")
      }
      return .bool(text == "true")
    case .enumeration: return Int32(text) == nil ? .string(text) : .number(text)
    case .message:
      guard let type = messageType, !isMap else { break }
      if let inner = type.wrapped { return try inner.queryValue(text, named: whole) }
      if type.isWrittenAsString { return .string(text) }
    case .double, .float, .int64, .uint64, .int32, .fixed64, .fixed32, .string, .bytes, .uint32,
      .sfixed32, .sfixed64, .sint32, .sint64:
      return .string(text)
    }
    throw JSONError(whole, "\(self) is \(typeName), which has no value in a query")
  }
}

extension MessageType {
  private static let wrappers: Set<String> = [
    "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value",
    "BoolValue", "StringValue", "BytesValue",
  ]

  /// The one field of a type that stands for its value.
  fileprivate var wrapped: Field? {
    let prefix = "google.protobuf."
    guard fullName.hasPrefix(prefix),
      Self.wrappers.contains(String(fullName.dropFirst(prefix.count)))
    else { return nil }
    return field(number: 1)
  }

  fileprivate var isWrittenAsString: Bool {
    ["google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask"]
      .contains(fullName)
  }
}
