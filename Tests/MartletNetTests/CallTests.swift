// Calls that go well, over every transport and of every kind.
import MartletCore
import MartletNet
import Testing

@Suite(.timeLimit(.minutes(1))) struct CallTests {
  @Test(arguments: TransportKind.allCases)
  func unary(_ kind: TransportKind) async throws {
    try await Mesh.with(kind) { mesh in
      let response = try await mesh.channel.unary(.echo, [1, 2, 3])
      #expect(response.message == [1, 2, 3])
    }
  }

  @Test func emptyMessage() async throws {
    try await Mesh.with { mesh in
      let answer1 = try await mesh.channel.unary(.echo, []).message
      #expect(answer1 == [])
    }
  }

  @Test(arguments: TransportKind.allCases)
  func fourMebibytes(_ kind: TransportKind) async throws {
    try await Mesh.with(kind) { mesh in
      let message = (0..<4 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let answer2 = try await mesh.channel.unary(.echo, message).message
      #expect(answer2 == message)
      let answer3 = try await mesh.channel.unary(.echo, message).message
      #expect(answer3 == message)
    }
  }

  @Test func metadataGoesBothWays() async throws {
    try await Mesh.with { mesh in
      var metadata: Metadata = ["asks": "a question"]
      metadata.add([0, 255, 10], for: "raw-bin")
      let response = try await mesh.channel.unary(.metadata, [], metadata: metadata)
      #expect(response.initialMetadata["heard"] == "a question")
      #expect(response.initialMetadata[binary: "raw-bin"] == [0, 255, 10])
      #expect(response.trailingMetadata["after"] == "all")
    }
  }

  @Test func statusAndItsMetadataArrive() async throws {
    try await Mesh.with { mesh in
      do throws(RPCError) {
        _ = try await mesh.channel.unary(.fail, [])
        Issue.record("no error")
      } catch {
        #expect(error.status == RPCStatus(.failedPrecondition, "no: ünïcode %"))
        #expect(error.metadata["why"] == "because")
      }
    }
  }

  @Test(arguments: TransportKind.allCases)
  func fiveHundredCallsAtOnceOnOneConnection(_ kind: TransportKind) async throws {
    try await Mesh.with(
      kind,
      handlers: { table in
        table.unary(.echo) { request, _ in
          try await Task.sleep(for: .milliseconds(20))
          return request
        }
      }
    ) { mesh in
      let sum = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<500 {
          group.addTask {
            let bytes = [UInt8(number & 255), UInt8(number >> 8)]
            let answer = try await mesh.channel.unary(.echo, bytes).message
            return Int(answer[0]) + Int(answer[1]) << 8
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(sum == 500 * 499 / 2)
    }
  }

  @Test func moreCallsThanTheServerAllowsWaitForTheirTurn() async throws {
    var limits = Limits()
    limits.maxConcurrentStreams = 3
    try await Mesh.with(limits: limits) { mesh in
      try await withThrowingTaskGroup { group in
        for _ in 0..<100 {
          group.addTask { _ = try await mesh.channel.unary(.echo, [7]) }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test(arguments: TransportKind.allCases)
  func clientStreaming(_ kind: TransportKind) async throws {
    try await Mesh.with(kind) { mesh in
      let answer = try await mesh.channel.stream(.collect) { requests, responses in
        for byte in 0..<100 { try await requests.write([UInt8(byte)]) }
        try await requests.finish()
        return try await responses.all()
      }
      #expect(answer == [Array(0..<100)])
    }
  }

  @Test(arguments: TransportKind.allCases)
  func serverStreaming(_ kind: TransportKind) async throws {
    try await Mesh.with(kind) { mesh in
      let answer = try await mesh.channel.stream(.expand) { requests, responses in
        try await requests.write([5, 6, 7])
        try await requests.finish()
        return try await responses.all()
      }
      #expect(answer == [[5], [6], [7]])
    }
  }

  @Test(arguments: TransportKind.allCases)
  func bidirectional(_ kind: TransportKind) async throws {
    try await Mesh.with(kind) { mesh in
      try await mesh.channel.stream(.chat) { requests, responses in
        var answers = responses.makeAsyncIterator()
        for byte in 0..<200 {
          try await requests.write([UInt8(byte)])
          let answer4 = try await answers.next()
          #expect(answer4 == [UInt8(byte)])
        }
        try await requests.finish()
        let answer5 = try await answers.next()
        #expect(answer5 == nil)
      }
    }
  }

  @Test func longMessagesStreamThroughSmallWindows() async throws {
    var limits = Limits()
    limits.initialStreamWindowBytes = 64 << 10
    limits.initialConnectionWindowBytes = 128 << 10
    try await Mesh.with(limits: limits) { mesh in
      let message = [UInt8](repeating: 9, count: 1 << 20)
      try await mesh.channel.stream(.chat) { requests, responses in
        var answers = responses.makeAsyncIterator()
        for _ in 0..<5 {
          try await requests.write(message)
          let answer6 = try await answers.next()
          #expect(answer6 == message)
        }
      }
    }
  }

  @Test func aServerWithSeveralLoopsAnswersOnAll() async throws {
    try await Mesh.with(serverLoopCount: 3) { mesh in
      for _ in 0..<6 {
        let channel = GRPCChannel(endpoint: mesh.endpoint, loops: mesh.clientLoops)
        let answer7 = try await channel.unary(.echo, [1]).message
        #expect(answer7 == [1])
        await channel.close()
      }
    }
  }
}

extension MessageStream {
  func all() async throws -> [[UInt8]] {
    var messages: [[UInt8]] = []
    for try await message in self { messages.append(message) }
    return messages
  }
}
