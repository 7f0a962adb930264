// Where this program is and where it was started.
internal import ArgumentParser
private import FoundationEssentials
internal import MartletCore

enum ThisProgram {
  /// The absolute path of this executable, links resolved (proc(5), /proc/PID/exe).
  static func path() throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  }

  static func currentDirectory() -> String {
    FileManager.default.currentDirectoryPath
  }

  static var environment: [String: String] {
    ProcessInfo.processInfo.environment
  }
}

extension AppSpec {
  /// Complains about every mistake and throws the exit status for a bad file (sysexits.h,
  /// EX_CONFIG) when there is one.
  func check() throws {
    let problems = problems()
    guard !problems.isEmpty else { return }
    for problem in problems { complain("error: app \(name): \(problem)") }
    throw ExitCode(78)
  }
}
