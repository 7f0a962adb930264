// What the dispatcher remembers of how the calls of a replica ended.
internal import MartletCore

/// Calls that ended well, and calls that failed by the replica's fault.
struct Tally: Sendable, Hashable {
  var good = 0
  var bad = 0

  var count: Int { good + bad }

  static func - (all: Tally, part: Tally) -> Tally {
    Tally(good: max(0, all.good - part.good), bad: max(0, all.bad - part.bad))
  }

  /// The chance that so many calls fail in a row, and these end as they did, if all of them are alike: that the
  /// failures of both fall so by lot (Fisher's exact test). It is 1 where nothing is known of others.
  func chance(besideRunOf length: Int) -> Double {
    var chance = 1.0
    for drawn in 0..<min(length, 64) {
      chance *= Double(length + bad - drawn) / Double(length + count - drawn)
    }
    return chance
  }
}

/// `outlier_detection` of a deployment, as it is looked up for each failure.
struct OutlierTerms: Sendable, Hashable {
  let consecutiveErrors: Int
  /// A bit for each status code that is the replica's fault.
  let codes: UInt32
  let baseEjection: Duration
  let maxEjectionPercent: Int

  init(_ spec: OutlierDetectionSpec) {
    consecutiveErrors = max(1, spec.consecutiveErrors)
    codes = spec.codes.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    baseEjection = spec.baseEjection
    maxEjectionPercent = spec.maxEjectionPercent
  }

  func blames(_ code: RPCStatus.Code) -> Bool { codes & 1 << UInt32(code.rawValue) != 0 }
}

/// How a replica failed a call.
enum Fault: Sendable, Hashable {
  /// It answered with a status that is its own fault. A bad request may be answered so, too.
  case status
  /// It reset or refused the call, or answered with what is no answer.
  case broken
  /// It said nothing until the caller's time, or patience, was over.
  case hung
}

/// The record of one replica.
struct OutlierRecord: Sendable {
  /// All calls so far; before the last whole half of the window; before the half that runs; before the last
  /// ejection ended.
  var tally = Tally()
  var windowStart = Tally()
  var halfStart = Tally()
  var readmitted = Tally()

  /// Failures since the last call that ended well, and how many of them, at the end, hung.
  private(set) var run = 0
  private(set) var hungRun = 0

  /// What the other replicas had done when the first call of the run was sent.
  private(set) var othersBefore = Tally()

  /// Ejections since the replica was last trusted in full.
  private(set) var ejections = 0
  private(set) var allEjections = 0

  /// Ejections one after another for calls that hung, without a word from the replica in between.
  private(set) var hungEjections = 0
  private var hungCalls = 0
  private var hungSince = Timestamp.zero
  private var hungUntil = Timestamp.zero

  /// It hangs on and on: somebody should replace it.
  private(set) var isSuspected = false

  /// When it last answered, with whatever status.
  var lastWord = Timestamp.zero

  /// When a call was last sent to it only to see whether that hangs, too.
  var probedAt = Timestamp.zero

  /// Calls since its last word that hung for several times as long as answers take, and when the first of them was
  /// sent.
  private(set) var unanswered = 0
  private(set) var unansweredSince: Timestamp?

  /// Neither it nor any other replica answers: how many calls, and for how long. It should be replaced, too.
  private(set) var silence: Silence?

  struct Silence: Sendable, Hashable {
    var calls: Int
    var length: Duration
  }

  /// Calls that were sent earlier have had their verdict.
  private(set) var countsFrom = Timestamp.zero

  /// It was ejected, and gets calls little by little.
  private(set) var isRecovering = false

  /// How many calls it may have then, beyond those that it had before. Doubles once as many ended well.
  private var allowance = 1
  private var held = 0
  private var proved = 0

  /// A call that ended well changes more than the tally.
  var isInDoubt: Bool { run > 0 || ejections > 0 || hungEjections > 0 || silence != nil }

  /// The controller is told of it.
  var isReported: Bool { isSuspected || silence != nil }

  mutating func failed(_ fault: Fault, othersBefore others: Tally) {
    tally.bad += 1
    if run == 0 { othersBefore = others }
    run += 1
    guard fault != .hung else {
      hungRun += 1
      return
    }
    spoke()
  }

  /// The replica said something: it does not hang.
  mutating func spoke() {
    hungRun = 0
    hungEjections = 0
    isSuspected = false
    unanswered = 0
    unansweredSince = nil
    silence = nil
  }

  /// A call hung for several times as long as answers take.
  mutating func leftUnanswered(sentAt sent: Timestamp) {
    unanswered += 1
    unansweredSince = min(sent, unansweredSince ?? sent)
  }

  /// It has so many calls in hand that are far older than answers get.
  mutating func hangs(calls: Int) {
    run = calls
    hungRun = calls
  }

  /// Whether it has hung long enough by now to be suspected, which it was not before.
  mutating func isSuspectedByNow(_ limits: DispatchLimits, isBusy: Bool, now: Timestamp) -> Bool {
    guard !isSuspected, hasHungLong(limits, isBusy: isBusy, now: now) else { return false }
    hungUntil = now
    isSuspected = true
    return true
  }

  private func hasHungLong(_ limits: DispatchLimits, isBusy: Bool, now: Timestamp) -> Bool {
    hungEjections >= limits.suspectAfterEjections
      && hungSince + (isBusy ? limits.suspectBusyAfter : limits.suspectAfter) <= now
  }

  /// Neither it nor any other replica answers; nil: some do.
  mutating func fellSilent(_ silence: Silence?) { self.silence = silence }

  /// `isBusy`: it has other calls in hand than those that made it an outlier.
  mutating func ejected(_ limits: DispatchLimits, isBusy: Bool, now: Timestamp) {
    ejections += 1
    allEjections += 1
    if hungRun > 0, hungRun == run {
      if hungEjections == 0 {
        hungSince = now
        hungCalls = 0
      }
      hungEjections += 1
      hungCalls += run
      hungUntil = now
      isSuspected = hasHungLong(limits, isBusy: isBusy, now: now)
    } else {
      hungEjections = 0
    }
    run = 0
    hungRun = 0
    isRecovering = false
  }

  /// An ejection is over; the replica has so many calls from before. Returns how many it may have.
  mutating func readmit(holding ongoing: Int, now: Timestamp) -> Int {
    readmitted = tally
    countsFrom = now
    run = 0
    hungRun = 0
    held = ongoing
    allowance = 1
    proved = 0
    isRecovering = true
    return held + allowance
  }

  /// A call ended well that was sent before the replica was ejected.
  mutating func answeredLate() {
    run = 0
    spoke()
  }

  /// A call ended well. Returns how many the replica may have from now on; nil: no change.
  mutating func wentWell(trustAt enough: Int) -> Int? {
    run = 0
    spoke()
    guard ejections > 0 else { return nil }
    proved += 1
    guard proved >= allowance else { return nil }
    proved = 0
    allowance *= 2
    guard allowance >= enough else { return isRecovering ? held + allowance : nil }
    ejections = 0
    guard isRecovering else { return nil }
    isRecovering = false
    return Int.max
  }

  /// It is not spared any more, because the others are no better.
  mutating func stopRecovering() {
    isRecovering = false
  }

  /// Why it should be replaced.
  var suspicion: String {
    if let silence {
      let seconds = Int(silence.length.inSeconds.rounded())
      return "none of its last \(silence.calls) calls was answered in \(seconds) s, nor did any "
        + "other replica of the deployment answer one"
    }
    let seconds = Int(hungUntil.duration(since: hungSince).inSeconds.rounded())
    let probes = hungEjections - 1
    return "its last \(hungCalls) calls hung, the last \(probes) one at a time over \(seconds) s"
  }

  /// The calls of late, but none from before the last ejection.
  var recent: Tally {
    tally - (readmitted.count > windowStart.count ? readmitted : windowStart)
  }
}
