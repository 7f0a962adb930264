// What the dispatcher answers to events, and what it wants done by itself.
package import MartletCore

/// Why a call is over without an answer.
package struct Refusal: Sendable, Hashable {
  package var status: RPCStatus

  /// When the caller may try again (`grpc-retry-pushback-ms`); nil says nothing about it.
  package var pushback: Duration?

  package init(_ code: RPCStatus.Code, _ message: String, pushback: Duration? = nil) {
    status = RPCStatus(code, message)
    self.pushback = pushback
  }
}

/// The answer to a call's arrival.
package enum Arrival: Sendable, Hashable {
  /// Send it to this replica now.
  case send(CallID, ReplicaSlot)
  /// Keep it; an order about this call follows.
  case wait(CallID)
  /// It was not taken; nothing more follows.
  case refuse(Refusal)
}

/// How a call failed at its replica before a byte of the response went to the caller.
package enum CallFailure: Sendable, Hashable {
  /// The replica provably never saw it: refused, left out by its GOAWAY, or never written.
  case unprocessed
  /// The connection ended and nobody knows how far the replica got.
  case connectionLost
  /// The replica answered UNAVAILABLE, and `mayAskAnother` allows to ask another one.
  case unavailable
}

/// The answer to a call's failure.
package enum FailureDecision: Sendable, Hashable {
  /// Send it to this replica now; the call keeps its id.
  case send(ReplicaSlot)
  /// Keep it; an order about this call follows.
  case wait
  /// The call is over.
  case fail(Refusal)
  /// The call is over, and these replicas died of it.
  case blame(Refusal, deaths: [UInt64])
}

/// How a call ended that is not to be sent again.
package enum CallEnd: Sendable, Hashable {
  /// The replica answered with OK, or with messages that have not failed.
  case answered
  /// The replica answered with another status.
  case failed(RPCStatus.Code)
  /// The caller went away. After a long time that speaks against the replica.
  case abandoned
  /// The replica broke the call off: it reset the stream or answered with nonsense.
  case broken
}

/// What a driver must do, in order. Taken with `Dispatcher.takeOrders` after every event.
package enum DispatchOrder: Sendable, Hashable {
  /// Connect to a replica once `after` has passed, then report `replicaConnected` or
  /// `replicaConnectionEnded`.
  case connect(ReplicaSlot, ReplicaID, Endpoint, after: Duration)
  /// Close the connection and say nothing more about the slot: it may be given to another replica.
  case disconnect(ReplicaSlot)
  /// Send a call that waited.
  case send(CallID, ReplicaSlot)
  /// Answer the caller; if the call is at a replica, reset it there. The call is over.
  case fail(CallID, Refusal)
}
