// Calls that end early: deadlines, cancellation, refusal, death.
import Foundation
import MartletCore
import MartletNet
import Testing

@Suite(.timeLimit(.minutes(1))) struct FailureTests {
  @Test func unknownMethodAndServiceAreUnimplemented() async throws {
    try await Mesh.with { mesh in
      let noMethod = await status {
        _ = try await mesh.channel.unary(MethodName(service: "test.Echo", method: "No"), [])
      }
      #expect(noMethod == RPCStatus(.unimplemented, "service test.Echo has no method No"))
      let noService = await status {
        _ = try await mesh.channel.unary(MethodName(service: "test.No", method: "No"), [])
      }
      #expect(noService == RPCStatus(.unimplemented, "this server has no service test.No"))
    }
  }

  @Test func deadlineReachesCallerAndHandler() async throws {
    let cancelled = Flag()
    try await Mesh.with(handlers: { $0.hanging(cancelled) }) { mesh in
      _ = try? await mesh.channel.unary(.echo, [])
      let started = Loop.now
      let status = await status {
        _ = try await mesh.channel.unary(
          .hang, [], deadline: Deadline(Loop.now + .milliseconds(100)))
      }
      let elapsed = Loop.now.duration(since: started)
      #expect(status?.code == .deadlineExceeded)
      #expect(elapsed >= .milliseconds(100) && elapsed < .milliseconds(1000))
      await eventually { cancelled.isSet }
    }
  }

  @Test func deadlineThatHasPassedIsNotSent() async throws {
    try await Mesh.with { mesh in
      let status = await status {
        _ = try await mesh.channel.unary(.echo, [], deadline: Deadline(Loop.now))
      }
      #expect(status?.code == .deadlineExceeded)
    }
  }

  @Test func cancellingTheTaskCancelsTheHandler() async throws {
    let cancelled = Flag()
    let begun = Flag()
    try await Mesh.with(handlers: { $0.hanging(cancelled, begun: begun) }) { mesh in
      let call = Task { await status { _ = try await mesh.channel.unary(.hang, []) } }
      await eventually { begun.isSet }
      call.cancel()
      #expect(await call.value?.code == .cancelled)
      await eventually { cancelled.isSet }
      await eventually { mesh.server.ongoing == 0 }
    }
  }

  @Test func leavingAStreamCancelsItsHandler() async throws {
    try await Mesh.with { mesh in
      try await mesh.channel.stream(.chat) { requests, responses in
        try await requests.write([1])
        var answers = responses.makeAsyncIterator()
        let answer8 = try await answers.next()
        #expect(answer8 == [1])
      }
      await eventually { mesh.server.ongoing == 0 }
    }
  }

  @Test func serverThatDiesFailsEveryCallOnce() async throws {
    let begun = Flag()
    let ended = Flag()
    try await Mesh.with(handlers: { $0.hanging(ended, begun: begun) }) { mesh in
      let codes = Task {
        await withTaskGroup(of: RPCStatus?.self) { group in
          for _ in 0..<50 {
            group.addTask { await status { _ = try await mesh.channel.unary(.hang, []) } }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
      }
      await eventually { begun.count == 50 }
      await mesh.server.drain(within: .zero)
      let statuses = await codes.value
      #expect(statuses.count == 50)
      #expect(statuses.allSatisfy { $0?.code == .unavailable })
      #expect(statuses.allSatisfy { $0?.message.contains("\(mesh.endpoint)") == true })
      await eventually { ended.count == 50 }
    }
  }

  @Test func clientThatDiesCancelsEveryHandlerOnce() async throws {
    let begun = Flag()
    let ended = Flag()
    try await Mesh.with(handlers: { $0.hanging(ended, begun: begun) }) { mesh in
      let loops = LoopGroup()
      let channel = GRPCChannel(endpoint: mesh.endpoint, loops: loops)
      let calls = Task {
        await withTaskGroup { group in
          for _ in 0..<20 {
            group.addTask { _ = try? await channel.unary(.hang, []) }
          }
        }
      }
      await eventually { begun.count == 20 }
      calls.cancel()
      await loops.shutdown()
      await eventually { ended.count == 20 && mesh.server.ongoing == 0 }
    }
  }

  @Test func tooLongMessagesAreRefusedOnEitherSide() async throws {
    var limits = Limits()
    limits.maxMessageBytes = 1000
    try await Mesh.with(limits: limits, clientLimits: Limits()) { mesh in
      let byServer = await status {
        _ = try await mesh.channel.unary(.echo, Array(repeating: 0, count: 1001))
      }
      #expect(byServer?.code == .resourceExhausted)
      let own = GRPCChannel(endpoint: mesh.endpoint, loops: mesh.clientLoops, limits: limits)
      let byClient = await status {
        _ = try await own.unary(.echo, Array(repeating: 0, count: 1001))
      }
      #expect(byClient?.code == .resourceExhausted)
      let answer9 = try await own.unary(.echo, Array(repeating: 0, count: 1000)).message.count
      #expect(answer9 == 1000)
      await own.close()
    }
  }

  @Test func callsBeyondMaxOngoingAreRefused() async throws {
    let begun = Flag()
    try await Mesh.with(maxOngoing: 2, handlers: { $0.hanging(Flag(), begun: begun) }) { mesh in
      let running = Task {
        await withTaskGroup { group in
          for _ in 0..<2 { group.addTask { _ = try? await mesh.channel.unary(.hang, []) } }
        }
      }
      await eventually { begun.count == 2 }
      let refused = await status { _ = try await mesh.channel.unary(.echo, []) }
      #expect(refused?.code == .unavailable)
      let answer10 = try await mesh.channel.unary(.fail, []).message
      #expect(answer10 == [])
      running.cancel()
      await running.value
      await eventually { mesh.server.ongoing == 0 }
      _ = try await mesh.channel.unary(.echo, [])
    }
  }

  @Test func connectFailureNamesEndpointAndReason() async throws {
    let loops = LoopGroup()
    let path = temporarySocketPath()
    let channel = GRPCChannel(endpoint: .unix(path: path), loops: loops)
    let status = await status { _ = try await channel.unary(.echo, []) }
    #expect(
      status
        == RPCStatus(
          .unavailable, "cannot connect to unix:\(path): No such file or directory"))
    await channel.close()
    await loops.shutdown()
  }

  @Test func pathsThatAreTooLongSaySo() async throws {
    let loops = LoopGroup()
    let path = "/tmp/" + String(repeating: "x", count: 120)
    let server = GRPCServer(loops: loops, handlers: HandlerTable())
    let status = await status { try await server.listen(on: .unix(path: path)) }
    #expect(status?.code == .invalidArgument)
    await loops.shutdown()
  }

  @Test func aLivingServersSocketIsNotTaken() async throws {
    try await Mesh.with { mesh in
      let second = GRPCServer(loops: mesh.clientLoops, handlers: HandlerTable())
      let status = await status { try await second.listen(on: mesh.endpoint) }
      #expect(status?.message.contains("another process listens there") == true)
      let answer11 = try await mesh.channel.unary(.echo, [1]).message
      #expect(answer11 == [1])
    }
  }

  @Test func channelWaitsForAServerThatComesLater() async throws {
    let loops = LoopGroup()
    let endpoint = Endpoint.unix(path: temporarySocketPath())
    let channel = GRPCChannel(endpoint: endpoint, loops: loops)
    let call = Task { try await channel.unary(.echo, [4], waitForReady: true) }
    try await Task.sleep(for: .milliseconds(30))
    let server = GRPCServer(loops: loops, handlers: .example)
    try await server.listen(on: endpoint)
    let answer12 = try await call.value.message
    #expect(answer12 == [4])
    await channel.close()
    await server.drain(within: .seconds(1))
    await loops.shutdown()
  }

  @Test func channelReconnectsAfterTheServerRestarted() async throws {
    let loops = LoopGroup()
    let endpoint = Endpoint.unix(path: temporarySocketPath())
    let channel = GRPCChannel(endpoint: endpoint, loops: loops)
    for round in 0..<3 {
      let server = GRPCServer(loops: loops, handlers: .example)
      try await server.listen(on: endpoint)
      let answer = try await channel.unary(.echo, [UInt8(round)], waitForReady: true)
      #expect(answer.message == [UInt8(round)])
      await server.drain(within: .seconds(1))
    }
    await channel.close()
    await loops.shutdown()
  }

  @Test func drainLetsRunningCallsFinish() async throws {
    let begun = Flag()
    try await Mesh.with(handlers: { table in
      table.unary(.echo) { request, _ in
        begun.set()
        try await Task.sleep(for: .milliseconds(100))
        return request
      }
    }) { mesh in
      let calls = Task {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
          for _ in 0..<20 {
            group.addTask { try await mesh.channel.unary(.echo, [1]).message }
          }
          return try await group.reduce(0) { $0 + $1.count }
        }
      }
      await eventually { begun.count == 20 }
      let run = Task { try await mesh.server.run() }
      await mesh.server.drain(within: .seconds(5))
      try await run.value
      let answer13 = try await calls.value
      #expect(answer13 == 20)
      let late = await status { _ = try await mesh.channel.unary(.echo, []) }
      #expect(late?.code == .unavailable)
    }
  }

  @Test func slowReadersPauseTheWriter() async throws {
    let written = Flag()
    var limits = Limits()
    limits.initialStreamWindowBytes = 64 << 10
    let message = [UInt8](repeating: 1, count: 16 << 10)
    try await Mesh.with(
      limits: limits,
      handlers: { table in
        table.streaming(.expand) { _, responses, _ in
          for _ in 0..<200 {
            try await responses.write(message)
            written.set()
          }
        }
      }
    ) { mesh in
      try await mesh.channel.stream(.expand) { requests, responses in
        try await requests.finish()
        var answers = responses.makeAsyncIterator()
        let answer14 = try await answers.next()?.count
        #expect(answer14 == message.count)
        try await Task.sleep(for: .milliseconds(100))
        #expect(written.count < 50)
        var count = 1
        while try await answers.next() != nil { count += 1 }
        #expect(count == 200)
      }
    }
  }

  @Test func handlersOwnErrorsBecomeUnknown() async throws {
    struct Odd: Error {}
    try await Mesh.with(handlers: { $0.unary(.echo) { _, _ in throw Odd() } }) { mesh in
      let status = await status { _ = try await mesh.channel.unary(.echo, []) }
      #expect(status?.code == .unknown)
    }
  }
}

extension HandlerTable {
  /// `hang` sets `begun`, waits and sets `ended` when it is cancelled; `fail` answers and does not count.
  mutating func hanging(_ ended: Flag, begun: Flag = Flag()) {
    unary(.hang) { _, _ in
      begun.set()
      defer { ended.set() }
      try await Task.sleep(for: .seconds(60))
      return []
    }
    unary(.fail, countsAsOngoing: false) { _, _ in [] }
    unary(.echo) { request, _ in request }
  }
}
