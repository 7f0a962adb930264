// Whether an app's next version may take over.

package import MartletCore

/// What to do with a version whose replicas are being started.
package enum RolloutDecision: Sendable, Equatable {
  /// Not yet; says what it waits for.
  case wait(String)
  /// Every deployment has what it needs: requests enter under the new version from now on.
  case switchOver
  /// It will not become healthy; says why.
  case rollBack(String)

  /// How far one deployment of the new version is.
  package struct Progress: Sendable, Hashable {
    package var deployment: String
    package var desired: Int
    /// Replicas that have been ready for long enough.
    package var running: Int
    /// Replicas that are ready and have to stay so for a while.
    package var proving: Int
    /// Replicas that wait for resources, and for what.
    package var waiting: Int
    package var missing: String
    /// Starts in a row that failed, or ended too soon after they were ready, and how the last one did.
    package var failedStarts: Int
    package var lastFailure: String
    /// A start took too long. No second try: it would take as long.
    package var hung: Bool

    package init(
      deployment: String, desired: Int, running: Int, proving: Int = 0, waiting: Int = 0,
      missing: String = "",
      failedStarts: Int = 0, lastFailure: String = "", hung: Bool = false
    ) {
      self.deployment = deployment
      self.desired = desired
      self.running = running
      self.proving = proving
      self.waiting = waiting
      self.missing = missing
      self.failedStarts = failedStarts
      self.lastFailure = lastFailure
      self.hung = hung
    }
  }

  /// Failed starts in a row that condemn a version. One may be an accident; three in a row, the later
  /// ones after a pause, are the program.
  package static let failedStartsToRollBack = 3

  /// Decides from the progress of every deployment of the new version.
  ///
  /// Replicas that do not fit on the machine are not waited for as long as one of their deployment
  /// runs: they stay pending, and the version serves with what there is.
  package init(_ deployments: [Progress]) {
    for progress in deployments where progress.hung {
      self = .rollBack("deployment \(progress.deployment): a replica \(progress.lastFailure)")
      return
    }
    for progress in deployments where progress.failedStarts >= Self.failedStartsToRollBack {
      self = .rollBack(
        "deployment \(progress.deployment): \(progress.failedStarts) starts in a row failed; "
          + "the last one \(progress.lastFailure)")
      return
    }
    for progress in deployments where progress.desired > 0 {
      if progress.running == 0, progress.proving == 0, progress.waiting > 0 {
        self = .wait("deployment \(progress.deployment) needs \(progress.missing)")
        return
      }
      let ready = progress.running + progress.proving
      if ready > 0, progress.proving > 0, ready + progress.waiting >= progress.desired {
        self = .wait(
          "deployment \(progress.deployment) has \(ready) of \(progress.desired) replicas; "
            + "\(progress.proving) have to stay ready for a while (min_ready_s)")
        return
      }
      if progress.running == 0 || progress.running + progress.waiting < progress.desired {
        self = .wait(
          "deployment \(progress.deployment) has \(progress.running) of \(progress.desired) replicas"
        )
        return
      }
    }
    self = .switchOver
  }
}

/// A version that gets no new requests and still has old ones.
package struct RetiringVersion: Sendable, Equatable {
  /// The first routing table under which no request entered it; nil until that table was published.
  package private(set) var generation: UInt64?

  /// Its requests have had their time.
  package let deadline: Timestamp

  package init(deadline: Timestamp) {
    self.deadline = deadline
  }

  /// A table without the version as the current one went out.
  package mutating func published(_ generation: UInt64) {
    self.generation = self.generation ?? generation
  }

  /// Whether nothing of it is left in any router.
  ///
  /// - Parameter quietAt: when routers that are not connected count as gone; nil while one is.
  package func isOver(
    routers: RouterLoads, app: String, version: AppVersion, quietAt: Timestamp?, now: Timestamp
  ) -> Bool {
    if deadline <= now { return true }
    if let quietAt { return quietAt <= now }
    guard let generation else { return false }
    return routers.allApplied(generation) && routers.ongoing(app: app, version: version) == 0
  }
}
