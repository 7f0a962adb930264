// A gRPC server over one or more loops.
package import Logging
package import MartletCore
internal import NIOConcurrencyHelpers

/// Answers calls with the handlers of a table.
package final class GRPCServer: Sendable {
  private struct Lifetime {
    var isDrained = false
    var waiters: [UnsafeContinuation<Void, Never>] = []
  }

  private let listener: Listener
  private let ongoingCount: OngoingCount
  private let lifetime = NIOLockedValueBox(Lifetime())

  /// `maxOngoing` handlers run at once over all connections; calls beyond it are refused with
  /// REFUSED_STREAM, which tells a router that they were never looked at. Nil: no limit but the
  /// connections' own.
  /// With `tls` nothing else is spoken. `logger` hears of connections that are turned away.
  package init(
    loops: LoopGroup, limits: Limits = Limits(), handlers: HandlerTable, maxOngoing: Int? = nil,
    tls: ServerTLS? = nil, logger: Logger? = nil
  ) {
    let count = OngoingCount(limit: maxOngoing)
    ongoingCount = count
    let targets = loops.loops.map { loop in
      Listener.Target(
        loop,
        ServerCore(
          loop: loop, limits: limits, handlers: handlers, ongoing: count, logger: logger),
        port: tls.map { SharedPort(tls: $0, takesPlaintext: false) })
    }
    listener = Listener(on: loops.loops[0], limits: limits, targets: targets)
  }

  /// Calls that wait for their request, or whose handler runs, and that count towards `maxOngoing`.
  package var ongoing: Int { ongoingCount.value }

  /// Binds and listens. Returns the endpoint with the port that was given when 0 was asked for. Throws
  /// UNAVAILABLE with endpoint and reason.
  @discardableResult
  package func listen(on endpoint: Endpoint) async throws(RPCError) -> Endpoint {
    try await listener.listen(on: endpoint)
  }

  /// Listens on a socket that is bound already, and owns the descriptor from now on.
  package func listen(onInherited descriptor: CInt) async throws(RPCError) {
    try await listener.listen(onInherited: descriptor)
  }

  /// Accepts nothing new, lets what runs finish and closes. After `within`, cancels what is left.
  package func drain(within: Duration) async {
    await listener.drain(within: within)
    let waiters = lifetime.withLockedValue { lifetime in
      lifetime.isDrained = true
      defer { lifetime.waiters = [] }
      return lifetime.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when `drain` has finished. Cancelling the task closes everything at once, then throws
  /// `CancellationError`.
  package func run() async throws {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
        let isDrained = lifetime.withLockedValue { lifetime in
          if !lifetime.isDrained { lifetime.waiters.append(waiter) }
          return lifetime.isDrained
        }
        if isDrained { waiter.resume() }
      }
    } onCancel: {
      // The handler must not suspend; this task ends with the last connection.
      _ = Task.immediate { await self.drain(within: .zero) }
    }
    try Task.checkCancellation()
  }
}
