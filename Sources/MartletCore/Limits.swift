// Every limit that more than one room must know, each with its reason.

/// Bounds on what one process accepts. Values that a deployment may change are in its spec; these
/// are the house's own.
public struct Limits: Sendable, Hashable {
  /// Bytes of one message, in either direction, where `--max-message` says nothing else. Images, audio and
  /// embeddings of whole batches fit; what many of them take together is bounded by `MessageMemory`.
  public var maxMessageBytes = 64 << 20

  /// Messages shorter than this are sent as they are even when compression was asked for: they fit
  /// into one packet either way, and zlib's own bytes and time would buy nothing.
  public var minCompressedMessageBytes = 1 << 10

  /// Bytes of one header list as HPACK counts them (RFC 9113 §6.5.2): name + value + 32 each. Room
  /// for tracing and tokens, too little for a header bomb.
  public var maxHeaderListBytes = 32 << 10

  /// A header section may be so many times as long as `maxHeaderListBytes` before it is hostile and no longer
  /// answered politely. It must be decompressed to its end for the sake of those that follow, at the price of a
  /// whole request for each hundred bytes ("HPACK bomb").
  public var headerExcess = 4

  /// Bytes of a serialized `google.rpc.Status`. Clients take 8 KiB of trailers by default, and in
  /// base64 beside `grpc-message` this stays well below that; with more they would lose the status too.
  public var maxStatusDetailsBytes = 4 << 10

  /// Streams that a peer may have open on one connection. Clients with one connection and 500 calls
  /// at once are common; 1,024 leaves them room.
  public var maxConcurrentStreams = 1024

  /// Bytes that a peer may send on one stream before its reader has taken any.
  public var initialStreamWindowBytes = 1 << 20

  /// Bytes that a client may send on one connection before its readers have taken any, unless
  /// `connectionsAreShared`.
  public var initialConnectionWindowBytes = 8 << 20

  /// Whether one connection of a server carries the calls of many, as a router's to a replica does.
  /// What is not read of one call must not keep the others from sending, so only the windows of the
  /// streams bound what waits. Clients, whose answers are for many callers, always do so.
  public var connectionsAreShared = false

  /// Bytes that wait in one stream for a slow peer before its writer is told to pause.
  public var maxStreamBacklogBytes = 64 << 10

  /// Connections that one process accepts.
  public var maxConnections = 10_000

  /// Connections of one peer's address (of one /64 network for IPv6): half of all, so that nobody takes every
  /// place. An address may be a whole office's or a load balancer's, hence no fewer. Unix sockets
  /// have no addresses, and their peers no such limit.
  public var maxConnectionsPerPeer = 5000

  /// Time for a connection to be established, the HTTP/2 preface included; on HTTP/1.1, for a head to become
  /// whole, and for each 64 KiB of a body.
  public var connectTimeout = Duration.seconds(5)

  /// Time for a header section to become whole once its first frame has begun. One is written at once;
  /// a slow network takes a second or two for the largest.
  public var headerSectionTime = Duration.seconds(10)

  /// Time for a connection's first request. Clients that connect ahead of their calls come back for the
  /// price of a new connection; those that only want to hold a place must not keep it. Peers of unix sockets
  /// are the mesh's own and exempt.
  public var firstRequestTime = Duration.seconds(5 * 60)

  /// How long connections live, and how dead ones are found out.
  public var keepalive = Keepalive()

  /// Frames that cost their receiver more than their sender.
  public var floods = Floods()

  /// Fields of an HTTP/1.1 request's head; browsers send some twenty.
  public var maxHTTP1Fields = 100

  /// Bytes of HTTP/1.1 requests that come before the one in hand is answered. Room for a few small calls.
  public var maxEarlyHTTP1Bytes = 64 << 10

  /// How long a connection of HTTP/1.1 may be without a request once it has had one; zero: each connection has one
  /// request. Proxies keep the connections of their pools for 60 to 90 s, and a request that goes out while the
  /// server closes is lost.
  public var keepAliveTimeout = Duration.seconds(75)

  public init() {}
}
