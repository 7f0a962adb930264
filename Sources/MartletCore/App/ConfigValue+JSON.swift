// Configuration values as JSON text (RFC 8259): what `MARTLET_CONFIG` names.

extension ConfigValue {
  /// Compact JSON with the members of each object in the order of their names.
  public var json: String {
    fatalError("the JSON writer follows")
  }

  /// Reads one JSON value with nothing but white space around it.
  public init(json text: String) throws(JSONError) {
    fatalError("the JSON reader follows")
  }

  /// A mistake in JSON text.
  public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    public var mark: SourceMark

    public init(_ message: String, at mark: SourceMark) {
      self.message = message
      self.mark = mark
    }

    public var description: String { "\(mark.line):\(mark.column): \(message)" }
  }
}
