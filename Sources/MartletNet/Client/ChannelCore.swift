// A channel's part on its loop: calls to streams.
internal import MartletCore
internal import MartletWire

/// Holds the connection of a channel and the calls that wait for one. On its loop only.
final class ChannelCore: @unchecked Sendable {
  /// Calls that wait for a connection or for a place on it. Whoever has more of them under way should
  /// have noticed long before.
  static let maxWaitingCalls = 10_000

  let loop: Loop
  let endpoint: Endpoint
  let tls: ClientTLS?
  private(set) var limits: Limits
  let authority: String
  /// What requests say as `user-agent`; nil for Martlet's own.
  let userAgent: String?
  let codec = MessageCodec()
  private let backoff: Backoff
  private var machine = ReconnectMachine()
  private var connection: ClientConnection?
  /// Connections that are being drained, the current one not among them.
  private var retiring: [ClientConnection] = []
  private var waiting: [OutboundCall] = []
  /// Pings that wait for a connection.
  private var waitingPings: [(Bool) -> Void] = []
  private var whenAllClosed: [() -> Void] = []
  /// Filled anew for each call.
  private var headers = HeaderBlock()

  init(
    _ endpoint: Endpoint, tls: ClientTLS?, loop: Loop, limits: Limits, authority: String?,
    userAgent: String?,
    backoff: Backoff
  ) {
    self.endpoint = endpoint
    self.tls = tls
    self.loop = loop
    self.limits = limits
    self.authority = authority ?? endpoint.authority
    self.userAgent = userAgent.map { "\($0) \(MartletVersion.userAgent)" }
    self.backoff = backoff
  }

  // MARK: Calls

  func begin(_ call: OutboundCall) {
    switch machine.callMade(waitForReady: call.waitForReady) {
    case .send: send(call)
    case .wait: enqueue(call)
    case .waitAndConnect:
      enqueue(call)
      connect()
    case .fail(let status): call.fail(RPCError(status))
    }
  }

  /// A call that was waiting has ended by itself.
  func forget(_ call: OutboundCall) {
    waiting.removeAll { $0 === call }
  }

  private func send(_ call: OutboundCall) {
    guard let connection, waiting.isEmpty else { return enqueue(call) }
    if !open(call, on: connection) { enqueue(call) }
  }

  /// False when the connection has no place for the call now.
  private func open(_ call: OutboundCall, on connection: ClientConnection) -> Bool {
    guard connection.canOpen else {
      connection.wantsCapacity()
      return false
    }
    headers.removeAll()
    do throws(InvalidMetadata) {
      try call.writeHeaders(into: &headers, authority: authority)
    } catch {
      call.fail(RPCError(.invalidArgument, "\(error)", cause: error))
      return true
    }
    guard let stream = connection.open(headers, call) else {
      guard let status = connection.refusal(of: headers) else { return false }
      call.fail(RPCError(status))
      return true
    }
    call.opened(stream)
    return true
  }

  private func enqueue(_ call: OutboundCall) {
    guard waiting.count < ChannelCore.maxWaitingCalls else {
      return call.fail(
        RPCError(
          .resourceExhausted,
          "\(waiting.count) calls wait for a place on the connection to \(endpoint)"))
    }
    waiting.append(call)
  }

  /// Tells whether the server gives a sign of life; never when it gives none and the connection stays.
  func ping(_ done: @escaping (Bool) -> Void) {
    switch machine.callMade(waitForReady: false) {
    case .send: connection?.ping(done)
    case .wait: waitingPings.append(done)
    case .waitAndConnect:
      waitingPings.append(done)
      connect()
    case .fail: done(false)
    }
  }

  private func endPings(_ isAlive: Bool) {
    let ended = waitingPings
    waitingPings = []
    for done in ended { done(isAlive) }
  }

  private func sendWaiting() {
    guard let connection, !waiting.isEmpty else { return }
    var sent = 0
    while sent < waiting.count, open(waiting[sent], on: connection) { sent += 1 }
    waiting.removeFirst(sent)
  }

  // MARK: The connection

  private func connect() {
    connection = .connect(to: endpoint, tls: tls, on: loop, limits: limits, observer: self)
  }

  private func follow(_ order: ReconnectMachine.ConnectOrder) {
    if order == .connect { connect() }
  }

  private func pause(_ duration: Duration, after error: RPCError) {
    let failing = waiting.filter { !$0.waitForReady }
    waiting.removeAll { !$0.waitForReady }
    for call in failing { call.fail(error) }
    loop.schedule(after: duration) {
      self.follow(self.machine.pauseEnded(callsWait: !self.waiting.isEmpty))
    }
  }

  func renewConnection() {
    guard let connection, machine.state == .ready else { return }
    retire(connection)
    follow(machine.connectionLost(callsWait: !waiting.isEmpty))
    connection.close("it was given up for a new one")
  }

  /// Ends the connection once its calls have ended.
  func close(_ done: @escaping () -> Void) {
    machine.closed()
    let failing = waiting
    waiting = []
    for call in failing { call.fail(RPCError(.unavailable, "the channel is closed")) }
    endPings(false)
    if let connection {
      retire(connection)
      connection.drain()
    }
    if retiring.isEmpty { done() } else { whenAllClosed.append(done) }
  }

  /// A server that is pinged too often asks for less; the next connection pings half as often (gRFC A8).
  private func heed(_ connection: ClientConnection) {
    if connection.takePingComplaint() { limits.keepalive.pingHalfAsOften() }
  }

  private func retire(_ connection: ClientConnection) {
    retiring.append(connection)
    self.connection = nil
  }
}

extension ChannelCore: ClientConnectionObserver {
  func connectionReady(_ connection: ClientConnection) {
    machine.connectionBecameReady()
    // Its settings are a sign of life.
    endPings(true)
    sendWaiting()
  }

  func connectionCapacityChanged(_ connection: ClientConnection) {
    sendWaiting()
  }

  func connectionGoingAway(_ connection: ClientConnection) {
    heed(connection)
    guard connection === self.connection else { return }
    retire(connection)
    follow(machine.connectionLost(callsWait: !waiting.isEmpty))
  }

  func connectionClosed(_ connection: ClientConnection, _ error: RPCError?) {
    heed(connection)
    retiring.removeAll { $0 === connection }
    if connection === self.connection {
      self.connection = nil
      if case .connecting = machine.state {
        endPings(false)
        let error = error ?? RPCError(.unavailable, "\(endpoint): the server went away")
        if case .pause(let duration) = machine.connectFailed(error.status, backoff: backoff) {
          pause(duration, after: error)
        }
      } else {
        follow(machine.connectionLost(callsWait: !waiting.isEmpty))
      }
    }
    guard retiring.isEmpty, machine.state == .closed else { return }
    let bodies = whenAllClosed
    whenAllClosed = []
    for body in bodies { body() }
  }
}
