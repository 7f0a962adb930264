// What is simulated: an app, how its replicas behave, the load on it, and what goes wrong.
package import MartletCore

/// One run. The same scenario gives the same outcome, to the last call.
package struct Scenario: Sendable {
  package var app: AppSpec
  package var capacity: Capacity
  package var seed: UInt64

  /// How long the load lasts. The run goes on until every call has ended.
  package var duration: Duration
  package var load: [Phase]
  package var replica: ReplicaModel
  package var faults: [Fault]

  /// One way between router and controller.
  package var controlDelay = Duration.microseconds(200)

  /// What the machine has.
  package struct Capacity: Sendable, Hashable {
    package var milliCPUs: Int
    package var gpus: Int

    package init(milliCPUs: Int, gpus: Int) {
      self.milliCPUs = milliCPUs
      self.gpus = gpus
    }
  }

  /// From `start` on, calls arrive at each deployment at random moments, `callsPerSecond` on average,
  /// until the next phase begins.
  package struct Phase: Sendable, Hashable {
    package var start: Duration
    package var callsPerSecond: Double

    package init(start: Duration, callsPerSecond: Double) {
      self.start = start
      self.callsPerSecond = callsPerSecond
    }
  }

  /// How a replica behaves. Service times are exponential around their mean.
  package struct ReplicaModel: Sendable, Hashable {
    package var startTime: Duration
    package var meanServiceTime: Duration

    /// Calls that a replica computes at once; further ones wait inside it.
    package var parallelism: Int

    package init(
      startTime: Duration = .milliseconds(50), meanServiceTime: Duration = .milliseconds(20),
      parallelism: Int = 1
    ) {
      self.startTime = startTime
      self.meanServiceTime = meanServiceTime
      self.parallelism = parallelism
    }
  }

  package enum Fault: Sendable, Hashable {
    /// SIGKILL of one ready replica of a deployment, chosen by chance.
    case killReplica(deployment: String, at: Duration)
    /// The router loses the controller and finds it again.
    case cutController(at: Duration, for: Duration)
  }

  package init(
    app: AppSpec, capacity: Capacity, seed: UInt64, duration: Duration, load: [Phase],
    replica: ReplicaModel = ReplicaModel(), faults: [Fault] = []
  ) {
    self.app = app
    self.capacity = capacity
    self.seed = seed
    self.duration = duration
    self.load = load
    self.replica = replica
    self.faults = faults
  }
}
