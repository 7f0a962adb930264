// The modelled router: calls arrive, are sent, served, retried and counted.
internal import MartletCore
internal import MartletDispatch
internal import MartletScaling

extension Simulation {
  /// The next arrival of a Poisson process whose rate is that of the phase at hand.
  mutating func scheduleArrival(deployment: Int) {
    let elapsed = now.duration(since: .zero)
    let phases = scenario.load.sorted { $0.start < $1.start }
    let rate = phases.last { $0.start <= elapsed }?.callsPerSecond ?? 0
    let following = phases.first { $0.start > elapsed }
    let change = following.map { Timestamp.zero + $0.start }
    var next: Timestamp?
    if rate > 0 {
      next = now + .nanoseconds(max(1, Int64(-chance.unitLogarithm() / rate * 1e9)))
    }
    // Past the change of phase the old rate says nothing: draw again from there.
    if let change, next.map({ $0 > change }) ?? true {
      next = change
      guard change < .zero + scenario.duration else { return }
      events.add(.arrival(deployment: -1 - deployment), at: change)
      return
    }
    guard let next, next < .zero + scenario.duration else { return }
    events.add(.arrival(deployment: deployment), at: next)
  }

  /// A negative index stands for a change of phase: nothing arrives, the next arrival is drawn anew.
  mutating func arrive(deployment index: Int) {
    guard index >= 0 else { return }
    let spec = scenario.app.deployments[index]
    outcome.deployments[spec.name]?.arrived += 1
    guard
      let route = dispatcher.route(
        app: scenario.app.name, deployment: spec.name, version: nil),
      case .deployment(let pool) = route.target
    else {
      count(.unavailable, of: spec.name)
      return
    }
    switch dispatcher.callArrived(at: pool, CallTerms(), now: now) {
    case .send(let call, let slot):
      begin(call, spec.name, route.version)
      send(call, to: slot)
    case .wait(let call): begin(call, spec.name, route.version)
    case .refuse(let refusal): count(refusal.status.code, of: spec.name)
    }
  }

  private mutating func begin(_ call: CallID, _ deployment: String, _ version: VersionID) {
    ongoing[call] = Ongoing(deployment: deployment, arrived: now, version: version)
    dispatcher.requestEntered(version)
  }

  mutating func send(_ call: CallID, to slot: ReplicaSlot) {
    guard let number = slots[slot], ongoing[call] != nil else { return }
    ongoing[call]?.attempt += 1
    ongoing[call]?.replica = number
    let attempt = Attempt(call: call, replica: number, number: ongoing[call]?.attempt ?? 0)
    processes[number]?.waiting.append(attempt)
    startServing(number)
  }

  /// Starts as many of a replica's calls as it computes at once.
  mutating func startServing(_ number: UInt64) {
    while let process = processes[number], process.serving.count < scenario.replica.parallelism,
      !process.waiting.isEmpty, let attempt = processes[number]?.waiting.removeFirst()
    {
      processes[number]?.serving.insert(attempt)
      noteWait(of: attempt.call)
      let time = scenario.replica.meanServiceTime * -chance.unitLogarithm()
      events.add(.served(attempt), at: now + time + Self.hop)
    }
  }

  private mutating func noteWait(of call: CallID) {
    guard let call = ongoing[call] else { return }
    let before = outcome.deployments[call.deployment]?.longestWait ?? .zero
    outcome.deployments[call.deployment]?.longestWait = max(
      before, now.duration(since: call.arrived))
  }

  mutating func served(_ attempt: Attempt) {
    guard processes[attempt.replica]?.serving.remove(attempt) != nil else { return }
    startServing(attempt.replica)
    exitIfDrained(attempt.replica)
    guard let call = ongoing[attempt.call], call.attempt == attempt.number else { return }
    dispatcher.callEnded(attempt.call, .answered, now: now)
    dispatcher.requestEnded(call.version)
    ongoing[attempt.call] = nil
    outcome.deployments[call.deployment]?.answered += 1
    outcome.deployments[call.deployment]?.latencies.append(now.duration(since: call.arrived))
  }

  /// The calls that a replica had when it died, in a fixed order.
  mutating func lose(_ lost: [Attempt]) {
    for attempt in lost {
      guard let call = ongoing[attempt.call], call.attempt == attempt.number else { continue }
      switch dispatcher.callFailed(
        attempt.call, .connectionLost, mayReplay: true, now: now)
      {
      case .send(let slot): send(attempt.call, to: slot)
      case .wait: break
      case .fail(let refusal), .blame(let refusal, _): end(attempt.call, refusal.status.code)
      }
    }
  }

  mutating func end(_ call: CallID, _ code: RPCStatus.Code) {
    guard let ended = ongoing.removeValue(forKey: call) else { return }
    dispatcher.requestEnded(ended.version)
    count(code, of: ended.deployment)
  }

  private mutating func count(_ code: RPCStatus.Code, of deployment: String) {
    outcome.deployments[deployment]?.failed[code, default: 0] += 1
  }

  mutating func follow(_ order: DispatchOrder) {
    switch order {
    case .connect(let slot, let replica, _, let delay):
      slots[slot] = replica.number
      connectionAttempts[slot, default: 0] += 1
      let attempt = connectionAttempts[slot] ?? 0
      events.add(
        .connectionTried(slot, replica.number, attempt: attempt), at: now + delay + Self.hop)
    case .disconnect(let slot):
      slots[slot] = nil
      connectionAttempts[slot, default: 0] += 1
    case .send(let call, let slot): send(call, to: slot)
    case .fail(let call, let refusal): end(call, refusal.status.code)
    }
  }

  mutating func connectionTried(_ slot: ReplicaSlot, _ number: UInt64, _ attempt: Int) {
    guard slots[slot] == number, connectionAttempts[slot] == attempt else { return }
    if let process = processes[number], process.isUp {
      dispatcher.replicaConnected(slot, now: now)
    } else {
      dispatcher.replicaConnectionEnded(slot, now: now)
    }
  }
}

extension SeededGenerator {
  /// The logarithm of a number that is uniform in (0, 1]: not positive, and -1 on average.
  fileprivate mutating func unitLogarithm() -> Double {
    naturalLogarithm((Double(next() >> 11) + 1) / Double(1 << 53))
  }
}
