// How long connections live, and how dead ones are found out.

extension Limits {
  /// Pings and ages of connections, in gRPC's words and with gRPC's defaults: gRFC A8 for clients, A9
  /// for servers.
  public struct Keepalive: Sendable, Hashable {
    /// A client pings a server from which nothing has come for so long. Nil, as in every gRPC client: a server
    /// takes pings that it does not expect for an attack. Worth it where something between the two
    /// forgets quiet connections.
    public var clientTime: Duration?

    /// A shorter `clientTime` is raised to this, as A8 asks.
    public var leastClientTime = Duration.seconds(10)

    /// Whether a client pings also while it has no calls. Servers forbid it unless told otherwise.
    public var clientPingsWithoutCalls = false

    /// A server pings a client from which nothing has come for so long. Two hours is what TCP's own
    /// keepalive waits: it finds out clients that are gone, and costs the living nothing.
    public var serverTime = Duration.seconds(2 * 60 * 60)

    /// Time for the peer to say anything after a ping, at both ends.
    public var timeout = Duration.seconds(20)

    /// A client with calls may ping once in so long, unless it gets an answer in between. gRPC's servers want five
    /// minutes; clients with a keepalive of 10 s, the least that gRPC's have, are common behind proxies, which
    /// allow it, and a ping costs less than a call.
    public var leastPingInterval = Duration.seconds(10)

    /// A client without calls may ping once in so long, unless `allowsPingsWithoutCalls`.
    public var leastIdlePingInterval = Duration.seconds(2 * 60 * 60)

    public var allowsPingsWithoutCalls = false

    /// Pings that come too soon before the connection ends with `too_many_pings`. Two, as in gRPC's
    /// servers: clocks and networks are not exact.
    public var maxPingStrikes = 2

    /// A connection without calls for so long is ended. Nil: never.
    public var maxIdle: Duration?

    /// A connection of this age is ended, so that clients spread anew over servers that came later. Nil:
    /// never.
    public var maxAge: Duration?

    /// The share of `maxAge` by which chance shortens or lengthens it: clients that came together
    /// must not come back together.
    public var ageJitter = 0.1

    /// Time for the calls of a connection that is too old. Nil: as long as they take.
    public var maxAgeGrace: Duration?

    public init() {}

    /// Sets how often a client with calls may ping. One without calls may not do so more often.
    package mutating func setLeastPingInterval(_ interval: Duration) {
      leastPingInterval = interval
      leastIdlePingInterval = max(interval, leastIdlePingInterval)
    }

    /// A server has ended a connection with `too_many_pings`: the next one waits twice as long (gRFC A8).
    package mutating func pingHalfAsOften() {
      clientTime = clientTime.map { max($0, leastClientTime) * 2 }
    }
  }
}
