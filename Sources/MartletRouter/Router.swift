// The router's driver: asks the dispatcher, and does what it says.
internal import Logging
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletSchema
internal import MartletWire

/// Who made a call, and is told what becomes of it.
protocol CallOwner: AnyObject {
  /// The call's name while it is in the dispatcher's hands; set by `Router.place`.
  var call: CallID? { get set }

  /// Opens a stream to a replica and sends all there is so far; false when the link cannot take it.
  func send(over link: ReplicaLink) -> Bool

  /// The whole request can be sent once more.
  var mayReplay: Bool { get }

  /// Copies of the same request that are in flight beside this one.
  var otherCopies: [CallID] { get }

  /// What people know the request by.
  var requestName: RequestName { get }

  /// The dispatcher ended the call: reset its stream, if any, and say why. Not called for calls that the
  /// owner ended.
  func ended(_ refusal: Refusal)
}

extension CallOwner {
  var otherCopies: [CallID] { [] }
}

/// All of a router's state. On its loop only.
final class Router: @unchecked Sendable {
  let loop: Loop
  let limits: Limits
  let routerLimits: RouterLimits
  /// What is spoken with replicas.
  let mesh: MeshTLS
  let logger: Logger
  let codec = MessageCodec()
  var dispatcher: Dispatcher

  /// By `CallID.index`.
  private var owners: [(any CallOwner)?] = []

  /// Messages that graphs mirrored and that are under way.
  var mirroredCalls = 0
  /// By `ReplicaSlot.index`.
  private(set) var links: [ReplicaLink?] = []
  /// By `VersionID.index`.
  var versions: [VersionRecord?] = []

  /// Requests that replicas died of since the last report.
  var deadlyRequests = DeadlyRequests()

  /// What all replay buffers may have.
  private let maxReplayBytes: Int

  /// Bytes in all replay buffers.
  private(set) var replayBytes = 0
  private var spareHeaders: [HeaderBlock] = []
  private var wakeTimer: Timer?
  private var wakeAt = Timestamp(nanoseconds: .max)
  private var isFollowingOrders = false
  private var isClosed = false

  /// Grows whenever a path may have come to mean something else.
  var routeEpoch = 0

  /// Definitions and tables that came from controllers.
  var updates = 0

  /// Whether requests of graphs' legs say which node makes them (`MeshHeader.node`).
  var namesNodes = false

  /// Called, on the loop, when clients may ping more or less often than before.
  var pingIntervalChanged: ((Duration) -> Void)?
  private var toldPingInterval: Duration?

  /// Called, on the loop, with every table.
  var tableArrived: (() -> Void)?

  /// What the router answers by itself.
  private(set) lazy var own = OwnServices(self)

  /// Called, on the loop, when there is a load to report; at most every `reportInterval`.
  var reportLoad: (() -> Void)?
  private var reportedChanges: UInt64 = 0
  private var reportedAt = Timestamp(nanoseconds: .min)
  private var reportIsDue = false

  /// Whether the next report has figures of routes.
  var figuresAreDue = true
  private var figuresTimerIsSet = false
  private var turnTimerIsSet = false

  init(
    loop: Loop, limits: Limits = Limits(), routerLimits: RouterLimits = RouterLimits(),
    dispatchLimits: DispatchLimits = DispatchLimits(), mesh: MeshTLS = MeshTLS(),
    logger: Logger
  ) {
    self.loop = loop
    self.limits = limits
    self.routerLimits = routerLimits
    self.mesh = mesh
    self.logger = logger
    dispatcher = Dispatcher(limits: dispatchLimits)
    maxReplayBytes = min(routerLimits.maxReplayBytes, loop.messageMemory.total / 8)
  }

  // MARK: Calls

  /// Gives a call to the dispatcher. Its owner hears `send` or `ended`, now or later.
  func place(
    _ owner: any CallOwner, in pool: PoolID, _ terms: CallTerms, isLeg: Bool,
    answersOnce: Bool = true, now: Timestamp
  ) {
    switch dispatcher.callArrived(
      at: pool, terms, isLeg: isLeg, answersOnce: answersOnce, now: now)
    {
    case .send(let call, let slot):
      own(call, owner)
      send(call, to: slot)
    case .wait(let call):
      own(call, owner)
    case .refuse(let refusal):
      owner.ended(refusal)
    }
    settle()
  }

  private func own(_ call: CallID, _ owner: any CallOwner) {
    while owners.count <= call.index { owners.append(nil) }
    owners[call.index] = owner
    owner.call = call
  }

  /// The call is over, by its owner's word.
  func end(_ call: CallID, _ end: CallEnd) {
    guard dispatcher.contains(call) else { return }
    owners[call.index] = nil
    dispatcher.callEnded(call, end, now: loop.now)
    settle()
  }

  /// The call failed at its replica before a byte of the response went on.
  func fail(_ call: CallID, _ failure: CallFailure) {
    guard dispatcher.contains(call), let owner = owners[call.index] else { return }
    let (app, deployment) = dispatcher.deployment(of: call)
    let decision = dispatcher.callFailed(
      call, failure, mayReplay: owner.mayReplay && !sharesDeath(call, failure, owner),
      now: loop.now)
    switch decision {
    case .send(let slot): send(call, to: slot)
    case .wait: break
    case .fail(let refusal):
      owners[call.index] = nil
      owner.ended(refusal)
    case .blame(let refusal, let deaths):
      owners[call.index] = nil
      let name = owner.requestName
      deadlyRequests.add(
        DeadlyRequest(app: app, deployment: deployment, name: name, replicas: deaths))
      logger.warning("\(refusal.status.message): \(name.method) \(name.id)")
      owner.ended(refusal)
    }
    settle()
  }

  /// Whether other copies of the request are in flight when a replica dies of one: the death is theirs, too, and they
  /// are enough to go on with. Another copy could be a third replica's death.
  private func sharesDeath(
    _ call: CallID, _ failure: CallFailure, _ owner: any CallOwner
  ) -> Bool {
    guard failure == .connectionLost, let number = dispatcher.replica(of: call) else {
      return false
    }
    let others = owner.otherCopies
    for other in others { dispatcher.otherCopyDied(other, of: number) }
    return !others.isEmpty
  }

  /// The call's replica answered UNAVAILABLE. Whether another one is asked: then the answer is dropped, and the
  /// owner hears `send` or `ended` later. `pushback`: the replica's `grpc-retry-pushback-ms`.
  func asksAnother(_ call: CallID, pushback: String?) -> Bool {
    guard let pause = Duration(retryPushback: pushback), dispatcher.contains(call),
      dispatcher.mayAskAnother(call, after: pause, now: loop.now)
    else { return false }
    // The owner is to be done with the answer first.
    loop.schedule(after: pause) { [weak self] in self?.fail(call, .unavailable) }
    return true
  }

  /// Sends a call to a replica that the dispatcher chose, or to the next one if its link has just ended.
  private func send(_ call: CallID, to slot: ReplicaSlot) {
    guard dispatcher.contains(call), let owner = owners[call.index],
      let link = links[slot.index]
    else { return }
    if owner.send(over: link) || link.wait(call) { return }
    link.connectionEnded()
    fail(call, .unprocessed)
  }

  /// The link has room again for a call that waits for it.
  func resume(_ call: CallID, on slot: ReplicaSlot) {
    send(call, to: slot)
    settle()
  }

  /// The link ended under a call that waited for room on it.
  func resend(_ call: CallID) {
    fail(call, .unprocessed)
  }

  // MARK: Links

  func linkReady(_ link: ReplicaLink) {
    dispatcher.replicaConnected(link.slot, now: loop.now)
    settle()
  }

  func linkEnded(_ link: ReplicaLink) {
    dispatcher.replicaConnectionEnded(link.slot, now: loop.now)
    settle()
  }

  func apply(_ table: RoutingTable) {
    routeEpoch += 1
    dispatcher.apply(table, now: loop.now)
    own.tableChanged(dispatcher)
    let interval = leastPingInterval(in: table)
    if interval != toldPingInterval ?? limits.keepalive.leastPingInterval {
      toldPingInterval = interval
      pingIntervalChanged?(interval)
    }
    settle()
    tableArrived?()
  }

  /// Gives up every link: nothing of a connection comes back to a router that has ended.
  func close() {
    isClosed = true
    for link in links { link?.disconnect() }
    wakeTimer?.cancel()
  }

  // MARK: After every event

  /// Follows the dispatcher's orders until there are none, sees to its next wake-up and to the load
  /// report.
  func settle() {
    // An order's consequences come back here; the outermost call takes them all.
    guard !isFollowingOrders, !isClosed else { return }
    isFollowingOrders = true
    var orders = dispatcher.takeOrders()
    while !orders.isEmpty {
      for order in orders { follow(order) }
      orders = dispatcher.takeOrders()
    }
    isFollowingOrders = false
    if let wake = dispatcher.nextWake(), wake < wakeAt { schedule(wake) }
    if dispatcher.loadChanges != reportedChanges, !reportIsDue { scheduleReport() }
  }

  private func follow(_ order: DispatchOrder) {
    switch order {
    case .connect(let slot, let replica, let endpoint, let delay):
      while links.count <= slot.index { links.append(nil) }
      let link = links[slot.index] ?? ReplicaLink(slot, replica, endpoint, router: self)
      links[slot.index] = link
      link.connect(after: delay)
    case .disconnect(let slot):
      links[slot.index]?.disconnect()
      links[slot.index] = nil
    case .send(let call, let slot):
      send(call, to: slot)
    case .fail(let call, let refusal):
      let owner = owners[call.index]
      owners[call.index] = nil
      owner?.ended(refusal)
    }
  }

  private func schedule(_ wake: Timestamp) {
    wakeTimer?.cancel()
    wakeAt = wake
    wakeTimer = loop.schedule(at: wake) { [weak self] in
      guard let self else { return }
      wakeAt = Timestamp(nanoseconds: .max)
      dispatcher.timePassed(now: loop.now)
      settle()
    }
  }

  // MARK: Reports

  private func scheduleReport() {
    reportIsDue = true
    let next = reportedAt + routerLimits.reportInterval
    if next <= loop.now {
      // Once the turn's other events are in, too.
      loop.executeLater { self.report() }
    } else {
      loop.schedule(at: next) { [weak self] in self?.report() }
    }
  }

  /// A route has answered: its figures are reported before long.
  func figuresChanged() {
    guard !figuresTimerIsSet else { return }
    figuresTimerIsSet = true
    loop.schedule(after: routerLimits.figuresInterval) { [weak self] in
      guard let self else { return }
      figuresTimerIsSet = false
      figuresAreDue = true
      reportLoad?()
    }
  }

  /// Figures were reported: they are again, or that there are none, once those are too old.
  func figuresReported(now: Timestamp) {
    guard !turnTimerIsSet else { return }
    turnTimerIsSet = true
    loop.schedule(at: GraphFigures.windowEnd(at: now)) { [weak self] in
      guard let self else { return }
      turnTimerIsSet = false
      figuresAreDue = true
      reportLoad?()
    }
  }

  private func report() {
    reportIsDue = false
    reportedAt = loop.now
    reportedChanges = dispatcher.loadChanges
    reportLoad?()
  }

  // MARK: Buffers

  /// Whether a request that keeps `kept` bytes may keep so many more.
  func reserveReplay(_ count: Int, beside kept: Int) -> Bool {
    let most =
      kept + count > routerLimits.maxShortReplayBytes ? maxReplayBytes / 2 : maxReplayBytes
    guard replayBytes + count <= most else { return false }
    replayBytes += count
    return true
  }

  func releaseReplay(_ count: Int) {
    replayBytes -= count
  }

  func takeHeaders() -> HeaderBlock {
    spareHeaders.popLast() ?? HeaderBlock()
  }

  func giveBack(_ headers: consuming HeaderBlock) {
    guard spareHeaders.count < routerLimits.maxSpareHeaderBlocks else { return }
    headers.removeAll()
    spareHeaders.append(consume headers)
  }
}
