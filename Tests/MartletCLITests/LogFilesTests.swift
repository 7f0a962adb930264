// Facts about which log belongs to which name.

import MartletCore
import Testing

@testable import MartletCLI

@Suite struct LogFilesTests {
  @Test(arguments: [
    ("expert-2-5", "expert-2", "expert-2#5"), ("expert-2", "expert", "expert#2"),
    ("expert-2", "expert#2", "expert#2"), ("controller", "controller", "controller"),
    ("router-0", "router-0", "router-0"),
  ])
  func logsOfAName(process: String, name: String, label: String) throws {
    let directory = try #require(RunDirectory(path: "/run/mesh"))
    #expect(LogFiles(directory: directory, name: name).label(of: process) == label)
  }

  @Test(arguments: [("expert-2-5", "expert"), ("expert-2", "expert#3"), ("detector-1", "expert")])
  func logsOfOthers(process: String, name: String) throws {
    let directory = try #require(RunDirectory(path: "/run/mesh"))
    #expect(LogFiles(directory: directory, name: name).label(of: process) == nil)
  }
}
