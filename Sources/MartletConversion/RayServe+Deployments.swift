// Ray Serve's deployments in Martlet's spelling (ray, `DeploymentSchema` and `AutoscalingConfig`).

internal import MartletCore

extension Conversion {
  private static let deploymentKeys = [
    "name", "num_replicas", "autoscaling_config", "max_ongoing_requests", "max_concurrent_queries",
    "max_queued_requests", "user_config", "health_check_period_s", "health_check_timeout_s",
    "graceful_shutdown_timeout_s", "graceful_shutdown_wait_loop_s", "ray_actor_options",
    "placement_group_bundles", "placement_group_strategy", "max_replicas_per_node",
    "logging_config", "request_router_config", "route_prefix", "init_args", "init_kwargs",
  ]

  /// The name of a deployment as its file has it.
  func deploymentName(_ node: SourceNode) -> String? { node["name"]?.text }

  /// A deployment with the nearest name that it can have.
  ///
  /// - Parameter shared: the environment that the application gives all of them.
  mutating func deployment(
    _ node: SourceNode, at path: SpecPath, environment shared: RayEnvironment
  ) -> DeploymentSpec? {
    guard let fields = fields(node, at: path, allowed: Self.deploymentKeys),
      reader.require(["name"], in: fields, of: "a deployment"),
      let name = reader.string("name", in: fields)
    else { return nil }
    var spec = DeploymentSpec(name: DeploymentSpec.possibleName(near: name))
    if let replicas = replicas(fields) { spec.replicas = replicas }
    let ongoing = fields["max_ongoing_requests"] == nil
    if let value = reader.integer(
      ongoing ? "max_concurrent_queries" : "max_ongoing_requests", in: fields)
    {
      spec.maxOngoingRequests = value
    }
    if let value = queue(fields) { spec.maxQueuedRequests = value }
    if let node = fields["user_config"] {
      spec.userConfig = reader.value(node, at: fields.path(of: "user_config"))
    }
    if let value = reader.seconds("health_check_period_s", in: fields) {
      spec.healthCheckPeriod = value
    }
    spec.healthCheckTimeout = reader.seconds("health_check_timeout_s", in: fields)
    if let value = reader.seconds("graceful_shutdown_timeout_s", in: fields) {
      spec.gracefulShutdownTimeout = value
    }
    actorOptions(fields, shared, into: &spec)
    cannotSay(
      [
        "graceful_shutdown_wait_loop_s": "a replica ends as soon as it has nothing left to do",
        "placement_group_bundles": Self.machine, "placement_group_strategy": Self.machine,
        "max_replicas_per_node": Self.machine,
        "logging_config": "replicas write what they like to stdout; see martlet logs",
        "request_router_config": "a router picks the replica with the fewest requests",
        "route_prefix": "clients call methods, not paths",
        "init_args": "what a replica needs is user_config",
        "init_kwargs": "what a replica needs is user_config",
      ], in: fields)
    return possible(spec, usual: Self.rayDefaults(AutoscalingSpec())) {
      SpecPath(fields.path.steps + Self.raysKeys(for: $0.steps))
    }
  }

  /// Where Ray's file has what a deployment's key in an app file says.
  private static func raysKeys(for steps: [SpecPath.Step]) -> [SpecPath.Step] {
    let resources = ["cpus": "num_cpus", "gpus": "num_gpus"]
    switch steps.first {
    case .key("resources"):
      let rest: [SpecPath.Step] = steps.dropFirst().map { step in
        guard case .key(let key) = step else { return step }
        return .key(resources[key] ?? key)
      }
      return [.key("ray_actor_options")] + rest
    case .key("env"):
      let variables: [SpecPath.Step] = [
        .key("ray_actor_options"), .key("runtime_env"), .key("env_vars"),
      ]
      return variables + steps.dropFirst()
    default: return steps
    }
  }

  private static let machine = "a mesh is on one machine, and its replicas are packed by resources"

  private mutating func queue(_ fields: Fields) -> Int? {
    guard let value = reader.integer("max_queued_requests", in: fields), value == -1 else {
      return fields["max_queued_requests"] == nil
        ? nil : reader.integer("max_queued_requests", in: fields)
    }
    note(
      fields.path(of: "max_queued_requests"),
      "-1 is a queue without limit, and every queue has one; say a number, up to "
        + "\(DeploymentSpec.maxRequests)")
    return nil
  }

  private mutating func replicas(_ fields: Fields) -> ReplicaCount? {
    let path = fields.path(of: "num_replicas")
    guard let node = fields["num_replicas"] else {
      return autoscaling(fields, AutoscalingSpec(minReplicas: 1, maxReplicas: 1)).map { .auto($0) }
    }
    if node.text == "auto" {
      // `AutoscalingConfig.default()`
      let auto = Self.rayDefaults(AutoscalingSpec(minReplicas: 1, maxReplicas: 100))
      return .auto(autoscaling(fields, auto) ?? auto)
    }
    if fields["autoscaling_config"] != nil, node.isNumber {
      note(path, "a fixed number and autoscaling_config exclude each other")
    }
    if let count = reader.integer("num_replicas", in: fields) { return .fixed(count) }
    return autoscaling(fields, AutoscalingSpec(minReplicas: 1, maxReplicas: 1)).map { .auto($0) }
  }

  /// What Ray has where nothing is said.
  private static func rayDefaults(_ spec: AutoscalingSpec) -> AutoscalingSpec {
    var spec = spec
    spec.lookBackPeriod = .seconds(30)
    spec.upscaleDelay = .seconds(30)
    spec.downscaleDelay = .seconds(600)
    spec.downscaleToZeroDelay = .seconds(600)
    return spec
  }

  private mutating func autoscaling(
    _ outer: Fields, _ defaults: AutoscalingSpec
  ) -> AutoscalingSpec? {
    let window = "the count goes to what the mean load calls for, at once"
    let unsaid: KeyValuePairs = [
      "metrics_interval_s": "routers report each change at once",
      "smoothing_factor": window, "upscale_smoothing_factor": window,
      "downscale_smoothing_factor": window, "upscaling_factor": window,
      "downscaling_factor": window, "aggregation_function": "the load is averaged",
      "policy": "the number of ongoing requests decides",
      "prometheus_metrics": "the number of "
        + "ongoing requests decides",
    ]
    let keys = [
      "min_replicas", "max_replicas", "initial_replicas", "target_ongoing_requests",
      "target_num_ongoing_requests_per_replica", "look_back_period_s", "upscale_delay_s",
      "downscale_delay_s", "downscale_to_zero_delay_s",
    ]
    guard
      let fields = fields("autoscaling_config", in: outer, allowed: keys + unsaid.map(\.key))
    else { return nil }
    cannotSay(unsaid, in: fields)
    var spec = Self.rayDefaults(defaults)
    if let value = reader.integer("min_replicas", in: fields) { spec.minReplicas = value }
    if let value = reader.integer("max_replicas", in: fields) { spec.maxReplicas = value }
    spec.initialReplicas = reader.integer("initial_replicas", in: fields)
    let isNew = fields["target_ongoing_requests"] != nil
    if let value = reader.number(
      isNew ? "target_ongoing_requests" : "target_num_ongoing_requests_per_replica", in: fields)
    {
      spec.targetOngoingRequests = value
    }
    if let value = reader.seconds("look_back_period_s", in: fields) {
      spec.lookBackPeriod = value
    }
    if let value = reader.seconds("upscale_delay_s", in: fields) { spec.upscaleDelay = value }
    if let value = reader.seconds("downscale_delay_s", in: fields) {
      spec.downscaleDelay = value
      spec.downscaleToZeroDelay = value
    }
    if let value = reader.seconds("downscale_to_zero_delay_s", in: fields) {
      spec.downscaleToZeroDelay = value
    }
    return spec
  }

  private mutating func actorOptions(
    _ outer: Fields, _ shared: RayEnvironment, into spec: inout DeploymentSpec
  ) {
    spec.environment = shared.values
    let keys = [
      "num_cpus", "num_gpus", "memory", "object_store_memory", "resources", "accelerator_type",
      "runtime_env", "label_selector", "fallback_strategy",
    ]
    guard let fields = fields("ray_actor_options", in: outer, allowed: keys) else { return }
    if let value = reader.share("num_cpus", in: fields) { spec.resources.cpuUnits = value }
    if let value = reader.share("num_gpus", in: fields) { spec.resources.gpuUnits = value }
    if let value = reader.bytes("memory", in: fields) { spec.resources.memoryBytes = value }
    cannotSay(
      [
        "object_store_memory": "messages go from process to process, and no store holds them",
        "resources": "resources are cpus, gpus and memory", "accelerator_type": Self.machine,
        "label_selector": Self.machine, "fallback_strategy": Self.machine,
      ], in: fields)
    spec.environment = shared.merging(environment("runtime_env", in: fields)).values
  }
}
