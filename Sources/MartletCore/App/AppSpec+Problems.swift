// What is wrong with an app as far as one can tell without its schema.

extension AppSpec {
  /// Every mistake: names given twice, deployments that do not exist, numbers out of range. Paths are
  /// those of the app file.
  public func problems() -> [SpecProblem] {
    var check = SpecCheck(app: self)
    check.run()
    return check.problems
  }
}

extension DeploymentSpec {
  /// Replicas that one deployment may have. One machine holds no more, and a slip of the finger should
  /// not try.
  public static let maxReplicas = 1000

  /// Requests that one replica may work on, or that may wait: beyond it memory, not the number, is
  /// the limit.
  public static let maxRequests = 100_000

  /// The longest delay or timeout: 30 days in seconds.
  public static let maxDelay = Duration.seconds(30 * 24 * 3600)

  /// Failed health checks in a row: with more, a replica that is dead would keep its requests.
  public static let maxHealthCheckFailures = 1000

  /// CPUs or GPUs of one replica.
  public static let maxCores = 1000

  /// Letters of a name: it is part of socket paths and log file names, and sockets' paths are short.
  public static let maxNameLength = 48

  /// Characters of a code version: the digest of an image fits, which is `sha256:` and 64 digits.
  public static let maxCodeVersionLength = 128

  /// The mesh's own processes, whose logs stand beside those of replicas: a replica of a deployment `router` would
  /// write into that of a router.
  static func isProcessOfTheMesh(_ name: String) -> Bool {
    guard name.hasPrefix("router") else { return ["controller", "supervisor"].contains(name) }
    let rest = name.dropFirst("router".count)
    return rest.isEmpty || (rest.first == "-" && UInt64(rest.dropFirst()) != nil)
  }
}

/// Walks an app and notes what is wrong.
struct SpecCheck {
  let app: AppSpec
  let names: [String]
  var problems: [SpecProblem] = []

  init(app spec: AppSpec) {
    app = spec
    names = spec.deployments.map(\.name)
  }

  mutating func note(_ path: SpecPath, _ message: String) {
    problems.append(SpecProblem(path, message))
  }

  mutating func run() {
    name(app.name, at: [.key("name")])
    for (index, file) in app.protos.enumerated() where file.isEmpty {
      note([.key("protos"), .index(index)], "the name of a file is empty")
    }
    let mostSeconds = PortTimes.longest.components.seconds
    if let interval = app.minPingInterval, interval < .zero || interval > PortTimes.longest {
      note([.key("min_ping_interval_s")], "allowed: 0 to \(mostSeconds) s, which is a day")
    }
    if let bytes = app.maxMessageBytes { maxMessage(bytes, at: [.key("max_message")]) }
    let deployments: SpecPath = [.key("deployments")]
    if app.deployments.isEmpty { note(deployments, "an app has at least one deployment") }
    var seen: [String: Int] = [:]
    for (index, spec) in app.deployments.enumerated() {
      let path = deployments.appending(index)
      if let first = seen[spec.name] {
        note(
          path.appending("name"),
          "\(spec.name) is the name of deployments[\(first)] already; names are unique")
      }
      seen[spec.name] = seen[spec.name] ?? index
      deployment(spec, at: path)
    }
    routes(at: [.key("routes")])
  }

  /// Letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
  mutating func name(_ name: String, at path: SpecPath) {
    let isPlain = name.utf8.allSatisfy { byte in
      let character = Character(Unicode.Scalar(byte))
      return byte < 0x80 && (character.isLetter || character.isNumber || "-_.".contains(character))
    }
    let begins = name.utf8.first.map { !"-_.".utf8.contains($0) } ?? false
    if !isPlain || !begins {
      note(
        path,
        "\"\(name)\" is not a name; allowed: letters, digits, -, _ and ., and a letter or "
          + "digit first")
    } else if name.utf8.count > DeploymentSpec.maxNameLength {
      note(path, "\(name) is too long; a name has at most \(DeploymentSpec.maxNameLength) letters")
    }
  }

  mutating func range<Value: Comparable>(
    _ value: Value, _ allowed: ClosedRange<Value>, at path: SpecPath
  ) {
    guard !allowed.contains(value) else { return }
    note(path, "\(value) is out of range; allowed: \(allowed.lowerBound) to \(allowed.upperBound)")
  }

  mutating func maxMessage(_ bytes: Int, at path: SpecPath) {
    guard !MessageLimit.allowed.contains(bytes) else { return }
    note(path, "\(bytes) bytes is out of range; allowed: 64Ki to 1Gi")
  }

  mutating func delay(_ value: Duration, at path: SpecPath, zeroAllowed: Bool) {
    let most = DeploymentSpec.maxDelay
    guard value < .zero || value > most || (value == .zero && !zeroAllowed) else { return }
    let least = zeroAllowed ? "0" : "more than 0"
    note(
      path,
      "\(value.inSeconds) s is out of range; allowed: \(least) to "
        + "\(most.components.seconds) s")
  }
}

/// Deployments.
extension SpecCheck {
  mutating func deployment(_ spec: DeploymentSpec, at path: SpecPath) {
    name(spec.name, at: path.appending("name"))
    if DeploymentSpec.isProcessOfTheMesh(spec.name) {
      note(
        path.appending("name"),
        "\(spec.name) is the name of a process of the mesh itself, as martlet logs has it")
    }
    if app.launcher == .process, spec.command.isEmpty {
      note(
        path,
        "missing key command; with launcher process a deployment says how to start a "
          + "replica, such as [./program, serve]")
    } else if let program = spec.command.first, program.isEmpty {
      note(path.appending("command").appending(0), "the program's name is empty")
    }
    for (index, word) in spec.command.enumerated() where word.utf8.contains(0) {
      note(path.appending("command").appending(index), "an argument cannot hold a NUL character")
    }
    services(spec.services, at: path.appending("services"))
    switch spec.replicas {
    case .fixed(let count):
      range(count, 0...DeploymentSpec.maxReplicas, at: path.appending("num_replicas"))
    case .auto(let autoscaling):
      self.autoscaling(autoscaling, at: path.appending("autoscaling_config"))
    }
    range(
      spec.maxOngoingRequests, 1...DeploymentSpec.maxRequests,
      at: path.appending("max_ongoing_requests"))
    range(
      spec.maxQueuedRequests, 0...DeploymentSpec.maxRequests,
      at: path.appending("max_queued_requests"))
    // The app's own is checked once, with the app.
    if let bytes = spec.maxMessageBytes, bytes != app.maxMessageBytes {
      maxMessage(bytes, at: path.appending("max_message"))
    }
    if let timeout = spec.requestTimeout {
      delay(timeout, at: path.appending("request_timeout_s"), zeroAllowed: false)
    }
    health(spec, at: path)
    outlierDetection(spec.outlierDetection, at: path.appending("outlier_detection"))
    delay(
      spec.gracefulShutdownTimeout, at: path.appending("graceful_shutdown_timeout_s"),
      zeroAllowed: true)
    resources(spec.resources, at: path.appending("resources"))
    config(spec.userConfig, at: path.appending("user_config"))
    environment(spec.environment, at: path.appending("env"))
    if let version = spec.codeVersion {
      codeVersion(version, at: path.appending("code_version"))
    }
  }

  mutating func health(_ spec: DeploymentSpec, at path: SpecPath) {
    delay(spec.healthCheckPeriod, at: path.appending("health_check_period_s"), zeroAllowed: false)
    if let timeout = spec.healthCheckTimeout {
      delay(timeout, at: path.appending("health_check_timeout_s"), zeroAllowed: false)
    }
    range(
      spec.healthCheckFailures, 1...DeploymentSpec.maxHealthCheckFailures,
      at: path.appending("health_check_failures"))
    delay(spec.startupTimeout, at: path.appending("startup_timeout_s"), zeroAllowed: true)
    delay(spec.minReady, at: path.appending("min_ready_s"), zeroAllowed: true)
  }

  mutating func outlierDetection(_ spec: OutlierDetectionSpec, at path: SpecPath) {
    range(
      spec.consecutiveErrors, 1...OutlierDetectionSpec.maxConsecutiveErrors,
      at: path.appending("consecutive_errors"))
    if spec.codes.contains(.ok) {
      note(path.appending("codes"), "OK is no failure; leave it out")
    }
    delay(spec.baseEjection, at: path.appending("base_ejection_s"), zeroAllowed: false)
    range(spec.maxEjectionPercent, 0...100, at: path.appending("max_ejection_percent"))
  }

  /// It stands between spaces where the controller keeps it.
  mutating func codeVersion(_ version: String, at path: SpecPath) {
    let most = DeploymentSpec.maxCodeVersionLength
    if version.isEmpty {
      note(path, "the version is empty; leave code_version out to go by the program's files")
    } else if version.utf8.count > most {
      note(path, "the version is too long; it has at most \(most) characters")
    } else if !version.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      note(path, "a version has visible ASCII characters only, without spaces")
    }
  }

  mutating func services(_ services: [String], at path: SpecPath) {
    var seen: Set<String> = []
    for (index, service) in services.enumerated() {
      if service.isEmpty || service.contains("/") {
        note(
          path.appending(index),
          "\"\(service)\" is not a service's full name, such as content.v1.Classifier")
      }
      if !seen.insert(service).inserted {
        note(path.appending(index), "\(service) is in the list already")
      }
    }
  }

  mutating func autoscaling(_ spec: AutoscalingSpec, at path: SpecPath) {
    range(spec.minReplicas, 0...DeploymentSpec.maxReplicas, at: path.appending("min_replicas"))
    range(spec.maxReplicas, 1...DeploymentSpec.maxReplicas, at: path.appending("max_replicas"))
    if spec.minReplicas > spec.maxReplicas {
      note(
        path.appending("min_replicas"),
        "min_replicas is \(spec.minReplicas) but max_replicas is \(spec.maxReplicas)")
    } else if let initial = spec.initialReplicas {
      range(
        initial, spec.minReplicas...spec.maxReplicas, at: path.appending("initial_replicas"))
    }
    range(
      spec.targetOngoingRequests, 0.001...Double(DeploymentSpec.maxRequests),
      at: path.appending("target_ongoing_requests"))
    if let period = spec.lookBackPeriod {
      delay(period, at: path.appending("look_back_period_s"), zeroAllowed: false)
    }
    delay(spec.upscaleDelay, at: path.appending("upscale_delay_s"), zeroAllowed: true)
    delay(spec.downscaleDelay, at: path.appending("downscale_delay_s"), zeroAllowed: true)
    delay(
      spec.downscaleToZeroDelay, at: path.appending("downscale_to_zero_delay_s"),
      zeroAllowed: true)
  }

  mutating func resources(_ spec: Resources, at path: SpecPath) {
    let (most, one) = (DeploymentSpec.maxCores, Resources.unitsPerWhole)
    for (key, value) in [("cpus", spec.cpuUnits), ("gpus", spec.gpuUnits)]
    where !(0...most * one).contains(value) {
      note(
        path.appending(key),
        "\(Double(value) / Double(one)) is out of range; allowed: 0 to \(most)")
    }
    if spec.memoryBytes < 0 { note(path.appending("memory"), "memory cannot be negative") }
  }

  mutating func config(_ value: ConfigValue, at path: SpecPath) {
    guard case .object = value else {
      note(path, "expected a mapping; the program reads user_config by its keys")
      return
    }
    finite(value, at: path)
  }

  private mutating func finite(_ value: ConfigValue, at path: SpecPath) {
    switch value {
    case .number(let number) where !number.isFinite:
      note(path, "\(number) cannot be told to the program; JSON has finite numbers only")
    case .null, .bool, .integer, .unsigned, .number, .string: break
    case .array(let elements):
      for (index, element) in elements.enumerated() { finite(element, at: path.appending(index)) }
    case .object(let members):
      for (key, member) in members { finite(member, at: path.appending(key)) }
    }
  }

  mutating func environment(_ environment: [String: String], at path: SpecPath) {
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
      if name.isEmpty || name.contains("=") || name.utf8.contains(0) || value.utf8.contains(0) {
        note(path.appending(name), "not an environment variable: no = in the name and no NUL")
      } else if name.hasPrefix("MARTLET_") {
        note(path.appending(name), "names that begin with MARTLET_ are the mesh's own")
      }
    }
  }
}

/// Routes.
extension SpecCheck {
  mutating func routes(at path: SpecPath) {
    var seen: [String: Int] = [:]
    for (index, route) in app.routes.enumerated() {
      let path = path.appending(index)
      http(route, &seen, index, at: path.appending("http"))
      let key: String
      switch route.target {
      case .graph(let method, let node):
        key = "method"
        self.method(method, at: path.appending("method"))
        graph(node, at: path.appending("graph"))
        unique(method.description, &seen, index, at: path.appending(key))
      case .method(let method, let deployment):
        key = "method"
        self.method(method, at: path.appending("method"))
        target(deployment, of: method.service, at: path, "deployment", "method")
        unique(method.description, &seen, index, at: path.appending(key))
      case .service(let service, let deployment):
        services([service], at: path.appending("service"))
        target(deployment, of: service, at: path, "deployment", "service")
        unique(service, &seen, index, at: path.appending("service"))
      }
    }
  }

  /// A route's name in plain HTTP. With its verb in front it cannot be taken for a method's or a service's.
  private mutating func http(
    _ route: RouteSpec, _ seen: inout [String: Int], _ index: Int, at path: SpecPath
  ) {
    guard let http = route.http else { return }
    if route.method == nil {
      note(path, "a name in HTTP is for one method; write a route with method for it")
    } else if let problem = http.pathProblem {
      note(path, "\(http.path) cannot be a name in HTTP: \(problem)")
    } else if let other = app.routes.first(where: { $0.isAsked(at: http.path) }) {
      note(path, "\(http.path) is a path of gRPC's already, by the route of \(other.title)")
    } else {
      unique(http.description, &seen, index, at: path)
    }
  }

  mutating func unique(_ name: String, _ seen: inout [String: Int], _ index: Int, at path: SpecPath)
  {
    if let first = seen[name] {
      note(path, "\(name) has a route already, routes[\(first)]")
    } else {
      seen[name] = index
    }
  }

  /// What a reader of the file would not understand as a method's name.
  mutating func method(_ method: MethodName, at path: SpecPath) {
    if MethodName(method.description) != method {
      note(path, "\(method) is not a full method name, such as content.v1.Classifier/Classify")
    }
  }

  /// A deployment that must exist and, when it lists its services, have this one. The keys are those
  /// of the deployment and of the service's name.
  mutating func target(
    _ deployment: String, of service: String, at path: SpecPath, _ key: String,
    _ serviceKey: String
  ) {
    guard let spec = app.deployment(named: deployment) else {
      note(
        path.appending(key),
        "no deployment \(deployment)\(Spelling.hint(for: deployment, among: names)); "
          + "deployments: \(names.isEmpty ? "none" : names.joined(separator: ", "))")
      return
    }
    if !spec.services.isEmpty, !spec.services.contains(service) {
      note(
        path.appending(serviceKey),
        "\(deployment) does not serve \(service)"
          + "\(Spelling.hint(for: service, among: spec.services)); its services: "
          + spec.services.joined(separator: ", "))
    }
  }
}

extension RouteSpec {
  /// Whether gRPC asks for the route at `path`.
  fileprivate func isAsked(at path: String) -> Bool {
    switch target {
    case .graph(let method, _), .method(let method, _): method.path == path
    case .service(let service, _): path.hasPrefix("/\(service)/")
    }
  }

  fileprivate var title: String {
    switch target {
    case .graph(let method, _), .method(let method, _): method.description
    case .service(let service, _): service
    }
  }
}
