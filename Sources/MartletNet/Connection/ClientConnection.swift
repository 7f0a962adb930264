// One connection to a server and the streams on it.
package import MartletCore
package import MartletWire
internal import NIOCore
internal import NIOPosix

/// Hears of a client connection's life, on its loop.
package protocol ClientConnectionObserver: AnyObject {
  /// The server's settings have arrived: streams may be opened.
  func connectionReady(_ connection: ClientConnection)

  /// A stream may be opened again after `open` gave nil: the server allows more of them, or one has
  /// closed.
  func connectionCapacityChanged(_ connection: ClientConnection)

  /// The server takes no new streams; those that it took go on. Open new ones elsewhere.
  func connectionGoingAway(_ connection: ClientConnection)

  /// The connection is gone, or was never made. Called exactly once, after every stream's handler was told.
  /// `error` is UNAVAILABLE with the endpoint and the reason; nil after an orderly end.
  func connectionClosed(_ connection: ClientConnection, _ error: RPCError?)
}

/// A connection to one server. On its loop only.
package final class ClientConnection {
  package enum State: Sendable, Hashable {
    /// The socket is being connected, or the server's settings are awaited. Exits: `ready`, `closed`.
    case connecting
    /// Streams may be opened. Exits: `goingAway`, `closed`.
    case ready
    /// The server sent GOAWAY or `drain` was called: open streams finish. Exits: `closed`.
    case goingAway
    case closed
  }

  package let loop: Loop
  package let endpoint: Endpoint
  package private(set) var state = State.connecting
  let transport: Transport
  private let limits: Limits
  private var observer: (any ClientConnectionObserver)?
  private var handlers: [(any ClientStreamHandler)?] = []
  private var connectTimer: Timer?
  private var openWasRefused = false

  private init(
    _ endpoint: Endpoint, on loop: Loop, limits: Limits, observer: any ClientConnectionObserver
  ) {
    self.endpoint = endpoint
    self.loop = loop
    self.limits = limits
    self.observer = observer
    transport = Transport(loop, HTTP2Session(.client, limits: limits))
  }

  /// Starts to connect; the observer hears how it went, never before this returns. The observer is held until
  /// the connection is closed.
  package static func connect(
    to endpoint: Endpoint, on loop: Loop, limits: Limits, observer: any ClientConnectionObserver
  ) -> ClientConnection {
    fatalError("being written")
  }

  /// Streams that are open now.
  package var openStreams: Int { transport.session.openStreams }

  /// Whether `open` would succeed now.
  package var canOpen: Bool { state == .ready && transport.session.canOpen }

  /// Opens a stream. Nil when the connection is not ready, the server's limit of concurrent streams is
  /// reached or it is going away; `connectionCapacityChanged` or `connectionGoingAway` then follows.
  package func open(
    _ headers: HeaderBlock, endOfStream: Bool = false, _ handler: any ClientStreamHandler
  ) -> ClientStream? {
    guard state == .ready,
      let id = transport.session.open(headers, endOfStream: endOfStream)
    else {
      openWasRefused = true
      return nil
    }
    let slot = Int(id.slot)
    while handlers.count <= slot { handlers.append(nil) }
    handlers[slot] = handler
    transport.markDirty()
    return ClientStream(connection: self, id: id)
  }

  /// Opens no more streams and closes the connection once the last one has ended.
  package func drain() {
    fatalError("being written")
  }

  /// Closes the socket. Open streams end with `.connectionLost`.
  package func close(_ reason: String = "the connection was closed by this process") {
    fatalError("being written")
  }
}
