// What a deploy makes of names that lead through links.
import Foundation
import MartletCore
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
      let seven = "\(root)/releases/7/server"
      let words = [
        "./current/server", "current/server", "\(root)/current/server", "current",
        "--flag=current/server", "--root=\(root)/current", "--model=nothing/there", "--tag=current",
        "releases/7/server", "./releases/../releases/8/server", "nothing/there", "-x", "", ".",
      ]
      let pinned = PinnedFiles(directory: root).words(words)
      let resolved = [
        seven, seven, seven, "\(root)/releases/7", "--flag=\(seven)", "--root=\(root)/releases/7",
      ]
      #expect(pinned == resolved + words.dropFirst(resolved.count))
    }
  }

  @Test func aProgramOfPathStays() throws {
    try withReleases { root in
      #expect(PinnedFiles(directory: root).words(["current", "current"]).first == "current")
    }
  }

  @Test func aLinkInTheLastPlaceOfAFileStays() throws {
    try withReleases { root in
      try FileManager.default.createSymbolicLink(
        atPath: "\(root)/releases/7/python", withDestinationPath: "server")
      let pinned = PinnedFiles(directory: root).words(["current/python"])
      #expect(pinned == ["\(root)/releases/7/python"])
    }
  }

  // MARK: env and user_config

  private func resolutions(
    _ texts: [String], in directory: String
  ) -> [String: String] {
    var deployment = DeploymentSpec(name: "a")
    for (index, text) in texts.enumerated() where index % 2 == 0 {
      deployment.environment["V\(index)"] = text
    }
    let others = texts.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    deployment.userConfig = .object(["list": .array(others.map { .string($0) })])
    return PinnedFiles(directory: directory).resolutions(of: deployment)
  }

  @Test func valuesThatLeadThroughALinkOfReleasesAreResolved() throws {
    try withReleases { root in
      let seven = "\(root)/releases/7"
      let texts = [
        "\(root)/current/server": "\(seven)/server", "current/server": "\(seven)/server",
        "\(root)/current": seven, "./current": seven,
        "/usr/bin:\(root)/current:/bin": "/usr/bin:\(seven):/bin",
        "file://\(root)/current/server": "file://\(seven)/server",
      ]
      // The app file may lie beside the link or behind it.
      for directory in [root, "\(root)/current"] {
        let absolute = texts.filter { $0.key.contains(root) }
        let wanted = directory == root ? texts : absolute
        #expect(resolutions(wanted.keys.sorted(), in: directory) == wanted)
        #expect(resolutions(wanted.keys.sorted().reversed(), in: directory) == wanted)
      }
    }
  }

  @Test func otherTextsStay() throws {
    try withReleases { root in
      let texts = [
        "current", "\(root)/releases/7/server", "nothing/there", "", "/", "a b/c",
        "http://current/x", "${HOME}/current",
        "\(root)/current/nothing", "/proc/self/exe", "/dev/stdout",
      ]
      #expect(resolutions(texts, in: root) == [:])
      #expect(resolutions(texts.reversed(), in: root) == [:])
    }
  }

  @Test func linksOfTheMachineStay() throws {
    try withReleases { root in
      let folder = "\(root)/app"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      // It is neither in the app's folder nor on the way to it.
      #expect(resolutions(["\(root)/current/server"], in: folder) == [:])
      let words = ["./a", "/proc/self/exe"]
      #expect(PinnedFiles(directory: folder).words(words) == words)
    }
  }

  @Test func resolvedTextsTakeTheirPlaceAtAnyDepth() {
    var deployment = DeploymentSpec(name: "a")
    deployment.environment = ["A": "x/y", "B": "z"]
    deployment.userConfig = .object(["x/y": .array([.object(["m": .string("x/y")]), .integer(1)])])
    deployment.resolve(["x/y": "/r/7"])
    #expect(deployment.environment == ["A": "/r/7", "B": "z"])
    let config = ConfigValue.object(["x/y": .array([.object(["m": .string("/r/7")]), .integer(1)])])
    #expect(deployment.userConfig == config)
  }
}
