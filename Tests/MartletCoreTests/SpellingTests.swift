// Facts about guessing which name was meant.

import Testing

@testable import MartletCore

@Suite struct SpellingTests {
  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("Name", "name", 0),
  ])
  func distance(first: String, second: String, edits: Int) {
    #expect(Spelling.editDistance(first, second) == edits)
    #expect(Spelling.editDistance(second, first) == edits)
  }

  @Test func nearestOnlyWhenNear() {
    let names = ["downloader", "detector", "combiner"]
    #expect(Spelling.nearest(to: "dectetor", among: names) == "detector")
    #expect(Spelling.nearest(to: "expert", among: names) == nil)
    #expect(Spelling.hint(for: "combine", among: names) == "; did you mean combiner?")
  }
}
