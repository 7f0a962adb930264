// A listening socket and the connections that came through it.
package import MartletCore
internal import NIOCore
internal import NIOPosix

/// Accepts connections on behalf of a `RequestAcceptor`. On its loop only, but for `listen` and `stop`.
package final class Listener: Sendable {
  package let loop: Loop

  /// Accepts on `loop` and keeps the connections there.
  package init(on loop: Loop, limits: Limits, acceptor: any RequestAcceptor) {
    self.loop = loop
    fatalError("being written")
  }

  /// Binds and listens. A socket file that nobody listens on is replaced. Returns the endpoint with the port
  /// that was given when 0 was asked for. Throws UNAVAILABLE with endpoint and reason.
  package func listen(on endpoint: Endpoint) async throws(RPCError) -> Endpoint {
    fatalError("being written")
  }

  /// Listens on a socket that is bound and listening already, and owns it from now on.
  package func listen(onInherited descriptor: CInt) async throws(RPCError) {
    fatalError("being written")
  }

  /// Accepts no more connections; those that there are stay. Any thread.
  package func stop() async {
    fatalError("being written")
  }

  /// Stops, drains every connection and waits for the last to end; after `within` the rest are closed. Any thread.
  package func drain(within: Duration) async {
    fatalError("being written")
  }
}
