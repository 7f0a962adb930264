// Long messages take memory of their process's budget, and give all of it back however their calls end.
import MartletCore
import MartletNet
import MartletWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct MessageMemoryTests {
  private static let mib = 1 << 20

  /// Bytes of the budget: half of them for requests.
  private static let total = 32 << 20

  private static func with<R: Sendable>(
    handlers: (inout HandlerTable) -> Void = { $0 = .example },
    _ body: (Mesh, MessageMemory) async throws -> R
  ) async throws -> R {
    let memory = MessageMemory(bytes: total)
    let result = try await Mesh.with(memory: memory, handlers: handlers) { mesh in
      try await body(mesh, memory)
    }
    await eventually { memory.used == 0 && memory.waiters == 0 }
    #expect(memory.used == 0)
    #expect(memory.waiters == 0)
    return result
  }

  private static func message(_ mebibytes: Int) -> [UInt8] {
    [UInt8](repeating: 7, count: mebibytes * mib)
  }

  @Test func aLongCallTakesMemoryForRequestAndAnswerAndGivesItBack() async throws {
    let seen = Box(0)
    try await Self.with(handlers: { $0.holding(seen) }) { mesh, memory in
      seen.memory = memory
      let answer = try await mesh.channel.unary(.echo, Self.message(6)).message
      #expect(answer == Self.message(6))
      #expect(seen.value == 6 * Self.mib)
    }
  }

  @Test func aShortCallTakesNone() async throws {
    let seen = Box(-1)
    try await Self.with(handlers: { $0.holding(seen) }) { mesh, memory in
      seen.memory = memory
      _ = try await mesh.channel.unary(.echo, [UInt8](repeating: 1, count: 64 << 10))
      #expect(seen.value == 0)
    }
  }

  @Test func requestsBeyondHalfOfItWaitAndAreAnsweredAllTheSame() async throws {
    try await Self.with { mesh, _ in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<12 {
          group.addTask { try await mesh.channel.unary(.echo, Self.message(6)).message.count }
        }
        for try await count in group { #expect(count == 6 * Self.mib) }
      }
    }
  }

  @Test func moreThanAllOfItIsRefused() async throws {
    try await Self.with { mesh, _ in
      let status = await status {
        _ = try await mesh.channel.unary(.echo, Self.message(33))
      }
      #expect(status?.code == .resourceExhausted)
      #expect(status?.message.contains("\(33 * Self.mib)") == true)
      #expect(status?.message.contains("--max-message-memory") == true)
    }
  }

  @Test func anAnswerThatDoesNotFitBesideItsRequestIsRefused() async throws {
    try await Self.with { mesh, _ in
      let status = await status {
        _ = try await mesh.channel.unary(.echo, Self.message(20))
      }
      #expect(status?.code == .resourceExhausted)
    }
  }

  @Test func failedCallsGiveTheirsBack() async throws {
    try await Self.with { mesh, _ in
      let status = await status { _ = try await mesh.channel.unary(.fail, Self.message(8)) }
      #expect(status?.code == .failedPrecondition)
    }
  }

  @Test func cancelledCallsGiveTheirsBack() async throws {
    let (begun, ended) = (Flag(), Flag())
    try await Self.with(handlers: { $0.hanging(ended, begun: begun) }) { mesh, memory in
      let call = Task { try await mesh.channel.unary(.hang, Self.message(8)) }
      await eventually { begun.count == 1 }
      #expect(memory.used == 8 * Self.mib)
      call.cancel()
      await eventually { memory.used == 0 }
    }
  }

  @Test func lateCallsGiveTheirsBack() async throws {
    let (begun, ended) = (Flag(), Flag())
    try await Self.with(handlers: { $0.hanging(ended, begun: begun) }) { mesh, _ in
      let status = await status {
        _ = try await mesh.channel.unary(
          .hang, Self.message(8), deadline: Deadline(Loop.now + .milliseconds(500)))
      }
      #expect(status?.code == .deadlineExceeded)
    }
  }

  @Test func aConnectionThatDiesGivesTheirsBack() async throws {
    let (begun, ended) = (Flag(), Flag())
    try await Self.with(handlers: { $0.hanging(ended, begun: begun) }) { mesh, memory in
      let loops = LoopGroup(count: 1)
      let channel = GRPCChannel(endpoint: mesh.endpoint, loops: loops)
      let calls = Task {
        await withTaskGroup { group in
          for _ in 0..<4 {
            group.addTask { _ = try? await channel.unary(.hang, Self.message(4)) }
          }
        }
      }
      await eventually { begun.count > 0 && memory.used > 0 }
      calls.cancel()
      await loops.shutdown()
      await eventually { memory.used == 0 && memory.waiters == 0 }
    }
  }

  @Test func streamsOfLongMessagesPassAndGiveAllBack() async throws {
    try await Self.with { mesh, _ in
      try await mesh.channel.stream(.chat) { requests, responses in
        var answers = responses.makeAsyncIterator()
        for _ in 0..<3 {
          try await requests.write(Self.message(7))
          let answer = try await answers.next()
          #expect(answer?.count == 7 * Self.mib)
        }
      }
    }
  }
}

/// What a handler saw of its server's memory.
private final class Box: @unchecked Sendable {
  var memory: MessageMemory?
  var value: Int

  init(_ value: Int) { self.value = value }
}

extension HandlerTable {
  fileprivate mutating func holding(_ seen: Box) {
    unary(.echo) { request, _ in
      seen.value = seen.memory?.used ?? -1
      return request
    }
  }
}
