// What came of a simulated run.
package import MartletCore

/// The counts and times of a run, by deployment.
package struct Outcome: Sendable, Hashable {
  package var deployments: [String: DeploymentOutcome] = [:]

  /// Virtual time from the start until the last call had ended.
  package var length = Duration.zero
}

package struct DeploymentOutcome: Sendable, Hashable {
  package var arrived = 0
  package var answered = 0

  /// Calls that ended without an answer, by status.
  package var failed: [RPCStatus.Code: Int] = [:]

  /// Arrival to answer, of the calls that were answered, in no particular order.
  package var latencies: [Duration] = []

  /// The longest time from a call's arrival until a replica began to compute it.
  package var longestWait = Duration.zero

  /// Processes that were started.
  package var started = 0
  package var mostReplicas = 0

  /// How often the number of replicas turned from growing to shrinking or back.
  package var turns = 0

  /// Seconds of every replica that was alive, added up.
  package var replicaSeconds = 0.0

  var lastChange = 0
  var replicas = 0
  var countedTo = Timestamp.zero

  /// The latency that `share` (0...1) of the answered calls did not exceed; zero without any.
  package func latency(at share: Double) -> Duration {
    guard !latencies.isEmpty else { return .zero }
    let sorted = latencies.sorted()
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }

  mutating func replicasChanged(by change: Int, now: Timestamp) {
    replicaSeconds += now.duration(since: countedTo).inSeconds * Double(replicas)
    countedTo = now
    replicas += change
    mostReplicas = max(mostReplicas, replicas)
    if change > 0 { started += change }
    if lastChange != 0, (change > 0) != (lastChange > 0) { turns += 1 }
    lastChange = change
  }
}
