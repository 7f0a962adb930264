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

  /// The deployment without the values that none can have. Each goes alone; the values beside it stay.
  ///
  /// - Parameters:
  ///   - usual: what autoscaling has where the file does not say it.
  ///   - source: where the file has a value of it, by its path in an app file.
  /// - Returns: nil when its name is what no deployment can have.
  mutating func possible(
    _ spec: DeploymentSpec, usual: AutoscalingSpec = AutoscalingSpec(),
    at source: (SpecPath) -> SpecPath
  ) -> DeploymentSpec? {
    var spec = spec
    // Without one value another one may be out of its range, as min_replicas without max_replicas.
    for round in 0..<Self.maxRounds {
      let app = AppSpec(name: "app", launcher: .external, deployments: [spec])
      let problems = app.problems()
      if problems.isEmpty { return spec }
      for problem in problems {
        // Behind `deployments[0]`.
        let path = SpecPath(Array(problem.path.steps.dropFirst(2)))
        note(source(path), problem.message)
        guard spec.forget(path, usual, withNeighbours: round > 0) else { return nil }
      }
    }
    return nil
  }

  /// The second round takes whole groups of values, after which nothing is out of its range.
  private static let maxRounds = 3
}

extension DeploymentSpec {
  /// Gives a key the value that it has where a file does not say it.
  ///
  /// - Parameter withNeighbours: the values of the same group with it.
  /// - Returns: false for the name, which has none.
  fileprivate mutating func forget(
    _ path: SpecPath, _ autoscaling: AutoscalingSpec, withNeighbours: Bool
  ) -> Bool {
    let usual = DeploymentSpec(name: name)
    guard case .key(let key)? = path.steps.first else { return false }
    var inner: String?
    if path.steps.count > 1, case .key(let key) = path.steps[1] { inner = key }
    switch (key, inner) {
    case ("num_replicas", _): replicas = usual.replicas
    case ("autoscaling_config", let inner):
      if case .auto(var config) = replicas, let inner, !withNeighbours,
        config.forget(inner, autoscaling)
      {
        replicas = .auto(config)
      } else {
        replicas = usual.replicas
      }
    case ("max_ongoing_requests", _): maxOngoingRequests = usual.maxOngoingRequests
    case ("max_queued_requests", _): maxQueuedRequests = usual.maxQueuedRequests
    case ("health_check_period_s", _): healthCheckPeriod = usual.healthCheckPeriod
    case ("health_check_timeout_s", _): healthCheckTimeout = usual.healthCheckTimeout
    case ("graceful_shutdown_timeout_s", _):
      gracefulShutdownTimeout = usual.gracefulShutdownTimeout
    case ("resources", "cpus"): resources.cpuUnits = usual.resources.cpuUnits
    case ("resources", "gpus"): resources.gpuUnits = usual.resources.gpuUnits
    case ("resources", _): resources.memoryBytes = usual.resources.memoryBytes
    case ("user_config", nil): userConfig = usual.userConfig
    case ("user_config", _): userConfig = userConfig.forgetting(path.steps.dropFirst())
    case ("env", let name?): environment[name] = nil
    default: return false
    }
    return true
  }
}

extension AutoscalingSpec {
  /// False for a key that it does not have.
  fileprivate mutating func forget(_ key: String, _ usual: AutoscalingSpec) -> Bool {
    switch key {
    case "min_replicas": minReplicas = min(usual.minReplicas, maxReplicas)
    case "max_replicas": maxReplicas = max(usual.maxReplicas, minReplicas)
    case "initial_replicas": initialReplicas = nil
    case "target_ongoing_requests": targetOngoingRequests = usual.targetOngoingRequests
    case "upscale_delay_s": upscaleDelay = usual.upscaleDelay
    case "downscale_delay_s": downscaleDelay = usual.downscaleDelay
    case "downscale_to_zero_delay_s": downscaleToZeroDelay = usual.downscaleToZeroDelay
    default: return false
    }
    return true
  }
}

extension ConfigValue {
  /// The value without one at a path. A list without one of its elements would be another list, so the
  /// whole list goes.
  fileprivate func forgetting(_ path: ArraySlice<SpecPath.Step>) -> ConfigValue {
    guard case .object(var members) = self, case .key(let key)? = path.first,
      let member = members[key]
    else { return self }
    let rest = path.dropFirst()
    if case .object = member, !rest.isEmpty {
      members[key] = member.forgetting(rest)
    } else {
      members[key] = nil
    }
    return .object(members)
  }
}

extension SourceNode {
  /// A scalar that is a number of any kind.
  var isNumber: Bool {
    guard case .plain(let text) = content else { return false }
    return switch PlainScalar(text) {
    case .integer, .unsigned, .oversized, .number: true
    case .null, .bool, .string: false
    }
  }
}

extension DeploymentSpec {
  /// The nearest name that a deployment can have: `Front-Door` for `Front Door`.
  static func possibleName(near name: String) -> String {
    guard !isPossible(name) else { return name }
    var result = ""
    for character in name {
      let isPlain =
        character.isASCII
        && (character.isLetter || character.isNumber || character == "_" || character == ".")
      if isPlain {
        result.append(character)
      } else if result.last != "-", !result.isEmpty {
        result.append("-")
      }
    }
    result = String(result.drop { "-_.".contains($0) }.prefix(maxNameLength))
    while result.last == "-" { result.removeLast() }
    if result.isEmpty { result = "deployment" }
    // What is left is the name of a process of the mesh.
    return isPossible(result) ? result : result + "-app"
  }

  private static func isPossible(_ name: String) -> Bool {
    AppSpec(name: "app", launcher: .external, deployments: [DeploymentSpec(name: name)])
      .problems().isEmpty
  }
}
