// Facts about what Ray Serve's config becomes and what of it is listed.

import MartletCore
import Testing

@testable import MartletConversion

@Suite struct RayServeTests {
  private static let method = Converted.rayMethod
  private let options = Converted.rayOptions

  /// An application of one deployment with these lines besides its name.
  private func deployment(_ lines: String...) throws -> (DeploymentSpec?, [String]) {
    let found = try Converted.ray(lines)
    return (found.apps.first?.deployments.first, found.unsaid)
  }

  @Test func whatMaps() throws {
    let (found, unsaid) = try deployment(
      "num_replicas: 3", "max_ongoing_requests: 7", "max_queued_requests: 9",
      "user_config: {a: [1, 0.5]}", "health_check_period_s: 4", "health_check_timeout_s: 3",
      "graceful_shutdown_timeout_s: 2.5",
      "ray_actor_options: {num_cpus: 0.5, num_gpus: 2, memory: 1024, resources: {},",
      "  runtime_env: {env_vars: {A: b}}}", "placement_group_bundles: null")
    var expected = DeploymentSpec(name: "d", command: ["serve", "d"], services: ["p.S"])
    expected.replicas = .fixed(3)
    expected.maxOngoingRequests = 7
    expected.maxQueuedRequests = 9
    expected.userConfig = .object(["a": .array([.integer(1), .number(0.5)])])
    expected.healthCheckPeriod = .seconds(4)
    expected.healthCheckTimeout = .seconds(3)
    expected.gracefulShutdownTimeout = .milliseconds(2500)
    expected.resources = Resources(milliCPUs: 500, milliGPUs: 2000, memoryBytes: 1024)
    expected.environment = ["A": "b"]
    #expect(unsaid == [])
    #expect(found == expected)
  }

  @Test func autoscalingKeepsRaysDefaults() throws {
    var spec = AutoscalingSpec(minReplicas: 1, maxReplicas: 100, targetOngoingRequests: 2)
    spec.lookBackPeriod = .seconds(30)
    spec.upscaleDelay = .seconds(30)
    spec.downscaleDelay = .seconds(600)
    spec.downscaleToZeroDelay = .seconds(600)
    #expect(try deployment("num_replicas: auto").0?.replicas == .auto(spec))
    spec.maxReplicas = 1
    spec.downscaleDelay = .seconds(9)
    spec.downscaleToZeroDelay = .seconds(9)
    #expect(
      try deployment("autoscaling_config: {downscale_delay_s: 9}").0?.replicas == .auto(spec))
    spec = AutoscalingSpec(minReplicas: 0, maxReplicas: 8, targetOngoingRequests: 1.5)
    spec.initialReplicas = 2
    spec.lookBackPeriod = .seconds(2)
    spec.upscaleDelay = .zero
    spec.downscaleDelay = .seconds(600)
    spec.downscaleToZeroDelay = .seconds(5)
    let (found, unsaid) = try deployment(
      "num_replicas: auto", "autoscaling_config: {min_replicas: 0, max_replicas: 8,",
      "  initial_replicas: 2, target_ongoing_requests: 1.5, upscale_delay_s: 0,",
      "  look_back_period_s: 2, downscale_to_zero_delay_s: 5}")
    #expect(found?.replicas == .auto(spec))
    #expect(unsaid == [])
  }

  @Test func olderNames() throws {
    let (found, unsaid) = try deployment(
      "max_concurrent_queries: 3",
      "autoscaling_config: {target_num_ongoing_requests_per_replica: 4}")
    #expect(found?.maxOngoingRequests == 3)
    guard case .auto(let spec) = found?.replicas else {
      Issue.record("not auto")
      return
    }
    #expect(spec.targetOngoingRequests == 4)
    #expect(unsaid == [])
  }

  @Test(arguments: [
    ("max_queued_requests: -1", "max_queued_requests", "every queue has one"),
    ("health_check_timeout_s: 0", "health_check_timeout_s", "0.0 s is out of range"),
    ("graceful_shutdown_wait_loop_s: 3", "graceful_shutdown_wait_loop_s", "nothing left to do"),
    ("placement_group_bundles: [{CPU: 1}]", "placement_group_bundles", "one machine"),
    ("placement_group_strategy: PACK", "placement_group_strategy", "one machine"),
    ("max_replicas_per_node: 1", "max_replicas_per_node", "one machine"),
    ("logging_config: {log_level: INFO}", "logging_config", "martlet logs"),
    ("request_router_config: {a: b}", "request_router_config", "fewest requests"),
    ("ray_actor_options: {resources: {TPU: 1}}", "ray_actor_options.resources", "cpus, gpus and"),
    ("ray_actor_options: {accelerator_type: A}", "ray_actor_options.accelerator_type", "machine"),
    ("ray_actor_options: {object_store_memory: 1}", "ray_actor_options.object_store_memory", "sto"),
    (
      "ray_actor_options: {runtime_env: {pip: [torch]}}", "ray_actor_options.runtime_env.pip",
      "brings what it needs"
    ),
    (
      "autoscaling_config: {smoothing_factor: 2}", "autoscaling_config.smoothing_factor",
      "mean load"
    ),
    (
      "autoscaling_config: {look_back_period_s: 0}", "autoscaling_config.look_back_period_s",
      "out of range"
    ),
    ("autoscaling_config: {policy: {name: x}}", "autoscaling_config.policy", "ongoing requests"),
    ("num_replica: 3", "num_replica", "did you mean num_replicas?"),
    ("num_replicas: many", "num_replicas", "expected a whole number"),
    ("num_replicas: 2000", "num_replicas", "2000 is out of range; allowed: 0 to 1000"),
    (
      "autoscaling_config: {min_replicas: 3, max_replicas: 2}", "autoscaling_config.min_replicas",
      "min_replicas is 3 but max_replicas is 2"
    ),
    ("max_ongoing_requests: 0", "max_ongoing_requests", "0 is out of range"),
    ("max_queued_requests: 100001", "max_queued_requests", "100001 is out of range"),
    ("health_check_period_s: 0", "health_check_period_s", "0.0 s is out of range"),
    ("graceful_shutdown_timeout_s: 3.0e+6", "graceful_shutdown_timeout_s", "out of range"),
    ("ray_actor_options: {num_gpus: -1}", "ray_actor_options.num_gpus", "-1.0 is out of range"),
    ("user_config: [1]", "user_config", "expected a mapping"),
    ("user_config: {a: 2026-11-30}", "user_config.a", "2026-11-30 is a date to YAML 1.1"),
    (
      "user_config: {a: 123456789012345678901234}", "user_config.a",
      "123456789012345678901234 has more than 64 bits"
    ),
    ("user_config: {a: {b: [1, .inf]}}", "user_config.a.b[1]", "finite numbers only"),
    (
      "ray_actor_options: {runtime_env: {env_vars: {A: 4}}}",
      "ray_actor_options.runtime_env.env_vars.A", "write \"4\" in quotes"
    ),
    (
      "ray_actor_options: {runtime_env: {env_vars: {NO: a}}}",
      "ray_actor_options.runtime_env.env_vars.false", "write it in quotes"
    ),
    ("ray_actor_options: {num_gpus: 0.00001}", "ray_actor_options.num_gpus", "4 decimal places"),
    (
      "ray_actor_options: {runtime_env: {env_vars: {MARTLET_X: a}}}",
      "ray_actor_options.runtime_env.env_vars.MARTLET_X", "the mesh's own"
    ),
  ])
  func whatIsListed(line: String, path: String, reason: String) throws {
    let (found, unsaid) = try deployment(line)
    // And what is written is an app.
    let app = AppSpec(name: "app", deployments: [found].compactMap(\.self))
    #expect(app.problems() == [])
    #expect(unsaid.count == 1, "\(unsaid)")
    #expect(unsaid.first?.hasPrefix("a.yaml:5:") == true, "\(unsaid)")
    #expect(
      unsaid.first?.contains(": applications[0].deployments[0].\(path): ") == true, "\(unsaid)")
    #expect(unsaid.first?.contains(reason) == true, "\(unsaid)")
  }

  @Test func namesThatNothingCanHaveAreListed() throws {
    let text = """
      applications:
        - {name: a/b, deployments: [{name: d}]}
        - name: app
          deployments: [{name: e f}, {name: d}, {name: d}, {name: controller}]
      """
    let found = try Converted(text, options)
    #expect(found.apps.map(\.name) == ["app"])
    #expect(found.apps.map { $0.problems() } == [[]])
    let places = found.unsaid.map { line in line.prefix { $0 != " " } }
    // Nor does one of several deployments become the one that clients reach.
    #expect(
      places == ["a.yaml:2:12:", "a.yaml:3:5:", "a.yaml:4:26:", "a.yaml:4:50:", "a.yaml:4:61:"])
    #expect(found.apps[0].deployments.map(\.name) == ["e-f", "d", "controller-app"])
    #expect(found.apps[0].routes.isEmpty)
  }

  @Test func onlyOneDeploymentIsReachedByAMethod() throws {
    var options = options
    options.methods = ["d": Self.method, "e": Self.method]
    let found = try Converted(
      "applications: [{name: app, deployments: [{name: d}, {name: e}]}]", options)
    #expect(found.unsaid.count == 1)
    let reason = "clients reach one deployment by p.S/Do, and e is the second"
    #expect(found.unsaid.first?.hasSuffix(reason) == true)
    #expect(found.apps.map { $0.problems() } == [[]])
  }

  @Test func aTimeOfRequestsThatIsNoneIsListed() throws {
    let text = """
      http_options: {request_timeout_s: 0}
      applications: [{name: app, deployments: [{name: d}]}]
      """
    let found = try Converted(text, options)
    #expect(found.unsaid.count == 1)
    #expect(found.unsaid[0].hasPrefix("a.yaml:1:35: http_options.request_timeout_s: a time is"))
    #expect(found.apps.first?.deployments.first?.requestTimeout == nil)
  }

  @Test func aFixedNumberAndAutoscalingExcludeEachOther() throws {
    let (_, unsaid) = try deployment("num_replicas: 2", "autoscaling_config: {max_replicas: 3}")
    #expect(unsaid.map { $0.contains("exclude each other") } == [true])
  }

  @Test func theEnvironmentOfTheApplicationIsThatOfItsDeployments() throws {
    let text = """
      applications:
        - name: app
          runtime_env: {env_vars: {A: app, B: app}, working_dir: "s3://x"}
          deployments:
            - {name: d, ray_actor_options: {runtime_env: {env_vars: {B: own}}}}
      """
    let found = try Converted(text, options)
    #expect(found.apps.first?.deployments.first?.environment == ["A": "app", "B": "own"])
    #expect(found.unsaid.count == 1)
    #expect(
      found.unsaid.first?.hasPrefix("a.yaml:3:60: applications[0].runtime_env.working_dir: ")
        == true,
      "\(found.unsaid)")
  }

  @Test func requestsHaveTheirTimeWhereClientsComeIn() throws {
    var options = options
    options.defaultMethod = nil
    options.methods = ["front": Self.method]
    let text = """
      grpc_options: {request_timeout_s: 3, grpc_servicer_functions: [x.add]}
      applications: [{name: app, deployments: [{name: front}, {name: back}]}]
      """
    let found = try Converted(text, options)
    #expect(found.unsaid == [])
    let app = try #require(found.apps.first)
    #expect(app.routes == [.method(Self.method, deployment: "front")])
    #expect(app.deployments.map(\.requestTimeout) == [.seconds(3), nil])
    #expect(app.deployments.map(\.services) == [["p.S"], []])
  }

  @Test func whatAnApplicationCannotSay() throws {
    let text = """
      logging_config: {encoding: JSON}
      grpc_options: {grpc_servicer_functions: [x.add]}
      applications:
        - {name: a, route_prefix: /a, import_path: "m:x", args: {k: 1}, deployments: [{name: d}]}
        - {name: a, deployments: [{name: d}]}
        - {name: b}
      """
    let paths = try Converted(text).unsaid.map { line in
      line.split(separator: ": ", maxSplits: 2).dropFirst().first.map(String.init) ?? ""
    }
    #expect(
      paths == [
        "logging_config", "grpc_options.grpc_servicer_functions", "applications[0]",
        "applications[0].route_prefix", "applications[0].import_path", "applications[0].args",
        "applications[1]", "applications[1].name", "applications[2]",
      ])
  }

  @Test(arguments: [
    ("kind: RayService\nspec: {}", "put its serveConfigV2 into a file"),
    ("import_path: m:x", "put it into applications"),
    (
      "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService",
      "InferenceService of serving.kserve.io/v1beta1 cannot"
    ),
    ("name: app", "neither KServe's InferenceGraph"),
  ])
  func otherFiles(text: String, reason: String) {
    let error = #expect(throws: ConversionError.self) { _ = try Converted(text) }
    #expect(error?.place == .file)
    #expect(error?.lines.first?.hasPrefix("a.yaml:1:1: ") == true)
    #expect(error?.lines.first?.contains(reason) == true, "\(error?.lines ?? [])")
  }

  /// Comments quote the file, which may have anything in its keys.
  @Test func commentsStayComments() throws {
    let (_, unsaid) = try deployment("num_replicas: 3")
    #expect(unsaid == [])
    let found = try Converted(
      "applications: [{name: app, \"x\\n\\a\\L\\u0085\\ty: &\": 1, deployments: [{name: d}]}]",
      options)
    #expect(found.unsaid.count == 1)
    #expect(found.texts.first?.contains(".x \u{FFFD}  \ty: &: unknown key;") == true)
    #expect(
      try AppFile.read(text: found.texts.first ?? "", file: "app.yaml").spec == found.apps.first)
  }

  @Test func optionsAreRead() throws {
    let read = try ConversionOptions(
      methods: ["a=p.S/Do", "p.All/Do"], route: "p.R/Do", protos: ["x"],
      command: "serve 'a b' \"\" --n={deployment}")
    #expect(read.methods == ["a": Self.method])
    #expect(read.defaultMethod?.description == "p.All/Do")
    #expect(read.command(of: "d") == ["serve", "a b", "", "--n=d"])
    for (methods, command) in [(["p.S"], "x"), (["p.S/A", "p.S/B"], "x"), ([], "a 'b"), ([], " ")] {
      #expect(throws: ConversionError.self) {
        _ = try ConversionOptions(methods: methods, route: nil, protos: [], command: command)
      }
    }
  }
}
