// A graph at work on one message.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Runs a plan: makes the calls that it orders and keeps its times. Whoever asked hears once what came of it,
/// unless they abandon it first.
final class GraphExecution: GraphCallObserver {
  enum Outcome {
    case answered([UInt8], AnswerMetadata)
    /// The answer is what these calls make of the message.
    case streams([GraphPlan.StreamCall], [UInt8])
    case failed(FailedAnswer)
  }

  let router: Router
  let version: VersionID
  /// What answers of legs take of the memory for messages.
  var hold: MessageHold?
  var memoryLoop: Loop { router.loop }
  private(set) var metadata: HeaderBlock
  private let graph: ServedGraph
  private let terms: CallTerms
  private var run: GraphRun
  private var whenEnded: ((Outcome) -> Void)?

  /// Calls in flight, in the order of their legs.
  private var legs: [GraphCall] = []
  private var deadlineTimer: Timer?
  /// For what the graph does at a moment.
  private var graphTimer: Timer?
  private var graphTimerAt: Timestamp?
  /// For what is left to do of what is more than one turn's work.
  private var resumption: Timer?

  /// How long others are served before a graph goes on that has more to do than it may in one go. It is longer
  /// than the loop takes to come back to a timer, because a loop looks at its connections only when none is due.
  private static let pause = Duration.microseconds(200)

  /// Orders that came in while others were being followed.
  private var orders: [GraphOrder] = []
  private var isFollowingOrders = false

  /// Where the time of each leg went, and since when; nil: nobody asked.
  private var timings: LegTimings?
  let began: Timestamp

  /// What is known of legs that failed beyond their status: the graph may fail with it.
  private var failures: [FailedAnswer] = []

  /// What legs that answered said beside their messages.
  private var kept = KeptMetadata()

  /// The time to the deadline runs from now on. `metadata` is what every leg is told.
  init(
    _ router: Router, _ version: VersionID, _ graph: ServedGraph, metadata: HeaderBlock,
    _ terms: CallTerms, traces: Bool, whenEnded: @escaping (Outcome) -> Void
  ) {
    let (plan, now) = (graph.plan, router.loop.now)
    self.graph = graph
    began = now
    timings = traces ? LegTimings() : nil
    self.router = router
    self.version = version
    self.metadata = metadata
    self.terms = terms
    self.whenEnded = whenEnded
    let delays = graph.delays(now: now, least: router.routerLimits.leastMeasuredAnswers)
    var limits = GraphLimits()
    limits.maxMessageBytes = graph.maxMessageBytes
    run =
      plan.leavesToChance
      ? GraphRun(
        plan, metadata: Self.values(of: plan.metadataKeys, in: metadata),
        seed: .random(in: 0 ... .max), delays: delays, deadline: terms.deadline, traces: traces,
        limits: limits, tally: graph.takeTally())
      : GraphRun(
        plan, delays: delays, deadline: terms.deadline, traces: traces, limits: limits,
        tally: graph.takeTally())
    router.dispatcher.requestEntered(version)
    router.settle()
    if let deadline = terms.deadline {
      deadlineTimer = router.loop.schedule(at: deadline.time) { [weak self] in
        self?.deadlinePassed()
      }
    }
  }

  var isOver: Bool { whenEnded == nil }

  /// What the nodes did so far; nil: nobody asked.
  var traced: (trace: GraphTrace, legs: LegTimings)? {
    guard let trace = run.trace, let timings else { return nil }
    return (trace, timings)
  }

  /// The message that the graph is asked. Once. `metadata` is what calls that took the client's stream said beside
  /// it.
  func start(_ message: [UInt8], _ metadata: AnswerMetadata = AnswerMetadata()) {
    guard !isOver else { return }
    if !metadata.isEmpty { kept.keep(metadata, of: .intake) }
    follow(run.started(message, isAnswer: !metadata.isEmpty, now: router.loop.now))
  }

  /// Nobody waits for the answer any more.
  func abandon() {
    abandon(isLate: false)
  }

  private func abandon(isLate: Bool) {
    guard !isOver else { return }
    whenEnded = nil
    follow(run.abandoned(isLate: isLate, now: router.loop.now))
    finish()
  }

  private func deadlinePassed() {
    guard let whenEnded else { return }
    let status = run.lateStatus
    abandon(isLate: true)
    recordWhole(failed: true)
    whenEnded(.failed(FailedAnswer(Refusal(status.code, status.message))))
  }

  /// The last value of each key that the request has.
  private static func values(of keys: [String], in block: HeaderBlock) -> [String: [UInt8]] {
    guard !keys.isEmpty else { return [:] }
    let metadata = block.metadata
    var values: [String: [UInt8]] = [:]
    for key in keys { values[key] = metadata[all: key].last.map { Array($0.utf8) } }
    return values
  }

  // MARK: The graph's side

  func node(of leg: GraphLeg) -> String? { router.namesNodes ? run.nodeName(of: leg) : nil }

  func otherCopies(of call: GraphCall) -> [CallID] {
    legs.compactMap { other in
      other !== call && other.node == call.node && other.message == call.message
        ? other.call : nil
    }
  }

  func replicaDied(with leg: GraphLeg) { run.replicaDied() }

  func legAnswered(_ leg: GraphLeg, _ message: [UInt8], _ metadata: AnswerMetadata) {
    let now = router.loop.now
    legEnded(leg, failed: false, now)
    if !metadata.isEmpty { kept.keep(metadata, of: leg) }
    follow(run.answered(leg, message, saysMore: !metadata.isEmpty, now: now))
  }

  func legFailed(_ leg: GraphLeg, _ error: RPCError, _ metadata: AnswerMetadata) {
    let now = router.loop.now
    legEnded(leg, failed: true, now)
    let failure = FailedAnswer(error, metadata)
    if failure.details != nil || !failure.trailing.isEmpty { keep(failure) }
    follow(run.failed(leg, error.status, now: now))
  }

  func legRefused(_ leg: GraphLeg, _ refusal: Refusal) {
    let now = router.loop.now
    legEnded(leg, failed: true, now)
    if let pushback = refusal.pushback, pushback < .zero { run.stopRetrying() }
    var refusal = refusal
    refusal.status = run.placing(refusal.status, of: leg)
    if refusal.pushback != nil { keep(FailedAnswer(refusal)) }
    follow(run.failed(leg, refusal.status, now: now))
  }

  /// Keeps one of each status, and of those the last.
  private func keep(_ failure: FailedAnswer) {
    guard !failures.contains(where: { $0.refusal.status == failure.refusal.status }) else { return }
    if failures.count == Self.maxFailuresKept { failures.removeFirst() }
    failures.append(failure)
  }

  /// A graph fails with one of its last failures. The details of each may have 4 KiB.
  private static let maxFailuresKept = 16

  private func legEnded(_ leg: GraphLeg, failed: Bool, _ now: Timestamp) {
    guard let call = takeCall(of: leg) else { return }
    if failed { run.sentAgain(call.resends) }
    graph.figures.record(
      call.node, took: now.duration(since: call.began), failed: failed, now: now)
  }

  /// A leg that took too long has failed; one that nobody needs any more has not.
  private func cancel(_ leg: GraphLeg) {
    guard let call = takeCall(of: leg) else { return }
    call.cancel()
    let now = router.loop.now
    guard let deadline = call.deadline, deadline.hasPassed(at: now) else { return }
    graph.figures.record(
      call.node, took: now.duration(since: call.began), failed: true, now: now)
  }

  private func takeCall(of leg: GraphLeg) -> GraphCall? {
    guard let index = legs.firstIndex(where: { $0.leg == leg }) else { return nil }
    let call = legs.remove(at: index)
    if let timing = call.timing { timings?[leg.number] = timing }
    return call
  }

  private func timerFired() {
    graphTimerAt = nil
    guard !isOver else { return }
    follow(run.timePassed(now: router.loop.now))
  }

  private func resume() {
    guard !isOver else { return }
    follow(run.resumed(now: router.loop.now))
  }

  private func setGraphTimer() {
    let next = isOver ? nil : run.nextTimer
    guard next != graphTimerAt else { return }
    graphTimer?.cancel()
    graphTimerAt = next
    graphTimer = next.map { time in
      router.loop.schedule(at: time) { [weak self] in self?.timerFired() }
    }
  }

  private func follow(_ new: consuming [GraphOrder]) {
    // Following one may bring others, which then wait for those before them.
    guard !isFollowingOrders else {
      orders += new
      return
    }
    isFollowingOrders = true
    var next = consume new
    while !next.isEmpty {
      for order in next { follow(order) }
      run.giveBack(consume next)
      next = orders
      orders = []
    }
    isFollowingOrders = false
    setGraphTimer()
  }

  private func follow(_ order: GraphOrder) {
    switch order {
    case .call(let leg, let callee, let message, let own):
      guard let node = run.node(of: leg) else { return }
      guard let (head, pool) = graph.call(of: node, callee, version, router) else {
        return legRefused(
          leg, Refusal(.unavailable, "there is no deployment \(callee.deployment)"))
      }
      let now = router.loop.now
      let timing = timings == nil ? nil : LegTiming()
      let terms = terms.within(own)
      let limit = router.maxMessageBytes(of: pool)
      guard message.count <= limit else {
        return legRefused(
          leg,
          Refusal(
            .resourceExhausted,
            "a message of \(message.count) bytes is beyond the limit of \(limit) of "
              + "\(callee.deployment) \(MessageLimit.settings)"))
      }
      let call = GraphCall(
        router, leg, of: node, head, message, for: self, maxMessageBytes: limit, began: now,
        deadline: terms.deadline, timing: timing)
      legs.append(call)
      router.place(call, in: pool, terms, isLeg: true, now: now)
    case .mirror(let node, let deployment, let method, let message):
      let counted = Counted(figures: graph.figures, number: node)
      guard let pool = router.dispatcher.pool(of: deployment, in: version) else {
        return counted.figures.recordDrop(node, now: router.loop.now)
      }
      MirroredCall.send(message, method, to: pool, of: self, counted)
    case .cancel(let leg):
      cancel(leg)
    case .measured(let node, let duration):
      graph.figures.record(node, took: duration, failed: false, now: router.loop.now)
    case .resume:
      resumption = router.loop.schedule(after: Self.pause) { [weak self] in self?.resume() }
    case .finish(let message):
      end(.answered(message, kept.metadata(of: run.answerSources)))
    case .stream(let calls, let message):
      end(.streams(calls, message))
    case .fail(let status):
      let known = failures.last { $0.refusal.status == status }
      end(.failed(known ?? FailedAnswer(Refusal(status.code, status.message))))
    }
  }

  private func end(_ outcome: Outcome) {
    guard let whenEnded else { return }
    self.whenEnded = nil
    switch outcome {
    case .answered: recordWhole(failed: false)
    case .failed: recordWhole(failed: true)
    // It goes on, and may still fail.
    case .streams: break
    }
    whenEnded(outcome)
    finish()
  }

  private func recordWhole(failed: Bool) {
    let now = router.loop.now
    graph.figures.record(
      GraphFigures.whole, took: now.duration(since: began), failed: failed, now: now)
    router.figuresChanged()
  }

  private func finish() {
    deadlineTimer?.cancel()
    graphTimer?.cancel()
    resumption?.cancel()
    graph.count(run.takeTally(), now: router.loop.now)
    // Taken out first: it is emptied in place where nobody else has it.
    var spare = HeaderBlock()
    swap(&spare, &metadata)
    router.giveBack(consume spare)
    router.dispatcher.requestEnded(version)
    router.settle()
  }
}
