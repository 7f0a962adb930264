// The keys of a deployment, each with the value that a spec has for it.

/// One key of a deployment in an app file.
///
/// Every list and every comparison of keys goes through this enumeration, so that the compiler asks
/// what a new key means: whether a change of it needs new replicas, and where it is read.
package enum DeploymentSetting: String, Sendable, Hashable, CaseIterable {
  case name
  case command
  case services
  case replicas = "num_replicas"
  case autoscaling = "autoscaling_config"
  case maxOngoingRequests = "max_ongoing_requests"
  case maxQueuedRequests = "max_queued_requests"
  case maxMessage = "max_message"
  case requestTimeout = "request_timeout_s"
  case idempotent
  case outlierDetection = "outlier_detection"
  case resources
  case userConfig = "user_config"
  case healthCheckPeriod = "health_check_period_s"
  case healthCheckTimeout = "health_check_timeout_s"
  case healthCheckFailures = "health_check_failures"
  case startupTimeout = "startup_timeout_s"
  case minReady = "min_ready_s"
  case gracefulShutdownTimeout = "graceful_shutdown_timeout_s"
  case environment = "env"
  case codeVersion = "code_version"
  case update
}

extension DeploymentSpec {
  /// What the spec says for a key.
  package subscript(setting: DeploymentSetting) -> AnyHashable {
    switch setting {
    case .name: name
    case .command: command
    case .services: services
    case .replicas, .autoscaling: replicas
    case .maxOngoingRequests: maxOngoingRequests
    case .maxQueuedRequests: maxQueuedRequests
    case .maxMessage: maxMessageBytes
    case .requestTimeout: requestTimeout
    case .idempotent: idempotent
    case .outlierDetection: outlierDetection
    case .resources: resources
    case .userConfig: userConfig
    case .healthCheckPeriod: healthCheckPeriod
    case .healthCheckTimeout: healthCheckTimeout
    case .healthCheckFailures: healthCheckFailures
    case .startupTimeout: startupTimeout
    case .minReady: minReady
    case .gracefulShutdownTimeout: gracefulShutdownTimeout
    case .environment: environment
    case .codeVersion: codeVersion
    case .update: update
    }
  }
}
