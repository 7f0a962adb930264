// Where a value is in a JSON text or in a message, for errors.

/// The way from the whole to a value, each part linked to the one around it: going on to an element
/// costs the same however long the names on the way are. Only an error writes it out.
indirect enum JSONPath {
  case whole
  case member(String, of: JSONPath)
  /// What a map has for a key.
  case entry(String, of: JSONPath)
  case element(Int, of: JSONPath)

  /// `crops[2].kind`; empty for the whole.
  var text: String {
    var parts: [String] = []
    var rest = self
    while true {
      switch rest {
      case .whole:
        return parts.reversed().joined()
      case .member(let name, of: .whole):
        parts.append(name.shortened)
        rest = .whole
      case .member(let name, let outer):
        parts.append("." + name.shortened)
        rest = outer
      case .entry(let key, let outer):
        parts.append("[\(key.shortened)]")
        rest = outer
      case .element(let index, let outer):
        parts.append("[\(index)]")
        rest = outer
      }
    }
  }
}

extension StringProtocol {
  /// The text as messages quote it: cut where it is longer than `SchemaLimits.maxQuotedLength`. Scalars
  /// are counted and not characters, any number of which may be one.
  package var shortened: String {
    let limit = SchemaLimits.maxQuotedLength
    // Bytes are no fewer than scalars, and their number is known.
    guard utf8.count > limit else { return String(self) }
    let scalars = unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end < scalars.endIndex
    else { return String(self) }
    return String(self[..<end]) + "…"
  }
}
