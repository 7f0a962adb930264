// The bounds of the router's driver, each with its reason.

/// Bounds on what the router keeps for requests in hand. Queues are bounded by their deployments.
package struct RouterLimits: Sendable, Hashable {
  /// Bytes of request payload that are kept, over all requests, so that they can be sent again or wait; at most an
  /// eighth of the memory for messages, beside it. A request that finds this spent goes on but is not
  /// sent again.
  package var maxReplayBytes = 64 << 20

  /// Bytes that a request may keep while others do. A longer one finds this spent when half of it is, so that it
  /// takes no replay from the short ones.
  package var maxShortReplayBytes = 4 << 20

  /// Bytes that a replica may send on one stream before the client has room for them: what a slow reader
  /// costs the router. A link to a replica has a round trip of well under a millisecond, so a
  /// quarter of a MiB holds up nobody.
  package var replicaStreamWindowBytes = 256 << 10

  /// Bytes of a response that are kept until it is whole, for calls that could be sent again when the
  /// replica dies in the middle of its answer. Longer ones go on in pieces.
  package var maxHeldAnswerBytes = 64 << 10

  /// Load reports come at least this far apart; the first change is reported at once.
  package var reportInterval = Duration.milliseconds(10)

  /// Figures of routes come at least this far apart: people look at them, nothing waits for them.
  package var figuresInterval = Duration.seconds(1)

  /// Answers that a hedge by percentile has measured before it goes by them.
  package var leastMeasuredAnswers: UInt64 = 100

  /// Header blocks that are kept for the next requests instead of being allocated anew.
  package var maxSpareHeaderBlocks = 256

  /// Routes that a message about an unknown method names.
  package var maxRoutesInMessage = 8

  /// How long a new router leaves connections in the kernel's queue while it has no table. A controller
  /// that was killed together with the router is back within half a second.
  package var maxWaitForFirstTable = Duration.seconds(2)

  /// Watches of the router's health. gRPC clients that look after their connections by themselves
  /// ("client-side health checking") keep one each.
  package var maxHealthWatchers = 1 << 12

  /// Messages that graphs mirror and that are not answered yet. Shadow traffic that is slower than the real
  /// one is dropped beyond it.
  package var maxMirroredCalls = 256

  /// How long a mirrored message may take, whatever its request was given.
  package var mirroredCallTime = Duration.seconds(30)

  package init() {}
}
