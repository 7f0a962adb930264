// Text as people write it in files.

extension String {
  /// Without spaces at its beginning and its end.
  package var trimmingSpaces: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
