// What a deploy makes of names that lead through links.
import Foundation
import Testing

@testable import MartletController

@Suite struct PinnedFilesTests {
  /// A folder with `releases/7` and `releases/8`, each with a program, and `current -> releases/7`.
  private func withReleases(_ body: (String) throws -> Void) throws {
    let made = FileManager.default.temporaryDirectory.path + "/pinned-\(UUID().uuidString)"
    let files = FileManager.default
    try files.createDirectory(atPath: made, withIntermediateDirectories: true)
    // The folder of temporary files may be a link itself.
    let root = PinnedFiles.folder(made)
    defer { try? files.removeItem(atPath: root) }
    for number in [7, 8] {
      let folder = "\(root)/releases/\(number)"
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data("\(number)".utf8).write(to: URL(filePath: "\(folder)/server"))
    }
    try files.createSymbolicLink(atPath: "\(root)/current", withDestinationPath: "releases/7")
    try body(root)
  }

  @Test func aFolderIsResolved() throws {
    try withReleases { root in
      #expect(PinnedFiles.folder("\(root)/current") == "\(root)/releases/7")
      #expect(PinnedFiles.folder("\(root)/releases/7") == "\(root)/releases/7")
      #expect(PinnedFiles.folder("\(root)/elsewhere") == "\(root)/elsewhere")
    }
  }

  @Test func wordsThatNameFilesAreResolvedAndOthersStay() throws {
    try withReleases { root in
      let words = [
        "./current/server", "current/server", "\(root)/current/server", "current",
        "--flag=current/server",
        "releases/7/server", "./releases/../releases/8/server", "nothing/there", "-x", "", ".",
      ]
      let pinned = PinnedFiles.words(words, in: root)
      let seven = "\(root)/releases/7/server"
      #expect(
        pinned == [seven, seven, seven, "\(root)/releases/7"] + words.dropFirst(4))
    }
  }

  @Test func aProgramOfPathStays() throws {
    try withReleases { root in
      #expect(PinnedFiles.words(["current", "current"], in: root).first == "current")
    }
  }

  @Test func aLinkInTheLastPlaceOfAFileStays() throws {
    try withReleases { root in
      try FileManager.default.createSymbolicLink(
        atPath: "\(root)/releases/7/python", withDestinationPath: "server")
      let pinned = PinnedFiles.words(["current/python"], in: root)
      #expect(pinned == ["\(root)/releases/7/python"])
    }
  }
}
