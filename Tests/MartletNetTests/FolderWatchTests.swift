// Facts about when saved files count as one change, and about reading the kernel's events.
import Foundation
import MartletCore
import Testing

@testable import MartletNet

@Suite struct FolderWatchTests {
  @Test func changesInARowAreOne() {
    var window = SettleWindow()
    let start = Timestamp.zero
    #expect(window.changed(at: start) == start + .milliseconds(100))
    #expect(window.changed(at: start + .milliseconds(60)) == start + .milliseconds(160))
    // Who never stops is not waited for.
    #expect(window.changed(at: start + .milliseconds(1950)) == start + .seconds(2))
    window.settled()
    #expect(
      window.changed(at: start + .seconds(3)) == start + .seconds(3) + .milliseconds(100))
  }

  @Test func eventsAreReadOneByOne() {
    func event(_ watch: UInt8, _ mask: UInt8, _ name: [UInt8]) -> [UInt8] {
      [watch, 0, 0, 0, mask, 0, 0, 0, 0, 0, 0, 0, UInt8(name.count), 0, 0, 0] + name
    }
    let bytes = event(1, 8, Array("ab".utf8) + [0, 0]) + event(2, 2, [])
    let expected = [
      InotifyEvents.Event(watch: 1, mask: 8, name: "ab"),
      InotifyEvents.Event(watch: 2, mask: 2, name: ""),
    ]
    #expect(Array(InotifyEvents(bytes[...])) == expected)
    // Cut off within an event.
    #expect(Array(InotifyEvents(bytes.dropLast())) == Array(expected.prefix(1)))
    #expect(Array(InotifyEvents(bytes.prefix(18))) == [])
  }

  @Test func filesThatCountAreTold() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "watch-\(getpid())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = FileManager.default
    for name in ["a/b", ".hidden"] {
      try files.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    var tree = try FolderTree(below: folder.path)
    defer { close(tree.descriptor) }
    func save(_ name: String) throws {
      try Data("x".utf8).write(to: folder.appending(path: name))
    }
    func changed() -> Bool { tree.take { $0.hasSuffix(".swift") } }
    #expect(!changed())
    try save("a/b/x.swift")
    #expect(changed())
    #expect(!changed())
    try save("a/x.txt")
    try save(".hidden/x.swift")
    #expect(!changed())
    try files.moveItem(
      at: folder.appending(path: "a/x.txt"), to: folder.appending(path: "a/y.swift"))
    #expect(changed())
    // A folder that comes is watched, too, and may have had files at once.
    try files.createDirectory(
      at: folder.appending(path: "c/d"), withIntermediateDirectories: true)
    #expect(changed())
    try save("c/d/x.swift")
    #expect(changed())
    try files.removeItem(at: folder.appending(path: "c"))
    #expect(changed())
    try save("x.swift")
    #expect(changed())
  }

  @Test func aFolderThatIsNotThereCannotBeWatched() {
    let error = #expect(throws: RPCError.self) { _ = try FolderTree(below: "/no/such/folder") }
    #expect(error?.message.contains("/no/such/folder") == true)
  }
}
