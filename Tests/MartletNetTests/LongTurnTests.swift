// Answers do not wait for the other handlers of their loop's turn.
import MartletCore
import MartletNet
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct LongTurnTests {
  private static let calls = 16

  /// Sixteen handlers run in one turn and take 20 ms each: when the first answer has arrived,
  /// most of them have not begun to compute. Either they begin together, in the task that they share, or
  /// they have waited for the same thing and go on together, each in a task of its own.
  @Test(arguments: [false, true])
  func anAnswerLeavesBeforeTheHandlersBehindItHaveRun(afterAWait: Bool) async throws {
    let begun = Flag()
    let gate = Gate(for: Self.calls)
    try await Mesh.with(handlers: { table in
      table.unary(.echo) { request, _ in
        if afterAWait, request != [0] { await gate.wait() }
        begun.set()
        let end = Loop.now + .milliseconds(20)
        while Loop.now < end {}
        return request
      }
    }) { mesh in
      // From here on the connection is there, and requests go out in one write.
      _ = try await mesh.channel.unary(.echo, [0])
      let seen = try await withThrowingTaskGroup { group in
        for number in 1...UInt8(Self.calls) {
          group.addTask {
            _ = try await mesh.channel.unary(.echo, [number])
            return begun.count - 1
          }
        }
        let first = try await group.next() ?? Self.calls
        try await group.waitForAll()
        return first
      }
      #expect(seen < Self.calls / 2)
    }
  }
}

/// Lets nobody through before enough have come.
private final class Gate: Sendable {
  private let count: Int
  private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

  init(for count: Int) {
    self.count = count
  }

  func wait() async {
    await withCheckedContinuation { waiter in
      let all = waiting.withLock { waiting in
        waiting.append(waiter)
        return waiting.count == count ? waiting : []
      }
      for waiter in all { waiter.resume() }
    }
  }
}
