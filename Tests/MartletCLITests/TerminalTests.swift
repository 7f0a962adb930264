// Facts about tables and words.

import Testing

@testable import MartletCLI

@Suite struct TerminalTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    var table = Table(["NAME", "STATE", "MESSAGE"])
    table.add("a", "RUNNING", "")
    table.add("longer-name", "UP", "first line\nsecond")
    #expect(
      table.text == """
        NAME         STATE    MESSAGE
        a            RUNNING
        longer-name  UP       first line
        """)
  }

  @Test func cellsHaveNothingThatATerminalObeys() {
    var table = Table(["NODE", "TOOK"])
    table.add("a\u{9B}2J", "\u{1B}[31m\t")
    #expect(
      table.text == """
        NODE       TOOK
        a\\u009b2J  \\u001b[31m\t
        """)
  }

  @Test(arguments: [
    (1_000, "1s"), (119_999, "119s"), (120_000, "2m"), (7_199_000, "119m"), (7_200_000, "2h"),
    (172_800_000, "2d"),
  ])
  func ages(milliseconds: Int64, text: String) {
    #expect(Wording.age(sinceUnixMilliseconds: 5, now: 5 + milliseconds) == text)
  }

  @Test func ageOfNothing() {
    #expect(Wording.age(sinceUnixMilliseconds: 0, now: 1000) == "-")
  }

  @Test func thousandths() {
    #expect(Wording.thousandths(1500) == "1.5")
    #expect(Wording.thousandths(2000) == "2")
    #expect(Wording.thousandths(0) == "0")
  }
}
