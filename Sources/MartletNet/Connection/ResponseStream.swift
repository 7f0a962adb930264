// The client's side of a gRPC request, whatever protocol its client speaks.
package import MartletWire

/// Where the answer to a request goes: a stream of HTTP/2, or what translates for a client that speaks
/// something else. On its connection's loop only. Once the request is over, orders have no effect.
package protocol ResponseStream: PayloadSource {
  /// Who sent the request, as a proxy tells it: one field, `x-forwarded-client-cert`.
  var forwardedIdentity: HeaderBlock? { get }

  /// Sends the response head; with `endOfStream` it is the whole answer (trailers-only).
  func sendHead(_ headers: HeaderBlock, endOfStream: Bool)

  /// Queues a copy of payload.
  func sendData(copying bytes: UnsafeRawBufferPointer)

  /// Queues payload as it is, retained.
  func sendData(_ bytes: [UInt8])

  /// Queues one gRPC message with its prefix, retained.
  func sendMessage(_ message: [UInt8])

  /// Ends the answer once the backlog is written.
  func sendTrailers(_ trailers: HeaderBlock)

  /// Ends the answer once the backlog is written, with a copy of trailers that are only borrowed.
  func sendTrailers(copying trailers: borrowing HeaderBlock)

  /// False while the client is slow, until the request's handler hears `becameWritable`.
  var isWritable: Bool { get }
}

/// For those that look at all bytes alike.
extension ResponseStream {
  package func sendData(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { sendData(copying: $0) }
  }

  package func sendMessage(_ message: [UInt8]) {
    sendData(GRPCMessage.framed(message))
  }
}

extension ServerStream: ResponseStream {
  package var forwardedIdentity: HeaderBlock? { connection.forwardedIdentity }
}
