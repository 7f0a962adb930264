// Facts about how soon logs are looked at, about their last lines and about devices.
import Glibc
import MartletCore
import Testing

@testable import MartletController

@Suite struct LogTests {
  private func at(_ milliseconds: Int) -> Timestamp { .zero + .milliseconds(milliseconds) }

  @Test func logsThatGrowFastAreLookedAtSoon() {
    var pace = LogPace(limit: 16_000_000)
    #expect(pace.looked(["a": 0], now: at(0)) == .milliseconds(250))
    // 50 MB/s: 70 ms are left.
    let left = pace.looked(["a": 12_500_000], now: at(250))
    #expect(left > .milliseconds(69) && left < .milliseconds(71))
    // It was cut, and goes on as fast.
    let pause = pace.looked(["a": 3_500_000], now: at(320))
    #expect(pause > .milliseconds(240) && pause <= .milliseconds(250))
    // One that stands still is looked at seldom, however long it is.
    _ = pace.looked(["a": 15_999_999], now: at(570))
    #expect(pace.looked(["a": 15_999_999], now: at(1000)) == .milliseconds(250))
    // Nothing is looked at all the time.
    #expect(pace.looked(["a": 400_000_000], now: at(1001)) == .milliseconds(20))
  }

  @Test func manyLogsAreLookedAtLessOften() {
    var pace = LogPace(limit: 16_000_000)
    let sizes = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("\($0)", Int64(1)) })
    #expect(pace.looked(sizes, now: at(0)) == .seconds(1))
  }

  @Test(arguments: [
    ("a\nb\nc\n", ["b", "c"]), ("a\nb\nc", ["b", "c"]), ("a\n\n\nc\n\n", ["a", "c"]), ("", []),
    ("only", ["only"]),
  ])
  func lastLines(text: String, lines: [String]) throws {
    let path = "/tmp/martlet-log-test-\(getpid())"
    defer { unlink(path) }
    try TextFile.write(text, to: path)
    #expect(LogTail.lines(of: path, count: 2) == lines)
  }

  @Test func longLinesAreCutBetweenCharacters() throws {
    let path = "/tmp/martlet-log-test-long-\(getpid())"
    defer { unlink(path) }
    let long = String(repeating: "ü", count: 100_000)
    try TextFile.write("before\nx\(long)\nafter\n", to: path)
    let lines = LogTail.lines(of: path, count: 3)
    #expect(lines.first == "before" && lines.last == "after")
    #expect(lines[1] == "x" + String(repeating: "ü", count: 199) + " … [199602 bytes cut]")
  }

  @Test(
    arguments: [
      (nil, "2,3", ["2", "3"]), (1, "2,3", ["2"]), (5, "2,3", ["2", "3"]), (2, nil, ["0", "1"]),
      (nil, "", []), (nil, "-1", []), (nil, "0,-1,1", ["0"]), (nil, "1,1", ["1"]),
      (nil, "GPU-a, GPU-b", ["GPU-a", "GPU-b"]), (nil, "NoDevFiles", []),
    ] as [(Int?, String?, [String])])
  func devices(wanted: Int?, inherited: String?, names: [String]) {
    #expect(MachineInventory.gpus(wanted, inherited: inherited) == names)
  }
}
