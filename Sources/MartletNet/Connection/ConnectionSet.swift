// The server connections of one loop, for draining and closing them together.
internal import MartletCore

/// A connection that was accepted, whatever it speaks.
protocol OpenConnection: AnyObject {
  /// Ends it once what it has under way is finished.
  func drain()

  /// Ends it at once.
  func close(_ reason: String)
}

/// On its loop only.
final class ConnectionSet {
  let loop: Loop
  private var connections: [ObjectIdentifier: any OpenConnection] = [:]
  private var isDraining = false
  private var whenEmpty: [() -> Void] = []

  init(loop: Loop) {
    self.loop = loop
  }

  func insert(_ connection: any OpenConnection) {
    connections[ObjectIdentifier(connection)] = connection
    // It was accepted just before its listener closed.
    if isDraining { connection.drain() }
  }

  func remove(_ connection: any OpenConnection) {
    connections[ObjectIdentifier(connection)] = nil
    guard connections.isEmpty else { return }
    let bodies = whenEmpty
    whenEmpty = []
    for body in bodies { body() }
  }

  /// Drains every connection and calls `done` after the last has ended; those that are left at
  /// `deadline` are closed.
  func drain(until deadline: Timestamp, _ done: @escaping () -> Void) {
    isDraining = true
    guard !connections.isEmpty else { return done() }
    let timer = loop.schedule(at: deadline) {
      self.closeAll("the server shuts down and its time to drain has passed")
    }
    whenEmpty.append {
      timer.cancel()
      done()
    }
    for connection in connections.values { connection.drain() }
  }

  private func closeAll(_ reason: String) {
    for connection in connections.values { connection.close(reason) }
  }
}
