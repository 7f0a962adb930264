// The bounds that dispatching keeps, each with its reason.

/// Bounds of the house on queueing, retrying and ejecting. What a deployment may choose for itself is
/// in its spec.
package struct DispatchLimits: Sendable, Hashable {
  /// Times that one call is sent, the first included. Each attempt but the last failed, so five of them
  /// say that the deployment is in trouble and not one replica.
  package var maxAttempts = 5

  /// Thousandths of a retry that every call pays in for calls whose replica died: 20 %. More would let
  /// retries double the load of a deployment that is already failing.
  package var retryMilliTokensPerCall = 200

  /// Retries that are always affordable in a second, so that a quiet deployment survives a death too.
  package var retriesPerSecond = 10

  /// Retries that may be saved up. A deployment's bucket holds at least the calls of two replicas,
  /// which may die at the same moment.
  package var minRetryReserve = 100

  /// A queue stands when its delay has been above `standingDelay` for `standingInterval`. It then serves
  /// the newest and the oldest in turn: many of the oldest have callers that gave up, and those that did
  /// not, such as a few callers of a model that takes longer than the delay, are served all the same. The
  /// newest alone would have them wait until their deadlines.
  package var standingDelay = Duration.milliseconds(100)
  package var standingInterval = Duration.milliseconds(100)

  /// How long a call without a deadline waits for a replica. Large models take a minute to load.
  package var maxWait = Duration.seconds(300)

  /// Failures in a row, connection failures aside, after which a replica is ejected.
  package var ejectAfterFailures = 5

  /// The first ejection's length; each further one is twice as long, up to `maxEjection`.
  package var baseEjection = Duration.seconds(1)
  package var maxEjection = Duration.seconds(30)

  /// Wait before the second connection attempt to a replica; doubles up to `maxReconnectDelay`. The
  /// first comes at once: on one machine a listening replica answers in microseconds.
  package var baseReconnectDelay = Duration.milliseconds(10)
  package var maxReconnectDelay = Duration.seconds(2)

  /// `grpc-retry-pushback-ms` follows the age of the oldest call in the queue, within these.
  package var minPushback = Duration.milliseconds(25)
  package var maxPushback = Duration.seconds(1)

  package init() {}
}
