// What plain requests tell who asks.
import MartletCore
import MartletDispatch
import MartletNet
import MartletWire
import Synchronization
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct PlainTraceTests {
  private static let talk = MethodName(service: "test.Echo", method: "Talk")

  /// The one row of a trace, after a look at what each trace must be.
  private func row(_ trailers: Metadata, _ route: MethodName = Mesh.echo) throws -> ConfigValue {
    #expect(trailers[all: TraceHeader.trace].count == 1)
    let trace = try ConfigValue(json: try #require(trailers[TraceHeader.trace]))
    #expect(trace["route"] == .string(route.description))
    guard case .array(let rows)? = trace["nodes"], let row = rows.first else {
      throw RPCError(.notFound, "no row")
    }
    // The call is the request, but for what the router does before and behind it.
    let whole = try number(trace, "us") ?? 0
    #expect((0...1_000).contains(whole - (try number(row, "us") ?? 0)))
    let parts = try ["queue_us", "wire_us", "execute_us"].map { try number(row, $0) ?? 0 }
    #expect(abs(parts.reduce(0, +) - (try number(row, "us") ?? 0)) <= 2)
    #expect(parts.allSatisfy { $0 >= 0 })
    #expect(!trailers.contains(TraceHeader.executionTime))
    return row
  }

  private func number(_ row: ConfigValue, _ name: String) throws -> Int64? {
    guard let value = row[name] else { return nil }
    guard case .integer(let number) = value else { throw RPCError(.dataLoss, "\(value)") }
    return number
  }

  @Test func aCallSaysWhereItsTimeWent() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, call in
        // The handler does not know.
        #expect(!call.metadata.contains(TraceHeader.trace))
        call.setTrailingMetadata(["x-own": "kept", TraceHeader.trace: "{\"more\":9}"])
        try await Task.sleep(for: .milliseconds(30))
        return request + request
      }
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.start("r", table)]])
      let response = try await mesh.say("hello", metadata: [TraceHeader.trace: "1"])
      #expect(response.trailingMetadata["x-own"] == "kept")
      let row = try row(response.trailingMetadata)
      #expect(row["kind"] == .string("call") && row["status"] == .string("OK"))
      #expect(row["deployment"] == .string("echo") && row["replica"] == .string("echo#1"))
      #expect(row["attempts"] == .integer(1))
      #expect(try number(row, "execute_us") ?? 0 >= 29_000)
      #expect(row["in_bytes"] == .integer(5) && row["out_bytes"] == .integer(10))
    }
  }

  @Test(arguments: [Metadata(), [TraceHeader.trace: "0"]])
  func nobodyAsksAndNothingComes(metadata: Metadata) async throws {
    try await Mesh.run { mesh in
      let heard = Mutex<[String]>([])
      let loop = LoopGroup(count: 1).loops[0]
      let listener = Listener(
        on: loop, limits: Limits(), acceptor: Listening { block in heard.withLock { $0 = block } })
      let replica = try await listener.listen(on: .unix(path: "\(mesh.folder)/r"))
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let response = try await mesh.say("x", metadata: metadata)
      #expect(response.trailingMetadata.isEmpty)
      #expect(!heard.withLock { $0 }.contains(TraceHeader.trace))
      _ = try await mesh.say("x", metadata: [TraceHeader.trace: "full"])
      #expect(heard.withLock { $0 }.contains(TraceHeader.trace))
    }
  }

  @Test func streamsSayWhenTheirFirstMessageCame() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.streaming(Self.talk) { requests, responses, _ in
        var count = 0
        for try await _ in requests { count += 1 }
        for _ in 0..<count {
          try await Task.sleep(for: .milliseconds(20))
          try await responses.write([1, 2, 3, 4])
        }
      }
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.start("r", table)]])
      let trailers = try await mesh.client.stream(
        Self.talk, metadata: [TraceHeader.trace: "1"]
      ) { requests, responses in
        for _ in 0..<3 { try await requests.write([7, 7]) }
        try await requests.finish()
        for try await _ in responses {}
        return await responses.trailingMetadata()
      }
      let row = try row(trailers, Self.talk)
      #expect(row["in_messages"] == .integer(3) && row["in_bytes"] == .integer(6))
      #expect(row["out_messages"] == .integer(3) && row["out_bytes"] == .integer(12))
      let (first, whole) = (try #require(try number(row, "first_us")), try number(row, "us") ?? 0)
      #expect(first >= 19_000 && first + 38_000 <= whole)
      #expect(try number(row, "execute_us") ?? 0 >= 58_000)
    }
  }

  @Test func failuresTellToo() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { _, _ in
        throw RPCError(
          .outOfRange, "too far", metadata: ["x-own": "kept", TraceHeader.trace: "{}"])
      }
      table.streaming(Self.talk) { _, responses, call in
        try await responses.write([1])
        throw RPCError(.dataLoss, "lost")
      }
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.start("r", table)]])
      let error = await mesh.failure { () throws(RPCError) in
        try await mesh.say("x", metadata: [TraceHeader.trace: "1"])
      }
      #expect(error?.status == RPCStatus(.outOfRange, "too far"))
      #expect(error?.metadata["x-own"] == "kept")
      #expect(try row(error?.metadata ?? [:])["status"] == .string("OUT_OF_RANGE"))
      let lost = await #expect(throws: RPCError.self) {
        try await mesh.client.stream(Self.talk, metadata: [TraceHeader.trace: "1"]) {
          _, responses in
          for try await _ in responses {}
        }
      }
      let row = try row(lost?.metadata ?? [:], Self.talk)
      #expect(row["status"] == .string("DATA_LOSS") && row["out_messages"] == .integer(1))
    }
  }

  @Test func attemptsAreCountedAndRefusalsNameTheDeployment() async throws {
    try await Mesh.run { mesh in
      let mortal = try await mesh.startMortal("a")
      try await mesh.deploy(Mesh.echoApp { $0.idempotent = true }, ["echo": [mortal]])
      let error = await mesh.failure { () throws(RPCError) in
        try await mesh.say("x", metadata: [TraceHeader.trace: "1"], timeout: .milliseconds(300))
      }
      let refused = try row(error?.metadata ?? [:])
      #expect(refused["deployment"] == .string("echo"))
      #expect(refused["status"] == .string(error?.code.name ?? ""))
      #expect(try number(refused, "attempts") ?? 0 >= 1)
    }
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp { $0.maxQueuedRequests = 0 }, ["echo": []])
      let error = await mesh.failure { () throws(RPCError) in
        try await mesh.say("x", metadata: [TraceHeader.trace: "1"], timeout: .milliseconds(100))
      }
      let row = try row(error?.metadata ?? [:])
      #expect(row["attempts"] == .integer(0) && row["replica"] == nil)
      #expect(row["queue_us"] == row["us"])
    }
  }

  @Test func theDeadlineOfARequestThatWaitsTells() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, _ in
        try await Task.sleep(for: .seconds(20))
        return request
      }
      try await mesh.deploy(
        Mesh.echoApp { $0.requestTimeout = .milliseconds(50) },
        ["echo": [try await mesh.start("r", table)]])
      let error = await mesh.failure { () throws(RPCError) in
        try await mesh.say("x", metadata: [TraceHeader.trace: "1"])
      }
      let row = try row(error?.metadata ?? [:])
      #expect(row["status"] == .string("DEADLINE_EXCEEDED"))
      #expect(try number(row, "wire_us") ?? 0 + (number(row, "execute_us") ?? 0) >= 45_000)
    }
  }

  @Test func ofLongTrailersNoneIsLost() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, call in
        let count = Int(String(decoding: request, as: UTF8.self)) ?? 0
        call.setTrailingMetadata(["x-long": String(repeating: "y", count: count)])
        return request
      }
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.start("r", table)]])
      let short = try await mesh.say("7000", metadata: [TraceHeader.trace: "1"])
      #expect(short.trailingMetadata[TraceHeader.trace] != nil)
      let long = try await mesh.say("7900", metadata: [TraceHeader.trace: "1"])
      #expect(long.trailingMetadata["x-long"]?.count == 7_900)
      #expect(long.trailingMetadata[TraceHeader.trace] == nil)
      let full = try await mesh.say("7900", metadata: [TraceHeader.trace: "full"])
      #expect(full.trailingMetadata[TraceHeader.trace] != nil)
    }
  }
}

/// Answers every request with an empty message, and tells which names its head had.
private final class Listening: RequestAcceptor {
  private let told: @Sendable ([String]) -> Void

  init(_ told: @escaping @Sendable ([String]) -> Void) {
    self.told = told
  }

  func connectionOpened(_ connection: ServerConnection) {}
  func connectionClosed(_ connection: ServerConnection) {}

  func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    told(headers.pairs.map(\.name))
    stream.sendHead(.grpcResponse)
    stream.sendMessage([])
    stream.sendTrailers(.grpcSuccess)
    return nil
  }
}
