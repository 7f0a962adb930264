// How many frames a peer may send that cost their receiver more than their sender.

extension Limits {
  /// Allowances by kind of frame, for each connection. Peers that keep to gRPC and HTTP/2 as they are
  /// written stay below a tenth of each; whoever passes one gets GOAWAY with ENHANCE_YOUR_CALM, after a while of
  /// patience where it is `resets`.
  public struct Floods: Sendable, Hashable {
    /// So many at once, so many a second from then on, and so many for each HEADERS or DATA frame
    /// that was sent to the peer, which had reason to answer.
    public struct Allowance: Sendable, Hashable {
      public var burst: Int
      public var perSecond: Int
      public var perFrameSent: Int

      public init(burst: Int, perSecond: Int, perFrameSent: Int = 0) {
        self.burst = burst
        self.perSecond = perSecond
        self.perFrameSent = perFrameSent
      }

      /// More than fits through a socket.
      public static let unlimited = Allowance(burst: 1 << 40, perSecond: 1 << 40)
    }

    /// RST_STREAM from a client: each may have begun a call at a replica ("rapid reset",
    /// CVE-2023-44487). Under overload an honest client resets all its streams when their deadline
    /// passes, `maxConcurrentStreams` at once and a few more; so many calls for nothing cost a router about ten
    /// milliseconds. Whoever passes this is not sent away at once: new streams are refused (REFUSED_STREAM, which
    /// clients send again), and so cost next to nothing, until time has made up for the resets. A mesh's own
    /// links, over unix sockets, carry the cancellations of many clients and are exempt.
    public var resets = Allowance(burst: 1200, perSecond: 1000)

    /// Resets, and streams that were refused for them, beyond `resets` before the connection ends. An honest
    /// client that cancels five thousand calls at once stays below. From a quarter of the burst of `resets` on, or
    /// of `provokedResets`, its connection gets a quarter of the loop's time at most, so that other calls do not
    /// notice.
    public var resetPatience = 8192

    /// RST_STREAM that a client's own frames made us send ("made you reset", CVE-2025-8671): bad header
    /// sections, windows that overflow. A client that does this at all is broken, and its calls fail
    /// anyway.
    public var provokedResets = Allowance(burst: 200, perSecond: 20)

    /// PING with or without ACK, each of which may be answered. gRPC's clients and servers measure
    /// bandwidth with at most one for each DATA frame that they get; how often a client may ask
    /// whether we live is in `Keepalive`.
    public var pings = Allowance(burst: 1000, perSecond: 100, perFrameSent: 1)

    /// SETTINGS, each of which is answered and may change every stream's window. Clients send one, and a
    /// few more while they tune their windows.
    public var settings = Allowance(burst: 100, perSecond: 10)

    /// DATA without payload that does not end its stream. It has no use.
    public var emptyData = Allowance(burst: 1000, perSecond: 100)

    /// WINDOW_UPDATE. Zealous peers send two for each DATA frame that they get.
    public var windowUpdates = Allowance(burst: 10_000, perSecond: 1000, perFrameSent: 10)

    /// PRIORITY, GOAWAY and frames of unknown types. Browsers send a few PRIORITY for each stream; nobody
    /// needs an answer to any.
    public var inert = Allowance(burst: 1000, perSecond: 100)

    public init() {}
  }
}
