// Protobuf's JSON mapping, both ways, for whole messages.

extension MessageType {
  /// The bytes of the message that a JSON text describes, by the proto3 JSON mapping. Fields go by
  /// their JSON name or their own. The error names the value; for an unknown field the nearest
  /// name.
  package func encode(json: String) throws(JSONError) -> [UInt8] {
    try encode(JSONParser.parse(json))
  }

  /// The same for a text as bytes.
  package func encode(json: [UInt8]) throws(JSONError) -> [UInt8] {
    guard UTF8Check.isValid(json[...]) else { throw JSONError("", "the text is not UTF-8") }
    return try encode(JSONParser.parse(json))
  }

  func encode(_ value: JSONValue) throws(JSONError) -> [UInt8] {
    let message: DynamicMessage
    do throws(WireError) {
      message = try DynamicMessage(self)
    } catch {
      throw JSONError("", error.description)
    }
    try JSONDecoder(path: "", depth: 1).fill(message.root, from: value)
    return message.pack()
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
    try JSONEncoder(path: "", depth: 1).write(decode(message, at: "").root, to: &text)
    return text.bytes
  }

  /// Decodes a message on its way to JSON.
  func decode(_ message: [UInt8], at path: String) throws(JSONError) -> DynamicMessage {
    do throws(WireError) {
      return try DynamicMessage(unpacking: message, as: self)
    } catch {
      throw JSONError(path, error.description)
    }
  }
}
