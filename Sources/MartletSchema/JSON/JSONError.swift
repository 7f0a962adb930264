// What is wrong with JSON text, or with a message that should become JSON.

/// Text that is not JSON, JSON that is not a message of its type, or a message that JSON cannot
/// say. `path` leads to the value, such as `crops[2].kind`; it is empty for the whole text.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  package var path: String
  package var message: String

  package init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
