// What a client says to its peer, and what it makes of peers that do not speak gRPC well.
import Foundation
import MartletCore
import MartletNet
import MartletWire
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct PeerTests {
  @Test func requestsSayWhoAsks() async throws {
    try await withPeer { _ in
      .grpcTrailersOnly(RPCStatus(.aborted))
    } body: { endpoint, peer in
      for userAgent in [nil, "tagger/1.2 (linux)"] {
        try await withChannel(to: endpoint, userAgent: userAgent) { channel in
          let code = await status { _ = try await channel.unary(.echo, []) }?.code
          #expect(code == .aborted)
        }
      }
      let said = peer.heads.withLock { $0 }
      #expect(said.map { $0[.te] } == ["trailers", "trailers"])
      #expect(said.map { $0[.contentType] } == ["application/grpc", "application/grpc"])
      let own = MartletVersion.userAgent.description
      #expect(own.hasPrefix("martlet-swift/"))
      #expect(said.map { $0[.userAgent] } == [own, "tagger/1.2 (linux) \(own)"])
    }
  }

  /// gRPC's "HTTP to gRPC Status Code Mapping".
  @Test(arguments: [
    (400, RPCStatus.Code.internalError), (401, .unauthenticated), (403, .permissionDenied),
    (404, .unimplemented), (429, .unavailable), (431, .internalError), (502, .unavailable),
    (503, .unavailable), (504, .unavailable), (500, .unknown), (302, .unknown), (418, .unknown),
  ])
  func anHTTPStatusBecomesACode(status: Int, code: RPCStatus.Code) async throws {
    for (isWhole, kind) in [(true, "text/html"), (false, "text/html"), (false, "application/grpc")]
    {
      let head: HeaderBlock = [":status": "\(status)", "content-type": kind]
      let error = try await failure(head, isWhole ? nil : Array("<html>".utf8))
      #expect(error?.code == code)
      #expect(error?.message.contains("HTTP status \(status)") == true)
    }
  }

  @Test func aStatusThatIsGivenCountsWhateverHTTPSays() async throws {
    let head: HeaderBlock = [
      ":status": "503", "content-type": "text/html", "grpc-status": "5", "grpc-message": "gone",
    ]
    #expect(try await failure(head)?.status == RPCStatus(.notFound, "gone"))
  }

  @Test func anotherContentTypeIsUnknown() async throws {
    for kind in ["text/html", "application/grpc-web", "application/json"] {
      let error = try await failure([":status": "200", "content-type": kind], [1, 2, 3])
      #expect(error?.code == .unknown)
      #expect(error?.message.contains(kind) == true)
    }
    #expect(try await failure([":status": "200"], [1, 2, 3])?.code == .unknown)
  }

  @Test func kindsOfGRPCAreGRPC() async throws {
    for kind in ["application/grpc+proto", "application/grpc;charset=utf-8"] {
      let head: HeaderBlock = [":status": "200", "content-type": kind, "grpc-status": "10"]
      #expect(try await failure(head)?.code == .aborted)
    }
  }

  @Test func anEndWithoutAStatusIsUnknown() async throws {
    let error = try await failure(.grpcResponse)
    #expect(error?.code == .unknown)
  }

  /// The error of a call that is answered with `head` and, if there is any, `body`.
  private func failure(_ head: HeaderBlock, _ body: [UInt8]? = nil) async throws -> RPCError? {
    var caught: RPCError?
    try await withPeer(body) { _ in
      head
    } body: { endpoint, _ in
      try await withChannel(to: endpoint) { channel in
        do throws(RPCError) {
          _ = try await channel.unary(.echo, [])
          Issue.record("no error was thrown")
        } catch {
          caught = error
        }
      }
    }
    return caught
  }
}

/// Runs `body` beside a server that answers every request with a head and, if there is one, a payload.
private func withPeer(
  _ payload: [UInt8]? = nil, answer: @escaping @Sendable (HeaderBlock) -> HeaderBlock,
  body: (Endpoint, Peer) async throws -> Void
) async throws {
  let loops = LoopGroup(count: 1)
  let peer = Peer(payload, answer)
  let listener = Listener(on: loops.loops[0], limits: Limits(), acceptor: peer)
  let path = temporarySocketPath()
  _ = try await listener.listen(on: .unix(path: path))
  let outcome: Result<Void, any Error>
  do {
    outcome = .success(try await body(.unix(path: path), peer))
  } catch {
    outcome = .failure(error)
  }
  await listener.drain(within: .zero)
  await loops.shutdown()
  unlink(path)
  try outcome.get()
}

private func withChannel(
  to endpoint: Endpoint, userAgent: String? = nil, _ body: (GRPCChannel) async throws -> Void
) async throws {
  let loops = LoopGroup(count: 1)
  let channel = GRPCChannel(endpoint: endpoint, loop: loops.next(), userAgent: userAgent)
  try await body(channel)
  await channel.close()
  await loops.shutdown()
}

private final class Peer: RequestAcceptor, Sendable {
  let heads = Mutex<[HeaderBlock]>([])
  private let payload: [UInt8]?
  private let answer: @Sendable (HeaderBlock) -> HeaderBlock

  init(_ payload: [UInt8]?, _ answer: @escaping @Sendable (HeaderBlock) -> HeaderBlock) {
    self.payload = payload
    self.answer = answer
  }

  func connectionOpened(_ connection: ServerConnection) {}
  func connectionClosed(_ connection: ServerConnection) {}

  func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    let head = copy headers
    heads.withLock { $0.append(head) }
    stream.sendHead(answer(head), endOfStream: payload == nil)
    if let payload {
      stream.sendData(payload)
      stream.sendTrailers(["x-done": "yes"])
    }
    return nil
  }
}
