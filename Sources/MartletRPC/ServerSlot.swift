// Where handlers find their server.
internal import MartletCore
public import Synchronization

/// A server that takes its time to load, and its handlers' way to it.
@usableFromInline
package final class ServerSlot<Server: Sendable>: Sendable {
  // Written once, before `isLoaded` is set, and only read after that: every request reads it, on any
  // thread, and a lock would be a tenth of what its handler costs.
  @usableFromInline nonisolated(unsafe) var server: Server?
  @usableFromInline let isLoaded = Atomic(false)

  package init() {}

  /// Puts the server in, once.
  package func load(_ server: Server) {
    precondition(!isLoaded.load(ordering: .acquiring), "the server was loaded before")
    self.server = server
    isLoaded.store(true, ordering: .releasing)
  }

  /// The server. Throws UNAVAILABLE while there is none.
  @inlinable
  func loaded() throws -> Server {
    guard isLoaded.load(ordering: .acquiring), let server else { throw Self.isStarting }
    return server
  }

  @usableFromInline static var isStarting: any Error {
    RPCError(.unavailable, "the replica is still starting")
  }
}
