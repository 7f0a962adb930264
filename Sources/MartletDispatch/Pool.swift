// What the dispatcher knows of versions, deployments and their revisions.
internal import MartletCore

/// One revision of a deployment: replicas that may stand in for one another, and the calls that wait
/// for one of them.
struct Pool: Sendable {
  let app: String
  let name: String
  let revision: UInt64

  /// Index of what all revisions of the deployment share.
  let deployment: Int

  /// Those of the newest version in the table that uses this revision.
  var limits: PoolLimits

  /// Slots of the replicas that the last table names, by number.
  var listed: [UInt64: Int] = [:]

  /// Replicas with a slot, listed or finishing.
  var slots = 0

  var outstanding = OutstandingIndex()
  var queue = CallQueue()
  var servingSince = Timestamp.zero

  /// Why it has no replica, as the last table says.
  var trouble: ReplicaTrouble?

  /// What all its replicas did so far; by the start of the window that counts as "of late"; by its half.
  var tally = Tally()
  var windowStart = Tally()
  var halfStart = Tally()
  /// When the window moves on by its half.
  var windowTurn = Timestamp.zero

  var phantoms = PhantomCalls()

  /// Nanoseconds that an answer takes, on average of late; -1 before the first.
  private var typical: Int64 = -1

  /// Nanoseconds that the longest answer took, of those of the last minutes.
  private var longest: Int64 = 0

  /// Calls queued or ongoing.
  var calls = 0

  /// Some version that a table names or a request is in uses this revision.
  var isInUse = true

  init(_ spec: DeploymentSpec, app: String, revision: UInt64, deployment: Int) {
    self.app = app
    name = spec.name
    self.revision = revision
    self.deployment = deployment
    limits = PoolLimits(spec)
  }

  /// True for about each second failure.
  var lot: Bool { (UInt64(truncatingIfNeeded: tally.bad) &* 0x9E37_79B9_7F4A_7C15) >> 63 == 1 }

  /// How long the longest answer took of late; one half of it is forgotten in about four minutes.
  var longestAnswer: Int64 { longest }

  /// Half of a window of tallies has gone by.
  mutating func forgetLongest() { longest -= longest >> 6 }

  /// How long answers take of late; nil before the first.
  var typicalAnswer: Int64? { typical < 0 ? nil : typical }

  /// A replica answered; each answer counts for a sixteenth.
  mutating func answered(after nanoseconds: Int64) {
    longest = max(longest, nanoseconds)
    typical = typical < 0 ? max(0, nanoseconds) : typical + (nanoseconds - typical) >> 4
  }
}

/// What a deployment's spec has the dispatcher keep. A deploy that changes nothing else leaves the
/// replicas where they are, so the limits may change under the calls of a pool: they hold for every
/// call that arrives from then on, whatever version its request entered under. Calls that wait or run
/// keep the deadline that they got.
struct PoolLimits: Sendable, Hashable {
  let maxOngoing: Int
  let maxQueued: Int
  /// Bytes of the largest message; `Int.max` where the deployment says nothing.
  let maxMessageBytes: Int
  let requestTimeout: Duration?
  let isIdempotent: Bool
  let outliers: OutlierTerms

  init(_ spec: DeploymentSpec) {
    maxOngoing = max(1, spec.maxOngoingRequests)
    maxQueued = max(0, spec.maxQueuedRequests)
    maxMessageBytes = spec.maxMessageBytes ?? .max
    requestTimeout = spec.requestTimeout
    isIdempotent = spec.idempotent
    outliers = OutlierTerms(spec.outlierDetection)
  }
}

/// What all revisions of a deployment share.
struct DeploymentState: Sendable {
  let app: String
  let name: String
  var queued = 0
  var retryBudget: RetryBudget
}

/// A version of an app that was defined.
struct VersionState: Sendable {
  let app: String
  let version: AppVersion
  let spec: AppSpec

  /// The pool of each deployment; empty until a table names the version.
  var pools: [String: Int] = [:]

  /// Requests in hand that entered under it.
  var ongoing = 0

  /// Named by the last table.
  var isListed = false
  var wasListed = false
}

/// An app by what the last table and the definitions say.
struct AppState: Sendable {
  /// Index of the version under which requests enter; nil until a table names one that is defined.
  var current: Int?
  var versions: [AppVersion: Int] = [:]
  var deployments: [String: Int] = [:]
}
