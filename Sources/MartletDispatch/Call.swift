// What the dispatcher knows of one call.
internal import MartletCore

/// A call that waits in its pool's queue or is at a replica.
struct Call: Sendable {
  var pool: Int

  /// The slot of the replica that has the call, or -1 while it waits.
  var replica = -1

  /// The replica that had it last and failed; the next attempt goes elsewhere if it can.
  var failedReplica = -1

  var attempts = 0

  /// Replicas that died while they had it, and the first of them.
  var deaths = 0
  var firstDeath: UInt64 = 0

  /// The request is whole when it is sent and gets one message: until that comes the replica is at work on it.
  let answersOnce: Bool

  /// A leg of a graph must stay with the version of its request.
  let isLeg: Bool

  let terms: CallTerms

  /// When the replica that has it got it, and what the others had done by then.
  var sentAt = Timestamp.zero
  var othersBefore = Tally()

  /// A part of a longer answer is there: the replica does not hang.
  var isAnswering = false

  /// When it came to the queue it is in.
  var queuedAt: Timestamp

  /// Neighbours in the queue, towards its front and its back; -1 for none.
  var previous = -1
  var next = -1

  init(
    pool: Int, isLeg: Bool, answersOnce: Bool, _ terms: CallTerms, now: Timestamp
  ) {
    self.pool = pool
    self.answersOnce = answersOnce
    self.isLeg = isLeg
    self.terms = terms
    queuedAt = now
  }
}
