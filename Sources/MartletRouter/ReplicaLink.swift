// The connection to one replica, made again for as long as the dispatcher wants it.
internal import Logging
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// One replica's slot and its connection. On the router's loop only.
final class ReplicaLink: ClientConnectionObserver {
  let slot: ReplicaSlot
  let replica: ReplicaID
  let endpoint: Endpoint
  private unowned let router: Router

  /// The connection that takes new calls, or is to; older ones may still finish theirs.
  private var connection: ClientConnection?
  private var connectTimer: Timer?

  /// Calls that found no room on the connection although the dispatcher had some: the server allows fewer
  /// streams than `max_ongoing_requests`.
  private var crowded: [CallID] = []

  private var told = ToldFailures()

  /// Of the router's own; slower where the replica complained.
  private(set) var keepalive: Limits.Keepalive

  init(_ slot: ReplicaSlot, _ replica: ReplicaID, _ endpoint: Endpoint, router: Router) {
    self.slot = slot
    self.replica = replica
    self.endpoint = endpoint
    self.router = router
    keepalive = router.limits.keepalive
  }

  // MARK: Orders

  func connect(after delay: Duration) {
    connectTimer?.cancel()
    guard delay > .zero else { return connectNow() }
    connectTimer = router.loop.schedule(after: delay) { [weak self] in self?.connectNow() }
  }

  private func connectNow() {
    var limits = router.limits
    limits.keepalive = keepalive
    limits.initialStreamWindowBytes = router.routerLimits.replicaStreamWindowBytes
    do throws(RPCError) {
      let tls = try router.mesh.client(to: endpoint)
      connection = .connect(
        to: endpoint, tls: tls, on: router.loop, limits: limits, observer: self)
    } catch {
      tell(error)
      // As if it had been tried: the dispatcher hears of it once it has given all its orders.
      connectTimer = router.loop.schedule(after: .zero) { [weak self] in
        guard let self else { return }
        router.linkEnded(self)
      }
    }
  }

  private func tell(_ failure: RPCError) {
    guard told.isNew(failure.message) else { return }
    router.logger.warning("cannot reach replica \(replica): \(failure.message)")
  }

  /// The slot is given up.
  func disconnect() {
    connectTimer?.cancel()
    let connection = connection
    self.connection = nil
    connection?.drain()
  }

  // MARK: Calls

  /// Opens a stream for a call; nil when the connection cannot take it now, or never (`refusal`).
  func open(_ headers: HeaderBlock, _ handler: any ClientStreamHandler) -> ClientStream? {
    connection?.open(headers, handler)
  }

  /// Why the replica would not take a request of these headers; nil when it would.
  func refusal(of headers: borrowing HeaderBlock) -> Refusal? {
    connection?.refusal(of: headers).map { Refusal($0.code, $0.message) }
  }

  /// Keeps a call for when the connection has room; false when it is not up.
  func wait(_ call: CallID) -> Bool {
    guard let connection, connection.state == .ready else { return false }
    crowded.append(call)
    return true
  }

  /// The connection takes no more calls. Tells the dispatcher once for each connection.
  func connectionEnded() {
    guard let ended = connection else { return }
    if ended.takePingComplaint() { keepalive.pingHalfAsOften() }
    connection = nil
    router.linkEnded(self)
    let calls = crowded
    crowded = []
    for call in calls { router.resend(call) }
  }

  // MARK: Events

  func connectionReady(_ connection: ClientConnection) {
    guard connection === self.connection else { return }
    told.succeeded()
    router.linkReady(self)
  }

  func connectionCapacityChanged(_ connection: ClientConnection) {
    guard connection === self.connection else { return }
    let calls = crowded
    crowded = []
    for call in calls { router.resume(call, on: slot) }
  }

  func connectionGoingAway(_ connection: ClientConnection) {
    guard connection === self.connection else { return }
    connectionEnded()
  }

  func connectionClosed(_ connection: ClientConnection, _ error: RPCError?) {
    guard connection === self.connection else { return }
    if let error, !connection.wasReady { tell(error) }
    connectionEnded()
  }
}
