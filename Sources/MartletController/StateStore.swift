// The controller's desired state on disk: what must survive its own SIGKILL.
internal import CLinux
internal import Foundation
internal import GRDB
internal import Glibc
internal import MartletCore
internal import MartletScaling

/// A replica as it was stored.
struct StoredReplica: Sendable, Equatable {
  var number: UInt64
  var group: GroupKey
  /// Nil between the intent to start it and the start.
  var identity: ProcessIdentity?
  var placement: Placement
  var wasReady: Bool
  var wasStopping: Bool
  var startedAtUnixMs: Int64
}

/// One line of the event log.
struct StoredEvent: Sendable, Equatable {
  var id: UInt64
  var unixMs: Int64
  var note: FleetNote
}

/// SQLite in the run directory. With WAL and without a sync per transaction a commit survives the
/// death of every process; a power cut takes the processes too, and then there is nothing to adopt.
struct StateStore {
  /// Versions kept per app for `rollback`, besides those in use.
  static let keptVersions = 10

  /// Lines of the event log.
  static let keptEvents = 1000

  /// Bytes that the log of transactions has from the begin, and pages in it after which they go to the database:
  /// together they keep commits possible while the disk is full.
  private static let logBytes: off_t = 1 << 20
  private static let logPages = 200

  private let path: String
  private let queue: DatabaseQueue
  /// The files as they were made, by name; others may have removed them.
  private let inodes: [String: ino_t]

  /// Opens or makes the database.
  ///
  /// - Throws: `ControllerError` for a file that is none, else GRDB's error.
  init(path: String) throws {
    do {
      try self.init(opening: path)
    } catch let error as DatabaseError
      where [.SQLITE_NOTADB, .SQLITE_CORRUPT].contains(error.resultCode)
    {
      throw ControllerError(
        "\(path) is damaged (\(error.message ?? "\(error.resultCode)")); move it away to begin "
          + "without the apps that were deployed", exitCode: 78)
    }
  }

  private init(opening path: String) throws {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { database in
      // One process uses it, and the lock says so: then the index of the log needs no file.
      try database.execute(
        sql: """
          PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
          PRAGMA wal_autocheckpoint = \(Self.logPages)
          """)
    }
    self.path = path
    queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.write { try $0.execute(sql: Self.tables) }
    let log = open("\(path)-wal", O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    if log >= 0 {
      var status = stat()
      if fstat(log, &status) == 0, status.st_size < Self.logBytes {
        // SQLite reads as far as its frames go, whatever follows. A disk that is full already has nothing to give.
        _ = martlet_reserve(log, Self.logBytes, 0)
      }
      close(log)
    }
    inodes = Self.inodes(of: path)
  }

  private static func inodes(of path: String) -> [String: ino_t] {
    var inodes: [String: ino_t] = [:]
    for name in [path, "\(path)-wal"] {
      var status = stat()
      if stat(name, &status) == 0 { inodes[name] = status.st_ino }
    }
    return inodes
  }

  /// The files are those that were opened: else what is stored would end with this process.
  var isThere: Bool {
    let now = Self.inodes(of: path)
    return inodes.allSatisfy { now[$0.key] == $0.value }
  }

  /// Writes everything into new files, in place of those that are gone.
  func rewritten() throws -> StateStore {
    let draft = "\(path).new"
    for suffix in ["", "-wal", "-shm"] { unlink(draft + suffix) }
    try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [draft]) }
    try queue.close()
    for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
    guard rename(draft, path) == 0 else { throw ControllerError("\(path): \(lastError())") }
    return try StateStore(path: path)
  }

  private static let tables = """
    CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS apps (
      name TEXT PRIMARY KEY, launcher TEXT NOT NULL, current INTEGER, target INTEGER,
      failure TEXT, deleting INTEGER NOT NULL, deployed_at INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS versions (
      app TEXT NOT NULL, number INTEGER NOT NULL, app_file TEXT NOT NULL,
      descriptor_set BLOB NOT NULL, directory TEXT NOT NULL, file_name TEXT NOT NULL,
      live INTEGER NOT NULL, served INTEGER NOT NULL, PRIMARY KEY (app, number));
    CREATE TABLE IF NOT EXISTS revisions (
      app TEXT NOT NULL, version INTEGER NOT NULL, deployment TEXT NOT NULL,
      revision INTEGER NOT NULL, fingerprint TEXT NOT NULL,
      PRIMARY KEY (app, version, deployment));
    CREATE TABLE IF NOT EXISTS pins (
      app TEXT NOT NULL, deployment TEXT NOT NULL, replicas INTEGER NOT NULL,
      PRIMARY KEY (app, deployment));
    CREATE TABLE IF NOT EXISTS next_pins (
      app TEXT NOT NULL, deployment TEXT NOT NULL, replicas INTEGER NOT NULL,
      PRIMARY KEY (app, deployment));
    CREATE TABLE IF NOT EXISTS commands (
      app TEXT NOT NULL, version INTEGER NOT NULL, deployment TEXT NOT NULL, words TEXT NOT NULL,
      PRIMARY KEY (app, version, deployment));
    CREATE TABLE IF NOT EXISTS resolutions (
      app TEXT NOT NULL, version INTEGER NOT NULL, deployment TEXT NOT NULL, text TEXT NOT NULL,
      resolved TEXT NOT NULL, PRIMARY KEY (app, version, deployment, text));
    CREATE TABLE IF NOT EXISTS fates (
      app TEXT NOT NULL, version INTEGER NOT NULL, fate TEXT NOT NULL, message TEXT NOT NULL,
      by_version INTEGER, PRIMARY KEY (app, version));
    CREATE TABLE IF NOT EXISTS replicas (
      number INTEGER PRIMARY KEY, app TEXT NOT NULL, deployment TEXT NOT NULL,
      revision INTEGER NOT NULL, pid INTEGER, start_ticks INTEGER, cpus INTEGER NOT NULL,
      memory INTEGER NOT NULL, gpus TEXT NOT NULL, ready INTEGER NOT NULL,
      stopping INTEGER NOT NULL, started_at INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS events (
      id INTEGER PRIMARY KEY AUTOINCREMENT, unix_ms INTEGER NOT NULL, reason TEXT NOT NULL,
      app TEXT NOT NULL, deployment TEXT NOT NULL, message TEXT NOT NULL);
    """

  /// Whether a write failed for want of room.
  static func isFull(_ error: any Error) -> Bool {
    guard let code = (error as? DatabaseError)?.resultCode else { return false }
    return [.SQLITE_FULL, .SQLITE_IOERR].contains(code)
  }

  /// Everything in `body` becomes durable together.
  func transaction<Result>(_ body: (StateTransaction) throws -> Result) throws -> Result {
    try queue.write { try body(StateTransaction(database: $0)) }
  }

  func read<Result>(_ body: (StateTransaction) throws -> Result) throws -> Result {
    try queue.read { try body(StateTransaction(database: $0)) }
  }
}

/// Reads and writes within one transaction.
struct StateTransaction {
  let database: Database

  func run(_ sql: String, _ values: [(any DatabaseValueConvertible)?] = []) throws {
    let statement = try database.cachedStatement(sql: sql)
    try statement.execute(arguments: StatementArguments(values))
  }

  func rows(_ sql: String, _ values: [(any DatabaseValueConvertible)?] = []) throws -> [Row] {
    let statement = try database.cachedStatement(sql: sql)
    return try Row.fetchAll(statement, arguments: StatementArguments(values))
  }

  // MARK: Counters

  func counter(_ key: String) throws -> UInt64 {
    let value: Int64? = try rows("SELECT value FROM meta WHERE key = ?", [key]).first?["value"]
    return UInt64(max(0, value ?? 0))
  }

  func setCounter(_ key: String, _ value: UInt64) throws {
    try run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [key, Int64(value)])
  }

  // MARK: Apps

  func saveVersion(_ app: String, _ version: AppVersion, _ source: AppSource) throws {
    try run(
      "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, 1, 0)",
      [
        app, Int64(version.number), source.appFile, DatabaseBytes(source.descriptorSet),
        source.directory, source.fileName,
      ])
  }

  func save(_ app: FleetApp, deployedAtUnixMs: Int64) throws {
    try run(
      "INSERT OR REPLACE INTO apps VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        app.name, app.launcher.rawValue, app.current.map { Int64($0.number) },
        app.target.map { Int64($0.number) }, app.failure, app.isDeleting, deployedAtUnixMs,
      ])
    try run("UPDATE versions SET live = 0 WHERE app = ?", [app.name])
    try run("DELETE FROM revisions WHERE app = ?", [app.name])
    for record in app.versions.values {
      let number = Int64(record.version.number)
      try run("UPDATE versions SET live = 1 WHERE app = ? AND number = ?", [app.name, number])
      for (deployment, revision) in record.revisions {
        try run(
          "INSERT INTO revisions VALUES (?, ?, ?, ?, ?)",
          [app.name, number, deployment, Int64(revision), record.fingerprints[deployment] ?? ""])
      }
    }
    if let current = app.current {
      try run(
        "UPDATE versions SET served = 1 WHERE app = ? AND number = ?",
        [app.name, Int64(current.number)])
    }
    try save(app.pins, of: app.name, in: "pins")
    try save(app.nextPins, of: app.name, in: "next_pins")
    try saveFates(of: app)
    try setCounter("handover:\(app.name)", app.handover == nil ? 0 : 1)
    try run(
      """
      DELETE FROM versions WHERE app = ?1 AND live = 0 AND number NOT IN
      (SELECT number FROM versions WHERE app = ?1 AND served = 1 ORDER BY number DESC LIMIT ?2)
      """, [app.name, StateStore.keptVersions])
    for table in ["commands", "resolutions"] {
      try run(
        """
        DELETE FROM \(table) WHERE app = ?1 AND version NOT IN
        (SELECT number FROM versions WHERE app = ?1)
        """, [app.name])
    }
  }

  func forgetApp(_ name: String) throws {
    try run("DELETE FROM apps WHERE name = ?", [name])
    try run("DELETE FROM versions WHERE app = ?", [name])
    try run("DELETE FROM revisions WHERE app = ?", [name])
    try run("DELETE FROM pins WHERE app = ?", [name])
    try run("DELETE FROM next_pins WHERE app = ?", [name])
    try run("DELETE FROM fates WHERE app = ?", [name])
    try run("DELETE FROM commands WHERE app = ?", [name])
    try run("DELETE FROM resolutions WHERE app = ?", [name])
  }

  private func save(_ pins: [String: Int], of app: String, in table: String) throws {
    try run("DELETE FROM \(table) WHERE app = ?", [app])
    for (deployment, count) in pins {
      try run("INSERT INTO \(table) VALUES (?, ?, ?)", [app, deployment, count])
    }
  }

  private func pins(of app: String, in table: String) throws -> [String: Int] {
    var pins: [String: Int] = [:]
    for pin in try rows("SELECT * FROM \(table) WHERE app = ?", [app]) {
      pins[pin["deployment"]] = pin["replicas"]
    }
    return pins
  }

  /// The apps with all but the specs of their versions, which are in the sources.
  func apps() throws -> [(app: FleetApp, deployedAtUnixMs: Int64)] {
    try rows("SELECT * FROM apps").map { row in
      var app = FleetApp(
        name: row["name"], launcher: AppSpec.Launcher(rawValue: row["launcher"]) ?? .process)
      app.current = (row["current"] as Int64?).map { AppVersion(UInt64($0)) }
      app.target = (row["target"] as Int64?).map { AppVersion(UInt64($0)) }
      app.failure = row["failure"]
      app.isDeleting = row["deleting"]
      app.pins = try pins(of: app.name, in: "pins")
      app.nextPins = try pins(of: app.name, in: "next_pins")
      app.fates = try fates(of: app.name)
      if try counter("handover:\(app.name)") == 1 {
        // Its requests get their time anew.
        app.handover = RetiringVersion(deadline: .zero)
      }
      let live = "SELECT number FROM versions WHERE app = ? AND live = 1"
      for version in try rows(live, [app.name]) {
        let number = AppVersion(UInt64(version["number"] as Int64))
        var record = VersionRecord(version: number, spec: AppSpec(name: app.name))
        let revisions = "SELECT * FROM revisions WHERE app = ? AND version = ?"
        for revision in try rows(revisions, [app.name, Int64(number.number)]) {
          record.revisions[revision["deployment"]] = UInt64(revision["revision"] as Int64)
          record.fingerprints[revision["deployment"]] = revision["fingerprint"]
        }
        app.versions[number] = record
      }
      return (app, row["deployed_at"])
    }
  }

  /// Nil when the version is no longer kept.
  func source(of app: String, _ version: AppVersion) throws -> AppSource? {
    let sql = "SELECT * FROM versions WHERE app = ? AND number = ?"
    return try rows(sql, [app, Int64(version.number)]).first.map { row in
      AppSource(
        appFile: row["app_file"], descriptorSet: (row["descriptor_set"] as DatabaseBytes).bytes,
        directory: row["directory"], fileName: row["file_name"])
    }
  }

  /// The newest version before `version` that took requests.
  func servedVersion(of app: String, before version: AppVersion) throws -> AppVersion? {
    let sql = """
      SELECT number FROM versions WHERE app = ? AND served = 1 AND number < ?
      ORDER BY number DESC LIMIT 1
      """
    return try rows(sql, [app, Int64(version.number)]).first
      .map { AppVersion(UInt64($0["number"] as Int64)) }
  }

  // MARK: Replicas

  func save(_ replica: StoredReplica) throws {
    let gpus = replica.placement.gpus
      .map { "\($0.device):\(StoredShare($0.units).text)" }.joined(separator: ",")
    try run(
      "INSERT OR REPLACE INTO replicas VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      [
        Int64(replica.number), replica.group.deployment.app, replica.group.deployment.deployment,
        Int64(replica.group.revision), replica.identity.map { Int64($0.pid) },
        replica.identity.map { Int64(bitPattern: $0.startTicks) },
        StoredShare(replica.placement.cpuUnits).number, replica.placement.memoryBytes, gpus,
        replica.wasReady, replica.wasStopping,
        replica.startedAtUnixMs,
      ])
  }

  func setIdentity(_ number: UInt64, _ identity: ProcessIdentity) throws {
    try run(
      "UPDATE replicas SET pid = ?, start_ticks = ? WHERE number = ?",
      [Int64(identity.pid), Int64(bitPattern: identity.startTicks), Int64(number)])
  }

  func setReady(_ number: UInt64) throws {
    try run("UPDATE replicas SET ready = 1 WHERE number = ?", [Int64(number)])
  }

  func setStopping(_ number: UInt64) throws {
    try run("UPDATE replicas SET stopping = 1 WHERE number = ?", [Int64(number)])
  }

  func forgetReplica(_ number: UInt64) throws {
    try run("DELETE FROM replicas WHERE number = ?", [Int64(number)])
  }

  func replicas() throws -> [StoredReplica] {
    try rows("SELECT * FROM replicas ORDER BY number").map { row in
      let shares = (row["gpus"] as String).split(separator: ",")
        .compactMap { text -> Placement.GPUShare? in
          let parts = text.split(separator: ":")
          guard parts.count == 2, let device = Int(parts[0]), let share = Double(parts[1]) else {
            return nil
          }
          return Placement.GPUShare(device: device, units: StoredShare(number: share).units)
        }
      let pid: Int64? = row["pid"]
      let ticks: Int64? = row["start_ticks"]
      return StoredReplica(
        number: UInt64(row["number"] as Int64),
        group: GroupKey(
          deployment: DeploymentKey(app: row["app"], deployment: row["deployment"]),
          revision: UInt64(row["revision"] as Int64)),
        identity: pid.flatMap { pid in
          ticks.map { ProcessIdentity(pid: Int32(pid), startTicks: UInt64(bitPattern: $0)) }
        },
        placement: Placement(
          cpuUnits: StoredShare(number: row["cpus"]).units, memoryBytes: row["memory"],
          gpus: shares),
        wasReady: row["ready"], wasStopping: row["stopping"], startedAtUnixMs: row["started_at"])
    }
  }

  // MARK: Events

  func add(_ note: FleetNote, unixMs: Int64) throws {
    try run(
      "INSERT INTO events (unix_ms, reason, app, deployment, message) VALUES (?, ?, ?, ?, ?)",
      [unixMs, note.reason, note.app, note.deployment, note.message])
    try run(
      "DELETE FROM events WHERE id <= ?",
      [database.lastInsertedRowID - Int64(StateStore.keptEvents)])
  }

  /// The newest `limit` after `id`, oldest first.
  func events(after id: UInt64, limit: Int) throws -> [StoredEvent] {
    let sql = "SELECT * FROM events WHERE id > ? ORDER BY id DESC LIMIT ?"
    return try rows(sql, [Int64(clamping: id), limit]).reversed().map { row in
      StoredEvent(
        id: UInt64(row["id"] as Int64), unixMs: row["unix_ms"],
        note: FleetNote(
          row["reason"], app: row["app"], deployment: row["deployment"], row["message"]))
    }
  }
}

/// A share of CPUs or GPUs as it is stored: thousandths, which may have a decimal place.
private struct StoredShare {
  var units: Int
  private static let unitsPerMilli = Resources.unitsPerWhole / 1000

  init(_ units: Int) {
    self.units = units
  }

  init(number: Double) {
    units = Int((number * Double(Self.unitsPerMilli)).rounded())
  }

  var number: Double { Double(units) / Double(Self.unitsPerMilli) }

  var text: String {
    units % Self.unitsPerMilli == 0 ? "\(units / Self.unitsPerMilli)" : "\(number)"
  }
}

/// Bytes as SQLite stores them.
private struct DatabaseBytes: DatabaseValueConvertible {
  var bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var databaseValue: DatabaseValue {
    bytes.withUnsafeBytes { Data($0).databaseValue }
  }

  static func fromDatabaseValue(_ value: DatabaseValue) -> DatabaseBytes? {
    Data.fromDatabaseValue(value).map { DatabaseBytes([UInt8]($0)) }
  }
}
