// What the fleet is made of: apps by version, groups of replicas, replicas.

package import MartletCore

/// A version of an app as it was deployed.
package struct VersionRecord: Sendable, Hashable {
  package var version: AppVersion
  package var spec: AppSpec
  /// What identifies each deployment's program beyond its spec, such as the time its file was written:
  /// a rebuilt program is a change, unless the spec's code version says that it is not.
  package var fingerprints: [String: String]
  /// Filled in by the fleet.
  package var revisions: [String: UInt64]

  package init(
    version: AppVersion, spec: AppSpec, fingerprints: [String: String] = [:],
    revisions: [String: UInt64] = [:]
  ) {
    self.version = version
    self.spec = spec
    self.fingerprints = fingerprints
    self.revisions = revisions
  }
}

/// What became of a version of an app that neither serves nor is being rolled out.
package enum VersionFate: Sendable, Equatable {
  /// Requests entered under it, until another version took over; nil when the app was deleted.
  case served(until: AppVersion?)
  /// Another version was deployed before it served.
  case overtaken(by: AppVersion)
  /// It did not come up; says why.
  case failed(String)
  /// The app was deleted before it served. The version that has its name now, if there is one.
  case deleted(anew: AppVersion?)
}

/// How far a version of an app is.
package enum VersionOutcome: Sendable, Equatable {
  case rollingOut
  case serving
  case over(VersionFate)
}

/// The replicas of one revision of a deployment.
package struct GroupKey: Sendable, Hashable, Comparable {
  package var deployment: DeploymentKey
  package var revision: UInt64

  package init(deployment: DeploymentKey, revision: UInt64) {
    self.deployment = deployment
    self.revision = revision
  }

  package static func < (lhs: GroupKey, rhs: GroupKey) -> Bool {
    (lhs.deployment, lhs.revision) < (rhs.deployment, rhs.revision)
  }
}

/// An app in the fleet.
package struct FleetApp: Sendable, Equatable {
  package var name: String
  package var launcher: AppSpec.Launcher
  /// Every version that has requests or replicas, or is to have them.
  package var versions: [AppVersion: VersionRecord] = [:]
  /// New requests enter under it; nil before the first version was healthy and while deleting.
  package var current: AppVersion?
  /// The version that is being rolled out.
  package var target: AppVersion?
  package var retiring: [AppVersion: RetiringVersion] = [:]
  /// Set once requests enter under the target although deployments that must not run twice have no
  /// replica of it yet: what is left of the requests of the current version.
  package var handover: RetiringVersion?
  /// Requests enter under the target although nothing of it runs yet: it was deployed over a delete, of
  /// which no version is left.
  package var admitsTarget = false
  /// Why the last deploy failed; nil when it did not.
  package var failure: String?
  /// What the rollout waits for; empty when it does not.
  package var waitsFor = ""
  package var isDeleting = false
  /// Counts asked for by hand, until the next deploy.
  package var pins: [String: Int] = [:]
  /// Those asked for since the version that is being rolled out was deployed. They outlive its rollout.
  package var nextPins: [String: Int] = [:]
  /// What became of versions that neither serve nor are being rolled out; the newest `keptFates`.
  package var fates: [AppVersion: VersionFate] = [:]

  /// Whoever waits for a rollout looks many times a second, so a few fates reach far back.
  package static let keptFates = 32

  package init(name: String, launcher: AppSpec.Launcher) {
    self.name = name
    self.launcher = launcher
  }

  /// The version whose deploy failed last, if no other came after it.
  package var failedVersion: AppVersion? {
    guard failure != nil else { return nil }
    return fates.filter { if case .failed = $0.value { true } else { false } }.keys.max()
  }

  /// Notes what became of a version.
  mutating func ended(_ version: AppVersion, _ fate: VersionFate) {
    fates[version] = fate
    for old in fates.keys.sorted().dropLast(Self.keptFates) { fates[old] = nil }
  }

  /// The newest version that uses a revision of a deployment: its spec is the one that counts.
  package func newest(using key: GroupKey) -> VersionRecord? {
    versions.values.filter { $0.revisions[key.deployment.deployment] == key.revision }
      .max { $0.version < $1.version }
  }
}

/// The replicas of one revision, with what decides how many there should be.
struct ReplicaGroup: Sendable, Equatable {
  /// What the group is for at the moment.
  enum Purpose: Sendable, Equatable {
    /// The current version's.
    case serving
    /// The version's that is being rolled out, and not the current one's.
    case next
    /// Only requests of older versions.
    case retiring
    /// Nobody's.
    case unwanted
  }

  var spec: DeploymentSpec
  var scaler: Autoscaler
  var backoff: RestartBackoff
  var hangPause = HangPause()
  var lastFailure = ""
  /// A start took longer than the limit.
  var hung = false
  var replicas: Set<UInt64> = []

  init(spec: DeploymentSpec, scaler: Autoscaler, backoff: RestartBackoff) {
    self.spec = spec
    self.scaler = scaler
    self.backoff = backoff
  }

  /// Its program keeps failing to start. Callers then hear of it instead of waiting.
  var isFailing: Bool {
    hung || backoff.failures >= RolloutDecision.failedStartsToRollBack
  }

  /// Replicas that there should be. A program that keeps failing is tried on, since calls that are
  /// refused meanwhile are no load that would ask for it.
  var desired: Int {
    isFailing && !staysAtZero ? max(1, scaler.desired) : scaler.desired
  }

  /// No load will ever ask for a replica.
  var staysAtZero: Bool {
    if let pin = scaler.pin { return pin == 0 }
    return spec.replicas == .fixed(0)
  }
}

/// One replica in the fleet.
package struct FleetReplica: Sendable, Equatable {
  package let number: UInt64
  package let group: GroupKey
  package internal(set) var machine: ReplicaMachine
  package internal(set) var placement: Placement?
  /// What resources it waits for; empty when none.
  package internal(set) var missing = ""
  /// Where it listens, when it was not started by this mesh; nil for our own.
  package let endpoint: Endpoint?
  /// The table in which it is first missing; nil while it is in the table or never was.
  var leftIn: UInt64?

  package var isExternal: Bool { endpoint != nil }
}
