// How long a server keeps a client's connection.
internal import MartletCore

/// The times of one accepted connection: to say what it is, to send a first request and whole header
/// sections, to answer pings, to be idle, to live (gRFC A9). Its driver keeps one timer for all of
/// them.
struct ServerLifeMachine: ~Copyable {
  /// What the driver knows of the connection when it asks.
  struct Facts: Equatable {
    var lastRead: Timestamp
    /// The client's preface has come.
    var isGreeted = false
    var hasHadRequest = false
    var openStreams = 0
    /// When the last stream ended; when the connection began before there was any.
    var idleSince: Timestamp
    /// When the header section began that is not whole yet.
    var headersSince: Timestamp?
  }

  enum Order: Equatable {
    case wait(until: Timestamp)
    /// Send a ping, and ask again.
    case ping
    /// End the connection with its last stream and say why, and ask again.
    case drain(Farewell)
    /// Close the socket.
    case close(Cause)
  }

  /// Why a connection that works is ended, as gRPC's servers say it in GOAWAY.
  enum Farewell: String, Equatable {
    case maxAge = "max_age"
    case maxIdle = "max_idle"
  }

  enum Cause: Equatable {
    case noPreface
    case slowHeaders
    case noAnswer
    case graceOver
  }

  private enum State {
    /// The client's preface is awaited. Exits: `serving`, `ended`.
    case greeting(until: Timestamp)
    /// Requests are taken. Exits: `leaving`, `ended`.
    case serving
    /// The client was told to leave; streams finish. Exits: `ended`.
    case leaving(until: Timestamp)
    case ended
  }

  static let never = Timestamp(nanoseconds: .max)

  private var state: State
  private var keepalive: KeepaliveMachine
  private let ageEnds: Timestamp
  private let grace: Duration?
  private let farewellTime: Duration
  private let maxIdle: Duration?
  private let firstRequestEnds: Timestamp
  private let headerTime: Duration

  /// `chance` is in 0..<1. Local peers are the mesh's own links, which may wait for their first
  /// request for ever.
  init(_ limits: Limits, isLocal: Bool, now: Timestamp, chance: Double) {
    let times = limits.keepalive
    state = .greeting(until: now + limits.connectTimeout)
    keepalive = KeepaliveMachine(server: times)
    ageEnds =
      times.maxAge.map { now + $0 * (1 + times.ageJitter * (2 * chance - 1)) } ?? Self.never
    grace = times.maxAgeGrace
    farewellTime = times.timeout
    maxIdle = times.maxIdle
    firstRequestEnds = isLocal ? Self.never : now + limits.firstRequestTime
    headerTime = limits.headerSectionTime
  }

  mutating func timePassed(now: Timestamp, _ facts: Facts) -> Order {
    switch state {
    case .greeting(let end) where !facts.isGreeted:
      guard now < end else {
        state = .ended
        return .close(.noPreface)
      }
      state = .greeting(until: end)
      return .wait(until: end)
    case .greeting, .serving:
      state = .serving
      return serve(now, facts)
    case .leaving(let end):
      guard now < end else {
        state = .ended
        return .close(.graceOver)
      }
      state = .leaving(until: end)
      return look(after: facts, now, end)
    case .ended:
      state = .ended
      return .wait(until: Self.never)
    }
  }

  /// When the header section that is on its way must be whole; nil when there is none.
  func headersEnd(_ facts: Facts) -> Timestamp? {
    facts.headersSince.map { $0 + headerTime }
  }

  private mutating func serve(_ now: Timestamp, _ facts: Facts) -> Order {
    if now >= ageEnds {
      state = .leaving(until: grace.map { now + $0 } ?? Self.never)
      return .drain(.maxAge)
    }
    let idleEnds = idleEnds(now, facts)
    if now >= idleEnds {
      // There are no calls to wait for, only the client's own farewell.
      state = .leaving(until: now + farewellTime)
      return .drain(.maxIdle)
    }
    return look(after: facts, now, min(ageEnds, idleEnds))
  }

  private func idleEnds(_ now: Timestamp, _ facts: Facts) -> Timestamp {
    guard facts.openStreams == 0 else { return maxIdle.map { now + $0 } ?? Self.never }
    let end = maxIdle.map { facts.idleSince + $0 } ?? Self.never
    return facts.hasHadRequest ? end : min(end, firstRequestEnds)
  }

  /// What counts as long as there is a connection; else waits until `wake`.
  private mutating func look(
    after facts: Facts, _ now: Timestamp, _ wake: Timestamp
  ) -> Order {
    let headersEnd = headersEnd(facts) ?? Self.never
    guard now < headersEnd else {
      state = .ended
      return .close(.slowHeaders)
    }
    let order = keepalive.timePassed(
      now: now, lastRead: facts.lastRead, hasCalls: facts.openStreams > 0)
    switch order {
    case .wait(let time): return .wait(until: min(wake, headersEnd, time))
    case .ping: return .ping
    case .giveUp:
      state = .ended
      return .close(.noAnswer)
    }
  }
}
