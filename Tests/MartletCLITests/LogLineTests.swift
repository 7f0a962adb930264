// What of a printed line reaches a terminal.

import Testing

@testable import MartletCLI

@Suite struct LogLineTests {
  @Test(arguments: [
    ("plain", "plain"),
    ("a tab\tstays", "a tab\tstays"),
    ("grüße 你好", "grüße 你好"),
    ("ends with\r", "ends with"),
    ("10 %\r20 %", "10 %\\u000d20 %"),
    ("\u{1B}[31mred\u{1B}[0m", "\u{1B}[31mred\u{1B}[0m"),
    ("\u{1B}[1;38:2:1:2:3mcolour\u{1B}[m", "\u{1B}[1;38:2:1:2:3mcolour\u{1B}[m"),
    ("\u{1B}[2Jgone", "\\u001b[2Jgone"),
    ("\u{1B}]0;title\u{07}", "\\u001b]0;title\\u0007"),
    ("\u{1B}[31", "\\u001b[31"),
    ("\u{1B}[", "\\u001b["),
    ("\u{1B}", "\\u001b"),
    ("\u{1B}\u{1B}[1m", "\\u001b\u{1B}[1m"),
    ("\u{9B}2J", "\\u009b2J"),
    ("\u{202E}txt.exe", "\\u202etxt.exe"),
  ])
  func onlyColoursSteer(line: String, shown: String) {
    #expect(LogLine.visible(Array(line.utf8)) == Array(shown.utf8))
  }

  @Test func bytesThatAreNoTextAreMarked() {
    #expect(LogLine.visible([0x61, 0xFF, 0x9B, 0x62]) == Array("a\u{FFFD}\u{FFFD}b".utf8))
  }
}
