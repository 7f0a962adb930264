// Metadata of calls through which streams go.
import Foundation
import MartletCore
import MartletDispatch
import MartletNet
import MartletSchema
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct StreamMetadataTests {
  private static func method(_ text: String) -> MethodName {
    let parts = text.split(separator: "/")
    return MethodName(service: "graph.v1.\(parts[0])", method: String(parts[1]))
  }

  /// `Answer {text: "a"}`
  private static let message: [UInt8] = [10, 1, 97]

  /// A route whose stream goes through two calls, `one` and `two`, each of which says its name.
  private static func deploy(
    _ mesh: Mesh, route: String, _ first: String, _ second: String, last: GraphNode? = nil,
    failing: String? = nil
  ) async throws {
    var steps = [
      GraphNode.call(deployment: "one", method: method(first)),
      GraphNode.call(deployment: "two", method: method(second)),
    ]
    if let last { steps.append(last) }
    let spec = AppSpec(
      name: "app", deployments: ["one", "two"].map { DeploymentSpec(name: $0) },
      routes: [.graph(method: method(route), .sequence(steps))])
    var replicas: [String: [Endpoint]] = [:]
    for (name, callee) in [("one", first), ("two", second)] {
      var table = HandlerTable()
      table.streaming(method(callee)) { requests, responses, call in
        call.setInitialMetadata(["x-from": "i\(name)"])
        call.setTrailingMetadata(["x-from": "t\(name)", "martlet-app": "no"])
        var request = message
        for try await next in requests { request = next }
        try await responses.write(request)
        if failing == name { throw RPCError(.outOfRange, "\(name) is full ") }
      }
      replicas[name] = [try await mesh.start(name, table)]
    }
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent("../MartletDispatchTests/Graph/Protos/graph.binpb")
    try await mesh.deploy(
      spec, replicas, schema: try Schema(descriptorSet: Array(Data(contentsOf: file))))
  }

  /// What the answer to a stream of one message says beside its own.
  private static func ask(_ mesh: Mesh, _ route: String) async throws -> (Metadata, Metadata) {
    try await mesh.client.stream(method(route)) { requests, responses in
      try await requests.write(message)
      try await requests.finish()
      for try await _ in responses {}
      return (try await responses.initialMetadata(), await responses.trailingMetadata())
    }
  }

  @Test func aStreamHasThatOfItsLastCall() async throws {
    try await Mesh.run { mesh in
      try await Self.deploy(mesh, route: "Understanding/Watch", "Streamer/Watch", "Streamer/Change")
      let (initial, trailing) = try await Self.ask(mesh, "Understanding/Watch")
      #expect(initial[all: "x-from"] == ["itwo"])
      #expect(trailing[all: "x-from"] == ["ttwo"])
    }
  }

  @Test func whatNodesMakeOfAStreamsAnswerHasThatOfItsCall() async throws {
    try await Mesh.run { mesh in
      let map = MapNode(
        fields: [.init(field: "text", source: .path("text"))], type: "graph.v1.Answer")
      try await Self.deploy(
        mesh, route: "Understanding/Gather", "Streamer/Change", "Streamer/Follow", last: .map(map))
      let (initial, trailing) = try await Self.ask(mesh, "Understanding/Gather")
      #expect(initial == ["x-from": "itwo"])
      #expect(trailing == ["x-from": "ttwo"])
    }
  }

  @Test func aFailureHasThatOfTheCallThatFailed() async throws {
    try await Mesh.run { mesh in
      try await Self.deploy(
        mesh, route: "Understanding/Watch", "Streamer/Watch", "Streamer/Change", failing: "one")
      let error = await #expect(throws: RPCError.self) {
        try await Self.ask(mesh, "Understanding/Watch")
      }
      #expect(error?.status == RPCStatus(.outOfRange, "one is full "))
      #expect(error?.metadata[all: "x-from"] == ["tone"])
      #expect(error?.metadata.contains("martlet-app") == false)
    }
  }
}
