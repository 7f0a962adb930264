// What another system's file says and no app can have: noted where it stands, and left out.

internal import MartletCore

extension Conversion {
  /// A name that an app can have; nil with a note for any other.
  mutating func appName(_ name: String, at path: SpecPath) -> String? {
    let app = AppSpec(name: name, launcher: .external, deployments: [DeploymentSpec(name: "d")])
    let problems = app.problems()
    for problem in problems { note(path, problem.message) }
    return problems.isEmpty ? name : nil
  }

  /// A time that an app can have; nil with a note for any other.
  mutating func seconds(_ key: String, in fields: Fields) -> Duration? {
    guard let value = reader.seconds(key, in: fields) else { return nil }
    let most = DeploymentSpec.maxDelay
    guard value > .zero, value <= most else {
      note(
        fields.path(of: key),
        "a time is more than 0 and at most \(most.components.seconds) s; without it there is none")
      return nil
    }
    return value
  }

  /// The deployment without the values that none can have.
  ///
  /// - Parameter source: where the file has a value of it, by its path in an app file.
  /// - Returns: nil when its name is what no deployment can have.
  mutating func possible(
    _ spec: DeploymentSpec, at source: (SpecPath) -> SpecPath
  ) -> DeploymentSpec? {
    let usual = DeploymentSpec(name: spec.name)
    var spec = spec
    var isNamed = true
    let app = AppSpec(name: "app", launcher: .external, deployments: [spec])
    for problem in app.problems() {
      // Behind `deployments[0]`.
      let path = SpecPath(Array(problem.path.steps.dropFirst(2)))
      note(source(path), problem.message)
      switch path.steps.first {
      case .key("num_replicas"), .key("autoscaling_config"): spec.replicas = usual.replicas
      case .key("max_ongoing_requests"): spec.maxOngoingRequests = usual.maxOngoingRequests
      case .key("max_queued_requests"): spec.maxQueuedRequests = usual.maxQueuedRequests
      case .key("health_check_period_s"): spec.healthCheckPeriod = usual.healthCheckPeriod
      case .key("health_check_timeout_s"): spec.healthCheckTimeout = usual.healthCheckTimeout
      case .key("graceful_shutdown_timeout_s"):
        spec.gracefulShutdownTimeout = usual.gracefulShutdownTimeout
      case .key("resources"): spec.resources = usual.resources
      case .key("user_config"): spec.userConfig = usual.userConfig
      case .key("env"):
        if case .key(let name)? = path.steps.last { spec.environment[name] = nil }
      default: isNamed = false
      }
    }
    return isNamed ? spec : nil
  }
}
