// The places of a mesh in its run directory: names only, nothing here touches a disk.

/// The directory that makes a mesh a mesh: everything that its processes share is in it, and two
/// meshes with different directories never meet.
public struct RunDirectory: Sendable, Hashable {
  /// Bytes of a socket's path that the kernel takes (`sun_path` of unix(7), less its NUL).
  public static let maxSocketPathBytes = 107

  /// Absolute.
  public let path: String

  /// Nil when the path is not absolute or so long that a socket beneath it could have no name.
  public init?(path: String) {
    guard path.hasPrefix("/") else { return nil }
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = String(path)
    guard replicaSocket(.max / 10_000_000_000).utf8.count <= Self.maxSocketPathBytes else {
      return nil
    }
  }

  /// Where a mesh is by default, the best place first: `$XDG_RUNTIME_DIR/martlet`, `/run/martlet` for root,
  /// `~/.local/state/martlet`, and `/tmp/martlet-UID`, where cleaners look for what is old.
  public static func standardPaths(
    userID: UInt32, xdgRuntimeDirectory: String?, home: String?
  ) -> [String] {
    var paths: [String] = []
    if let directory = xdgRuntimeDirectory, directory.hasPrefix("/") {
      paths.append("\(directory)/martlet")
    }
    if userID == 0 { paths.append("/run/martlet") }
    if let home, home.hasPrefix("/") { paths.append("\(home)/.local/state/martlet") }
    return paths + ["/tmp/martlet-\(userID)"]
  }

  /// Locked with flock(2) by the supervisor while the mesh lives; holds its pid.
  public var lock: String { "\(path)/lock" }

  /// Where the routers listen for clients, as `HOST:PORT` or `unix:PATH` and a line feed.
  public var address: String { "\(path)/address" }

  /// Locked with flock(2) by the controller while it lives, also when its supervisor is gone.
  public var controllerLock: String { "\(path)/controller.lock" }

  /// Where the controller listens.
  public var controllerSocket: String { "\(path)/controller.sock" }

  /// Where the routers listen for replicas and for `martlet call`.
  public var routerSocket: String { "\(path)/router.sock" }

  /// A link to the control group of the mesh, while there is one.
  public var group: String { "\(path)/group" }

  /// The controller's desired state.
  public var state: String { "\(path)/state.sqlite" }

  public var replicas: String { "\(path)/replicas" }

  /// Where a replica listens.
  public func replicaSocket(_ number: UInt64) -> String { "\(replicas)/\(number).sock" }

  /// Where a replica of Martlet's own runtime tells whether its event loop turns.
  public func lifeSocket(_ number: UInt64) -> String { "\(replicas)/\(number).life" }

  /// The files that `MARTLET_CONFIG` names.
  public var configurations: String { "\(path)/config" }

  public var logs: String { "\(path)/logs" }

  /// The log of `controller`, `router-0`, `supervisor` or a replica (`DEPLOYMENT-N`).
  public func log(of process: String) -> String { "\(logs)/\(process).log" }
}
