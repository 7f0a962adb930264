// Protobuf's JSON mapping, both ways, for whole messages.

extension MessageType {
  /// The bytes of the message that a JSON object describes, by the proto3 JSON mapping. Unknown
  /// fields are errors that name the nearest field.
  package func encode(json: String) throws(JSONError) -> [UInt8] {
    fatalError("\(self) from \(json)")
  }

  /// The JSON of a message: on one line, or indented by two spaces. Fields that are not set are left
  /// out.
  package func json(_ message: [UInt8], pretty: Bool = false) throws(WireError) -> String {
    fatalError("\(self) \(message.count) \(pretty)")
  }
}
