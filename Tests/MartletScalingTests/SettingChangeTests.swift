// Every key of a deployment either holds in place or makes a new revision.
import MartletCore
import Testing

@testable import MartletScaling

@Suite struct SettingChangeTests {
  private static let before: DeploymentSpec = {
    var spec = DeploymentSpec(name: "a", command: ["./a"], services: ["s.S"])
    spec.replicas = .auto(AutoscalingSpec())
    spec.minReady = .zero
    return spec
  }()

  /// The same deployment with another value of one key.
  private static func changed(_ setting: DeploymentSetting) -> DeploymentSpec {
    var spec = before
    switch setting {
    case .name: spec.name = "b"
    case .command: spec.command = ["./b"]
    case .services: spec.services = ["s.S", "s.T"]
    case .replicas: spec.replicas = .fixed(3)
    case .autoscaling: spec.replicas = .auto(AutoscalingSpec(maxReplicas: 9))
    case .maxOngoingRequests: spec.maxOngoingRequests = 3
    case .maxQueuedRequests: spec.maxQueuedRequests = 1
    case .maxMessage: spec.maxMessageBytes = 8 << 20
    case .requestTimeout: spec.requestTimeout = .milliseconds(200)
    case .idempotent: spec.idempotent = true
    case .outlierDetection: spec.outlierDetection.consecutiveErrors = 2
    case .resources: spec.resources.cpuUnits = 100
    case .userConfig: spec.userConfig = .object(["a": .integer(1)])
    case .healthCheckPeriod: spec.healthCheckPeriod = .milliseconds(100)
    case .healthCheckTimeout: spec.healthCheckTimeout = .milliseconds(100)
    case .healthCheckFailures: spec.healthCheckFailures = 5
    case .startupTimeout: spec.startupTimeout = .seconds(5)
    case .minReady: spec.minReady = .milliseconds(10)
    case .gracefulShutdownTimeout: spec.gracefulShutdownTimeout = .seconds(3)
    case .environment: spec.environment = ["A": "1"]
    case .codeVersion: spec.codeVersion = "2"
    case .update: spec.update = .recreate
    }
    return spec
  }

  /// The names of the stored properties whose values differ.
  private static func differences(_ one: DeploymentSpec, _ other: DeploymentSpec) -> Set<String> {
    let pairs = zip(Mirror(reflecting: one).children, Mirror(reflecting: other).children)
    return Set(
      pairs.filter { "\($0.value)" != "\($1.value)" }.compactMap { pair in pair.0.label })
  }

  @Test func everyStoredPropertyHasAKey() {
    let reached = DeploymentSetting.allCases.reduce(into: Set<String>()) { names, setting in
      names.formUnion(Self.differences(Self.before, Self.changed(setting)))
    }
    #expect(reached == Set(Mirror(reflecting: Self.before).children.compactMap(\.label)))
  }

  @Test(arguments: DeploymentSetting.allCases)
  func aChangedKeyDiffersInItsValue(_ setting: DeploymentSetting) {
    #expect(Self.changed(setting)[setting] != Self.before[setting])
    #expect(Self.before[setting] == Self.before[setting])
  }

  @Test(arguments: DeploymentSetting.allCases)
  func aChangedKeyReplacesReplicasExactlyWhenTheTableSaysSo(_ setting: DeploymentSetting) {
    #expect(Self.before.startsLike(Self.changed(setting)) == (setting.change != .newRevision))
  }

  @Test(arguments: DeploymentSetting.allCases)
  func aDeployGoesByTheTable(_ setting: DeploymentSetting) {
    var world = FleetWorld()
    func record(_ version: UInt64, _ spec: DeploymentSpec) -> VersionRecord {
      VersionRecord(
        version: AppVersion(version), spec: AppSpec(name: "app", deployments: [spec]))
    }
    world.send(.deployed(record(1, Self.before)))
    world.run(.milliseconds(50))
    let first = world.routed
    world.send(.deployed(record(2, Self.changed(setting))))
    // Routers go by the spec of the version that the table names: at once where replicas stay.
    let isInPlace = setting.change != .newRevision
    #expect((world.fleet.routing.apps.first?.current == AppVersion(2)) == isInPlace)
    world.run(.milliseconds(200))
    #expect(world.fleet.routing.apps.first?.current == AppVersion(2))
    #expect(world.routed.starts(with: first) == isInPlace)
  }
}
