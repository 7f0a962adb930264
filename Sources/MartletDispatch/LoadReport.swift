// What a router has in hand, as the controller wants to know it.
package import MartletCore

/// A snapshot of queues and ongoing calls. It is complete: what it does not name is zero.
package struct LoadReport: Sendable, Hashable {
  /// The generation of the last table that was applied.
  package var generation: UInt64
  package var deployments: [DeploymentLoad]
  package var versions: [VersionLoad]

  /// Replicas that hang on and on, by number, and what was seen of each.
  package var suspects: [Suspect] = []

  package init(
    generation: UInt64, deployments: [DeploymentLoad] = [], versions: [VersionLoad] = []
  ) {
    self.generation = generation
    self.deployments = deployments
    self.versions = versions
  }

  /// One deployment over all its revisions.
  package struct DeploymentLoad: Sendable, Hashable {
    package var app: String
    package var deployment: String
    package var queued: Int
    package var replicas: [ReplicaLoad]

    package init(app: String, deployment: String, queued: Int, replicas: [ReplicaLoad] = []) {
      self.app = app
      self.deployment = deployment
      self.queued = queued
      self.replicas = replicas
    }
  }

  package struct ReplicaLoad: Sendable, Hashable {
    package var number: UInt64
    package var ongoing: Int

    package init(number: UInt64, ongoing: Int) {
      self.number = number
      self.ongoing = ongoing
    }
  }

  package struct Suspect: Sendable, Hashable {
    package var number: UInt64
    package var reason: String
  }

  /// Requests in hand that entered under one version.
  package struct VersionLoad: Sendable, Hashable {
    package var app: String
    package var version: AppVersion
    package var ongoing: Int

    package init(app: String, version: AppVersion, ongoing: Int) {
      self.app = app
      self.version = version
      self.ongoing = ongoing
    }
  }
}
