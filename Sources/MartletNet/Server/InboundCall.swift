// One call on the server's side.
package import MartletCore

/// What a handler knows of its call beside the request. When the client goes away or the deadline
/// passes, the handler's task is cancelled.
package final class InboundCall: @unchecked Sendable {
  package let method: MethodName
  package let metadata: Metadata
  package let deadline: Deadline?
  package let loop: Loop

  init(method: MethodName, metadata: Metadata, deadline: Deadline?, loop: Loop) {
    self.method = method
    self.metadata = metadata
    self.deadline = deadline
    self.loop = loop
  }

  /// The other end of the connection, as logs spell it.
  package var peer: String { fatalError("being written") }

  /// Metadata to send with the response's head; without effect once the head is sent.
  package func setInitialMetadata(_ metadata: Metadata) { fatalError("being written") }

  /// Metadata to send with the status.
  package func setTrailingMetadata(_ metadata: Metadata) { fatalError("being written") }
}
