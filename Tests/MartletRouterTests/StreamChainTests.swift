// Streams of a client through the calls of a graph.
import Foundation
import MartletCore
import MartletDispatch
import MartletNet
import MartletRPC
import MartletSchema
import Synchronization
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct StreamChainTests {
  private static let gather = MethodName(service: "graph.v1.Understanding", method: "Gather")
  private static let change = MethodName(service: "graph.v1.Streamer", method: "Change")
  private static let follow = MethodName(service: "graph.v1.Streamer", method: "Follow")

  /// `Answer {text: "a"}`
  private static let message: [UInt8] = [10, 1, 97]

  /// `Gather` by two calls, the first of which waits for its client's end; `nodes` go on with the answer.
  private static func deploy(
    _ mesh: Mesh, nodes: Bool, ends: Ends,
    follow answer: @escaping StreamingHandler
  ) async throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent(
      "../MartletDispatchTests/Graph/Protos/graph.binpb")
    var steps = [
      GraphNode.call(deployment: "one", method: change),
      GraphNode.call(deployment: "two", method: follow),
    ]
    let map = MapNode(
      fields: [.init(field: "text", source: .path("text"))], type: "graph.v1.Answer")
    if nodes { steps.append(.map(map)) }
    let spec = AppSpec(
      name: "app", deployments: ["one", "two"].map { DeploymentSpec(name: $0) },
      routes: [.graph(method: gather, .sequence(steps))])
    var first = HandlerTable()
    first.streaming(change) { requests, responses, _ in
      do {
        for try await request in requests { try await responses.write(request) }
      } catch {
        ends.add("change")
        throw error
      }
    }
    var second = HandlerTable()
    second.streaming(follow, answer)
    try await mesh.deploy(
      spec,
      ["one": [try await mesh.start("one", first)], "two": [try await mesh.start("two", second)]],
      schema: try Schema(descriptorSet: Array(Data(contentsOf: file))))
  }

  /// Sends one message and does not end; returns the answer.
  private static func ask(_ mesh: Mesh) async throws -> [UInt8]? {
    try await mesh.client.stream(gather) { requests, responses in
      try await requests.write(message)
      var answer: [UInt8]?
      for try await response in responses { answer = response }
      return answer
    }
  }

  @Test(arguments: [false, true])
  func callsBeforeOneThatHasAnsweredAreCancelled(nodes: Bool) async throws {
    try await Mesh.run { mesh in
      let ends = Ends()
      try await Self.deploy(mesh, nodes: nodes, ends: ends) { requests, responses, _ in
        for try await request in requests { return try await responses.write(request) }
      }
      #expect(try await Self.ask(mesh) == Self.message)
      try await mesh.eventually { _ in ends.all == ["change"] }
      try await mesh.eventually { $0.dispatcher.loadReport().versions.isEmpty }
    }
  }

  @Test func anAnswerOfTwoMessagesIsNoneAndEveryCallIsCancelled() async throws {
    try await Mesh.run { mesh in
      let ends = Ends()
      try await Self.deploy(mesh, nodes: true, ends: ends) { requests, responses, _ in
        do {
          for try await request in requests {
            try await responses.write(request)
            try await responses.write(request)
          }
        } catch {
          ends.add("follow")
          throw error
        }
      }
      let error = await #expect(throws: RPCError.self) { try await Self.ask(mesh) }
      #expect(
        error?.status
          == RPCStatus(
            .internalError, "a call with one answer was answered with two messages"))
      try await mesh.eventually { _ in ends.all.sorted() == ["change", "follow"] }
      try await mesh.eventually { $0.dispatcher.loadReport().versions.isEmpty }
    }
  }
}

/// Which handlers were cancelled.
private final class Ends: Sendable {
  private let names = Mutex<[String]>([])

  var all: [String] { names.withLock { $0 } }

  func add(_ name: String) {
    names.withLock { $0.append(name) }
  }
}
