// Facts about reading a log while it is written and cut.

import Glibc
import MartletCore
import Testing

@testable import MartletCLI

@Suite final class LogReaderTests {
  private let path = "/tmp/martlet-reader-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).log"

  deinit {
    unlink(path)
    unlink(RotatedLog.path(of: path))
  }

  private func append(_ text: String, to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    let bytes = Array(text.utf8)
    _ = write(file, bytes, bytes.count)
    close(file)
  }

  /// What the controller does with a log that is too long.
  private func rotate(keeping kept: String, cut: Int64) {
    let draft = "\(path).new"
    append(RotatedLog.mark(cutBytes: cut) + kept, to: draft)
    rename(draft, RotatedLog.path(of: path))
    truncate(path, 0)
  }

  private func all(_ reader: inout LogReader) -> [String] {
    var lines: [String] = []
    while let taken = reader.take() { lines += taken.map { String(decoding: $0, as: UTF8.self) } }
    return lines
  }

  @Test func linesComeWhenTheyAreWhole() {
    append("one\ntw", to: path)
    var reader = LogReader(path: path)
    #expect(all(&reader) == ["one"])
    append("o\nthree", to: path)
    #expect(all(&reader) == ["two"])
    #expect(reader.takeRest() == Array("three".utf8))
    #expect(reader.takeRest() == nil)
  }

  @Test func whatWasKeptComesFirst() {
    append("new\n", to: path)
    append(RotatedLog.mark(cutBytes: 7) + "old\n", to: RotatedLog.path(of: path))
    var reader = LogReader(path: path)
    #expect(all(&reader) == ["[martlet: the 7 bytes before this were cut]", "old", "new"])
  }

  @Test func aRotationLosesNothingThatWasKept() {
    append("one\ntwo\n", to: path)
    var reader = LogReader(path: path)
    #expect(all(&reader) == ["one", "two"])
    append("three\nfour\n", to: path)
    rotate(keeping: "two\nthree\nfour\n", cut: 4)
    append("five\n", to: path)
    #expect(all(&reader) == ["three", "four", "five"])
  }

  @Test func aRotationThatCutMoreThanWasReadSaysSo() {
    append("one\n", to: path)
    var reader = LogReader(path: path)
    #expect(all(&reader) == ["one"])
    append("two\nthree\n", to: path)
    rotate(keeping: "three\n", cut: 8)
    #expect(all(&reader) == ["[martlet: the 8 bytes before this were cut]", "three"])
  }

  @Test(arguments: [true, false]) func aLineWhoseEndIsGoneStandsAlone(isKept: Bool) {
    append("one\ntw", to: path)
    var reader = LogReader(path: path)
    #expect(all(&reader) == ["one"])
    append("o\nthree\n", to: path)
    if isKept { rotate(keeping: "three\n", cut: 8) } else { truncate(path, 0) }
    append("four\n", to: path)
    let kept = isKept ? ["[martlet: the 8 bytes before this were cut]", "three"] : []
    #expect(all(&reader) == ["tw"] + kept + ["four"])
  }

  @Test func aLogIsShownOnceWhenItsEndIsKeptButItIsNotCutYet() {
    append("one\ntwo\n", to: path)
    append(RotatedLog.mark(cutBytes: 4) + "two\n", to: RotatedLog.path(of: path))
    var reader = LogReader(path: path)
    #expect(all(&reader) == ["one", "two"])
    truncate(path, 0)
    append("three\n", to: path)
    #expect(all(&reader) == ["three"])
  }

  @Test func aLogThatWasCutWithoutKeepingIsReadFromItsBegin() {
    append("one\ntwo\n", to: path)
    var reader = LogReader(path: path)
    _ = all(&reader)
    truncate(path, 0)
    append("new\n", to: path)
    #expect(all(&reader) == ["new"])
  }

  @Test func longLinesAreCut() {
    append(String(repeating: "ü", count: 1 << 20) + "\nnext\n", to: path)
    var reader = LogReader(path: path)
    let lines = all(&reader)
    // The last character goes as well: nobody knows that it is whole.
    let cut = (2 << 20) - LogReader.maxLineBytes + 2
    #expect(lines.count == 2 && lines.last == "next")
    #expect(lines.first?.hasSuffix(" … [\(cut) bytes cut]") == true)
    #expect(lines.first?.utf8.count ?? 0 < LogReader.maxLineBytes + 64)
  }
}
