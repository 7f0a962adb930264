// What a deploy that changes a key of a deployment does to its replicas.

package import MartletCore

/// How a changed key of a deployment comes to hold.
package enum SettingChange: Sendable, Equatable {
  /// The replicas stay. These parts go by the new value as soon as the version serves.
  case inPlace(Set<Part>)
  /// The replicas are replaced: a process reads the value when it starts.
  case newRevision

  /// Who goes by a value while replicas run.
  package enum Part: Sendable, Hashable {
    /// Every router, for calls that arrive from then on.
    case router
    /// The scaler of the deployment.
    case scaler
    /// The health checks of the controller.
    case probe
    /// The next deploy.
    case nextDeploy
  }
}

extension DeploymentSetting {
  /// The table of all keys. A key that a replica reads, or that the controller hands to its process,
  /// makes a new revision; one that only routers and the controller look at holds in place.
  package var change: SettingChange {
    switch self {
    // Another name is another deployment.
    case .name: .newRevision
    case .command, .environment, .userConfig, .services: .newRevision
    // A replica is placed with what it takes.
    case .resources: .newRevision
    // The replica enforces it, and is told when it starts.
    case .maxOngoingRequests: .newRevision
    // The replica keeps it too, and is told when it starts.
    case .maxMessage: .newRevision
    // The replica's own drain lasts as long.
    case .gracefulShutdownTimeout: .newRevision
    case .codeVersion: .newRevision
    case .replicas, .autoscaling: .inPlace([.scaler])
    case .maxQueuedRequests, .requestTimeout, .idempotent, .outlierDetection: .inPlace([.router])
    case .healthCheckPeriod, .healthCheckTimeout, .healthCheckFailures: .inPlace([.probe])
    case .startupTimeout: .inPlace([.probe])
    case .update, .minReady: .inPlace([.nextDeploy])
    }
  }
}

extension DeploymentSpec {
  /// Whether a process of `other` would be started exactly like one of this. What only the router and
  /// the controller look at may differ.
  package func startsLike(_ other: DeploymentSpec) -> Bool {
    DeploymentSetting.allCases.allSatisfy { setting in
      switch setting.change {
      case .inPlace: true
      case .newRevision: self[setting] == other[setting]
      }
    }
  }
}
