// Where control groups of version 2 are mounted, and what is done with them.
import Foundation
import Testing

@testable import MartletController

@Suite struct ControlGroupsTests {
  private func folder(_ mounts: [String], _ own: String) -> String? {
    ControlGroups.folder(mounts: mounts.joined(separator: "\n"), own: own)
  }

  private let whole = "106 96 0:38 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw"

  @Test func theGroupOfThisProcessIsFound() {
    #expect(folder([whole], "0::/user.slice/a.scope\n") == "/sys/fs/cgroup/user.slice/a.scope")
    #expect(folder([whole], "0::/\n") == "/sys/fs/cgroup")
    let both = "96 1 0:30 / /sys/fs/cgroup rw - tmpfs tmpfs rw"
    let unified = "106 96 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"
    let own = "12:cpu:/x\n1:name=systemd:/y\n0::/z\n"
    #expect(folder([both, unified], own) == "/sys/fs/cgroup/unified/z")
  }

  @Test func aMountOfAPartIsFoundFromThere() {
    let part = "106 96 0:38 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
    #expect(folder([part], "0::/docker/1/a") == "/sys/fs/cgroup/a")
    #expect(folder([part], "0::/docker/1") == "/sys/fs/cgroup")
    #expect(folder([part], "0::/docker/12") == nil)
  }

  @Test(arguments: [
    "106 96 0:38 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw",
    "106 96 0:38 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu", "", "a - cgroup2 b",
  ]) func elsewhereThereIsNone(_ mount: String) {
    #expect(folder([mount], "0::/a") == nil)
  }

  @Test func aGroupOutsideOfTheNamespaceIsNone() {
    #expect(folder([whole], "0::/../a") == nil)
    #expect(folder([whole], "1:cpu:/a") == nil)
  }

  /// A group of this test's own; nil where there is none to be had.
  private static let possible: String? = {
    guard let mounts = TextFile.read("/proc/self/mountinfo"),
      let own = TextFile.read("/proc/self/cgroup"),
      let folder = ControlGroups.folder(mounts: mounts, own: own),
      access("\(folder)/cgroup.procs", W_OK) == 0
    else { return nil }
    return folder
  }()

  @Test(.enabled(if: possible != nil, "no cgroup v2 that this process may make groups in"))
  func aProcessInAGroupIsKnownAndEndsWithIt() throws {
    let folder = try #require(Self.possible)
    let path = "\(folder)/martlet-test-\(getpid())"
    let groups = ControlGroups(path: path, link: "\(path)/none")
    try FileManager.default.createDirectory(
      atPath: groups.path, withIntermediateDirectories: false)
    defer { groups.removeAll() }
    let descriptor = try #require(groups.open(7))
    close(descriptor)
    try FileManager.default.createDirectory(
      atPath: "\(groups.folder(of: 7))/below", withIntermediateDirectories: false)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sleep")
    process.arguments = ["60"]
    try process.run()
    groups.take(process.processIdentifier, into: 7)
    #expect(groups.members() == [process.processIdentifier: 7])
    #expect(groups.numbers() == [7])
    groups.remove(7)
    #expect(groups.numbers() == [7], "one that is in use stays")
    groups.kill(7)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    groups.remove(7)
    #expect(groups.numbers() == [])
  }
}
