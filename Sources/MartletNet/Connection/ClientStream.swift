// One request on a client's connection, as the one who makes it sees it.
package import MartletWire

/// A handle for orders about one stream. On the connection's loop only. Once the stream is closed, orders
/// have no effect.
package struct ClientStream {
  package let connection: ClientConnection
  package let id: HTTP2StreamID

  package var loop: Loop { connection.loop }
  private var session: HTTP2Session { connection.transport.session }

  /// Queues a copy of payload.
  package func sendData(copying bytes: UnsafeRawBufferPointer) {
    session.write(copying: bytes, on: id)
    connection.transport.markDirty()
  }

  /// Queues payload as it is, retained.
  package func sendData(_ bytes: [UInt8]) {
    session.write(bytes, on: id)
    connection.transport.markDirty()
  }

  /// Queues one gRPC message with its prefix, retained.
  package func sendMessage(_ message: [UInt8]) {
    session.write(message: message, on: id)
    connection.transport.markDirty()
  }

  /// Ends our side once the backlog is written.
  package func sendEnd() {
    session.finish(id)
    connection.transport.markDirty()
  }

  /// Drops the backlog and resets the stream.
  package func reset(_ code: HTTP2ErrorCode) {
    session.reset(id, code)
    connection.transport.markDirty()
  }

  /// Gives `count` received payload bytes back to the peer's windows.
  package func consumed(_ count: Int) {
    connection.transport.consumed(count, on: id)
  }

  /// The stream's peer has to wait with what follows `count` received payload bytes; the connection's other streams
  /// do not. `consumed` follows for the same bytes.
  package func held(_ count: Int) {
    session.held(count, on: id)
    if session.wantsWrite { connection.transport.markDirty() }
  }

  /// Payload bytes that are queued and not written yet.
  package var backlog: Int { session.backlog(of: id) }

  /// False once the backlog has reached `Limits.maxStreamBacklogBytes`, until `becameWritable`.
  package var isWritable: Bool { session.isWritable(id) }
}
