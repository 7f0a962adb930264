// Words, how they are written, and what follows them.
import Testing

@testable import TextPipeline

@Suite struct LanguageTests {
  @Test func aTextIsCutIntoWordsAndMarks() {
    #expect(
      words(of: "The swift, it's said, sleeps on-wing!\n(Yes.)")
        == ["the", "swift", ",", "it's", "said", ",", "sleeps", "on-wing", "!", "yes", "."])
    #expect(words(of: " \n ") == [])
  }

  @Test(arguments: [
    (String?.none, ["a", "swift", ",", "it", "."], "A swift, it."),
    (".", ["it", "?", "yes"], " It? Yes"),
    ("a", ["swift", ";", "it"], " swift; it"),
    ("a", [".", "it"], ". It"),
    (String?.none, [",", "a"], ", A"),
  ])
  func tokensAreWrittenAsInAText(last: String?, tokens: [String], text: String) {
    var spelling = Spelling(after: last)
    #expect(tokens.map { spelling.written($0) }.joined() == text)
  }

  @Test func theModelSaysWhatItHasRead() throws {
    let model = try #require(Trigrams(words(of: "a b c. a b d. x b e.")))
    var random = SeededGenerator(seed: 1)
    func seen(after text: [String]) -> Set<String> {
      Set((0..<100).map { _ in model.next(after: text, using: &random) })
    }
    #expect(seen(after: ["z", "a", "b"]) == ["c", "d"])
    #expect(seen(after: ["x", "b"]) == ["e"])
    // An unknown pair: what follows the last of it. An unknown word: anything.
    #expect(seen(after: ["d", "b"]) == ["c", "d", "e"])
    #expect(seen(after: ["z"]) == ["a", "b", "c", "d", "e", "x", "."])
    #expect(seen(after: []) == ["a", "b", "c", "d", "e", "x", "."])
    #expect(Trigrams([]) == nil)
  }

  @Test func theSeedDecides() throws {
    let model = try #require(Trigrams(words(of: "a b a c a d b c d a")))
    func text(seed: UInt64) -> [String] {
      var text = Continuation(of: ["a"], seed: seed)
      return (0..<50).map { _ in text.next(by: model) }
    }
    #expect(text(seed: 7) == text(seed: 7))
    #expect(text(seed: 7) != text(seed: 8))
  }
}
