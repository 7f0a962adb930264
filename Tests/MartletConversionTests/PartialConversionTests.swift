// Facts about what is left out with a value that cannot be said: the value, and nothing beside it.

import MartletCore
import Testing

@testable import MartletConversion

@Suite struct PartialConversionTests {
  private static let method = Converted.rayMethod
  private let options = Converted.rayOptions

  private func deployment(_ lines: String...) throws -> DeploymentSpec {
    try #require(try Converted.ray(lines).apps.first?.deployments.first)
  }

  @Test func neighboursOfAValueStay() throws {
    let found = try deployment(
      "user_config: {a: .inf, b: 2, c: {d: 3, e: [1, .nan]}, f: 123456789012345678901234}",
      "ray_actor_options: {num_gpus: 5000, num_cpus: 0.25}",
      "autoscaling_config: {min_replicas: 2, max_replicas: 5000, target_ongoing_requests: 3}")
    #expect(
      found.userConfig
        == .object(["b": .integer(2), "c": .object(["d": .integer(3)])]))
    #expect(found.resources == Resources(cpuUnits: 2500))
    guard case .auto(let scaling) = found.replicas else {
      Issue.record("not auto")
      return
    }
    #expect((scaling.minReplicas, scaling.targetOngoingRequests) == (2, 3))
    #expect(scaling.upscaleDelay == .seconds(30))
  }

  @Test func aNumberOfReplicasThatIsNoneLeavesAutoscaling() throws {
    let found = try deployment("num_replicas: many", "autoscaling_config: {max_replicas: 7}")
    guard case .auto(let scaling) = found.replicas else {
      Issue.record("not auto")
      return
    }
    #expect(scaling.maxReplicas == 7)
  }

  @Test func fourPlacesOfAGPUAreKept() throws {
    let found = try deployment("ray_actor_options: {num_gpus: 0.0625, num_cpus: 0.0001}")
    #expect(found.resources == Resources(cpuUnits: 1, gpuUnits: 625))
    let app = AppSpec(name: "app", deployments: [found])
    let read = try AppFile.read(text: AppFile.yaml(for: app), file: "app.yaml")
    #expect(read.spec.deployments[0].resources == found.resources)
  }

  @Test func aFrontThatHasNoNameIsNotReplacedByAnother() throws {
    let text = """
      applications:
        - name: app
          deployments:
            - {name: "Front Door", num_replicas: 3}
            - {name: encoder}
      """
    let found = try Converted(text, options)
    let app = try #require(found.apps.first)
    #expect(app.deployments.map(\.name) == ["Front-Door", "encoder"])
    #expect(app.deployments[0].replicas == .fixed(3))
    #expect(app.deployments[0].command == ["serve", "Front-Door"])
    #expect(app.routes == [])
    #expect(found.unsaid.count == 2)
    #expect(found.unsaid.contains { $0.hasSuffix("the converted deployment is Front-Door") })
    #expect(found.unsaid.contains { $0.contains("no deployment has a method that clients could") })

    // Both names are known.
    for name in ["Front Door", "Front-Door"] {
      var options = options
      (options.defaultMethod, options.methods) = (nil, [name: Self.method])
      let routes = try Converted(text, options).apps.first?.routes
      #expect(routes == [.method(Self.method, deployment: "Front-Door")])
    }
  }

  @Test func namesThatComeToTheSameAreToldApart() throws {
    let text = "applications: [{name: a, deployments: [{name: x y}, {name: x-y}, {name: x/y}]}]"
    let app = try #require(try Converted(text, options).apps.first)
    #expect(app.deployments.map(\.name) == ["x-y-2", "x-y", "x-y-3"])
    #expect(app.problems() == [])
  }
}
