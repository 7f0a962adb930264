// What the fleet tells its driver, and what the driver tells the fleet.

package import MartletCore

/// What happened.
package enum FleetEvent: Sendable, Equatable {
  /// A valid app, as the version given.
  case deployed(VersionRecord)
  case deleted(app: String)
  /// The version that is being rolled out, or has failed, is given up for the one that serves.
  case rolledBack(app: String)
  case pinned(DeploymentKey, replicas: Int)
  case routerReported(RouterReport, connection: UInt64)
  case routerDisconnected(connection: UInt64)
  case spawned(UInt64)
  case spawnFailed(UInt64, why: String)
  case checked(UInt64, CheckResult)
  /// The process is gone; how, and the last lines that it wrote, for people. SIGKILL and SIGTERM come from
  /// somebody else, such as an operator.
  case exited(UInt64, how: String, lastLines: String, bySignal: Bool = false)
  /// A replica that something else started announced itself; gets the number given.
  case registered(UInt64, DeploymentKey, Endpoint)
  /// It is about to stop.
  case announcedDraining(UInt64)
  case unregistered(UInt64)
  /// All replicas are to stop and none to start; apps stay as they are.
  case stopped
  case timePassed
}

/// What to do. The driver first stores every intent of one answer in one transaction, then acts.
package enum FleetOrder: Sendable, Equatable {
  /// Intent: the app is no longer as it was stored; see `Fleet.apps`.
  case storeApp(String)
  /// Intent: the app and all its versions are gone.
  case forgetApp(String)
  /// Intent, then: start a process.
  case spawn(SpawnOrder)
  /// Intent: this replica has been ready.
  case storeReady(UInt64)
  /// SIGTERM.
  case terminate(UInt64)
  /// SIGKILL.
  case kill(UInt64)
  /// Ask for its health, then tell `checked`.
  case check(UInt64)
  /// Remove what is left of it: socket, configuration, records.
  case forget(UInt64)
  /// The routing table changed; see `Fleet.routing`.
  case publish
  case note(FleetNote)

  /// It has something that must be stored.
  package var isIntent: Bool {
    switch self {
    case .check, .kill, .publish: false
    case .storeApp, .forgetApp, .spawn, .storeReady, .terminate, .forget, .note: true
    }
  }
}

/// A replica to start.
package struct SpawnOrder: Sendable, Equatable {
  package var number: UInt64
  package var group: GroupKey
  /// The version whose directory it starts in.
  package var version: AppVersion
  package var spec: DeploymentSpec
  package var placement: Placement
}

/// One line of the event log.
package struct FleetNote: Sendable, Hashable {
  /// One word, such as `ReplicaStarted`.
  package var reason: String
  package var app: String
  package var deployment: String
  package var message: String

  package init(_ reason: String, app: String, deployment: String = "", _ message: String) {
    self.reason = reason
    self.app = app
    self.deployment = deployment
    self.message = message
  }
}

/// The routing table as the fleet sees it; equal to the one before when nothing changed.
package struct FleetRouting: Sendable, Equatable {
  package var generation: UInt64
  package var apps: [App] = []

  package struct App: Sendable, Equatable {
    package var name: String
    /// Nil while no version takes requests.
    package var current: AppVersion?
    package var versions: [VersionRecord]
    package var groups: [Group]
  }

  package struct Group: Sendable, Equatable {
    package var deployment: String
    package var revision: UInt64
    package var replicas: [UInt64]
    /// Why it has none; nil where it has one or one is on its way.
    package var trouble: Trouble?
  }

  /// Why a revision of a deployment has no replica.
  package struct Trouble: Sendable, Equatable {
    package var message: String
    /// Calls are not to wait for one.
    package var refusesCalls: Bool
  }
}
