// What a running graph does where it enters a node, and where one below is left or fails.

internal import MartletCore

extension GraphRun {
  mutating func enter(
    _ index: Int, _ payload: Payload, _ back: Return, _ turn: inout Turn
  ) throws(GraphFailure) {
    switch plan.nodes[index].kind {
    case .call: try call(index, payload, back, &turn)
    case .streamed(let calls): end(.stream(calls, message: payload.bytes), &turn)
    case .sequence(let nodes, let keepsInput):
      let frame = open(
        index, back, .sequence(next: 1), keeping: keepsInput ? payload : .nothing)
      turn.steps.append(.enter(node: nodes[0], payload, Return(frame: frame)))
    case .switch(let plan):
      turn.bytesLeft -= payload.bytes.count
      let chosen = try choose(plan, payload, index)
      if trace != nil {
        let taken = caseTaken(chosen)
        trace?.decided(taken)
      }
      turn.steps.append(.enter(node: chosen, payload, back))
    case .splitter(let plan):
      turn.bytesLeft -= payload.bytes.count
      let drawn = try draw(plan, payload, index)
      if let share = plan.shares.first(where: { $0.node == drawn }) {
        trace?.decided("\(share.weight) %")
      }
      turn.steps.append(.enter(node: drawn, payload, back))
    case .forEach(let plan):
      try enter(plan, payload, index, back, &turn)
    case .ensemble(let plan):
      enter(plan, payload, index, back, &turn)
    case .fallback(let nodes):
      let frame = open(index, back, .fallback(next: 1), keeping: payload)
      enterBranch(0, of: nodes, payload, frame, &turn)
    case .hedge(let plan):
      let frame = open(index, back, .hedge(Frame.Hedging(since: turn.now)), keeping: payload)
      if let delay = delays[index] ?? plan.delay { setTimer(frame, after: delay, turn) }
      turn.steps.append(.enter(node: plan.body, payload, Return(frame: frame)))
    case .loop(let plan):
      turn.bytesLeft -= payload.bytes.count
      if plan.kind == .whileHolds, try !holds(plan, payload, index) {
        turn.steps.append(.leave(payload, back))
      } else {
        let frame = open(index, back, .loop(rounds: 0))
        turn.steps.append(.enter(node: plan.body, payload, Return(frame: frame)))
      }
    case .mirror(let plan):
      if plan.percent == 100 || Int.random(in: 0..<100, using: &random) < plan.percent {
        trace?.decided("sent")
        turn.orders.append(
          .mirror(
            node: index, deployment: plan.deployment, method: plan.method, message: payload.bytes))
      } else {
        trace?.decided("not sent")
      }
      turn.steps.append(.leave(payload, back))
    case .map(let plan, let type):
      turn.bytesLeft -= bytesRead(by: plan, payload, back)
      let made = try map(plan, payload, of: type, back, index)
      turn.bytesLeft -= made.bytes.count
      turn.steps.append(.leave(made, back))
    case .subgraph(let body):
      let frame = open(index, back, .waiting)
      turn.steps.append(.enter(node: body, payload, Return(frame: frame)))
    case .return: leaveGraph(payload, back, &turn)
    case .guarded(let plan):
      let frame = open(index, back, .waiting, keeping: plan.keepsInput ? payload : .nothing)
      if let timeout = plan.timeout { setDeadline(frame, after: timeout, turn) }
      turn.steps.append(.enter(node: plan.body, payload, Return(frame: frame)))
    case .retried(let plan):
      let frame = open(index, back, .retry(failures: 0), keeping: payload)
      turn.steps.append(.enter(node: plan.body, payload, Return(frame: frame)))
    case .fromRequest(let body):
      turn.steps.append(.enter(node: body, request(around: back), back))
    }
  }

  /// A map looks for each of its fields on its own.
  private func bytesRead(by plan: GraphPlan.MapPlan, _ payload: Payload, _ back: Return) -> Int {
    plan.parts.reduce(0) { sum, part in
      switch part {
      case .copy(_, from: .input), .copy(_, from: .branch): sum + payload.bytes.count
      case .copy(_, from: .request): sum + request(around: back).bytes.count
      case .constant(let bytes): sum + bytes.count
      }
    }
  }

  /// The case of a switch as the app file has it.
  private func caseTaken(_ node: Int) -> String {
    if case .key(let text)? = plan.nodes[node].path.steps.last { text } else { "" }
  }

  private mutating func enter(
    _ plan: GraphPlan.ForEachPlan, _ payload: Payload, _ index: Int, _ back: Return,
    _ turn: inout Turn
  ) throws(GraphFailure) {
    turn.bytesLeft -= payload.bytes.count
    let elements = try elements(plan, of: payload, index)
    var gathering = Frame.Gathering(count: elements.count, quorum: nil)
    // An element whose call would only wait inside the run does not begin: its time would run already.
    let most = min(plan.parallelism ?? .max, limits.maxOngoingLegs)
    let begun = min(most, elements.count)
    gathering.pending = elements[begun...].reversed()
    let frame = open(index, back, .gather(gathering), keeping: payload)
    // A `for_each` over nothing: its input goes on with an empty field.
    if elements.isEmpty { return settle(gathering, frame, &turn) }
    for slot in (0..<begun).reversed() {
      let element = Payload(bytes: elements[slot], origin: payload.origin)
      turn.steps.append(.enter(node: plan.body, element, Return(frame: frame, slot: slot)))
    }
  }

  private mutating func enter(
    _ plan: GraphPlan.EnsemblePlan, _ payload: Payload, _ index: Int, _ back: Return,
    _ turn: inout Turn
  ) {
    let gathering = Frame.Gathering(count: plan.branches.count, quorum: plan.quorum)
    let keepsInput =
      switch plan.combiner {
      case .collect: true
      case .vote, .mean, .maxBy, .merge, .first, .call, .map: false
      }
    let frame = open(
      index, back, .gather(gathering), keeping: keepsInput ? payload : .nothing)
    for (slot, branch) in plan.branches.enumerated().reversed() {
      turn.steps.append(.enter(node: branch, payload, Return(frame: frame, slot: slot)))
    }
  }

  /// Enters a branch of a fallback. One that has its share of the time has it in a frame of its own.
  private mutating func enterBranch(
    _ branch: Int, of nodes: [Int], _ payload: Payload, _ index: Int, _ turn: inout Turn
  ) {
    var back = Return(frame: index)
    if let share = share(ofBranch: branch, of: nodes, back, turn.now) {
      let frame = open(frames[index].node, back, .waiting)
      trace?.opened(frame, beside: index)
      setDeadline(frame, after: share, turn)
      back = Return(frame: frame)
    }
    turn.steps.append(.enter(node: nodes[branch], payload, back))
  }

  /// How long a branch of a fallback may take where it does not say so itself: what is left to the nearest
  /// deadline, in equal parts for the branches that are left. The last one has all the rest.
  private func share(
    ofBranch branch: Int, of nodes: [Int], _ place: Return, _ now: Timestamp
  ) -> Duration? {
    let left = nodes.count - branch
    guard left > 1, !plan.hasTimeout(nodes[branch]),
      let deadline = nearestDeadline(around: place), !deadline.hasPassed(at: now)
    else { return nil }
    return deadline.remaining(at: now) / left
  }

  /// A node below a frame has answered.
  mutating func leave(
    _ payload: Payload, _ back: Return, _ turn: inout Turn
  ) throws(GraphFailure) {
    guard let index = back.frame else { return finish(payload, &turn) }
    let node = frames[index].node
    switch frames[index].state {
    case .sequence(let next):
      guard case .sequence(let nodes, _) = plan.nodes[node].kind, next < nodes.count else {
        turn.steps.append(.leave(payload, close(index)))
        return
      }
      frames[index].state = .sequence(next: next + 1)
      turn.steps.append(.enter(node: nodes[next], payload, Return(frame: index)))
    case .gather(var gathering):
      gathering.bytes += payload.bytes.count
      try checkJoined(gathering, node)
      // Out of the frame first, so that the answers are changed in place.
      frames[index].state = .waiting
      gathering.answers[back.slot] = payload
      gathering.good += 1
      wentOn(gathering, index, &turn)
    case .waiting, .fallback, .retry:
      turn.steps.append(.leave(payload, close(index)))
    case .hedge(let hedging):
      let outer = hedging.running > 1 ? prune(index, &turn) : close(index)
      if case .hedge(let plan) = plan.nodes[node].kind, plan.quantile != nil {
        turn.orders.append(.measured(node: node, turn.now.duration(since: hedging.since)))
      }
      turn.steps.append(.leave(payload, outer))
    case .loop(let rounds):
      try roundEnded(rounds + 1, payload, index, &turn)
    case .closed: break
    }
  }

  /// Answers for the innermost graph around a place, and so for all nodes of it that the place is in.
  private mutating func leaveGraph(_ payload: Payload, _ place: Return, _ turn: inout Turn) {
    var place = place
    while true {
      trace?.ended(place, .answered, output: payload.bytes.count, now: turn.now)
      guard let index = place.frame else { return finish(payload, &turn) }
      if case .subgraph = plan.nodes[frames[index].node].kind {
        turn.steps.append(.leave(payload, prune(index, &turn)))
        return
      }
      place = frames[index].back
    }
  }

  private mutating func roundEnded(
    _ rounds: Int, _ payload: Payload, _ index: Int, _ turn: inout Turn
  ) throws(GraphFailure) {
    let node = frames[index].node
    guard case .loop(let plan) = plan.nodes[node].kind else { return }
    turn.bytesLeft -= payload.bytes.count
    let goesOn = try holds(plan, payload, node) == (plan.kind == .whileHolds)
    guard goesOn else {
      turn.steps.append(.leave(payload, close(index)))
      return
    }
    guard rounds < plan.maxRounds else {
      throw failure(
        .resourceExhausted, "the loop has not ended within \(plan.maxRounds) rounds", at: node)
    }
    frames[index].state = .loop(rounds: rounds)
    turn.steps.append(.enter(node: plan.body, payload, Return(frame: index)))
  }

  /// A node below a frame has failed.
  mutating func fail(_ status: RPCStatus, _ back: Return, _ turn: inout Turn) {
    guard let index = back.frame else { return end(.fail(status), &turn) }
    let (node, input) = (frames[index].node, frames[index].input)
    switch frames[index].state {
    case .sequence, .loop:
      turn.steps.append(.fail(status, close(index)))
    case .gather(var gathering):
      gathering.failed(status)
      guard gathering.quorum != nil else { return giveUp(index, status, &turn) }
      frames[index].state = .waiting
      wentOn(gathering, index, &turn)
    case .waiting: failed(index, status, keeping: input, close(index), &turn)
    case .fallback(let next):
      guard case .fallback(let nodes) = plan.nodes[node].kind, next < nodes.count else {
        turn.steps.append(.fail(status, close(index)))
        return
      }
      frames[index].state = .fallback(next: next + 1)
      enterBranch(next, of: nodes, input, index, &turn)
    case .hedge(var hedging):
      hedging.running -= 1
      frames[index].state = .hedge(hedging)
      if hedging.begun == 1, mayHedge(beside: hedging.running) {
        stopTimer(index)
        beginAgain(index, &turn)
      } else if hedging.running == 0 {
        turn.steps.append(.fail(status, close(index)))
      }
    case .retry(let failures):
      guard case .retried(let plan) = plan.nodes[node].kind,
        retry(plan.spec, after: status, failures: failures + 1, index, turn)
      else {
        turn.steps.append(.fail(status, close(index)))
        return
      }
    case .closed: break
    }
  }

  /// A node with an `on_error`, or one that only waited, was left because what is below it has failed.
  private mutating func failed(
    _ index: Int, _ status: RPCStatus, keeping input: Payload, _ outer: Return, _ turn: inout Turn
  ) {
    guard case .guarded(let plan) = plan.nodes[frames[index].node].kind else {
      turn.steps.append(.fail(status, outer))
      return
    }
    switch plan.onError {
    case .fail: turn.steps.append(.fail(status, outer))
    case .leaveOut:
      trace?.decided("skip", in: index)
      turn.steps.append(.omit(status, outer))
    case .passInput:
      trace?.decided("skip", in: index)
      turn.steps.append(.leave(input, outer))
    case .answer(let bytes):
      trace?.decided("default", in: index)
      turn.steps.append(.leave(Payload(bytes: bytes, origin: nil), outer))
    }
  }

  /// Has a node run again a little later; false when it must not be, or when that is too late.
  private mutating func retry(
    _ spec: NodeOptions.RetrySpec, after status: RPCStatus, failures: Int, _ index: Int,
    _ turn: Turn
  ) -> Bool {
    guard failures < spec.attempts, spec.codes.contains(status.code), mayRetry else { return false }
    let chance = Double.random(in: 0.8...1.2, using: &random)
    let pause = spec.backoff * (Double(1 << (failures - 1)) * chance)
    if let deadline = nearestDeadline(around: Return(frame: index)),
      deadline.hasPassed(at: turn.now + pause)
    {
      return false
    }
    retryCount += 1
    frames[index].state = .retry(failures: failures)
    setTimer(index, after: pause, turn)
    return true
  }

  /// A child of a gathering failed, and its `on_error` leaves it out.
  mutating func omit(_ status: RPCStatus, _ back: Return, _ turn: inout Turn) {
    guard let index = back.frame, case .gather(var gathering) = frames[index].state else {
      return fail(status, back, &turn)
    }
    gathering.failed(status)
    frames[index].state = .waiting
    wentOn(gathering, index, &turn)
  }

  /// One more child of a gathering has ended.
  private mutating func wentOn(
    _ gathering: Frame.Gathering, _ index: Int, _ turn: inout Turn
  ) {
    var gathering = gathering
    gathering.missing -= 1
    if let quorum = gathering.quorum, quorum > 1, gathering.good + gathering.missing < quorum,
      let last = gathering.lastFailure
    {
      let failed = gathering.answers.count - gathering.good - gathering.missing
      let status = failure(
        last.code,
        "\(failed) of \(gathering.answers.count) branches failed, and the quorum is \(quorum); "
          + "the last one: \(last.message)", at: frames[index].node
      ).status
      return giveUp(index, status, &turn)
    }
    if gathering.missing == 0 || gathering.good == gathering.quorum {
      return settle(gathering, index, &turn)
    }
    if let element = gathering.pending.popLast(),
      case .forEach(let plan) = plan.nodes[frames[index].node].kind
    {
      let slot = gathering.answers.count - gathering.pending.count - 1
      let origin = frames[index].input.origin
      turn.steps.append(
        .enter(
          node: plan.body, Payload(bytes: element, origin: origin),
          Return(frame: index, slot: slot)))
    }
    frames[index].state = .gather(gathering)
  }

  private mutating func giveUp(_ index: Int, _ status: RPCStatus, _ turn: inout Turn) {
    turn.steps.append(.fail(status, prune(index, &turn)))
  }

  /// There are the answers that were waited for.
  private mutating func settle(
    _ gathering: Frame.Gathering, _ index: Int, _ turn: inout Turn
  ) {
    let (node, input) = (frames[index].node, frames[index].input)
    let outer = gathering.missing > 0 ? prune(index, &turn) : close(index)
    turn.bytesLeft -= input.bytes.count + gathering.bytes
    do throws(GraphFailure) {
      switch try combine(node, input: input, gathering, outer) {
      case .message(let payload): turn.steps.append(.leave(payload, outer))
      case .question(let payload, let node):
        turn.steps.append(.enter(node: node, payload, outer))
      }
    } catch {
      turn.steps.append(.fail(error.status, outer))
    }
  }

  /// The second copy of a hedge starts, if there may be one.
  private mutating func beginAgain(_ index: Int, _ turn: inout Turn) {
    let frame = frames[index]
    guard case .hedge(var hedging) = frame.state, mayHedge(beside: hedging.running),
      case .hedge(let plan) = plan.nodes[frame.node].kind
    else { return }
    retryCount += 1
    hedging.begun += 1
    hedging.running += 1
    frames[index].state = .hedge(hedging)
    turn.steps.append(.enter(node: plan.body, frame.input, Return(frame: index, slot: 1)))
  }

  /// A node has run out of its time. A call is counted with its leg.
  private mutating func countLate(_ body: Int) {
    switch plan.nodes[body].kind {
    case .call: break
    case .retried(let plan): countLate(plan.body)
    case .fromRequest(let inner): countLate(inner)
    default: tally.failed(body)
    }
  }

  /// The moment of a frame has come.
  mutating func timerFired(_ index: Int, _ turn: inout Turn) {
    let node = frames[index].node
    switch plan.nodes[node].kind {
    case .hedge: beginAgain(index, &turn)
    case .retried(let plan):
      turn.steps.append(
        .enter(node: plan.body, frames[index].input, Return(frame: index)))
    case .guarded(let plan):
      countLate(plan.body)
      tooLate(index, "no answer within \(plan.timeout ?? .zero)", at: node, &turn)
    case .fallback(let branches):
      guard let outer = frames[index].back.frame,
        case .fallback(let next) = frames[outer].state
      else { return }
      let late = "no answer within its share of the time to the deadline"
      countLate(branches[next - 1])
      tooLate(index, late, at: branches[next - 1], &turn)
    default: break
    }
  }

  /// The time of what is below a frame is over.
  private mutating func tooLate(
    _ index: Int, _ message: String, at node: Int, _ turn: inout Turn
  ) {
    let input = frames[index].input
    let outer = prune(index, as: .failed(.deadlineExceeded), &turn)
    let late = failure(.deadlineExceeded, message, at: node)
    failed(index, late.status, keeping: input, outer, &turn)
  }
}

extension GraphFrame.Gathering {
  init(count: Int, quorum: Int?) {
    answers = Array(repeating: nil, count: count)
    missing = count
    self.quorum = quorum
  }
}

extension GraphPlan.GuardPlan {
  var keepsInput: Bool {
    if case .passInput = onError { true } else { false }
  }
}
