// Whether a call may go out now, must wait for a connection, or fails because there is none.
internal import MartletCore

/// The connection of one channel, as a value: what happened goes in, what to do comes out.
struct ReconnectMachine: Equatable {
  enum State: Equatable {
    /// There is no connection and nobody needs one. Exits: `connecting`, `closed`. `failures` attempts in a
    /// row have failed before.
    case idle(failures: Int)
    /// An attempt is under way. Exits: `ready`, `pausing`, `closed`.
    case connecting(failures: Int)
    /// Calls go out. Exits: `idle`, `closed`.
    case ready
    /// The last attempt failed with `status`. Exits at its end: `idle`, `connecting`; `closed`.
    case pausing(failures: Int, status: RPCStatus)
    /// The owner has closed the channel.
    case closed
  }

  enum CallOrder: Equatable {
    case send
    /// Keep the call until there is a connection or none can be made.
    case wait
    /// Keep the call and connect.
    case waitAndConnect
    case fail(RPCStatus)
  }

  enum FailureOrder: Equatable {
    /// Fail the calls that do not wait for readiness; say `pauseEnded` after the pause.
    case pause(Duration)
    case nothing
  }

  enum ConnectOrder: Equatable {
    case connect
    case nothing
  }

  private(set) var state = State.idle(failures: 0)

  mutating func callMade(waitForReady: Bool) -> CallOrder {
    switch state {
    case .idle(let failures):
      state = .connecting(failures: failures)
      return .waitAndConnect
    case .connecting: return .wait
    case .ready: return .send
    case .pausing(_, let status): return waitForReady ? .wait : .fail(status)
    case .closed: return .fail(RPCStatus(.unavailable, "the channel is closed"))
    }
  }

  mutating func connectionBecameReady() {
    guard case .connecting = state else { return }
    state = .ready
  }

  mutating func connectFailed(_ status: RPCStatus, backoff: Backoff) -> FailureOrder {
    guard case .connecting(let failures) = state else { return .nothing }
    state = .pausing(failures: failures + 1, status: status)
    return .pause(backoff.pause(afterFailures: failures + 1))
  }

  mutating func pauseEnded(callsWait: Bool) -> ConnectOrder {
    guard case .pausing(let failures, _) = state else { return .nothing }
    state = callsWait ? .connecting(failures: failures) : .idle(failures: failures)
    return callsWait ? .connect : .nothing
  }

  /// The ready connection takes no more calls: it is gone or going away.
  mutating func connectionLost(callsWait: Bool) -> ConnectOrder {
    guard case .ready = state else { return .nothing }
    state = callsWait ? .connecting(failures: 0) : .idle(failures: 0)
    return callsWait ? .connect : .nothing
  }

  mutating func closed() {
    state = .closed
  }
}
