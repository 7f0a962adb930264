// What is wrong with JSON text, or with a message that should become JSON.
internal import MartletCore

/// Text that is not JSON, JSON that is not a message of its type, or a message that JSON cannot
/// say. `path` leads to the value, such as `crops[2].kind`; it is empty for the whole text.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  package var path: String
  package var message: String

  /// The JSON is a message of its type, but of more bytes than there may be.
  package var isTooLarge = false

  static func tooLarge(_ limit: Int) -> JSONError {
    var error = JSONError(
      "",
      "the message has more than \(limit) bytes, the limit of a message \(MessageLimit.settings)")
    error.isTooLarge = true
    return error
  }

  package init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
