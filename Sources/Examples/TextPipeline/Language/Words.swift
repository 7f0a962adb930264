// From text to tokens and back.

/// The words of a text in lower case, and its marks; every mark is a token of its own.
func words(of text: String) -> [String] {
  var words: [String] = []
  var word = ""
  for character in text.lowercased() {
    if character.isLetter || character.isNumber || character == "'" || character == "-" {
      word.append(character)
      continue
    }
    if !word.isEmpty { words.append(word) }
    word = ""
    if Spelling.marks.contains(character) { words.append(String(character)) }
  }
  if !word.isEmpty { words.append(word) }
  return words
}

/// How tokens are written down: a space before each word, none before a mark, and a capital letter where a
/// sentence begins.
struct Spelling: Sendable {
  /// What is a token beside words.
  static let marks: Set<Character> = [".", ",", ";", ":", "!", "?"]

  private static let ends: Set<String> = [".", "!", "?"]

  private var isFirst: Bool
  private var beginsSentence: Bool

  /// - Parameter token: the one before; nil where the text begins.
  init(after token: String?) {
    isFirst = token == nil
    beginsSentence = token.map(Self.ends.contains) ?? true
  }

  /// The next token, as it stands in the text.
  mutating func written(_ token: String) -> String {
    let isMark = token.count == 1 && token.allSatisfy(Self.marks.contains)
    var text = isFirst || isMark ? "" : " "
    text += beginsSentence ? token.prefix(1).uppercased() + token.dropFirst() : token
    isFirst = false
    beginsSentence = Self.ends.contains(token) || (beginsSentence && isMark)
    return text
  }
}
