// Facts about how a program of a package is built anew.
import Foundation
import Testing

@testable import Martlet

@Suite struct RebuildCommandTests {
  /// A folder with a package and, unless `inPackage` is false, the path of a program that it built.
  private func withPackage(_ body: (_ root: String) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory.appending(
      path: "package-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: root) }
    try Data().write(to: root.appending(path: "Package.swift"))
    try body(root.path)
  }

  @Test func aProgramOfAPackageIsBuiltAsItWas() throws {
    try withPackage { root in
      let found = try #require(
        RebuildCommand(
          executable: "\(root)/.build/x86_64-unknown-linux-gnu/release/app", command: nil,
          directory: "/elsewhere"))
      #expect(found.folder == root)
      #expect(
        found.words.joined(separator: " ")
          == "/usr/bin/env swift build --package-path \(root) --scratch-path \(root)/.build "
          + "-c release --product app")
    }
  }

  @Test func aCommandOfOnesOwn() throws {
    try withPackage { root in
      let path = "\(root)/out/triple/debug/app"
      let found = RebuildCommand(executable: path, command: "make -j2", directory: "/elsewhere")
      #expect(found?.folder == root)
      #expect(found?.words == ["/bin/sh", "-c", "make -j2"])
    }
    let other = RebuildCommand(executable: "/usr/bin/app", command: "make", directory: "/here")
    #expect(other?.folder == "/here")
    #expect(RebuildCommand(executable: "/usr/bin/app", command: nil, directory: "/here") == nil)
  }

  @Test(arguments: [
    ("a.swift", true), ("a.proto", true), ("a.c", true), ("a.h", true), ("a.b.cpp", true),
    ("swift", false), (".swift", false), ("a.txt", false), ("a.swift~", false), ("4913", false),
    ("a.binpb", false),
  ])
  func sources(name: String, counts: Bool) {
    #expect(RebuildCommand.isSource(name) == counts)
  }
}
