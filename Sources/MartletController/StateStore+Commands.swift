// The commands of a version as they were when it was deployed, with their links resolved.
internal import GRDB
internal import MartletCore

extension StateTransaction {
  func saveCommands(_ app: String, _ version: AppVersion, _ spec: AppSpec) throws {
    for deployment in spec.deployments where !deployment.command.isEmpty {
      let words = ConfigValue.array(deployment.command.map { .string($0) }).json
      try run(
        "INSERT OR REPLACE INTO commands VALUES (?, ?, ?, ?)",
        [app, Int64(version.number), deployment.name, words])
    }
  }

  /// By deployment; empty for a version of a controller that did not keep them.
  func commands(of app: String, _ version: AppVersion) throws -> [String: [String]] {
    var commands: [String: [String]] = [:]
    let sql = "SELECT * FROM commands WHERE app = ? AND version = ?"
    for row in try rows(sql, [app, Int64(version.number)]) {
      guard case .array(let words)? = try? ConfigValue(json: row["words"]) else { continue }
      commands[row["deployment"]] = words.compactMap { word in
        if case .string(let text) = word { text } else { nil }
      }
    }
    return commands
  }
}
