// Protobuf's JSON mapping, both ways, for whole messages.

extension MessageType {
  /// The bytes of the message that a JSON text describes, by the proto3 JSON mapping. Fields go by
  /// their JSON name or their own. The error names the value; for an unknown field the nearest
  /// name.
  package func encode(json: String) throws(JSONError) -> [UInt8] {
    try encode(JSONParser.parse(json))
  }

  /// The same for a text as bytes. JSON may be shorter than what it stands for: a message that has more
  /// than `maxBytes` is an error as soon as that is known, and `isTooLarge`.
  package func encode(
    json: [UInt8], maxBytes: Int = SchemaLimits.maxArenaBytes
  ) throws(JSONError) -> [UInt8] {
    guard UTF8Check.isValid(json[...]) else { throw JSONError("", "the text is not UTF-8") }
    return try encode(JSONParser.parse(json), maxBytes: maxBytes)
  }

  func encode(
    _ value: JSONValue, maxBytes: Int = SchemaLimits.maxArenaBytes
  ) throws(JSONError) -> [UInt8] {
    let message: DynamicMessage
    do throws(WireError) {
      message = try DynamicMessage(self)
    } catch {
      throw JSONError("", error.description)
    }
    let size = MessageSize(limit: maxBytes)
    try JSONDecoder(path: .whole, depth: 1, size: size).fill(message.root, from: value)
    let bytes = message.pack()
    guard bytes.count <= maxBytes else {
      throw .tooLarge(maxBytes)
    }
    return bytes
  }

  /// The JSON of a message: on one line, or indented by two spaces. Fields that are not set are
  /// left out. The error says why the bytes are not a message of this type, or what JSON cannot
  /// say.
  package func json(_ message: [UInt8], pretty: Bool = false) throws(JSONError) -> String {
    String(decoding: try jsonBytes(message, pretty: pretty), as: UTF8.self)
  }

  /// The same as bytes.
  package func jsonBytes(_ message: [UInt8], pretty: Bool = false) throws(JSONError) -> [UInt8] {
    var text = JSONText(pretty: pretty)
    try JSONEncoder(path: .whole, depth: 1).write(decode(message, at: .whole).root, to: &text)
    return text.bytes
  }

  /// Decodes a message on its way to JSON.
  func decode(_ message: [UInt8], at path: JSONPath) throws(JSONError) -> DynamicMessage {
    do throws(WireError) {
      return try DynamicMessage(unpacking: message, as: self)
    } catch {
      throw JSONError(path.text, error.description)
    }
  }
}
