// Handlers whose requests arrived together share a task, and must not notice.
import MartletCore
import MartletNet
import Testing

@Suite(.timeLimit(.minutes(1))) struct UnaryHandlersTests {
  /// Every third handler waits for the others to be answered: it may not hold them up, and finds its
  /// own call as the current one before and after, as do tasks that a handler leaves behind.
  @Test func aHandlerThatSuspendsHoldsUpNobodyAndKeepsItsCall() async throws {
    let (others, answered) = AsyncStream.makeStream(of: Void.self)
    let strays = AsyncStream.makeStream(of: Bool.self)
    try await Mesh.with(handlers: { table in
      table.unary(.echo) { request, call in
        let isOwn = CallScope.current === call
        Task {
          await Task.yield()
          strays.continuation.yield(CallScope.current === call)
        }
        if request[0] % 3 == 0 {
          while call.metadata["wait"] == "yes", !Task.isCancelled {
            try await Task.sleep(for: .milliseconds(1))
          }
        }
        let isStillOwn = CallScope.current === call
        return [request[0], isOwn && isStillOwn ? 1 : 0]
      }
    }) { mesh in
      try await withThrowingTaskGroup { group in
        for number in UInt8(0)..<30 {
          group.addTask {
            // Those that suspend go on until their deadline cancels them.
            let waits = number % 3 == 0
            do throws(RPCError) {
              let answer = try await mesh.channel.unary(
                .echo, [number], metadata: waits ? ["wait": "yes"] : [:],
                deadline: waits ? Deadline(Loop.now + .seconds(2)) : nil
              ).message
              #expect(!waits)
              #expect(answer == [number, 1])
              answered.yield()
            } catch {
              #expect(waits)
              #expect(error.code == .deadlineExceeded)
            }
          }
        }
        // All of the others are answered while ten handlers wait.
        var count = 0
        let start = Loop.now
        for await _ in others {
          count += 1
          if count == 20 { break }
        }
        #expect(Loop.now.duration(since: start) < .seconds(2))
        try await group.waitForAll()
      }
      var right = 0
      for await isRight in strays.stream {
        #expect(isRight)
        right += 1
        if right == 30 { break }
      }
      // The handlers that were cancelled end a moment later than their calls.
      while mesh.server.ongoing > 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
  }

  /// A client that leaves before its handler's turn costs no handler, and no place of `maxOngoing`.
  @Test func handlersOfOneTaskAreCancelledOneByOne() async throws {
    try await Mesh.with(handlers: { table in
      table.unary(.echo) { request, _ in
        guard request[0] == 1 else { return request }
        try await Task.sleep(for: .seconds(60))
        return request
      }
    }) { mesh in
      let hanging = Task { try await mesh.channel.unary(.echo, [1]).message }
      for _ in 0..<10 { _ = try await mesh.channel.unary(.echo, [2]).message }
      #expect(mesh.server.ongoing == 1)
      hanging.cancel()
      await #expect(throws: RPCError.self) { try await hanging.value }
      for _ in 0..<10 { _ = try await mesh.channel.unary(.echo, [2]).message }
      while mesh.server.ongoing > 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
  }
}
