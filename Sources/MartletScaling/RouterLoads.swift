// What the routers have in hand, by their latest reports.

package import MartletCore

/// A deployment of an app.
package struct DeploymentKey: Sendable, Hashable, Comparable {
  package var app: String
  package var deployment: String

  package init(app: String, deployment: String) {
    self.app = app
    self.deployment = deployment
  }

  package static func < (lhs: DeploymentKey, rhs: DeploymentKey) -> Bool {
    (lhs.app, lhs.deployment) < (rhs.app, rhs.deployment)
  }
}

/// One router's complete report: what it does not name is zero.
package struct RouterReport: Sendable, Hashable {
  package var router: String
  /// The last table that the router applied.
  package var generation: UInt64
  package var queued: [DeploymentKey: Int]
  /// Requests on each replica, by its number.
  package var ongoing: [UInt64: Int]
  package var versions: [String: [AppVersion: Int]]

  /// Replicas that are alive and do not answer, by number, and what the router saw of each.
  package var suspects: [UInt64: String] = [:]

  /// Requests that replicas died of since the last report.
  package var deadlyRequests: [DeadlyRequest] = []

  package init(
    router: String, generation: UInt64 = 0, queued: [DeploymentKey: Int] = [:],
    ongoing: [UInt64: Int] = [:], versions: [String: [AppVersion: Int]] = [:]
  ) {
    self.router = router
    self.generation = generation
    self.queued = queued
    self.ongoing = ongoing
    self.versions = versions
  }
}

/// A request that was in the hands of several replicas when they died.
package struct DeadlyRequest: Sendable, Hashable {
  package var deployment: DeploymentKey
  /// The method that was called.
  package var method: String
  /// What the request is known by; empty when it has no name.
  package var requestID: String
  /// The replicas that died.
  package var replicas: [UInt64]

  package init(
    deployment: DeploymentKey, method: String, requestID: String, replicas: [UInt64]
  ) {
    self.deployment = deployment
    self.method = method
    self.requestID = requestID
    self.replicas = replicas
  }
}

/// The sum over the routers that are connected. A router is known by its connection, since one that
/// was restarted may be back before the old connection is known to be dead.
package struct RouterLoads: Sendable, Equatable {
  package private(set) var reports: [UInt64: RouterReport] = [:]

  package init() {}

  package mutating func reported(_ report: RouterReport, connection: UInt64) {
    reports[connection] = report
  }

  package mutating func disconnected(_ connection: UInt64) {
    reports[connection] = nil
  }

  package var isEmpty: Bool { reports.isEmpty }

  /// Replicas that some router has seen hang, by number, and what it saw.
  package var suspects: [UInt64: String] {
    var all: [UInt64: String] = [:]
    for report in reports.values where !report.suspects.isEmpty {
      all.merge(report.suspects) { first, _ in first }
    }
    return all
  }

  package func allApplied(_ generation: UInt64) -> Bool {
    reports.values.allSatisfy { $0.generation >= generation }
  }

  package func queued(_ key: DeploymentKey) -> Int {
    reports.values.reduce(0) { $0 + ($1.queued[key] ?? 0) }
  }

  package func ongoing(replica number: UInt64) -> Int {
    reports.values.reduce(0) { $0 + ($1.ongoing[number] ?? 0) }
  }

  package func ongoing(app: String, version: AppVersion) -> Int {
    reports.values.reduce(0) { $0 + ($1.versions[app]?[version] ?? 0) }
  }
}
