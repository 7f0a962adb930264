// What a version's deployments name, as it was when the version was deployed: with links resolved.
internal import GRDB
internal import MartletCore

/// The names of one deployment that were resolved.
struct PinnedNames: Sendable, Equatable {
  /// Nil for a deployment that names no command.
  var command: [String]?
  /// Texts in `env` and `user_config`, by what the app file says.
  var resolutions: [String: String] = [:]

  /// Puts them in the place of what the app file says.
  func apply(to deployment: inout DeploymentSpec) {
    if let command { deployment.command = command }
    deployment.resolve(resolutions)
  }
}

extension StateTransaction {
  func savePins(_ app: String, _ version: AppVersion, _ pins: [String: PinnedNames]) throws {
    for (deployment, names) in pins {
      if let command = names.command, !command.isEmpty {
        let words = ConfigValue.array(command.map { .string($0) }).json
        try run(
          "INSERT OR REPLACE INTO commands VALUES (?, ?, ?, ?)",
          [app, Int64(version.number), deployment, words])
      }
      for (text, resolved) in names.resolutions {
        try run(
          "INSERT OR REPLACE INTO resolutions VALUES (?, ?, ?, ?, ?)",
          [app, Int64(version.number), deployment, text, resolved])
      }
    }
  }

  /// By deployment; empty for a version of a controller that did not keep them.
  func pins(of app: String, _ version: AppVersion) throws -> [String: PinnedNames] {
    var pins: [String: PinnedNames] = [:]
    let key: [any DatabaseValueConvertible] = [app, Int64(version.number)]
    for row in try rows("SELECT * FROM commands WHERE app = ? AND version = ?", key) {
      guard case .array(let words)? = try? ConfigValue(json: row["words"]) else { continue }
      pins[row["deployment"], default: PinnedNames()].command = words.compactMap { word in
        if case .string(let text) = word { text } else { nil }
      }
    }
    for row in try rows("SELECT * FROM resolutions WHERE app = ? AND version = ?", key) {
      pins[row["deployment"], default: PinnedNames()].resolutions[row["text"]] = row["resolved"]
    }
    return pins
  }
}
