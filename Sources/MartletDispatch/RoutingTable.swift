// What the controller tells a router: apps by version, and where their replicas are.
package import MartletCore

/// Where every request may go. Each table replaces the one before.
package struct RoutingTable: Sendable, Hashable {
  package var generation: UInt64
  package var apps: [AppRouting]

  package init(generation: UInt64 = 0, apps: [AppRouting] = []) {
    self.generation = generation
    self.apps = apps
  }
}

/// One app's part of the table.
package struct AppRouting: Sendable, Hashable {
  package var app: String

  /// New requests enter under this version; `AppVersion.none` when the app takes none any more.
  package var currentVersion: AppVersion

  /// Every version that still has requests or replicas.
  package var versions: [VersionRouting]
  package var replicaSets: [ReplicaSet]

  package init(
    app: String, currentVersion: AppVersion, versions: [VersionRouting], replicaSets: [ReplicaSet]
  ) {
    self.app = app
    self.currentVersion = currentVersion
    self.versions = versions
    self.replicaSets = replicaSets
  }
}

/// Which revision of each deployment a version uses. A deployment that a deploy did not change keeps
/// its revision, so that both versions share its replicas.
package struct VersionRouting: Sendable, Hashable {
  package var version: AppVersion
  package var revisions: [String: UInt64]

  package init(version: AppVersion, revisions: [String: UInt64]) {
    self.version = version
    self.revisions = revisions
  }
}

/// The replicas of one revision of a deployment that are ready for requests.
package struct ReplicaSet: Sendable, Hashable {
  package var deployment: String
  package var revision: UInt64
  package var replicas: [ReplicaAddress]

  /// Why there is no replica; nil where there is one or one is on its way.
  package var trouble: ReplicaTrouble?

  package init(
    deployment: String, revision: UInt64, replicas: [ReplicaAddress],
    trouble: ReplicaTrouble? = nil
  ) {
    self.deployment = deployment
    self.revision = revision
    self.replicas = replicas
    self.trouble = trouble
  }
}

/// Why a revision of a deployment has no replica.
package struct ReplicaTrouble: Sendable, Hashable {
  /// For callers: what is the matter, and what helps.
  package var message: String

  /// Calls are refused with UNAVAILABLE instead of waiting.
  package var refusesCalls: Bool

  package init(_ message: String, refusesCalls: Bool) {
    self.message = message
    self.refusesCalls = refusesCalls
  }
}

/// One replica and where it listens.
package struct ReplicaAddress: Sendable, Hashable {
  package var number: UInt64
  package var endpoint: Endpoint

  package init(number: UInt64, endpoint: Endpoint) {
    self.number = number
    self.endpoint = endpoint
  }
}

/// A version of an app as the dispatcher needs it: its deployments' limits and its routes. Comes before
/// the first table that names the version.
package struct AppDefinition: Sendable, Hashable {
  package var version: AppVersion
  package var spec: AppSpec

  package init(version: AppVersion, spec: AppSpec) {
    self.version = version
    self.spec = spec
  }
}
