// Endpoints that exist within this process only, for servers and clients that share it.
internal import Glibc
package import MartletCore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The process's own addresses. They look like unix sockets, and what connects there behaves like them, but no
/// socket is behind them: bytes go from one loop to the other.
package enum MemoryNetwork {
  typealias Accept = @Sendable (_ client: Loop) -> MemoryChannel

  private static let prefix = "memory:"
  private static let listeners = Mutex<[String: Accept]>([:])
  private static let names = Atomic(0)

  /// A number that no other user of the network has, for the names of its endpoints.
  package static func makeNumber() -> Int {
    names.wrappingAdd(1, ordering: .relaxed).newValue
  }

  /// An endpoint that a `Listener` can listen on and a `GRPCChannel` can connect to.
  package static func endpoint(_ name: String) -> Endpoint { .unix(path: prefix + name) }

  static func contains(_ endpoint: Endpoint) -> Bool {
    if case .unix(let path) = endpoint { path.hasPrefix(prefix) } else { false }
  }

  /// Throws EADDRINUSE, in a kernel's manner, when somebody listens there already.
  static func listen(at path: String, _ accept: @escaping Accept) throws {
    let isFree = listeners.withLock { listeners in
      guard listeners[path] == nil else { return false }
      listeners[path] = accept
      return true
    }
    if !isFree { throw IOError(errnoCode: EADDRINUSE, reason: "listen") }
  }

  static func stopListening(at path: String) {
    listeners.withLock { $0[path] = nil }
  }

  /// Connects from `loop`, on that loop: the client's end, which becomes active, and gets bytes, only
  /// after this turn's work. Fails with ECONNREFUSED when nobody listens there.
  static func connect(to path: String, from loop: Loop) -> EventLoopFuture<any Channel> {
    guard let accept = listeners.withLock({ $0[path] }) else {
      return loop.eventLoop.makeFailedFuture(
        IOError(errnoCode: ECONNREFUSED, reason: "connect"))
    }
    let channel = accept(loop)
    loop.execute { channel.activate() }
    return loop.eventLoop.makeSucceededFuture(channel)
  }
}
