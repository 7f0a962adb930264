// A gRPC server over one or more loops.
package import MartletCore

/// Answers calls with the handlers of a table.
package final class GRPCServer: Sendable {
  /// `maxOngoing` handlers run at once over all connections; calls beyond it are refused with
  /// REFUSED_STREAM, which tells a router that they were never looked at. Nil: no limit but the
  /// connections' own.
  package init(
    loops: LoopGroup, limits: Limits = Limits(), handlers: HandlerTable, maxOngoing: Int? = nil
  ) {
    fatalError("being written")
  }

  /// Handlers that are running now and count towards `maxOngoing`.
  package var ongoing: Int { fatalError("being written") }

  /// Binds and listens. Returns the endpoint with the port that was given when 0 was asked for. Throws
  /// UNAVAILABLE with endpoint and reason.
  package func listen(on endpoint: Endpoint) async throws(RPCError) -> Endpoint {
    fatalError("being written")
  }

  /// Listens on a socket that is bound and listening already, and owns it from now on.
  package func listen(onInherited descriptor: CInt) async throws(RPCError) {
    fatalError("being written")
  }

  /// Accepts nothing new, lets what runs finish and closes. After `within`, cancels what is left.
  package func drain(within: Duration) async {
    fatalError("being written")
  }

  /// Returns when `drain` has finished. Cancelling the task closes everything at once.
  package func run() async throws {
    fatalError("being written")
  }
}
