// What a handler's calls take over from the call that it answers.
import MartletCore
import MartletNet
import MartletRPC
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct InheritanceTests {
  private typealias Kinds = Test_Kinds_V1_Kinds

  @Test func metadataFlowsOnAndTheCountOfAttemptsDoesNot() async throws {
    let heard = Mutex<Metadata?>(nil)
    let way = Way()
    var table = HandlerTable()
    table.unary(Kinds.name_.name) { request, inbound in
      heard.withLock { $0 = Call(inbound).metadata }
      return request
    }
    table.unary(Kinds.double.name) { request, _ in
      _ = try await way.kinds?.name_(.init(), metadata: ["x-own": "1"])
      return request
    }
    try await withServer(table) { channel in
      way.open(Kinds.client(channel))
      _ = try await CallTarget(channel).response(
        to: Kinds.double, .init(),
        metadata: ["x-first": "a", "grpc-previous-rpc-attempts": "2", "x-own": "0"])
      #expect(heard.withLock { $0 } == ["x-first": "a", "x-own": "1"])
    }
  }

  /// The handler's way to another method, there once the server listens.
  private final class Way: Sendable {
    private let client = Mutex<Kinds.Client?>(nil)
    var kinds: Kinds.Client? { client.withLock { $0 } }
    func open(_ kinds: Kinds.Client) { client.withLock { $0 = kinds } }
  }
}
