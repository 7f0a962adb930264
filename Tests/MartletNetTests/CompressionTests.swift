// Calls with compressed messages, in both directions.
import MartletCore
import MartletNet
import MartletWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct CompressionTests {
  static let text = Array(String(repeating: "the same words again, ", count: 5000).utf8)

  @Test(arguments: Compression.allCases)
  func unaryBothWays(_ compression: Compression) async throws {
    try await Mesh.with { mesh in
      for message in [Self.text, [], [1], Self.text] {
        let answer = try await mesh.channel.unary(
          .echo, message, compression: .both(compression)
        ).message
        #expect(answer == message)
      }
    }
  }

  @Test(arguments: Compression.allCases)
  func streamsBothWays(_ compression: Compression) async throws {
    try await Mesh.with { mesh in
      let sent: [[UInt8]] = (0..<100).map { $0 % 3 == 0 ? [UInt8($0)] : Self.text }
      let answers = try await mesh.channel.stream(.chat, compression: .both(compression)) {
        requests, responses in
        var received: [[UInt8]] = []
        var iterator = responses.makeAsyncIterator()
        for message in sent {
          try await requests.write(message)
          if let answer = try await iterator.next() { received.append(answer) }
        }
        return received
      }
      #expect(answers == sent)
    }
  }

  // MARK: What is on the wire

  private static func answers(
    to head: HeaderBlock, _ payload: [UInt8], limits: Limits = Limits(),
    _ handler: @escaping UnaryHandler = { request, _ in request }
  ) async throws -> RawAnswer {
    try await Mesh.with(limits: limits, handlers: { $0.unary(.echo, handler) }) { mesh in
      try await RawAnswer.of(head, payload, to: mesh)
    }
  }

  private static func head(_ fields: (String, String)...) -> HeaderBlock {
    var head = HeaderBlock.grpcRequest(path: MethodName.echo.path, authority: "localhost")
    for (name, value) in fields { head.append(name: name, value: value) }
    return head
  }

  private static let plain: [UInt8] = [0, 0, 0, 0, 1, 7]

  private static func framed(_ message: [UInt8], _ compression: Compression) throws -> [UInt8] {
    try #require(Compressor(MessageCodec(), compression, limits: Limits()).framed(message))
  }

  @Test func nothingIsSaidToWhoSaysNothing() async throws {
    let answer = try await Self.answers(to: Self.head(), Self.plain)
    #expect(answer.payload == Self.plain)
    #expect(answer.head["grpc-accept-encoding"] == nil)
    #expect(answer.head["grpc-encoding"] == nil)
  }

  @Test func answersAreCompressedWhenTheHandlerAsksAndTheClientAllows() async throws {
    let handler: UnaryHandler = { _, call in
      call.compressResponses(with: .gzip)
      return Self.text
    }
    let allowed = try await Self.answers(
      to: Self.head(("grpc-accept-encoding", "identity,gzip")), Self.plain, handler)
    #expect(allowed.head["grpc-encoding"] == "gzip")
    #expect(allowed.head["grpc-accept-encoding"] == "identity,deflate,gzip")
    #expect(allowed.payload == (try Self.framed(Self.text, .gzip)))
    let refused = try await Self.answers(
      to: Self.head(("grpc-accept-encoding", "identity,deflate")), Self.plain, handler)
    #expect(refused.head["grpc-encoding"] == nil)
    #expect(refused.payload.first == 0)
    #expect(refused.payload.count == 5 + Self.text.count)
  }

  @Test func answersTakeTheEncodingOfTheRequest() async throws {
    let head = Self.head(("grpc-encoding", "deflate"), ("grpc-accept-encoding", "deflate,gzip"))
    let bytes = try Self.framed(Self.text, .deflate)
    let same = try await Self.answers(to: head, bytes)
    #expect(same.head["grpc-encoding"] == "deflate")
    #expect(same.payload == bytes)
    let plain = try await Self.answers(to: head, bytes) { request, call in
      call.compressResponses(with: nil)
      return request
    }
    #expect(plain.head["grpc-encoding"] == nil)
    #expect(plain.payload.count == 5 + Self.text.count)
    // Too short to be worth it, flag by flag.
    let short = try await Self.answers(to: head, Self.plain)
    #expect(short.payload == Self.plain)
  }

  @Test func unknownEncodingsAreUnimplemented() async throws {
    let answer = try await Self.answers(to: Self.head(("grpc-encoding", "br")), Self.plain)
    #expect(answer.head["grpc-accept-encoding"] == "identity,deflate,gzip")
    #expect(
      answer.status
        == RPCStatus(
          .unimplemented,
          "grpc-encoding \"br\" is not supported; supported are identity, deflate and gzip"))
  }

  @Test(arguments: [nil, "identity"])
  func theFlagWithoutAnEncodingIsInternal(encoding: String?) async throws {
    let head = encoding.map { Self.head(("grpc-encoding", $0)) } ?? Self.head()
    let answer = try await Self.answers(to: head, try Self.framed(Self.text, .gzip))
    #expect(answer.status?.code == .internalError)
  }

  @Test func corruptMessagesAreInternal() async throws {
    let head = Self.head(("grpc-encoding", "gzip"))
    let answer = try await Self.answers(to: head, [1, 0, 0, 0, 3, 1, 2, 3])
    #expect(
      answer.status
        == RPCStatus(
          .internalError, "the message cannot be decompressed with gzip: it is corrupt"))
  }

  // MARK: Bombs

  private static func small(_ bytes: Int) -> Limits {
    var limits = Limits()
    limits.maxMessageBytes = bytes
    return limits
  }

  @Test func aBombIsResourceExhausted() async throws {
    try await Mesh.with(limits: Self.small(100_000), clientLimits: Limits()) { mesh in
      let bomb = [UInt8](repeating: 0, count: 1 << 20)
      let unary = await status {
        _ = try await mesh.channel.unary(.echo, bomb, compression: .both(.gzip))
      }
      #expect(unary?.code == .resourceExhausted)
      let streamed = await status {
        try await mesh.channel.stream(.collect, compression: .both(.gzip)) { requests, responses in
          try await requests.write([1])
          try await requests.write(bomb)
          for try await _ in responses {}
        }
      }
      #expect(streamed?.code == .resourceExhausted)
      let answer = try await mesh.channel.unary(.echo, [1], compression: .both(.gzip)).message
      #expect(answer == [1])
    }
  }

  @Test func aBombForTheClientIsResourceExhausted() async throws {
    let handlers = { (table: inout HandlerTable) in
      table.unary(.echo) { _, call in
        call.compressResponses(with: .deflate)
        return [UInt8](repeating: 0, count: 1 << 20)
      }
      table.streaming(.chat) { _, responses, call in
        call.compressResponses(with: .deflate)
        try await responses.write([UInt8](repeating: 0, count: 1 << 20))
      }
    }
    try await Mesh.with(clientLimits: Self.small(100_000), handlers: handlers) { mesh in
      let unary = await status {
        _ = try await mesh.channel.unary(.echo, [], compression: .responses)
      }
      #expect(unary?.code == .resourceExhausted)
      let streamed = await status {
        try await mesh.channel.stream(.chat, compression: .responses) { _, responses in
          for try await _ in responses {}
        }
      }
      #expect(streamed?.code == .resourceExhausted)
    }
  }
}

/// What a server answers, byte for byte.
private struct RawAnswer: Sendable {
  var head = HeaderBlock()
  var payload: [UInt8] = []
  var status: RPCStatus?

  /// Sends a request's bytes as they are.
  static func of(_ head: HeaderBlock, _ payload: [UInt8], to mesh: Mesh) async throws -> RawAnswer {
    let loop = mesh.clientLoops.loops[0]
    return await withCheckedContinuation { continuation in
      loop.execute {
        let call = RawCall(head, payload) { continuation.resume(returning: $0) }
        _ = ClientConnection.connect(
          to: mesh.endpoint, on: loop, limits: Limits(), observer: call)
      }
    }
  }
}

/// One request over a connection of its own. On its loop only.
private final class RawCall: ClientConnectionObserver, ClientStreamHandler {
  private let request: HeaderBlock
  private let payload: [UInt8]
  private let done: (RawAnswer) -> Void
  private var answer = RawAnswer()

  init(_ request: HeaderBlock, _ payload: [UInt8], _ done: @escaping (RawAnswer) -> Void) {
    self.request = request
    self.payload = payload
    self.done = done
  }

  func connectionReady(_ connection: ClientConnection) {
    guard let stream = connection.open(request, self) else { return done(answer) }
    stream.sendData(payload)
    stream.sendEnd()
    connection.drain()
  }

  func connectionCapacityChanged(_ connection: ClientConnection) {}
  func connectionGoingAway(_ connection: ClientConnection) {}
  func connectionClosed(_ connection: ClientConnection, _ error: RPCError?) {}

  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, endOfStream: Bool
  ) {
    if section == .response { answer.head = copy headers }
    if endOfStream { answer.status = headers.grpcStatus }
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) { answer.payload += bytes }
  func endReceived() {}
  func becameWritable() {}

  func closed(_ closure: StreamClosure) { done(answer) }
}
