// Text out of a file, such as the value of a case, for eyes.

extension String {
  /// The text with JSON's escapes for what is not to be seen: control characters but the tab, which a
  /// terminal obeys and XML does not hold, and what ends a line or turns its direction.
  package var printable: String {
    guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      guard scalar.isUnprintable else { return text.unicodeScalars.append(scalar) }
      let digits = String(scalar.value, radix: 16)
      text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
}

extension Unicode.Scalar {
  /// None of these is beyond U+FFFF.
  fileprivate var isUnprintable: Bool {
    switch properties.generalCategory {
    case .control: self != "\t"
    case .lineSeparator, .paragraphSeparator: true
    case .format: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
    // The others that XML does not hold (XML 1.0, 2.2 "Characters").
    default: self == "\u{FFFE}" || self == "\u{FFFF}"
    }
  }
}
