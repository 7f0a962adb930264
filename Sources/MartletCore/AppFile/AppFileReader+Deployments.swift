// `deployments:` of an app file.

extension AppFileReader {
  static let deploymentKeys = DeploymentSetting.allCases.map(\.rawValue)
  static let autoscalingKeys = [
    "min_replicas", "max_replicas", "initial_replicas", "target_ongoing_requests",
    "look_back_period_s", "upscale_delay_s", "downscale_delay_s", "downscale_to_zero_delay_s",
  ]
  static let resourceKeys = ["cpus", "gpus", "memory"]

  mutating func deployment(
    _ node: SourceNode, at path: SpecPath, of app: AppSpec
  ) -> DeploymentSpec? {
    guard let fields = fields(node, at: path, allowed: Self.deploymentKeys),
      require(["name"], in: fields, of: "a deployment")
    else { return nil }
    var spec = DeploymentSpec(name: string("name", in: fields) ?? "")
    spec.command = command(in: fields)
    if let node = fields["services"] {
      spec.services = strings(node, at: fields.path(of: "services"), of: "service names") ?? []
    }
    if let replicas = replicas(in: fields) { spec.replicas = replicas }
    if let value = integer("max_ongoing_requests", in: fields) { spec.maxOngoingRequests = value }
    if let value = integer("max_queued_requests", in: fields) { spec.maxQueuedRequests = value }
    spec.maxMessageBytes =
      bytes("max_message", in: fields).map(Int.init) ?? app.maxMessageBytes
    spec.requestTimeout = seconds("request_timeout_s", in: fields)
    if let value = bool("idempotent", in: fields) { spec.idempotent = value }
    readHealth(in: fields, into: &spec)
    readOutlierDetection(in: fields, into: &spec.outlierDetection)
    if let value = seconds("graceful_shutdown_timeout_s", in: fields) {
      spec.gracefulShutdownTimeout = value
    }
    readResources(in: fields, into: &spec.resources)
    if let node = fields["user_config"] {
      spec.userConfig = value(node, at: fields.path(of: "user_config"))
    }
    spec.environment = environment(in: fields)
    if let node = fields["code_version"] {
      spec.codeVersion = text(node, at: fields.path(of: "code_version"))
    }
    if let strategy = updateStrategy(in: fields) { spec.update = strategy }
    return spec
  }

  private mutating func readHealth(in fields: Fields, into spec: inout DeploymentSpec) {
    if let value = seconds("health_check_period_s", in: fields) { spec.healthCheckPeriod = value }
    spec.healthCheckTimeout = seconds("health_check_timeout_s", in: fields)
    if let value = integer("health_check_failures", in: fields) { spec.healthCheckFailures = value }
    if let value = seconds("startup_timeout_s", in: fields) { spec.startupTimeout = value }
    if let value = seconds("min_ready_s", in: fields) { spec.minReady = value }
  }

  private mutating func updateStrategy(in fields: Fields) -> UpdateStrategy? {
    guard let word = string("update", in: fields) else { return nil }
    if let strategy = UpdateStrategy(rawValue: word) { return strategy }
    let allowed = UpdateStrategy.allCases.map(\.rawValue)
    note(
      fields.path(of: "update"),
      "unknown way to update \(word)\(Spelling.hint(for: word, among: allowed)); allowed: "
        + Self.list(allowed))
    return nil
  }

  private mutating func command(in fields: Fields) -> [String] {
    guard let node = fields["command"] else { return [] }
    let path = fields.path(of: "command")
    guard let elements = elements(node, at: path, of: "a program and its arguments") else {
      return []
    }
    var words: [String] = []
    for (index, element) in elements.enumerated() {
      if let word = text(element, at: path.appending(index)) { words.append(word) }
    }
    return words
  }

  private mutating func environment(in fields: Fields) -> [String: String] {
    guard let node = fields["env"] else { return [:] }
    let path = fields.path(of: "env")
    guard case .mapping(let members) = node.content else {
      note(path, "expected a mapping of names to values, found \(node.kind)", at: node.mark)
      return [:]
    }
    var environment: [String: String] = [:]
    for member in members {
      environment[member.name] = text(member.value, at: path.appending(member.name))
    }
    return environment
  }

  /// A number; or `auto`, which `autoscaling_config` alone means too.
  private mutating func replicas(in fields: Fields) -> ReplicaCount? {
    let autoscaling = autoscaling(in: fields)
    guard let node = fields["num_replicas"] else { return autoscaling.map(ReplicaCount.auto) }
    guard isDecimal(node, at: fields.path(of: "num_replicas")) else { return nil }
    switch node.content {
    case .plain("auto"), .quoted("auto"): return .auto(autoscaling ?? AutoscalingSpec())
    case .plain(let text):
      if case .integer(let count) = PlainScalar(text) {
        if fields["autoscaling_config"] != nil {
          note(
            fields.path(of: "num_replicas"),
            "a fixed number and autoscaling_config exclude each other; write auto or leave out "
              + "autoscaling_config")
        }
        return .fixed(Int(count))
      }
    case .quoted, .mapping, .sequence: break
    }
    note(
      fields.path(of: "num_replicas"), "expected a whole number or auto, found \(node.kind)",
      at: node.mark)
    return nil
  }

  private mutating func autoscaling(in fields: Fields) -> AutoscalingSpec? {
    let path = fields.path(of: "autoscaling_config")
    guard let node = fields["autoscaling_config"],
      let fields = self.fields(node, at: path, allowed: Self.autoscalingKeys)
    else { return nil }
    var spec = AutoscalingSpec()
    if let value = integer("min_replicas", in: fields) { spec.minReplicas = value }
    if let value = integer("max_replicas", in: fields) { spec.maxReplicas = value }
    spec.initialReplicas = integer("initial_replicas", in: fields)
    if let value = number("target_ongoing_requests", in: fields) {
      spec.targetOngoingRequests = value
    }
    spec.lookBackPeriod = seconds("look_back_period_s", in: fields)
    if let value = seconds("upscale_delay_s", in: fields) { spec.upscaleDelay = value }
    if let value = seconds("downscale_delay_s", in: fields) { spec.downscaleDelay = value }
    if let value = seconds("downscale_to_zero_delay_s", in: fields) {
      spec.downscaleToZeroDelay = value
    }
    return spec
  }

  private mutating func readResources(in fields: Fields, into resources: inout Resources) {
    let path = fields.path(of: "resources")
    guard let node = fields["resources"],
      let fields = self.fields(node, at: path, allowed: Self.resourceKeys)
    else { return }
    if let value = share("cpus", in: fields) { resources.cpuUnits = value }
    if let value = share("gpus", in: fields) { resources.gpuUnits = value }
    if let value = bytes("memory", in: fields) { resources.memoryBytes = value }
  }
}
