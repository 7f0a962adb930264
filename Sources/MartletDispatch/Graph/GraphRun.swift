// One request on its way through a graph.

package import MartletCore

/// Runs a plan for one request: reports go in, orders come out, in an order that depends on nothing
/// else. It reads payloads only where the graph does: the field of a condition, the elements of a
/// `for_each`, the fields of a combiner.
///
/// A failure, of a leg or of the graph itself, goes up from node to node until one of them has another
/// way; what runs below a node that is left is cancelled. Reports that come after the end, or about a
/// leg that is not in flight, are ignored.
package struct GraphRun: ~Copyable, Sendable {
  typealias Payload = GraphPayload
  typealias Frame = GraphFrame
  typealias Return = GraphFrame.Return

  let plan: GraphPlan
  let limits: GraphLimits

  /// Values of the request's metadata, for `GraphPlan.metadataKeys`.
  let metadata: [String: [UInt8]]

  /// What was measured for `GraphPlan.measured`, by node.
  let delays: [Int: Duration]

  /// When nobody waits for the answer any more; nil: never.
  let deadline: Deadline?

  /// Nodes that wait for something below them; indices are never reused, and a frame comes after the one
  /// that it goes back to.
  var frames: [Frame] = []

  /// The frames that do something at a moment.
  private var timers = DeadlineHeap()

  /// The legs in flight, each with the place that its answer goes to.
  private var ongoing = LegTable<Ongoing>()

  /// Calls beyond `maxOngoingLegs`, first in first out from `firstWaiting`. Those that nobody wants any more
  /// are dropped when it is their turn.
  private var waiting: [Call] = []
  private var firstWaiting = 0

  /// All legs below this one have begun, or will not.
  private var firstUnbegun = 0

  /// What is still to be done, between turns; the last one is the next. Empty unless the run has paused.
  private var steps: [Step] = []
  /// Memory for the next turn's orders.
  private var spareOrders: [GraphOrder] = []
  /// `resume` was ordered.
  private var isPaused = false

  private(set) var legCount = 0
  private var entryCount = 0
  /// Frames that were looked at because they might be given up.
  package private(set) var prunedFrames = 0
  /// What was sent once more: nodes that were run again, second copies of hedges, and what the router sent
  /// again of calls that failed in the end.
  var retryCount = 0

  /// A part of the request has killed replicas: no part of it is tried again.
  private var isDeadly = false
  /// Replicas that died with a part of the request in hand.
  private var deaths = 0
  private var isOver = false
  var random: SeededGenerator

  /// What the nodes did so far; nil: nobody asked.
  package internal(set) var trace: GraphTrace?

  /// The legs whose answers the answer is made of, of those that said more than a message; once `finish` was ordered.
  package private(set) var answerSources: [GraphLeg] = []

  /// The nodes that were entered and those that failed so far, beside calls.
  var tally: GraphTally

  private struct Ongoing: Sendable {
    var node: Int
    var back: Return
  }

  private struct Call: Sendable {
    var leg: GraphLeg
    var node: Int
    var payload: [UInt8]
    var back: Return
  }

  /// What is to be done next, and what was ordered so far, of one report.
  struct Turn {
    let now: Timestamp
    /// Legs from this one on were ordered in this turn.
    let firstLeg: Int
    /// The first of the steps are left to the turn for which `resume` was ordered, so that what is reported
    /// before is not held up by it, nor adds to it.
    let pausedSteps: Int
    var stepsLeft: Int
    var bytesLeft: Int
    var steps: [Step] = []
    var orders: [GraphOrder] = []
  }

  enum Step {
    case enter(node: Int, Payload, Return)
    case leave(Payload, Return)
    /// The node below has failed.
    case fail(RPCStatus, Return)
    /// As if the node below were not there.
    case omit(RPCStatus, Return)

    var back: Return {
      switch self {
      case .enter(_, _, let back), .leave(_, let back), .fail(_, let back), .omit(_, let back): back
      }
    }
  }

  /// `metadata` has what the request says of `plan.metadataKeys`; `seed` decides what is left to chance;
  /// `delays` has the times of `plan.measured` that are known; `deadline` is the request's, which the router
  /// keeps; `traces` keeps a record of what each node does; `tally` is an empty one that may have memory.
  package init(
    _ plan: GraphPlan, metadata: [String: [UInt8]] = [:], seed: UInt64 = 0,
    delays: [Int: Duration] = [:], deadline: Deadline? = nil, traces: Bool = false,
    limits: GraphLimits = GraphLimits(), tally: GraphTally = GraphTally()
  ) {
    self.tally = tally
    self.plan = plan
    self.metadata = metadata
    self.delays = delays
    self.deadline = deadline
    self.limits = limits
    random = SeededGenerator(seed: seed)
    trace = traces ? GraphTrace(maxSpans: limits.maxTracedNodes) : nil
  }

  /// The method whose request it is.
  package var route: MethodName { plan.route }

  /// Whether `finish`, `stream` or `fail` was ordered, or the run was abandoned.
  package var hasEnded: Bool { isOver }

  /// A leg was told that it must not be sent again.
  package mutating func stopRetrying() { isDeadly = true }

  /// Whether anything may be sent once more.
  var mayRetry: Bool {
    !isDeadly && retryCount < max(limits.leastRetries, legCount / limits.callsPerRetry)
  }

  /// A replica died with a leg in hand.
  package mutating func replicaDied() { deaths += 1 }

  /// Whether a hedge may send its second copy beside so many. A request that may have killed a replica is not sent to
  /// two at once: the second death is the last one.
  func mayHedge(beside running: Int) -> Bool {
    mayRetry && (deaths == 0 || (deaths == 1 && running == 0))
  }

  /// A leg is about to be reported as `failed`, which the router had sent again so often. It counts as if
  /// nodes had been run again.
  package mutating func sentAgain(_ times: Int) {
    retryCount += times
  }

  /// When `timePassed` has something to do; nil: never.
  package var nextTimer: Timestamp? { timers.first }

  /// The node that made a leg that is in flight; nil for any other.
  package func node(of leg: GraphLeg) -> Int? { ongoing[leg]?.node }

  /// The request's message came in. Once, first. `isAnswer`: it is what calls that took the client's stream
  /// answered, and they said more than that (`GraphLeg.intake`).
  package mutating func started(
    _ input: [UInt8], isAnswer: Bool = false, now: Timestamp = .zero
  ) -> [GraphOrder] {
    precondition(legCount == 0 && frames.isEmpty, "a run starts once")
    let payload = Payload(bytes: input, origin: nil, sources: isAnswer ? [.intake] : [])
    var turn = begin(now)
    turn.steps.append(.enter(node: plan.root, payload, .answer))
    run(&turn)
    return orders(of: turn)
  }

  /// A leg's deployment answered; `saysMore` than the message, which `answerSources` tells apart.
  package mutating func answered(
    _ leg: GraphLeg, _ message: [UInt8], saysMore: Bool = false, now: Timestamp = .zero
  ) -> [GraphOrder] {
    ended(leg, now) {
      .leave(
        Payload(bytes: message, origin: $0.node, sources: saysMore ? [leg] : []), $0.back)
    }
  }

  /// A leg ended with a status other than OK. Where no node has another way, the client gets that
  /// status as it is.
  package mutating func failed(
    _ leg: GraphLeg, _ status: RPCStatus, now: Timestamp = .zero
  ) -> [GraphOrder] {
    ended(leg, now) { .fail(status, $0.back) }
  }

  /// What the client hears of a leg that the router itself fails, of which no replica had a say: where in
  /// the graph it was, too.
  package func placing(_ status: RPCStatus, of leg: GraphLeg) -> RPCStatus {
    guard let call = ongoing[leg], case .call(let callee) = plan.nodes[call.node].kind
    else { return status }
    return failure(status.code, "calling \(callee.deployment): \(status.message)", at: call.node)
      .status
  }

  /// What the client hears when its deadline passes before the end.
  package var lateStatus: RPCStatus {
    let late = "the graph did not end before the deadline"
    guard let first = ongoing.first, case .call(let callee) = plan.nodes[first.node].kind
    else { return RPCStatus(.deadlineExceeded, "\(route): \(late)") }
    let others = ongoing.count > 1 ? " and \(ongoing.count - 1) others" : ""
    let waits = "\(late); it waited for \(callee.deployment)\(others)"
    return failure(.deadlineExceeded, waits, at: first.node).status
  }

  /// The moment of `nextTimer` has come.
  package mutating func timePassed(now: Timestamp) -> [GraphOrder] {
    var turn = begin(now)
    fireTimers(&turn)
    return orders(of: turn)
  }

  /// Others had their turn since `resume` was ordered.
  package mutating func resumed(now: Timestamp) -> [GraphOrder] {
    guard !isOver, isPaused else { return [] }
    isPaused = false
    var turn = begin(now)
    fireTimers(&turn)
    run(&turn)
    return orders(of: turn)
  }

  /// Nobody waits for the answer any more: the client cancelled, or its deadline passed (`isLate`). Only legs
  /// are cancelled; what the client is told is the router's to say.
  package mutating func abandoned(
    isLate: Bool = false, now: Timestamp = .zero
  ) -> [GraphOrder] {
    isOver ? [] : end(isLate ? .failed(.deadlineExceeded) : .cancelled, now: now)
  }

  /// What still runs has that outcome.
  private mutating func end(_ outcome: GraphTrace.Outcome, now: Timestamp) -> [GraphOrder] {
    isOver = true
    trace?.pruned(nil, outcome, now: now)
    defer {
      ongoing = LegTable()
      waiting = []
      frames = []
      steps = []
      timers = DeadlineHeap()
    }
    return ongoing.legs.map { .cancel($0) }
  }

  private mutating func fireTimers(_ turn: inout Turn) {
    while !isOver, let frame = timers.popDue(at: turn.now) {
      timerFired(frame, &turn)
      run(&turn)
    }
  }

  /// What a leg's end leads to; what should have happened before it happens first.
  private mutating func ended(
    _ leg: GraphLeg, _ now: Timestamp, _ step: (Ongoing) -> Step
  ) -> [GraphOrder] {
    guard !isOver, let call = ongoing.remove(leg) else { return [] }
    var turn = begin(now)
    fireTimers(&turn)
    turn.steps.append(step(call))
    run(&turn)
    return orders(of: turn)
  }

  private mutating func begin(_ now: Timestamp) -> Turn {
    var turn = Turn(
      now: now, firstLeg: firstUnbegun, pausedSteps: isPaused ? steps.count : 0,
      stepsLeft: limits.maxStepsPerTurn, bytesLeft: limits.maxBytesPerTurn)
    swap(&turn.steps, &steps)
    swap(&turn.orders, &spareOrders)
    return turn
  }

  /// Takes orders that were followed, whose memory is for those of the next turn.
  package mutating func giveBack(_ orders: consuming [GraphOrder]) {
    orders.removeAll(keepingCapacity: true)
    spareOrders = orders
  }

  /// Ends a turn. What it has left to do waits for the next one.
  private mutating func orders(of turn: consuming Turn) -> [GraphOrder] {
    if isOver {
      turn.steps.removeAll()
    } else if !turn.steps.isEmpty, !isPaused {
      isPaused = true
      turn.orders.append(.resume)
    }
    // Its memory is kept for the next turn.
    steps = turn.steps
    return turn.orders
  }

  /// Goes on until everything waits for legs, the turn has done as much as it may, or the run is over. A stack
  /// of steps instead of recursion: a graph of empty `for_each` answers a thousand nodes in one go.
  private mutating func run(_ turn: inout Turn) {
    while !isOver, turn.steps.count > turn.pausedSteps, turn.stepsLeft > 0, turn.bytesLeft > 0,
      let step = turn.steps.popLast()
    {
      turn.stepsLeft -= 1
      if let frame = step.back.frame, !frames[frame].isOpen { continue }
      if trace != nil { record(step, turn.now) }
      do throws(GraphFailure) {
        switch step {
        case .enter(let node, let payload, let back):
          try count(node)
          try enter(node, payload, back, &turn)
        case .leave(let payload, let back): try leave(payload, back, &turn)
        case .fail(let status, let back): fail(status, back, &turn)
        case .omit(let status, let back): omit(status, back, &turn)
        }
        countFailure(after: step, turn)
      } catch {
        if case .enter(let node, _, _) = step { tally.failed(node) }
        turn.steps.append(.fail(error.status, step.back))
      }
    }
    if !isOver { startWaiting(&turn) }
  }

  private mutating func record(_ step: Step, _ now: Timestamp) {
    switch step {
    case .enter(let node, let payload, let back):
      trace?.entered(plan.nodes[node], payload, back, now: now)
    case .leave(let payload, let back):
      trace?.ended(back, .answered, output: payload.bytes.count, now: now)
    case .fail(let status, let back):
      trace?.ended(back, .failed(status.code), output: nil, now: now)
    case .omit(_, let back):
      trace?.ended(back, .replaced, output: nil, now: now)
    }
  }

  private mutating func count(_ node: Int) throws(GraphFailure) {
    entryCount += 1
    tally.entered(node)
    guard entryCount <= limits.maxEntries else {
      throw failure(
        .resourceExhausted, "the request runs more than \(limits.maxEntries) nodes", at: node)
    }
  }

  /// Counts the node that a step came back to, where that had no other way than to fail. Its options have nodes of
  /// their own, which are not counted again.
  private mutating func countFailure(after step: Step, _ turn: Turn) {
    guard case .fail? = turn.steps.last, !isOver, let index = step.back.frame,
      !frames[index].isOpen
    else { return }
    if case .enter = step { return }
    switch plan.nodes[frames[index].node].kind {
    case .guarded, .retried: break
    case .fallback where isShare(index): break
    default: tally.failed(frames[index].node)
    }
  }

  /// Whether a frame is no node's, but the one in which a branch of a fallback has its share of the time.
  private func isShare(_ index: Int) -> Bool {
    frames[index].back.frame.map { frames[$0].node == frames[index].node } ?? false
  }

  /// What was counted, once.
  package mutating func takeTally() -> GraphTally {
    var taken = GraphTally()
    swap(&taken, &tally)
    return taken
  }

  /// Ends the run with an answer.
  mutating func finish(_ payload: Payload, _ turn: inout Turn) {
    answerSources = payload.sources
    end(.finish(payload.bytes), &turn)
  }

  /// Ends the run with the last of its orders. Calls that were ordered in this turn never leave.
  mutating func end(_ last: GraphOrder, _ turn: inout Turn) {
    dropCalls(&turn) { _ in true }
    _ = end(.cancelled, now: turn.now)
    turn.orders.append(last)
  }
}

/// Frames.
extension GraphRun {
  /// Enters a node that waits for something below it; returns the frame's index.
  mutating func open(
    _ node: Int, _ back: Return, _ state: Frame.State, keeping input: Payload = .nothing
  ) -> Int {
    let index = frames.count
    var frame = Frame(node: node, back: back, input: input, deadline: nil, state: state)
    if let parent = back.frame {
      frame.sibling = frames[parent].lastChild
      frames[parent].lastChild = index
    }
    frames.append(frame)
    trace?.opened(index)
    return index
  }

  /// Leaves a frame, below which nothing runs any more; returns where its answer goes.
  mutating func close(_ frame: Int) -> Return {
    frames[frame].state = .closed
    frames[frame].input = .nothing
    timers.remove(frame)
    return frames[frame].back
  }

  mutating func setTimer(_ frame: Int, after duration: Duration, _ turn: Turn) {
    timers.set(frame, at: turn.now + duration)
  }

  /// What runs below a frame has so long, and its calls hear of it.
  mutating func setDeadline(_ frame: Int, after duration: Duration, _ turn: Turn) {
    frames[frame].deadline = Deadline(turn.now + duration)
    setTimer(frame, after: duration, turn)
  }

  mutating func stopTimer(_ frame: Int) {
    timers.remove(frame)
  }

  /// Leaves a frame and gives up all that runs below it; returns where its answer goes.
  mutating func prune(
    _ frame: Int, as outcome: GraphTrace.Outcome = .cancelled, _ turn: inout Turn
  ) -> Return {
    var pruned: Set<Int>? = trace == nil ? nil : [frame]
    closeChildren(of: frame, &pruned)
    let back = close(frame)
    if let pruned { trace?.pruned(pruned, outcome, now: turn.now) }
    let frames = frames
    dropCalls(&turn) { place in place.frame.map { !frames[$0].isOpen } ?? false }
    return back
  }

  /// Each frame is looked at once in a run: what was pruned is in no list any more. Below a frame that was left
  /// none is open. As deep as the graph is.
  private mutating func closeChildren(of frame: Int, _ pruned: inout Set<Int>?) {
    var next = frames[frame].lastChild
    frames[frame].lastChild = nil
    while let child = next {
      next = frames[child].sibling
      prunedFrames += 1
      guard frames[child].isOpen else { continue }
      pruned?.insert(child)
      _ = close(child)
      closeChildren(of: child, &pruned)
    }
  }

  /// Cancels calls in flight, and forgets those that were ordered in this turn.
  private mutating func dropCalls(_ turn: inout Turn, where isDropped: (Return) -> Bool) {
    for leg in ongoing.removeAll(where: { isDropped($0.back) }) {
      guard leg.number >= turn.firstLeg else {
        turn.orders.append(.cancel(leg))
        continue
      }
      let ordered = turn.orders.lastIndex { order in
        if case .call(leg, _, _, _) = order { true } else { false }
      }
      if let ordered { turn.orders.remove(at: ordered) }
    }
  }

  /// The input of the innermost sequence around a place.
  func request(around place: Return) -> Payload {
    var place = place
    while let index = place.frame {
      if case .sequence(_, let keepsInput) = plan.nodes[frames[index].node].kind {
        precondition(keepsInput, "the plan knows which inputs are taken")
        return frames[index].input
      }
      place = frames[index].back
    }
    preconditionFailure("the plan has a sequence around each node that takes the request")
  }

  /// The nearest deadline of the request and of the nodes around a place.
  func nearestDeadline(around place: Return) -> Deadline? {
    Deadline.earliest(deadline, deadline(around: place))
  }

  /// The nearest deadline of the nodes around a place.
  private func deadline(around place: Return) -> Deadline? {
    guard plan.hasTimeouts else { return nil }
    var nearest: Deadline?
    var place = place
    while let index = place.frame {
      nearest = Deadline.earliest(nearest, frames[index].deadline)
      place = frames[index].back
    }
    return nearest
  }
}

/// Legs.
extension GraphRun {
  mutating func call(
    _ node: Int, _ payload: Payload, _ back: Return, _ turn: inout Turn
  ) throws(GraphFailure) {
    guard legCount < limits.maxLegs else {
      throw failure(
        .resourceExhausted, "the request needs more than \(limits.maxLegs) calls", at: node)
    }
    let call = Call(leg: GraphLeg(legCount), node: node, payload: payload.bytes, back: back)
    trace?.called(call.leg)
    legCount += 1
    if ongoing.count < limits.maxOngoingLegs, firstWaiting == waiting.count {
      start(call, &turn)
    } else {
      waiting.append(call)
    }
  }

  /// The node that makes a leg in flight, by its name or else its path in the app file.
  package func nodeName(of leg: GraphLeg) -> String? {
    guard let call = ongoing[leg] else { return nil }
    return plan.nodes[call.node].name ?? plan.nodes[call.node].path.description
  }

  private mutating func startWaiting(_ turn: inout Turn) {
    while firstWaiting < waiting.count, ongoing.count < limits.maxOngoingLegs {
      let call = waiting[firstWaiting]
      firstWaiting += 1
      if let frame = call.back.frame, !frames[frame].isOpen { continue }
      start(call, &turn)
    }
    if firstWaiting == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      firstWaiting = 0
    }
  }

  private mutating func start(_ call: Call, _ turn: inout Turn) {
    guard case .call(let callee) = plan.nodes[call.node].kind else {
      preconditionFailure("only calls make legs")
    }
    ongoing.add(Ongoing(node: call.node, back: call.back), for: call.leg)
    firstUnbegun = call.leg.number + 1
    turn.orders.append(
      .call(
        leg: call.leg, callee, message: call.payload, deadline: deadline(around: call.back)))
  }
}
