// A router on real sockets with replicas in the same process.
import Foundation
import Logging
import MartletCore
import MartletDispatch
import MartletNet
import MartletRPC
import MartletSchema
import MartletWire
import Testing

@testable import MartletRouter

/// A router whose table the test writes, replicas that the test starts, and a client.
final class Mesh: Sendable {
  let folder: String
  let group = LoopGroup(count: 1)
  let loop: Loop
  let router: Router
  let ingress: Listener
  let local: Listener
  let client: GRPCChannel
  /// A replica's way to other deployments.
  let handle: GRPCChannel

  static let echo = MethodName(service: "test.Echo", method: "Say")

  /// Starts a mesh, hands it to `body` and takes it down.
  static func run(
    limits: Limits = Limits(), _ body: @Sendable (Mesh) async throws -> Void
  ) async throws {
    let mesh = try await Mesh(limits)
    do {
      try await body(mesh)
      await mesh.stop()
    } catch {
      await mesh.stop()
      throw error
    }
  }

  private init(_ limits: Limits) async throws {
    var template = Array("/tmp/martlet-router-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw RPCError(.internalError, "mkdtemp failed") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    loop = group.loops[0]
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    router = Router(loop: loop, limits: limits, logger: logger)
    let gate = RequestGate(router, isLocal: false)
    ingress = Listener(
      on: loop, limits: Limits(), acceptor: gate, port: SharedPort(pages: gate, calls: gate))
    local = Listener(on: loop, limits: Limits(), acceptor: RequestGate(router, isLocal: true))
    let front = try await ingress.listen(on: .unix(path: "\(folder)/front"))
    let back = try await local.listen(on: .unix(path: "\(folder)/back"))
    client = GRPCChannel(endpoint: front, loops: LoopGroup(count: 1))
    handle = GRPCChannel(endpoint: back, loops: LoopGroup(count: 1))
  }

  private func stop() async {
    await client.close()
    await handle.close()
    await ingress.drain(within: .zero)
    await local.drain(within: .zero)
    await group.shutdown()
    try? FileManager.default.removeItem(atPath: folder)
  }

  // MARK: The controller's part

  func onLoop<Value: Sendable>(_ body: @escaping @Sendable (Router) throws -> Value) async throws
    -> Value
  {
    try await withCheckedThrowingContinuation { continuation in
      loop.execute { continuation.resume(with: Result { try body(self.router) }) }
    }
  }

  /// Defines version 1 of `spec` and applies a table with the replicas of each deployment.
  func deploy(
    _ spec: AppSpec, _ replicas: [String: [Endpoint]], schema: Schema? = nil,
    descriptorSet: [UInt8] = []
  ) async throws {
    try await onLoop { router in
      try router.define(AppVersion(1), spec: spec, schema: schema, descriptorSet: descriptorSet)
      router.apply(Mesh.table(spec, replicas))
    }
  }

  static func table(_ spec: AppSpec, _ replicas: [String: [Endpoint]]) -> RoutingTable {
    let revisions = Dictionary(uniqueKeysWithValues: spec.deployments.map { ($0.name, UInt64(1)) })
    let sets = replicas.map { deployment, endpoints in
      ReplicaSet(
        deployment: deployment, revision: 1,
        replicas: endpoints.enumerated().map {
          ReplicaAddress(number: UInt64($0.offset + 1), endpoint: $0.element)
        })
    }
    return RoutingTable(
      generation: 1,
      apps: [
        AppRouting(
          app: spec.name, currentVersion: AppVersion(1),
          versions: [VersionRouting(version: AppVersion(1), revisions: revisions)],
          replicaSets: sets)
      ])
  }

  /// An app with one deployment, `echo`, that serves `test.Echo`.
  static func echoApp(_ change: (inout DeploymentSpec) -> Void = { _ in }) -> AppSpec {
    var echo = DeploymentSpec(name: "echo", services: ["test.Echo"])
    change(&echo)
    return AppSpec(
      name: "app", deployments: [echo], routes: [.service("test.Echo", deployment: "echo")])
  }

  // MARK: Replicas

  /// Starts a replica that answers with what it was sent, `prefix` in front.
  func startEcho(_ name: String, prefix: String = "") async throws -> Endpoint {
    var table = HandlerTable()
    table.unary(Mesh.echo) { request, _ in Array(prefix.utf8) + request }
    return try await start(name, table)
  }

  func start(_ name: String, _ table: HandlerTable, maxOngoing: Int? = nil) async throws -> Endpoint
  {
    let server = GRPCServer(
      loops: LoopGroup(count: 1), handlers: table, maxOngoing: maxOngoing)
    return try await server.listen(on: .unix(path: "\(folder)/\(name)"))
  }

  /// Starts a replica that dies of every request: its connection ends with the request in hand.
  func startMortal(
    _ name: String, whenAsked: @escaping @Sendable () -> Void = {}
  ) async throws -> Endpoint {
    let loop = LoopGroup(count: 1).loops[0]
    let listener = Listener(on: loop, limits: Limits(), acceptor: Mortal(whenAsked))
    return try await listener.listen(on: .unix(path: "\(folder)/\(name)"))
  }

  /// Starts a replica that answers every request with a page of text, as a web server would.
  func startPage(_ name: String, status: String) async throws -> Endpoint {
    let loop = LoopGroup(count: 1).loops[0]
    let listener = Listener(on: loop, limits: Limits(), acceptor: Page(status: status))
    return try await listener.listen(on: .unix(path: "\(folder)/\(name)"))
  }

  // MARK: The client's part

  @discardableResult
  func say(
    _ text: String, metadata: Metadata = [:], timeout: Duration? = nil
  ) async throws(RPCError) -> UnaryResponse {
    try await client.unary(
      Mesh.echo, Array(text.utf8), metadata: metadata,
      deadline: timeout.map { Deadline(Loop.now + $0) })
  }

  /// The status of a call that must fail.
  func failure(
    _ call: () async throws(RPCError) -> UnaryResponse
  ) async -> RPCError? {
    do throws(RPCError) {
      let response = try await call()
      Issue.record("answered: \(String(decoding: response.message, as: UTF8.self))")
      return nil
    } catch {
      return error
    }
  }

  /// Waits for something that another loop brings about.
  func eventually(_ condition: @escaping @Sendable (Router) -> Bool) async throws {
    for _ in 0..<500 {
      if try await onLoop(condition) { return }
      try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record("it did not come to pass within a second")
  }
}

/// Ends its connection at every request.
private final class Mortal: RequestAcceptor {
  private let whenAsked: @Sendable () -> Void

  init(_ whenAsked: @escaping @Sendable () -> Void) {
    self.whenAsked = whenAsked
  }

  func connectionOpened(_ connection: ServerConnection) {}
  func connectionClosed(_ connection: ServerConnection) {}

  func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    whenAsked()
    stream.connection.close("killed")
    return nil
  }
}

private final class Page: RequestAcceptor {
  private let status: String

  init(status: String) {
    self.status = status
  }

  func connectionOpened(_ connection: ServerConnection) {}
  func connectionClosed(_ connection: ServerConnection) {}

  func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    stream.sendHead([":status": status, "content-type": "text/html"])
    stream.sendData(Array("<html>".utf8))
    stream.sendTrailers(["x-done": "yes"])
    return nil
  }
}

extension UnaryResponse {
  var text: String { String(decoding: message, as: UTF8.self) }
}
