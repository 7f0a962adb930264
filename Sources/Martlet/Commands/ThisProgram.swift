// Where this program is and where it was started.
internal import ArgumentParser
private import FoundationEssentials
internal import MartletCore

enum ThisProgram {
  /// What a person calls it on the command line: the file's name, which need not be the app's.
  static var name: String {
    CommandLine.arguments[0].split(separator: "/").last.map(String.init) ?? "app"
  }

  /// The absolute path of this executable, links resolved (proc(5), /proc/PID/exe).
  static func path() throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  }

  static func currentDirectory() -> String {
    FileManager.default.currentDirectoryPath
  }

  static func absolute(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path
  }

  static var environment: [String: String] {
    ProcessInfo.processInfo.environment
  }

  /// What the environment says of the mesh, with absolute paths.
  static func meshSecurity() throws(InvalidPortSecurity) -> MeshSecurity {
    let environment = environment
    return try MeshSecurity { environment[$0] }.mapPaths(absolute)
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
