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

  /// A call whose second replica died is to blame for that if there were no more calls than this whose replica had
  /// died before. Of more, most are there by accident.
  package var mostSuspects = 3

  /// A replica that answers UNAVAILABLE may say when its call is to be tried again. If that is later than this, the
  /// caller gets the answer and decides.
  package var maxRetryPause = Duration.seconds(5)

  /// A queue stands when its delay has been above `standingDelay` for `standingInterval`. It then serves
  /// the newest and the oldest in turn: many of the oldest have callers that gave up, and those that did
  /// not, such as a few callers of a model that takes longer than the delay, are served all the same. The
  /// newest alone would have them wait until their deadlines.
  package var standingDelay = Duration.milliseconds(100)
  package var standingInterval = Duration.milliseconds(100)

  /// How long a call without a deadline waits for a replica. Large models take a minute to load.
  package var maxWait = Duration.seconds(300)

  /// Ejections double up to this length, unless the deployment's first one is longer.
  package var maxEjection = Duration.seconds(30)

  /// A replica that fails calls in a row is ejected when chance alone, with the others as they are, would do that
  /// once in a million times. One that was ejected before is ejected again for less.
  package var accidentChance = 1e-6
  package var relapseChance = 0.1

  /// One that fails some of its calls is ejected when its share is so much greater than that of the others, and by
  /// so many standard deviations, over the last 5 to 10 s and this many calls on both sides.
  package var shareAboveOthers = 0.2
  package var deviations = 4.0
  package var leastVolume = 20
  package var halfWindow = Duration.seconds(5)

  /// How long a call that failed at once counts as if it were in hand, before an answer has shown how long those
  /// take; and how many such calls a deployment remembers.
  package var unknownAnswer = Duration.seconds(1)
  package var maxPhantoms = 1 << 12

  /// A caller who goes away after eight times the usual time, and after this long, did so for want of an answer.
  package var leastPatience = Duration.milliseconds(250)

  /// After an ejection a replica gets 1, 2, 4, … calls at once, and as many as any from here on.
  package var slowStartCalls = 16

  /// A replica is suspected of hanging for good after so many ejections in a row without a word from it, and when
  /// the first of them is this long ago.
  package var suspectAfterEjections = 3
  package var suspectAfter = Duration.seconds(3)

  /// The same for one that still has another call: a long computation may keep it from the short calls of others.
  package var suspectBusyAfter = Duration.seconds(60)

  /// How often calls in hand are looked at for those that hang. A look costs some nanoseconds for each of them.
  package var watchInterval = Duration.seconds(1)

  /// A call in hand hangs once it is so many times as old as answers get on average, twice as old as the longest
  /// answer of the last minutes, and at least so old.
  package var hangFactor: Int64 = 16
  package var hangPatience = Duration.seconds(2)

  /// A replica whose calls hang is asked for another answer once the newest of them is so old: who asks a replica that
  /// is at work on one call at a time waits until that is done.
  package var probePatience = Duration.seconds(5)

  /// A call was sent too long before its replica's last answer to be the victim of what began after that, if it was
  /// so many times longer before than answers take.
  package var concurrentFactor: Int64 = 4

  /// Where no replica answers there is none to compare with: only calls count that ended after so many times as long
  /// as answers took, and after twice the longest.
  package var absoluteFactor: Int64 = 4

  /// A deployment that has answered before is silent when for so long none of its replicas has answered any call.
  /// What it calls may be down for a while, so this is longer than a restart of most things takes.
  package var silentAfter = Duration.seconds(30)

  /// Wait before the second connection attempt to a replica; doubles up to `maxReconnectDelay`. The
  /// first comes at once: on one machine a listening replica answers in microseconds.
  package var baseReconnectDelay = Duration.milliseconds(10)
  package var maxReconnectDelay = Duration.seconds(2)

  /// `grpc-retry-pushback-ms` follows the age of the oldest call in the queue, within these.
  package var minPushback = Duration.milliseconds(25)
  package var maxPushback = Duration.seconds(1)

  package init() {}
}
