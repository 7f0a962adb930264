// Where the time of one leg went.
internal import MartletCore

/// The moments of a leg whose request asked for its trace.
struct LegTiming {
  private(set) var sentAt: Timestamp?
  private(set) var replica: ReplicaID?
  private(set) var attempts = 0
  /// What the replica's handler took, by its own word.
  var executionTime: Duration?

  mutating func sent(to replica: ReplicaID, now: Timestamp) {
    attempts += 1
    sentAt = now
    self.replica = replica
  }
}
