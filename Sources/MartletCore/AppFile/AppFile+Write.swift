// Writing an app file: block style, the keys in the order of the documentation, defaults left out.

extension AppFile {
  /// The app as a file that reads back as exactly `spec`, but for a byte order mark (U+FEFF) at the
  /// very start of a string, which Yams drops. What has its default is left out.
  public static func yaml(for spec: AppSpec) -> String {
    var app: [YAMLValue.Member] = [("name", .text(spec.name))]
    if spec.protos.count == 1 {
      app.append(("protos", .text(spec.protos[0])))
    } else if !spec.protos.isEmpty {
      app.append(("protos", .texts(spec.protos)))
    }
    if spec.launcher != .process { app.append(("launcher", .text(spec.launcher.rawValue))) }
    if let interval = spec.minPingInterval {
      app.append(("min_ping_interval_s", .seconds(interval)))
    }
    if let bytes = spec.maxMessageBytes { app.append(("max_message", .bytes(Int64(bytes)))) }
    app.append(("deployments", .list(spec.deployments.map { deployment($0, of: spec) })))
    if !spec.routes.isEmpty { app.append(("routes", .list(spec.routes.map(route)))) }
    return YAMLValue.mapping(app).document
  }

  private static func deployment(_ spec: DeploymentSpec, of app: AppSpec) -> YAMLValue {
    let defaults = DeploymentSpec(name: "")
    var members: [YAMLValue.Member] = [("name", .text(spec.name))]
    func add<Value: Equatable>(
      _ key: String, _ path: KeyPath<DeploymentSpec, Value>, _ value: (Value) -> YAMLValue
    ) {
      let own = spec[keyPath: path]
      if own != defaults[keyPath: path] { members.append((key, value(own))) }
    }
    add("command", \.command, YAMLValue.texts)
    add("services", \.services, YAMLValue.texts)
    switch spec.replicas {
    case .fixed(1): break
    case .fixed(let count): members.append(("num_replicas", .plain("\(count)")))
    case .auto(let autoscaling):
      members.append(("num_replicas", .plain("auto")))
      let config = self.autoscaling(autoscaling)
      if !config.isEmpty { members.append(("autoscaling_config", .mapping(config))) }
    }
    add("max_ongoing_requests", \.maxOngoingRequests) { .plain("\($0)") }
    add("max_queued_requests", \.maxQueuedRequests) { .plain("\($0)") }
    if let bytes = spec.maxMessageBytes, bytes != app.maxMessageBytes {
      members.append(("max_message", .bytes(Int64(bytes))))
    }
    if let timeout = spec.requestTimeout {
      members.append(("request_timeout_s", .seconds(timeout)))
    }
    add("idempotent", \.idempotent) { .plain($0 ? "true" : "false") }
    add("outlier_detection", \.outlierDetection) { .mapping(outlierDetection($0)) }
    let resources = self.resources(spec.resources)
    if !resources.isEmpty { members.append(("resources", .mapping(resources))) }
    add("user_config", \.userConfig, YAMLValue.init)
    add("health_check_period_s", \.healthCheckPeriod, YAMLValue.seconds)
    if let timeout = spec.healthCheckTimeout {
      members.append(("health_check_timeout_s", .seconds(timeout)))
    }
    add("health_check_failures", \.healthCheckFailures) { .plain("\($0)") }
    add("startup_timeout_s", \.startupTimeout, YAMLValue.seconds)
    add("min_ready_s", \.minReady, YAMLValue.seconds)
    add("graceful_shutdown_timeout_s", \.gracefulShutdownTimeout, YAMLValue.seconds)
    add("env", \.environment) { environment in
      .mapping(environment.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
    }
    if let version = spec.codeVersion { members.append(("code_version", .text(version))) }
    add("update", \.update) { .text($0.rawValue) }
    return .mapping(members)
  }

  private static func autoscaling(_ spec: AutoscalingSpec) -> [YAMLValue.Member] {
    let defaults = AutoscalingSpec()
    var members: [YAMLValue.Member] = []
    func add<Value: Equatable>(
      _ key: String, _ path: KeyPath<AutoscalingSpec, Value>, _ value: (Value) -> YAMLValue
    ) {
      let own = spec[keyPath: path]
      if own != defaults[keyPath: path] { members.append((key, value(own))) }
    }
    add("min_replicas", \.minReplicas) { .plain("\($0)") }
    add("max_replicas", \.maxReplicas) { .plain("\($0)") }
    if let initial = spec.initialReplicas {
      members.append(("initial_replicas", .plain("\(initial)")))
    }
    add("target_ongoing_requests", \.targetOngoingRequests, YAMLValue.number)
    if let period = spec.lookBackPeriod {
      members.append(("look_back_period_s", .seconds(period)))
    }
    add("upscale_delay_s", \.upscaleDelay, YAMLValue.seconds)
    add("downscale_delay_s", \.downscaleDelay, YAMLValue.seconds)
    add("downscale_to_zero_delay_s", \.downscaleToZeroDelay, YAMLValue.seconds)
    return members
  }

  private static func outlierDetection(_ spec: OutlierDetectionSpec) -> [YAMLValue.Member] {
    let defaults = OutlierDetectionSpec()
    var members: [YAMLValue.Member] = []
    if spec.consecutiveErrors != defaults.consecutiveErrors {
      members.append(("consecutive_errors", .plain("\(spec.consecutiveErrors)")))
    }
    if spec.codes != defaults.codes {
      let codes = spec.codes.sorted { $0.rawValue < $1.rawValue }
      members.append(("codes", .texts(codes.map(\.name))))
    }
    if spec.baseEjection != defaults.baseEjection {
      members.append(("base_ejection_s", .seconds(spec.baseEjection)))
    }
    if spec.maxEjectionPercent != defaults.maxEjectionPercent {
      members.append(("max_ejection_percent", .plain("\(spec.maxEjectionPercent)")))
    }
    return members
  }

  private static func resources(_ spec: Resources) -> [YAMLValue.Member] {
    let defaults = Resources()
    var members: [YAMLValue.Member] = []
    if spec.cpuUnits != defaults.cpuUnits { members.append(("cpus", .share(spec.cpuUnits))) }
    if spec.gpuUnits != defaults.gpuUnits { members.append(("gpus", .share(spec.gpuUnits))) }
    if spec.memoryBytes != defaults.memoryBytes {
      members.append(("memory", .bytes(spec.memoryBytes)))
    }
    return members
  }

  private static func route(_ route: RouteSpec) -> YAMLValue {
    let http: [YAMLValue.Member] = route.http.map { [("http", .text($0.description))] } ?? []
    switch route.target {
    case .graph(let method, let node):
      return .mapping([("method", .text(method.description))] + http + [("graph", graph(node))])
    case .method(let method, let deployment):
      return .mapping(
        [("method", .text(method.description))] + http + [("deployment", .text(deployment))])
    case .service(let service, let deployment):
      return .mapping([("service", .text(service))] + http + [("deployment", .text(deployment))])
    }
  }
}
