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

  private static let watch = MethodName(service: "graph.v1.Understanding", method: "Watch")
  private static let begin = MethodName(service: "graph.v1.Streamer", method: "Watch")

  /// `Answer {text: "a"}`
  private static let message: [UInt8] = [10, 1, 97]

  /// `Gather` by two calls, the first of which waits for its client's end; `nodes` go on with the answer.
  private static func deploy(
    _ mesh: Mesh, nodes: Bool, ends: Ends,
    follow answer: @escaping StreamingHandler
  ) async throws {
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
      schema: try schema())
  }

  private static func schema() throws -> Schema {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent(
      "../MartletDispatchTests/Graph/Protos/graph.binpb")
    return try Schema(descriptorSet: Array(Data(contentsOf: file)))
  }

  /// `Watch` by a call that makes a stream and one that it goes through.
  private static func deployWatch(
    _ mesh: Mesh, _ begin: @escaping StreamingHandler, _ change: @escaping StreamingHandler
  ) async throws {
    let steps = [
      GraphNode.call(deployment: "one", method: Self.begin),
      GraphNode.call(deployment: "two", method: Self.change),
    ]
    let spec = AppSpec(
      name: "app", deployments: ["one", "two"].map { DeploymentSpec(name: $0) },
      routes: [.graph(method: watch, .sequence(steps))])
    var first = HandlerTable()
    first.streaming(Self.begin, begin)
    var second = HandlerTable()
    second.streaming(Self.change, change)
    try await mesh.deploy(
      spec,
      ["one": [try await mesh.start("one", first)], "two": [try await mesh.start("two", second)]],
      schema: try schema())
  }

  /// Takes all that `Watch` answers.
  private static func watchAll(_ mesh: Mesh) async throws -> Int {
    try await mesh.client.stream(watch) { requests, responses in
      try await requests.write([])
      try await requests.finish()
      var count = 0
      for try await _ in responses { count += 1 }
      return count
    }
  }

  /// `place: answered/failed` of what was counted in the graph, in the order of the places.
  private static func counts(_ router: Router) -> [String] {
    guard let graph = router.versions.compactMap({ $0?.graphs[0] }).first else { return [] }
    let counted = graph.figures.recent(now: router.loop.now).filter { $0.value.requests > 0 }
    return counted.map { number, node in
      let place = graph.plan.path(of: number).steps.dropFirst(3)
      let path = number == GraphFigures.whole ? "whole" : "\(SpecPath(Array(place)))"
      return "\(path): \(node.answered.count)/\(node.failures)"
    }.sorted()
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

extension StreamChainTests {
  @Test func streamsAreCountedWhenTheyEnd() async throws {
    try await Mesh.run { mesh in
      try await Self.deployWatch(mesh) { _, responses, _ in
        try await responses.write(Self.message)
      } _: { requests, responses, _ in
        for try await request in requests { try await responses.write(request) }
      }
      #expect(try await Self.watchAll(mesh) == 1)
      let counted = ["sequence[0]: 1/0", "sequence[1]: 1/0", "whole: 1/0"]
      try await mesh.eventually { Self.counts($0) == counted }
    }
  }

  @Test func aStreamThatFailsLateHasFailedAndWithItTheWhole() async throws {
    try await Mesh.run { mesh in
      try await Self.deployWatch(mesh) { _, responses, _ in
        try await responses.write(Self.message)
        throw RPCError(.permissionDenied, "no more")
      } _: { requests, responses, _ in
        for try await request in requests { try await responses.write(request) }
      }
      for _ in 0..<3 {
        let error = await #expect(throws: RPCError.self) { try await Self.watchAll(mesh) }
        #expect(error?.code == .permissionDenied)
      }
      // The call behind it was told to stop and is not to blame.
      let counted = ["sequence[0]: 0/3", "whole: 0/3"]
      try await mesh.eventually { Self.counts($0) == counted }
    }
  }

  @Test func aClientThatLeavesItsStreamIsNotCounted() async throws {
    try await Mesh.run { mesh in
      let ends = Ends()
      try await Self.deployWatch(mesh) { _, responses, _ in
        try await responses.write(Self.message)
        do {
          try await Task.sleep(for: .seconds(20))
        } catch {
          ends.add("watch")
          throw error
        }
      } _: { requests, responses, _ in
        for try await request in requests { try await responses.write(request) }
      }
      try await mesh.client.stream(Self.watch) { requests, responses in
        try await requests.write([])
        try await requests.finish()
        for try await _ in responses { return }
      }
      try await mesh.eventually { _ in ends.all == ["watch"] }
      try await mesh.eventually { $0.dispatcher.loadReport().versions.isEmpty }
      #expect(try await mesh.onLoop { Self.counts($0) } == [])
    }
  }

  @Test(arguments: [false, true]) func theFirstCallsAreCountedToo(nodes: Bool) async throws {
    try await Mesh.run { mesh in
      try await Self.deploy(mesh, nodes: nodes, ends: Ends()) { requests, _, _ in
        for try await _ in requests { throw RPCError(.dataLoss, "gone") }
      }
      let error = await #expect(throws: RPCError.self) { try await Self.ask(mesh) }
      #expect(error?.code == .dataLoss)
      let counted = ["sequence[1]: 0/1", "whole: 0/1"]
      try await mesh.eventually { Self.counts($0) == counted }
    }
  }

  @Test func aCallWhoseAnswerIsNoneHasFailed() async throws {
    try await Mesh.run { mesh in
      try await Self.deploy(mesh, nodes: true, ends: Ends()) { requests, responses, _ in
        for try await request in requests {
          try await responses.write(request)
          try await responses.write(request)
        }
      }
      _ = await #expect(throws: RPCError.self) { try await Self.ask(mesh) }
      let counted = ["sequence[1]: 0/1", "whole: 0/1"]
      try await mesh.eventually { Self.counts($0) == counted }
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
