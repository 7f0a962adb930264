// The whole mesh under virtual time: the same machines, modelled processes.
import MartletCore
import MartletSimulator
import Testing

private func app(
  _ replicas: ReplicaCount, maxOngoing: Int = 8, maxQueued: Int = 256, idempotent: Bool = false
) -> AppSpec {
  var deployment = DeploymentSpec(name: "model", command: ["model"], services: ["a.B"])
  deployment.replicas = replicas
  deployment.maxOngoingRequests = maxOngoing
  deployment.maxQueuedRequests = maxQueued
  deployment.idempotent = idempotent
  deployment.resources = Resources(milliCPUs: 100)
  return AppSpec(
    name: "app", deployments: [deployment], routes: [.service("a.B", deployment: "model")])
}

private func scenario(
  _ app: AppSpec, seed: UInt64 = 1, seconds: Int = 20, load: [Scenario.Phase],
  faults: [Scenario.Fault] = []
) -> Scenario {
  Scenario(
    app: app, capacity: Scenario.Capacity(milliCPUs: 2000, gpus: 0), seed: seed,
    duration: .seconds(seconds), load: load, faults: faults)
}

private func steady(_ rate: Double) -> [Scenario.Phase] {
  [Scenario.Phase(start: .seconds(1), callsPerSecond: rate)]
}

@Test func `The same seed gives the same run, another seed another one`() throws {
  let one = Simulation.run(scenario(app(.fixed(2)), load: steady(50)))
  #expect(one == Simulation.run(scenario(app(.fixed(2)), load: steady(50))))
  #expect(one != Simulation.run(scenario(app(.fixed(2)), seed: 2, load: steady(50))))
}

@Test(arguments: 1...10) func `Every call ends exactly once`(seed: UInt64) throws {
  let faults = (2...18).map {
    Scenario.Fault.killReplica(deployment: "model", at: .seconds($0))
  }
  let outcome = Simulation.run(
    scenario(app(.fixed(3)), seed: seed, load: steady(100), faults: faults))
  let model = try #require(outcome.deployments["model"])
  #expect(model.arrived > 1500)
  #expect(model.answered + model.failed.values.reduce(0, +) == model.arrived)
}

@Test(arguments: 1...10) func `Deaths lose no idempotent call`(seed: UInt64) throws {
  let faults = (2...18).map {
    Scenario.Fault.killReplica(deployment: "model", at: .seconds($0))
  }
  let outcome = Simulation.run(
    scenario(
      app(.fixed(3), idempotent: true), seed: seed, load: steady(60), faults: faults))
  let model = try #require(outcome.deployments["model"])
  #expect(model.failed.isEmpty)
  #expect(model.started >= 3 + 17)
}

@Test func `Deaths lose calls that may not be sent again`() throws {
  let faults = (2...18).map {
    Scenario.Fault.killReplica(deployment: "model", at: .seconds($0))
  }
  let outcome = Simulation.run(scenario(app(.fixed(3)), load: steady(60), faults: faults))
  let lost = try #require(outcome.deployments["model"]).failed[.unavailable] ?? 0
  #expect((1...17 * 8).contains(lost))
}

@Test func `A step of load is met by as many replicas as it needs, and none is refused`() throws {
  let auto = ReplicaCount.auto(
    AutoscalingSpec(minReplicas: 1, maxReplicas: 12, targetOngoingRequests: 2))
  let outcome = Simulation.run(
    scenario(
      app(auto),
      load: [
        Scenario.Phase(start: .seconds(1), callsPerSecond: 20),
        Scenario.Phase(start: .seconds(8), callsPerSecond: 300),
      ]))
  let model = try #require(outcome.deployments["model"])
  #expect(model.failed.isEmpty)
  #expect((6...12).contains(model.mostReplicas))
  #expect(model.latency(at: 1) < .seconds(1))
}

@Test func `Load that comes and goes does not make the count flap`() throws {
  let auto = ReplicaCount.auto(
    AutoscalingSpec(minReplicas: 1, maxReplicas: 8, targetOngoingRequests: 2))
  let waves = (0..<20).map {
    Scenario.Phase(start: .seconds($0), callsPerSecond: $0 % 2 == 0 ? 150 : 5)
  }
  let outcome = Simulation.run(scenario(app(auto), load: waves))
  let turns = try #require(outcome.deployments["model"]).turns
  #expect(turns <= 1)
}

@Test func `Nothing runs without load, and the first call wakes a replica`() throws {
  var spec = AutoscalingSpec(minReplicas: 0, maxReplicas: 2)
  spec.downscaleDelay = .seconds(1)
  spec.downscaleToZeroDelay = .seconds(1)
  let outcome = Simulation.run(
    scenario(
      app(.auto(spec)), seconds: 60,
      load: [
        Scenario.Phase(start: .seconds(5), callsPerSecond: 20),
        Scenario.Phase(start: .seconds(10), callsPerSecond: 0),
        Scenario.Phase(start: .seconds(55), callsPerSecond: 20),
      ]))
  let model = try #require(outcome.deployments["model"])
  #expect(model.failed.isEmpty)
  #expect(model.started >= 2)
  #expect(model.replicaSeconds < 30)
}

@Test func `A router without its controller serves on`() throws {
  let outcome = Simulation.run(
    scenario(
      app(.fixed(2)), load: steady(60), faults: [.cutController(at: .seconds(5), for: .seconds(8))])
  )
  #expect(try #require(outcome.deployments["model"]).failed.isEmpty)
}

@Test func `Overload is refused at once and served again when it is over`() throws {
  let outcome = Simulation.run(
    scenario(
      app(.fixed(1), maxQueued: 16),
      load: [
        Scenario.Phase(start: .seconds(1), callsPerSecond: 500),
        Scenario.Phase(start: .seconds(6), callsPerSecond: 10),
      ]))
  let model = try #require(outcome.deployments["model"])
  #expect(Set(model.failed.keys) == [.resourceExhausted])
  // Newest first while the queue stands: a few wait long, nearly all of those answered do not.
  #expect(model.latency(at: 0.9) < .seconds(1))
}
