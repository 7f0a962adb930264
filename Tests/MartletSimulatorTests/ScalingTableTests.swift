// What scaling makes of steady loads, of steps and of swings: bounds on the whole table.
import MartletCore
import MartletSimulator
import Testing

/// A deployment whose calls take 0.1 s and that may have many replicas.
private func run(
  _ spec: AutoscalingSpec, load: [(second: Int, callsPerSecond: Double)], seconds: Int,
  seed: UInt64 = 1, startTime: Duration = .milliseconds(50)
) throws -> (outcome: DeploymentOutcome, mean: Double) {
  var deployment = DeploymentSpec(name: "model", command: ["model"], services: ["a.B"])
  deployment.replicas = .auto(spec)
  deployment.resources = Resources(milliCPUs: 1)
  let app = AppSpec(
    name: "app", deployments: [deployment], routes: [.service("a.B", deployment: "model")])
  let scenario = Scenario(
    app: app, capacity: Scenario.Capacity(milliCPUs: 64_000, gpus: 0), seed: seed,
    duration: .seconds(seconds),
    load: load.map { .init(start: .seconds($0.second), callsPerSecond: $0.callsPerSecond) },
    replica: .init(startTime: startTime, meanServiceTime: .milliseconds(100), parallelism: 8))
  let outcome = Simulation.run(scenario)
  let model = try #require(outcome.deployments["model"])
  return (model, model.replicaSeconds / outcome.length.inSeconds)
}

private func scaling(up: Double = 0, down: Double = 30) -> AutoscalingSpec {
  var spec = AutoscalingSpec(minReplicas: 1, maxReplicas: 200, targetOngoingRequests: 2)
  spec.upscaleDelay = .seconds(up)
  spec.downscaleDelay = .seconds(down)
  return spec
}

@Suite struct ScalingTableTests {
  struct Steady: Sendable {
    var inFlight: Double
    var ideal: Double
    var up: Double
    var down: Double
    var seconds: Int

    init(_ inFlight: Double, ideal: Double, up: Double, down: Double, seconds: Int) {
      self.inFlight = inFlight
      self.ideal = ideal
      self.up = up
      self.down = down
      self.seconds = seconds
    }
  }

  /// Loads at a whole number of targets are the hardest: chance puts them on either side. With a long
  /// delay the count is short for as long as the delay, so these runs are long.
  @Test(arguments: [
    Steady(2, ideal: 1, up: 0, down: 2, seconds: 90),
    Steady(2, ideal: 1, up: 0, down: 600, seconds: 90),
    Steady(2, ideal: 1, up: 30, down: 30, seconds: 120),
    Steady(3, ideal: 2, up: 5, down: 30, seconds: 120),
    Steady(5, ideal: 3, up: 0, down: 30, seconds: 120),
    Steady(6, ideal: 3, up: 0, down: 30, seconds: 120),
    Steady(6, ideal: 3, up: 5, down: 5, seconds: 120),
    Steady(6, ideal: 3, up: 30, down: 600, seconds: 200),
    Steady(10, ideal: 5, up: 0, down: 600, seconds: 60),
    Steady(20, ideal: 10, up: 5, down: 2, seconds: 80),
    Steady(50, ideal: 25, up: 0, down: 30, seconds: 30),
  ])
  func aSteadyLoadGetsWhatItNeeds(load: Steady) throws {
    let (model, mean) = try run(
      scaling(up: load.up, down: load.down), load: [(0, load.inFlight * 10)],
      seconds: load.seconds, seed: UInt64(load.inFlight))
    #expect(abs(mean / load.ideal - 1) <= 0.25, "\(mean) replicas, ideal \(load.ideal)")
    #expect(model.turns <= 4)
  }

  /// As an app of Ray is converted: 30 s, 30 s and 600 s.
  @Test func raysDelaysLeaveNoLoadAlone() throws {
    var spec = scaling(up: 30, down: 600)
    spec.lookBackPeriod = .seconds(30)
    let (_, mean) = try run(spec, load: [(0, 60)], seconds: 240)
    #expect((2.25...3.75).contains(mean), "\(mean)")
  }

  @Test(arguments: [50, 1000], [1, 2] as [UInt64])
  func aStepIsFollowedAndNotOvershot(start: Int, seed: UInt64) throws {
    let (model, _) = try run(
      scaling(), load: [(0, 20), (30, 120), (60, 20)], seconds: 120, seed: seed,
      startTime: .milliseconds(start))
    #expect(model.longestWait <= .milliseconds(start + 300))
    let ideal = 30.0 * 1 + 30 * 6 + 60 * 1
    #expect(model.replicaSeconds <= 1.6 * ideal, "\(model.replicaSeconds / ideal)")
    #expect(model.mostReplicas >= 6)
    #expect(model.turns <= 3)
  }

  @Test func aStepOfAGreatLoadToo() throws {
    let (model, _) = try run(
      scaling(), load: [(0, 200), (10, 1200)], seconds: 30, startTime: .seconds(1))
    #expect(model.longestWait <= .milliseconds(1300))
    #expect(model.replicaSeconds <= 1.6 * (10 * 10 + 20 * 60))
  }

  /// With a long delay only standing queues add replicas, and those go again.
  @Test(arguments: [(0.0, 2), (30, 4)]) func swingsDoNotMakeItFlap(delay: Double, turns: Int) throws
  {
    let load = (0..<80).map { ($0, $0.isMultiple(of: 2) ? 150.0 : 5) }
    let (model, _) = try run(scaling(up: delay), load: load, seconds: 80)
    #expect(model.turns <= turns)
  }
}
