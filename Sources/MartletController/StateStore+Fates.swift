// What became of the versions of an app, for those who wait for a rollout over a controller's death.
internal import GRDB
internal import MartletCore
internal import MartletScaling

extension StateTransaction {
  func saveFates(of app: FleetApp) throws {
    try run("DELETE FROM fates WHERE app = ?", [app.name])
    for (version, fate) in app.fates {
      let stored = StoredFate(fate)
      try run(
        "INSERT INTO fates VALUES (?, ?, ?, ?, ?)",
        [
          app.name, Int64(version.number), stored.kind.rawValue, stored.message,
          stored.other.map { Int64($0.number) },
        ])
    }
  }

  func fates(of app: String) throws -> [AppVersion: VersionFate] {
    var fates: [AppVersion: VersionFate] = [:]
    for row in try rows("SELECT * FROM fates WHERE app = ?", [app]) {
      guard let kind = StoredFate.Kind(rawValue: row["fate"]) else { continue }
      let other = (row["by_version"] as Int64?).map { AppVersion(UInt64($0)) }
      let version = AppVersion(UInt64(row["version"] as Int64))
      fates[version] = StoredFate(kind: kind, message: row["message"], other: other).fate
    }
    return fates
  }
}

/// A fate in columns.
private struct StoredFate {
  enum Kind: String {
    case served, overtaken, failed, deleted
  }

  var kind: Kind
  var message = ""
  var other: AppVersion?

  init(kind: Kind, message: String, other: AppVersion?) {
    self.kind = kind
    self.message = message
    self.other = other
  }

  init(_ fate: VersionFate) {
    switch fate {
    case .served(let until): (kind, other) = (.served, until)
    case .overtaken(let by): (kind, other) = (.overtaken, by)
    case .failed(let why): (kind, message) = (.failed, why)
    case .deleted(let anew): (kind, other) = (.deleted, anew)
    }
  }

  var fate: VersionFate {
    switch kind {
    case .served: .served(until: other)
    case .overtaken: other.map { .overtaken(by: $0) } ?? .deleted(anew: nil)
    case .failed: .failed(message)
    case .deleted: .deleted(anew: other)
    }
  }
}
