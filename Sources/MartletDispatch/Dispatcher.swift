// The dispatcher: which replica gets which call, and when.
package import MartletCore

/// Decides for every call of a router where it goes, whether it waits and when it is over. A value
/// without clock, socket or randomness: the driver tells it what happened and does what it says.
///
/// After every event the driver takes the orders (`takeOrders`) and sees to it that `timePassed`
/// is called at `nextWake()`.
///
/// It is large, and read through the class that owns it: were it copyable, each such read would count
/// the references of all its tables. What is asked for every request is asked as if it changed something:
/// for a mere read of it, all of it would be moved to the stack.
package struct Dispatcher: ~Copyable, Sendable {
  let limits: DispatchLimits

  var calls = Slab<Call>()
  var replicas = Slab<Replica>()
  var pools = Slab<Pool>()
  var deployments = Slab<DeploymentState>()
  var versions = Slab<VersionState>()
  var apps: [String: AppState] = [:]

  /// The apps of the last table in its order.
  var appOrder: [String] = []
  var routes = RouteIndex()
  var httpRoutes = HTTPRouteIndex()
  var orders: [DispatchOrder] = []

  /// When waiting calls stop waiting and calls at replicas are over.
  var callWakes = DeadlineHeap()

  /// When ejected replicas come back.
  var replicaWakes = DeadlineHeap()

  /// When the calls in hand are looked at for those that hang; the greatest moment while there are none.
  var watchAt = Timestamp(nanoseconds: .max)

  /// The generation of the last table that was applied.
  package internal(set) var generation: UInt64 = 0

  /// Counts the changes of what `loadReport` says.
  package internal(set) var loadChanges: UInt64 = 0

  package init(limits: DispatchLimits = DispatchLimits()) {
    self.limits = limits
  }

  // MARK: Orders and time

  /// Whether `takeOrders` has any.
  package var hasOrders: Bool { !orders.isEmpty }

  /// What to do now. Doing it may cause new orders: take until there are none.
  package mutating func takeOrders() -> [DispatchOrder] {
    guard !orders.isEmpty else { return [] }
    defer { orders = [] }
    return orders
  }

  /// When `timePassed` is due; nil while nothing waits for time.
  package mutating func nextWake() -> Timestamp? {
    var wake = calls.count > 0 ? watchAt : Timestamp(nanoseconds: .max)
    if let call = callWakes.first { wake = min(wake, call) }
    if let replica = replicaWakes.first { wake = min(wake, replica) }
    return wake.nanoseconds == .max ? nil : wake
  }

  /// Ends the calls whose time is over and brings ejected replicas back.
  package mutating func timePassed(now: Timestamp) {
    while let slot = replicaWakes.popDue(at: now) { readmit(slot, now: now) }
    while let call = callWakes.popDue(at: now) { expire(call, now: now) }
    if watchAt <= now { watch(now: now) }
  }

  // MARK: Routes

  /// The route of a request by the bytes of its `:path`.
  package func route(path: UnsafeRawBufferPointer) -> Route? { routes[path] }

  /// The routes that have a name at this path of plain HTTP, by its verbs; empty when there is none.
  package func httpRoutes(at path: String) -> [HTTPName.Verb: HTTPRoute] { httpRoutes[path] }

  /// The way to a deployment by name, for calls between deployments. `version` is the one that the calling
  /// request entered under; the current one when it is nil or gone. Requests in hand of an app that is
  /// being deleted still have theirs.
  package func route(app: String, deployment: String, version: AppVersion?) -> Route? {
    guard let state = apps[app],
      let index = version.flatMap({ state.versions[$0] }) ?? state.current,
      let pool = versions[index].pools[deployment]
        ?? state.current.flatMap({ versions[$0].pools[deployment] })
    else { return nil }
    return Route(version: VersionID(index: index), target: .deployment(PoolID(index: pool)))
  }

  /// Whether the table has a version of an app.
  package func knows(_ version: AppVersion, of app: String) -> Bool {
    apps[app]?.versions[version] != nil
  }

  /// The pool of a deployment as a version sees it; nil when it has none of that name.
  package func pool(of deployment: String, in version: VersionID) -> PoolID? {
    versions[version.index].pools[deployment].map(PoolID.init(index:))
  }

  /// The app and the number of a version.
  package func name(of version: VersionID) -> (app: String, version: AppVersion) {
    (versions[version.index].app, versions[version.index].version)
  }

  /// Bytes of the largest message that the deployment takes or gives; `Int.max` where it says nothing.
  package mutating func maxMessageBytes(of pool: PoolID) -> Int {
    pools[pool.index].limits.maxMessageBytes
  }

  /// The deployment's name, for messages.
  package func deploymentName(of pool: PoolID) -> String { pools[pool.index].name }

  /// The app and the deployment of a pool that a call is in.
  package mutating func deployment(of call: CallID) -> (app: String, deployment: String) {
    let pool = calls[call.index].pool
    return (pools[pool].app, pools[pool].name)
  }

  /// The name of a replica, for messages.
  package func name(of slot: ReplicaSlot) -> ReplicaID {
    let replica = replicas[slot.index]
    return ReplicaID(deployment: pools[replica.pool].name, number: replica.number)
  }

  // MARK: Requests

  /// A request entered under a version. Each is followed by one `requestEnded`.
  package mutating func requestEntered(_ version: VersionID) {
    versions[version.index].ongoing += 1
    loadChanges &+= 1
  }

  package mutating func requestEnded(_ version: VersionID) {
    versions[version.index].ongoing -= 1
    loadChanges &+= 1
    if versions[version.index].ongoing == 0, !versions[version.index].isListed { collect() }
  }

  // MARK: Calls

  /// A call for one of the pool's replicas. `isLeg` for a graph's, which must stay with its version.
  ///
  /// `answersOnce`: the request is whole when it is sent, and is answered by one message.
  ///
  /// Where the queue is full, it takes the place of the last of the least urgent calls, if that is less urgent.
  package mutating func callArrived(
    at pool: PoolID, _ terms: CallTerms, isLeg: Bool = false, answersOnce: Bool = true,
    now: Timestamp
  ) -> Arrival {
    var index = pool.index
    switch fate(of: index, isLeg: isLeg) {
    case .stay: break
    case .move(let successor): index = successor
    case .fail(let refusal): return .refuse(refusal)
    }
    let terms = terms.within(pools[index].limits.requestTimeout.map { Deadline(now + $0) })
    if let deadline = terms.deadline, deadline.hasPassed(at: now) {
      return .refuse(
        Refusal(.deadlineExceeded, "the deadline had passed before \(pools[index].name) was called")
      )
    }
    deployments[pools[index].deployment].retryBudget.callArrived()
    if pools[index].queue.isEmpty, let slot = pick(in: index, excluding: -1, now: now) {
      let call = insert(
        Call(pool: index, isLeg: isLeg, answersOnce: answersOnce, terms, now: now))
      assign(call.index, to: slot, now: now)
      return .send(call, ReplicaSlot(index: slot))
    }
    let isFull = deployments[pools[index].deployment].queued >= pools[index].limits.maxQueued
    let loser = isFull ? pools[index].queue.loser(to: terms.priority) : nil
    if isFull, loser == nil { return .refuse(queueFull(index, now: now)) }
    let call = insert(
      Call(pool: index, isLeg: isLeg, answersOnce: answersOnce, terms, now: now))
    // After the new call came in, which so has another number than the one of which the order speaks.
    if let loser { fail(loser, queueFull(index, now: now, ", and a more urgent call came")) }
    enqueue(call.index, atFront: false, now: now)
    return .wait(call)
  }

  /// When the call must be over: its caller's deadline or the deployment's `request_timeout_s`.
  package mutating func deadline(of call: CallID) -> Deadline? { calls[call.index].terms.deadline }

  /// Whether the call may be sent again when its replica dies.
  package mutating func isIdempotent(_ call: CallID) -> Bool {
    pools[calls[call.index].pool].limits.isIdempotent
  }

  /// A part of a longer answer is there.
  package mutating func answerBegan(_ call: CallID) {
    calls[call.index].isAnswering = true
  }

  /// Whether an id still stands for a call in hand.
  package mutating func contains(_ call: CallID) -> Bool {
    calls.contains(call.index) && calls.generation(at: call.index) == call.generation
  }

  /// The call is over, wherever it was.
  package mutating func callEnded(_ call: CallID, _ end: CallEnd, now: Timestamp) {
    precondition(contains(call), "a call ended twice")
    let index = call.index
    let (pool, slot) = (calls[index].pool, calls[index].replica)
    if slot >= 0 {
      judge(index, end, now: now)
      release(index)
    } else {
      dequeue(index)
    }
    remove(index)
    serve(pool, now: now)
  }

  /// A replica died of another copy of the call's request: the call has that death, too.
  package mutating func otherCopyDied(_ call: CallID, of number: UInt64) {
    guard contains(call) else { return }
    let slot = calls[call.index].replica
    if calls[call.index].deaths == 0 {
      calls[call.index].firstDeath = number
      if slot >= 0 { replicas[slot].suspectCalls += 1 }
    }
    calls[call.index].deaths += 1
  }

  /// The number of the replica that has the call; nil while none has.
  package func replica(of call: CallID) -> UInt64? {
    let slot = calls[call.index].replica
    return slot >= 0 ? replicas[slot].number : nil
  }

  /// The call's replica answered UNAVAILABLE, and nothing of the answer went on. Whether another replica may be asked
  /// instead, once `pause` is over: the driver then drops the answer, and says `callFailed` with `unavailable` after
  /// the pause. The call stays where it is until then.
  package mutating func mayAskAnother(
    _ call: CallID, after pause: Duration, now: Timestamp
  ) -> Bool {
    let index = call.index
    let (pool, slot) = (calls[index].pool, calls[index].replica)
    let others = pools[pool].outstanding.count - (replicas[slot].mayBePicked ? 1 : 0)
    guard pools[pool].limits.isIdempotent, others > 0, calls[index].attempts < limits.maxAttempts,
      pause <= limits.maxRetryPause,
      !(calls[index].terms.deadline?.hasPassed(at: now + pause) ?? false),
      deployments[pools[pool].deployment].retryBudget.take(now: now)
    else { return false }
    judge(index, .failed(.unavailable), now: now)
    return true
  }

  /// The call failed before a byte of its response went on. `mayReplay`: the driver still has the whole
  /// request, or can have it sent again.
  package mutating func callFailed(
    _ call: CallID, _ failure: CallFailure, mayReplay: Bool, now: Timestamp
  ) -> FailureDecision {
    precondition(contains(call) && calls[call.index].replica >= 0, "a call failed that is nowhere")
    let index = call.index
    let (pool, slot) = (calls[index].pool, calls[index].replica)
    if failure == .unprocessed, replicas[slot].mayBePicked {
      callWentBadly(index, .broken, now: now)
    }
    let number = replicas[slot].number
    let isDeath = failure == .connectionLost && pools[pool].limits.isIdempotent
    let blame = isDeath ? deaths(by: index).map { ($0, deadly(index, $0)) } : nil
    let refusal = refusalOfRetry(index, failure, mayReplay: mayReplay, now: now)
    release(index)
    defer { serve(pool, now: now) }
    if let (deaths, refusal) = blame {
      remove(index)
      return .blame(refusal, deaths: deaths)
    }
    if let refusal {
      remove(index)
      return .fail(refusal)
    }
    calls[index].failedReplica = slot
    if isDeath {
      if calls[index].deaths == 0 { calls[index].firstDeath = number }
      calls[index].deaths += 1
    }
    switch fate(of: pool, isLeg: calls[index].isLeg) {
    case .stay: break
    case .move(let successor): move(index, to: successor)
    case .fail(let refusal):
      remove(index)
      return .fail(refusal)
    }
    if let next = pick(forAnotherTryOf: index, now: now) {
      assign(index, to: next, now: now)
      return .send(ReplicaSlot(index: next))
    }
    enqueue(index, atFront: true, now: now)
    return .wait
  }
}
