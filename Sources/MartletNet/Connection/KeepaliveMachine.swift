// When to ping a silent peer, and when to give it up.
internal import MartletCore

/// One end's keepalive (gRFC A8, A9). Its driver asks it when a timer says so and not at every read: what
/// has come in between is an argument.
struct KeepaliveMachine: ~Copyable {
  enum Order: Equatable {
    case wait(until: Timestamp)
    /// Send a ping, and ask again.
    case ping
    /// The peer is dead: close the socket.
    case giveUp
  }

  private enum State {
    /// The peer has been heard of, or nobody needs it. Exits: `pinged`.
    case watching
    /// A ping went out; whatever comes after it is a sign of life. Exits: `watching`, `gaveUp`.
    case pinged(at: Timestamp)
    case gaveUp
  }

  private var state = State.watching
  private let time: Duration
  private let timeout: Duration
  private let pingsWithoutCalls: Bool

  init(time: Duration, timeout: Duration, pingsWithoutCalls: Bool) {
    self.time = time
    self.timeout = timeout
    self.pingsWithoutCalls = pingsWithoutCalls
  }

  /// Nil for a client that does not ping.
  init?(client limits: Limits.Keepalive) {
    guard let time = limits.clientTime else { return nil }
    self.init(
      time: max(time, limits.leastClientTime), timeout: limits.timeout,
      pingsWithoutCalls: limits.clientPingsWithoutCalls)
  }

  /// A server's pings find out dead connections, calls or not.
  init(server limits: Limits.Keepalive) {
    self.init(time: limits.serverTime, timeout: limits.timeout, pingsWithoutCalls: true)
  }

  mutating func timePassed(now: Timestamp, lastRead: Timestamp, hasCalls: Bool) -> Order {
    switch state {
    case .watching:
      state = .watching
      return watch(now, lastRead, hasCalls)
    case .pinged(let sent) where lastRead > sent:
      state = .watching
      return watch(now, lastRead, hasCalls)
    case .pinged(let sent) where now < sent + timeout:
      state = .pinged(at: sent)
      // Not only at the end: an answer that has come meanwhile counts from when it came.
      return .wait(until: min(sent + timeout, now + time))
    case .pinged, .gaveUp:
      state = .gaveUp
      return .giveUp
    }
  }

  private mutating func watch(_ now: Timestamp, _ lastRead: Timestamp, _ hasCalls: Bool) -> Order {
    // A call that begins meanwhile is looked after from the next time on.
    guard hasCalls || pingsWithoutCalls else { return .wait(until: now + time) }
    let due = lastRead + time
    guard now >= due else { return .wait(until: due) }
    state = .pinged(at: now)
    return .ping
  }
}
