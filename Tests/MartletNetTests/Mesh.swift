// A server and a channel to it, over the transports that there are.
import Foundation
import MartletCore
import MartletNet
import Synchronization
import Testing

/// What a test's server listens on.
enum TransportKind: String, CaseIterable, Sendable {
  case unix
  case tcp
  case memory

  var endpoint: Endpoint {
    switch self {
    case .unix: .unix(path: temporarySocketPath())
    case .tcp: .tcp(host: "127.0.0.1", port: 0)
    case .memory: MemoryNetwork.endpoint("\(MemoryNetwork.makeNumber())")
    }
  }
}

/// A server with its channel, each on a loop of its own.
struct Mesh: Sendable {
  let serverLoops: LoopGroup
  let clientLoops: LoopGroup
  let server: GRPCServer
  let endpoint: Endpoint
  let channel: GRPCChannel

  /// Starts a server, runs `body` and ends both sides.
  static func with<R: Sendable>(
    _ kind: TransportKind = .unix, limits: Limits = Limits(), clientLimits: Limits? = nil,
    maxOngoing: Int? = nil, serverLoopCount: Int = 1, memory: MessageMemory = .ofProcess,
    handlers: (inout HandlerTable) -> Void = { $0 = .example },
    _ body: (Mesh) async throws -> R
  ) async throws -> R {
    var table = HandlerTable()
    handlers(&table)
    let serverLoops = LoopGroup(count: serverLoopCount, memory: memory)
    let clientLoops = LoopGroup(count: 1)
    let server = GRPCServer(
      loops: serverLoops, limits: limits, handlers: table, maxOngoing: maxOngoing)
    let mesh = Mesh(
      serverLoops: serverLoops, clientLoops: clientLoops, server: server,
      endpoint: try await server.listen(on: kind.endpoint), limits: clientLimits ?? limits)
    let result: Result<R, any Error>
    do { result = .success(try await body(mesh)) } catch { result = .failure(error) }
    await mesh.channel.close()
    await server.drain(within: .seconds(1))
    await clientLoops.shutdown()
    await serverLoops.shutdown()
    if case .unix(let path) = mesh.endpoint { unlink(path) }
    return try result.get()
  }

  private init(
    serverLoops: LoopGroup, clientLoops: LoopGroup, server: GRPCServer, endpoint: Endpoint,
    limits: Limits
  ) {
    self.serverLoops = serverLoops
    self.clientLoops = clientLoops
    self.server = server
    self.endpoint = endpoint
    channel = GRPCChannel(endpoint: endpoint, loops: clientLoops, limits: limits)
  }
}

func temporarySocketPath() -> String {
  "/tmp/martlet-net-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
}

extension MethodName {
  static let echo = MethodName(service: "test.Echo", method: "Unary")
  static let fail = MethodName(service: "test.Echo", method: "Fail")
  static let hang = MethodName(service: "test.Echo", method: "Hang")
  static let metadata = MethodName(service: "test.Echo", method: "Metadata")
  static let collect = MethodName(service: "test.Echo", method: "Collect")
  static let expand = MethodName(service: "test.Echo", method: "Expand")
  static let chat = MethodName(service: "test.Echo", method: "Chat")
}

extension HandlerTable {
  /// One method for each thing that a call can do.
  static var example: HandlerTable {
    var table = HandlerTable()
    table.unary(.echo) { request, _ in request }
    table.unary(.fail) { _, _ in
      throw RPCError(.failedPrecondition, "no: ünïcode %", metadata: ["why": "because"])
    }
    table.unary(.hang) { _, _ in
      try await Task.sleep(for: .seconds(60))
      return []
    }
    table.unary(.metadata) { _, call in
      var sent = Metadata()
      sent.add(call.metadata["asks"] ?? "nothing", for: "heard")
      sent.add(call.metadata[binary: "raw-bin"] ?? [], for: "raw-bin")
      call.setInitialMetadata(sent)
      call.setTrailingMetadata(["after": "all"])
      return []
    }
    table.streaming(.collect) { requests, responses, _ in
      var all: [UInt8] = []
      for try await message in requests { all += message }
      try await responses.write(all)
    }
    table.streaming(.expand) { requests, responses, _ in
      for try await message in requests {
        for byte in message { try await responses.write([byte]) }
      }
    }
    table.streaming(.chat) { requests, responses, _ in
      for try await message in requests { try await responses.write(message) }
    }
    return table
  }
}

/// The status with which `body` fails; a test failure when it succeeds.
func status(
  _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async -> RPCStatus? {
  do {
    try await body()
    Issue.record("no error was thrown", sourceLocation: sourceLocation)
    return nil
  } catch let error as RPCError {
    return error.status
  } catch {
    Issue.record("not an RPCError: \(error)", sourceLocation: sourceLocation)
    return nil
  }
}

/// Waits until `condition` holds, at most ten seconds.
func eventually(
  sourceLocation: SourceLocation = #_sourceLocation, _ condition: @Sendable () -> Bool
) async {
  for _ in 0..<2000 {
    if condition() { return }
    try? await Task.sleep(for: .milliseconds(5))
  }
  Issue.record("the condition never held", sourceLocation: sourceLocation)
}

/// A flag that handlers set and tests read.
final class Flag: Sendable {
  private let value = Atomic<Int>(0)
  var count: Int { value.load(ordering: .sequentiallyConsistent) }
  var isSet: Bool { count > 0 }
  func set() { value.add(1, ordering: .sequentiallyConsistent) }
}
