// The keys of YAML text, looked at before Yams compares them with each other.

internal import Yams

/// Yams finds keys that are given twice by their hashes, and what an alias stands for is hashed anew at each place of it:
/// a key of nested aliases would take years. So the text is read first with a word in the place of each alias. That
/// costs as much as the text is long, and every key that is no scalar of its own is found.
enum YAMLKeys {
  /// Bytes of the text times the places in it that may begin or end a key which is a list or a mapping: each of
  /// them can make Yams hash all others. Real files have such places in texts and comments only.
  static let maxHashedBytes = 1 << 26

  static let notScalar = "a key must be a string, not a list or mapping"

  /// Why no key can be what it is here.
  struct Problem: Error {
    var mark: SourceMark
    var message: String
  }

  /// - Throws: `Problem`, or `YamlError` for what is no YAML.
  static func check(_ text: String) throws {
    let bytes = Array(text.utf8)
    let places = collectionKeys(bytes)
    guard places == 0 || places <= maxHashedBytes / bytes.count else {
      throw Problem(
        mark: SourceMark(line: 1, column: 1),
        message: "\(places) places look like keys that are lists or mappings (? or ]:)")
    }
    guard bytes.contains(UInt8(ascii: "*")) else { return }
    guard let standIn = standIn(for: text) else {
      throw Problem(
        mark: SourceMark(line: 1, column: 1),
        message: "aliases cannot be told in a file that has all characters for private use")
    }
    let (plain, split) = withoutAliases(bytes, standIn)
    var root: Node?
    do {
      root = try Yams.compose(yaml: split.text, .basic)
    } catch {
      guard let place = split.first else { throw error }
      _ = try Yams.compose(yaml: plain, .basic)
      // It is a text that the split one cannot be.
      throw Problem(
        mark: place, message: "text that looks like an alias (*name:); write it in quotes")
    }
    if let root { try check(root, standIn) }
  }

  private static func check(_ node: Node, _ standIn: Unicode.Scalar) throws(Problem) {
    var stack = [node]
    while let node = stack.popLast() {
      switch node {
      case .scalar, .alias: break
      case .sequence(let sequence): stack += sequence
      case .mapping(let mapping):
        for (key, value) in mapping {
          guard case .scalar(let scalar) = key else {
            throw Problem(mark: SourceMark(key.mark), message: notScalar)
          }
          if scalar.style == .plain, scalar.string.unicodeScalars.first == standIn {
            throw Problem(
              mark: SourceMark(key.mark),
              message: "a key cannot be an alias; write out what it stands for")
          }
          stack.append(value)
        }
      }
    }
  }

  /// A character that the text does not have.
  private static func standIn(for text: String) -> Unicode.Scalar? {
    let privateUse: ClosedRange<Unicode.Scalar> = "\u{E000}"..."\u{F8FF}"
    let used = Set(text.unicodeScalars.lazy.filter(privateUse.contains))
    return (privateUse.lowerBound.value...privateUse.upperBound.value).lazy
      .compactMap { Unicode.Scalar($0) }.first { !used.contains($0) }
  }

  /// The text with a character in the place of the star of each alias, which makes a word of it; and the same
  /// once more with a space behind each colon that follows one: in a list in brackets `*a:b` is a key and
  /// its value, and a word would go on.
  private static func withoutAliases(
    _ bytes: [UInt8], _ standIn: Unicode.Scalar
  ) -> (plain: String, split: (text: String, first: SourceMark?)) {
    var plain: [UInt8] = []
    var split: [UInt8] = []
    var first: SourceMark?
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "*"), index + 1 < bytes.count, isName(bytes[index + 1]) {
        plain += String(standIn).utf8
        split += String(standIn).utf8
        continue
      }
      plain.append(byte)
      split.append(byte)
      guard byte == UInt8(ascii: ":"), index + 1 < bytes.count, !isBlank(bytes[index + 1]),
        let star = star(before: index, in: bytes)
      else { continue }
      split.append(UInt8(ascii: " "))
      first = first ?? mark(of: star, in: bytes)
    }
    return (
      String(decoding: plain, as: UTF8.self), (String(decoding: split, as: UTF8.self), first)
    )
  }

  /// Where an alias begins that ends in front of a colon, with nothing but spaces between; nil for a star within
  /// a text.
  private static func star(before colon: Int, in bytes: [UInt8]) -> Int? {
    var index = colon
    func skip(_ belongs: (UInt8) -> Bool) {
      while index > 0, belongs(bytes[index - 1]) { index -= 1 }
    }
    let isSpace: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    skip(isSpace)
    let end = index
    skip(isName)
    guard index < end, index > 0, bytes[index - 1] == UInt8(ascii: "*") else { return nil }
    index -= 1
    let star = index
    skip(isSpace)
    guard index > 0 else { return star }
    let begins = "\n\r[{,:-?".utf8.contains(bytes[index - 1])
    return begins || lineBreaks.contains { bytes[..<index].suffix($0.count) == $0 } ? star : nil
  }

  /// The line breaks of YAML 1.1 beyond ASCII.
  private static let lineBreaks = ["\u{85}", "\u{2028}", "\u{2029}"].map { Array($0.utf8)[...] }

  private static func mark(of offset: Int, in bytes: [UInt8]) -> SourceMark {
    let before = bytes[..<offset]
    let line = before.count { $0 == UInt8(ascii: "\n") }
    let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count { $0 & 0xC0 != 0x80 }
    return SourceMark(line: line + 1, column: column + 1)
  }

  /// How many places may be a key in the form `? KEY` or a list or mapping in front of a colon.
  private static func collectionKeys(_ bytes: [UInt8]) -> Int {
    var count = 0
    var previous: UInt8 = 10
    var word: UInt8 = 10
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "?")
      where isBlank(previous) || previous >= 0x80 || "[{,".utf8.contains(previous):
        count += 1
      case UInt8(ascii: ":") where word == UInt8(ascii: "]") || word == UInt8(ascii: "}"):
        count += 1
      default: break
      }
      previous = byte
      if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { word = byte }
    }
    return count
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == 10 || byte == 13
  }
}

extension YAMLKeys {
  /// Where a key is given a second time and what leads there, which Yams does not say: the text is read once more with
  /// another first key. Nil where that cannot be told.
  static func second(
    _ name: String, firstAt mark: SourceMark, in text: String
  ) -> (SourceMark, SpecPath)? {
    // With aliases, this text's keys have not been looked at.
    guard !text.utf8.contains(UInt8(ascii: "*")), let standIn = standIn(for: text) else {
      return nil
    }
    var scalars = Array(text.unicodeScalars)
    var place = SourceMark(line: 1, column: 1)
    for index in scalars.indices {
      if place == mark {
        let isQuoted = scalars[index] == "\"" || scalars[index] == "'"
        let first = isQuoted ? index + 1 : index
        guard first < scalars.count else { return nil }
        scalars[first] = standIn
        break
      }
      place.column += 1
      if scalars[index] == "\n" { place = SourceMark(line: place.line + 1, column: 1) }
    }
    var renamed = String.UnicodeScalarView()
    renamed.append(contentsOf: scalars)
    guard let root = try? Yams.compose(yaml: String(renamed), .basic) else { return nil }
    return second(name, firstAt: mark, below: root, [])
  }

  private static func second(
    _ name: String, firstAt mark: SourceMark, below node: Node, _ path: SpecPath
  ) -> (SourceMark, SpecPath)? {
    switch node {
    case .scalar, .alias: return nil
    case .sequence(let sequence):
      for (index, element) in sequence.enumerated() {
        let found = second(name, firstAt: mark, below: element, path.appending(index))
        if let found { return found }
      }
    case .mapping(let mapping):
      let isHere = mapping.contains { SourceMark($0.key.mark) == mark }
      for (key, value) in mapping {
        let path = path.appending(key.scalar?.string ?? "")
        if isHere, key.scalar?.string == name { return (SourceMark(key.mark), path) }
        if let found = second(name, firstAt: mark, below: value, path) { return found }
      }
    }
    return nil
  }
}

extension SourceMark {
  /// The place that Yams names; the file's begin where it names none.
  init(_ mark: Yams.Mark?) {
    self.init(line: max(1, mark?.line ?? 1), column: max(1, mark?.column ?? 1))
  }
}
