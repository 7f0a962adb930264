// What a connection tells the users of its streams.
package import MartletCore
package import MartletWire

/// Follows one stream on a server's connection. All calls come on the connection's loop, from within the
/// decoding or encoding of other streams: give orders, do not block.
package protocol StreamHandler: AnyObject {
  /// Payload bytes, borrowed for the call. They count against the peer's window until `consumed`
  /// gives them back.
  func dataReceived(_ bytes: UnsafeRawBufferPointer)

  /// The peer ended its side.
  func endReceived()

  /// The backlog, which had reached `Limits.maxStreamBacklogBytes`, fell to half of it.
  func becameWritable()

  /// The stream is over. Called exactly once; nothing follows and orders have no effect any more.
  func closed(_ closure: StreamClosure)
}

/// Follows one stream on a client's connection.
package protocol ClientStreamHandler: StreamHandler {
  /// A response head (`.response` or `.informational`) or trailers, borrowed for the call. With
  /// `endOfStream`, `endReceived` does not follow.
  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, endOfStream: Bool)
}

/// How a stream ended.
package enum StreamClosure: Sendable, Hashable, CustomStringConvertible {
  /// Both sides ended it.
  case finished
  /// The peer provably never processed it: it was refused, left out by a GOAWAY or never written. Safe to
  /// send again elsewhere.
  case unprocessed(String)
  /// One side reset it; whether the peer worked on it is unknown.
  case reset(HTTP2ErrorCode)
  /// The connection ended under it; whether the peer worked on it is unknown.
  case connectionLost(String)

  package var description: String {
    switch self {
    case .finished: "finished"
    case .unprocessed(let reason): "not processed: \(reason)"
    case .reset(let code): "reset with \(code)"
    case .connectionLost(let reason): "connection lost: \(reason)"
    }
  }

  /// What the end means to the caller of the RPC when no status came before it.
  package var status: RPCStatus {
    switch self {
    case .finished: RPCStatus(.internalError, "the server ended the call without a status")
    case .unprocessed(let reason): RPCStatus(.unavailable, reason)
    case .reset(let code):
      RPCStatus(RPCStatus.Code(code), "the server reset the call with \(code)")
    case .connectionLost(let reason): RPCStatus(.unavailable, reason)
    }
  }
}
