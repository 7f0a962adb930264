// The memory of one process for messages under way, shared by its loops.
package import MartletCore
internal import MartletWire
internal import NIOConcurrencyHelpers

/// Follows a `ByteBudget` and tells those that wait what it orders. Any thread.
package final class MessageMemory: Sendable {
  /// What loops share whose process was told nothing: a share of the machine's memory.
  package static let ofProcess = MessageMemory(bytes: MachineMemory.shareForMessages)

  private struct Waiter {
    weak let hold: MessageHold?
    let loop: Loop
  }

  private struct State {
    var budget: ByteBudget
    var waiters: [ByteBudget.Holder: Waiter] = [:]
  }

  /// Bytes of all there is.
  package let total: Int
  private let state: NIOLockedValueBox<UncheckedSendable<State>>

  package convenience init(_ limit: MessageMemoryLimit) {
    self.init(bytes: limit.bytes)
  }

  package init(bytes: Int) {
    total = bytes
    state = NIOLockedValueBox(
      UncheckedSendable(State(budget: ByteBudget(ByteBudgetTerms(total: bytes)))))
  }

  /// Bytes that are held now.
  package var used: Int { state.withLockedValue { $0.value.budget.used } }

  /// Requests that wait for room now.
  package var waiters: Int { state.withLockedValue { $0.value.budget.waiters } }

  func enter(connection: ObjectIdentifier?) -> ByteBudget.Holder {
    state.withLockedValue {
      $0.value.budget.enter(connection: connection.map { Int(bitPattern: $0) })
    }
  }

  func reserve(_ bytes: Int, for hold: MessageHold, now: Timestamp) -> ByteBudget.Verdict {
    state.withLockedValue { state in
      let verdict = state.value.budget.reserve(bytes, for: hold.holder, now: now)
      if verdict == .waits {
        state.value.waiters[hold.holder] = Waiter(hold: hold, loop: hold.loop)
      }
      return verdict
    }
  }

  func grow(_ holder: ByteBudget.Holder, by bytes: Int) -> Bool {
    state.withLockedValue { $0.value.budget.grow(holder, by: bytes) }
  }

  func shrink(_ holder: ByteBudget.Holder, to bytes: Int) {
    follow { $0.shrink(holder, to: bytes) }
  }

  func leave(_ holder: ByteBudget.Holder) {
    follow { $0.leave(holder) }
    state.withLockedValue { _ = $0.value.waiters.removeValue(forKey: holder) }
  }

  func timePassed(now: Timestamp) {
    follow { $0.timePassed(now: now) }
  }

  /// How long a request waits at most.
  var maxWait: Duration { state.withLockedValue { $0.value.budget.terms.maxWait } }

  /// Each holder hears of its order on its own loop, and never from within what it does now.
  private func follow(_ event: (inout ByteBudget) -> [ByteBudget.Order]) {
    let told = state.withLockedValue { state in
      event(&state.value.budget).compactMap { order in
        let (holder, refusal) = order.parts
        return state.value.waiters.removeValue(forKey: holder).map { ($0, refusal) }
      }
    }
    for (waiter, refusal) in told {
      guard let hold = waiter.hold else { continue }
      waiter.loop.execute { hold.decided(refusal) }
    }
  }
}

extension ByteBudget.Order {
  fileprivate var parts: (ByteBudget.Holder, ByteBudget.Refusal?) {
    switch self {
    case .grant(let holder): (holder, nil)
    case .refuse(let holder, let refusal): (holder, refusal)
    }
  }
}
