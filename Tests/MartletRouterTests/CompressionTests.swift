// Compressed requests and answers on their way through the router.
import MartletCore
import MartletNet
import MartletRPC
import MartletSchema
import MartletWire
import SwiftProtobuf
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct CompressionTests {
  private static let zeros = [UInt8](repeating: 0, count: 1 << 20)

  private static func limits(_ maxMessageBytes: Int) -> Limits {
    var limits = Limits()
    limits.maxMessageBytes = maxMessageBytes
    return limits
  }

  private static func channel(_ mesh: Mesh, _ maxMessageBytes: Int) -> GRPCChannel {
    GRPCChannel(
      endpoint: mesh.client.endpoint, loops: LoopGroup(count: 1), limits: limits(maxMessageBytes))
  }

  // MARK: Plain requests

  @Test(arguments: Compression.allCases)
  func plainRequestsPassAsTheyAre(_ compression: Compression) async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.startEcho("r")]])
      let answer = try await mesh.client.unary(
        Mesh.echo, Self.zeros, compression: .both(compression)
      ).message
      #expect(answer == Self.zeros)
      // The limit of this client stops an answer that is short until it is decompressed.
      let small = Self.channel(mesh, 100_000)
      var table = HandlerTable()
      table.unary(Mesh.echo) { _, call in
        call.compressResponses(with: compression)
        return Self.zeros
      }
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.start("r2", table)]])
      let error = await mesh.failure { () throws(RPCError) in
        try await small.unary(Mesh.echo, [], compression: .responses)
      }
      #expect(error?.status.code == .resourceExhausted)
      #expect(error?.status.message.contains("decompressed") == true)
      await small.close()
    }
  }

  @Test func aBombPassesTheRouterAndStopsAtTheReplica() async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.startEcho("r")]])
      let large = Self.channel(mesh, 128 << 20)
      let error = await mesh.failure { () throws(RPCError) in
        try await large.unary(
          Mesh.echo, [UInt8](repeating: 0, count: 96 << 20), compression: .both(.gzip))
      }
      #expect(error?.status.code == .resourceExhausted)
      #expect(error?.status.message.contains("decompressed") == true)
      let answer = try await mesh.say("on").text
      #expect(answer == "on")
      await large.close()
    }
  }

  // MARK: Graphs

  private static let check = Grpc_Health_V1_Health.check.name

  /// A graph of one leg, whose replica answers with a status if the request reached it as it was meant.
  private static func deployGraph(_ mesh: Mesh, expecting request: [UInt8]) async throws {
    var table = HandlerTable()
    table.unary(check) { bytes, _ in
      #expect(bytes == request)
      return try Grpc_Health_V1_HealthCheckResponse.with { $0.status = .serving }.serializedBytes()
    }
    let spec = AppSpec(
      name: "app", deployments: [DeploymentSpec(name: "a")],
      routes: [.graph(method: check, .call(deployment: "a", method: check))])
    try await mesh.deploy(
      spec, ["a": [try await mesh.start("a", table)]],
      schema: try Schema(descriptorSet: Grpc_Health_V1_Health.descriptorSet.bytes))
  }

  private static func request(_ serviceBytes: Int) throws -> [UInt8] {
    try Grpc_Health_V1_HealthCheckRequest.with {
      $0.service = String(repeating: "x", count: serviceBytes)
    }.serializedBytes()
  }

  @Test(arguments: Compression.allCases)
  func graphsSeeDecompressedRequests(_ compression: Compression) async throws {
    try await Mesh.run { mesh in
      let request = try Self.request(100_000)
      try await Self.deployGraph(mesh, expecting: request)
      let answer = try await mesh.client.unary(
        Self.check, request, compression: .both(compression))
      #expect(answer.message == [8, 1])
    }
  }

  @Test func aBombForAGraphStopsAtTheRouter() async throws {
    try await Mesh.run { mesh in
      try await Self.deployGraph(mesh, expecting: [])
      let large = Self.channel(mesh, 128 << 20)
      let bomb = try Self.request(96 << 20)
      let error = await mesh.failure { () throws(RPCError) in
        try await large.unary(Self.check, bomb, compression: .both(.gzip))
      }
      #expect(
        error?.status
          == RPCStatus(
            .resourceExhausted,
            "the request has a message beyond the limit of 67108864 bytes once it is decompressed "
              + MessageLimit.settings))
      await large.close()
    }
  }

  @Test func graphsSayWhatTheyCannotRead() async throws {
    try await Mesh.run { mesh in
      try await Self.deployGraph(mesh, expecting: [])
      let unknown = await RawCall.answer(mesh, ["grpc-encoding": "br"], [0, 0, 0, 0, 0])
      #expect(unknown.grpcStatus?.code == .unimplemented)
      #expect(unknown["grpc-accept-encoding"] == "identity,deflate,gzip")
      let unsaid = await RawCall.answer(mesh, [:], [1, 0, 0, 0, 1, 0])
      #expect(unsaid.grpcStatus?.code == .internalError)
      let corrupt = await RawCall.answer(mesh, ["grpc-encoding": "gzip"], [1, 0, 0, 0, 1, 0])
      #expect(corrupt.grpcStatus?.code == .internalError)
    }
  }

  /// A request of raw bytes for the graph over a connection of its own. On its loop only.
  private final class RawCall: ClientConnectionObserver, ClientStreamHandler {
    private let fields: HeaderBlock
    private let payload: [UInt8]
    private let done: (HeaderBlock) -> Void
    private var head = HeaderBlock()

    /// The head of a trailers-only answer.
    static func answer(
      _ mesh: Mesh, _ fields: HeaderBlock, _ payload: [UInt8]
    ) async -> HeaderBlock {
      await withCheckedContinuation { continuation in
        mesh.loop.execute {
          let call = RawCall(fields, payload) { continuation.resume(returning: $0) }
          _ = ClientConnection.connect(
            to: mesh.client.endpoint, on: mesh.loop, limits: Limits(), observer: call)
        }
      }
    }

    private init(_ fields: HeaderBlock, _ payload: [UInt8], _ done: @escaping (HeaderBlock) -> Void)
    {
      self.fields = fields
      self.payload = payload
      self.done = done
    }

    func connectionReady(_ connection: ClientConnection) {
      var request = HeaderBlock.grpcRequest(path: check.path, authority: "localhost")
      request.append(contentsOf: fields)
      guard let stream = connection.open(request, self) else { return done(head) }
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
      if section == .response { head = copy headers }
    }

    func dataReceived(_ bytes: UnsafeRawBufferPointer) {}
    func endReceived() {}
    func becameWritable() {}
    func closed(_ closure: StreamClosure) { done(head) }
  }
}
