// A whole app in the process of the test.
import Foundation
import Martlet
import SwiftProtobuf
import Synchronization
import Testing

@testable import graph_fixture

@Suite(.timeLimit(.minutes(1))) struct LocalMeshTests {
  private typealias Front = Graphs_V1_Front
  private typealias Feed = Graphs_V1_Feed

  private func withMesh<Value>(
    _ app: some Application, _ body: (LocalMesh) async throws -> Value
  ) async throws -> Value {
    let mesh = try await LocalMesh(app)
    do {
      let value = try await body(mesh)
      await mesh.shutdown(within: .seconds(5))
      return value
    } catch {
      await mesh.shutdown(within: .zero)
      throw error
    }
  }

  @Test func graphsPlainRoutesAndHandlesAnswer() async throws {
    try await withMesh(GraphFixture()) { mesh in
      let chained = try await mesh.call(Front.chain, .with { $0.text = "a" })
      #expect(chained.trail == ["small", "large"])
      let relayed = try await mesh.call(Front.relayed, .init(), metadata: ["user": "eva"])
      #expect(relayed.answers.map(\.trail) == [["small"], ["large"]])
      #expect(relayed.trail == ["for eva", "without hurry"])
      let timed = try await mesh.call(Front.relayed, .init(), timeout: .seconds(5))
      #expect(timed.trail == ["for nobody", "in time"])
      let said = try await mesh.target.response(
        to: Feed.say,
        .with {
          $0.text = "x"; $0.number = 7
        })
      #expect(said.initialMetadata["x-head"] == "1 letters")
      #expect(said.trailingMetadata["x-tail"] == "7")
    }
  }

  @Test func streamsOfEveryKind() async throws {
    try await withMesh(GraphFixture()) { mesh in
      let feed = mesh.client(Feed.self)
      let sum = try await feed.sum { items in
        for number: Int32 in 1...4 { try await items.write(.with { $0.number = number }) }
      }
      #expect(sum.number == 10)
      var counted: [Int32] = []
      try await feed.count(.with { $0.number = 3 }) { answers in
        for try await answer in answers { counted.append(answer.number) }
      }
      #expect(counted == [0, 1, 2])
      // More than a connection's windows, to and fro.
      let payload = String(repeating: "p", count: 1 << 17)
      let echoed = try await feed.talk { items, answers in
        var bytes = 0
        var answers = answers.makeAsyncIterator()
        for _ in 0..<12 {
          try await items.write(.with { $0.text = payload })
          bytes += try await answers.next()?.text.utf8.count ?? 0
        }
        return bytes
      }
      #expect(echoed == 12 << 17)
    }
  }

  @Test func statusesAreTheRoutersAndTheHandlers() async throws {
    try await withMesh(GraphFixture()) { mesh in
      let broken = await #expect(throws: RPCError.self) {
        try await mesh.call(Front.hopeless, .init())
      }
      #expect(broken?.status == RPCStatus(.dataLoss, "broken always fails: 100 %\nof the time"))
      let boom = await #expect(throws: RPCError.self) {
        try await mesh.call(Front.chain, .with { $0.text = "boom" })
      }
      #expect(boom?.details(Graphs_V1_Part.self).map(\.kind) == ["detail"])
      let endless = await #expect(throws: RPCError.self) {
        try await mesh.call(Front.endless, .init())
      }
      #expect(endless?.code == .resourceExhausted)
      let nobody = await #expect(throws: RPCError.self) {
        try await mesh.handle(Graphs_V1_Grader.self, on: "grade").grade(.init())
      }
      // The plain route for the same service leads elsewhere, and that does not matter.
      let routed = await #expect(throws: RPCError.self) {
        try await mesh.handle(Graphs_V1_Model.self, on: "smal").ask(.init())
      }
      #expect(routed?.message == "app graphs has no deployment smal; did you mean small?")
      #expect(
        nobody?.status
          == RPCStatus(.unimplemented, "app graphs has no deployment grade; did you mean grader?"))
    }
  }

  @Test func timesAreKept() async throws {
    try await withMesh(GraphFixture()) { mesh in
      let late = await #expect(throws: RPCError.self) { try await mesh.call(Front.late, .init()) }
      #expect(late?.code == .deadlineExceeded)
      let own = await #expect(throws: RPCError.self) {
        try await mesh.handle(Graphs_V1_Model.self, on: "timed").ask(.init())
      }
      #expect(own?.code == .deadlineExceeded)
    }
  }

  @Test func limitsAreKept() async throws {
    try await withMesh(GraphFixture()) { mesh in
      let codes = await withTaskGroup { group in
        for _ in 0..<3 {
          group.addTask { () -> RPCStatus.Code in
            do throws(RPCError) {
              _ = try await mesh.call(Graphs_V1_Model.ask, .init())
              return .ok
            } catch {
              return error.code
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(codes.filter { $0 == .ok }.count == 2)
      #expect(codes.filter { $0 == .resourceExhausted }.count == 1)
    }
  }

  @Test func cancellingTheCallerCancelsEveryLeg() async throws {
    Patient.log.withLock { $0 = [] }
    try await withMesh(Waiting()) { mesh in
      let call = Task { try await mesh.call(Front.vote, .init()) }
      try await Patient.heard { $0.filter { $0 == "began" }.count == 3 }
      call.cancel()
      let error = await #expect(throws: RPCError.self) { try await call.value }
      #expect(error?.code == .cancelled)
      // Two legs of the graph, and the one that a deployment made through a handle.
      try await Patient.heard { $0.filter { $0 == "cancelled" }.count == 3 }
    }
  }

  @Test func anAppWithMistakesNamesThemAll() async throws {
    struct Wrong: Application {
      var deployments: Deployments { Deployment("small", Model.self) }
      var routes: Routes {
        Route(Front.chain) { Graphs_V1_Model.ask.on("smal") }
        Route(Graphs_V1_Feed.self, to: "feed")
      }
    }
    let error = await #expect(throws: LocalMeshError.self) { try await LocalMesh(Wrong()) }
    let text = try #require(error?.description)
    #expect(text.contains("no deployment smal; did you mean small?"))
    #expect(text.split(separator: "\n").count == 2)
  }

  @Test func aDeploymentThatDoesNotStartIsNamed() async throws {
    struct NoWeights: Error {}
    struct Failing: Graphs_V1_Model.Service {
      init(_ context: ReplicaContext) throws { throw NoWeights() }
      func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item { item }
    }
    struct Failed: Application {
      var deployments: Deployments {
        Deployment("good", Model.self)
        Deployment("bad", Failing.self, execution: .threads(1))
      }
      var routes: Routes { Route(Graphs_V1_Model.self, to: "good") }
    }
    let error = await #expect(throws: LocalMeshError.self) { try await LocalMesh(Failed()) }
    #expect(error?.description == "deployment bad did not start: NoWeights()")
    #expect(error?.cause is NoWeights)
  }

  @Test func shutdownLeavesNoThreadAndNoDescriptor() async throws {
    // The first one also starts what the process keeps.
    try await withMesh(GraphFixture()) { _ = try await $0.call(Front.chain, .init()) }
    try await untilSteady()
    let before = (try count("task"), try count("fd"))
    for _ in 0..<5 {
      try await withMesh(GraphFixture()) { mesh in
        _ = try await mesh.call(Front.chain, .init())
        _ = try await mesh.client(Feed.self).say(.init())
      }
    }
    try await untilSteady()
    let after = (try count("task"), try count("fd"))
    #expect(after.0 <= before.0 + 4, "threads: \(before.0), then \(after.0)")
    #expect(after.1 <= before.1 + 4, "descriptors: \(before.1), then \(after.1)")
  }

  @Test func shutdownLetsFinishWhatRunsAndTakesNothingNew() async throws {
    let mesh = try await LocalMesh(GraphFixture())
    let hedged = Task { try await mesh.call(Front.hedged, .init()) }
    try await Task.sleep(for: .milliseconds(50))
    async let first: Void = mesh.shutdown()
    await mesh.shutdown()
    await first
    let answer = try await hedged.value
    #expect(answer.trail == ["slow"])
    let error = await #expect(throws: RPCError.self) { try await mesh.call(Front.chain, .init()) }
    #expect(error?.code == .unavailable)
  }

  @Test func portsOfOneMeshAreNotThoseOfAnother() async throws {
    try await withMesh(GraphFixture()) { first in
      try await withMesh(GraphFixture()) { second in
        for mesh in [first, second] {
          let answer = try await mesh.call(Front.chain, .init())
          #expect(answer.number == 11)
        }
      }
    }
  }

  private func count(_ what: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(what)").count
  }

  /// Threads end a little after they were told to.
  private func untilSteady() async throws {
    try await Task.sleep(for: .milliseconds(200))
  }
}

/// A graph of two who never answer, one of them by way of a third.
private struct Waiting: Application {
  var deployments: Deployments {
    Deployment("patient", Patient.self)
    Deployment("other", Patient.self)
    Deployment("asking", Asking.self)
  }

  var routes: Routes {
    Route(Graphs_V1_Front.vote) {
      Ensemble(combine: .merge) {
        Graphs_V1_Model.ask.on("patient")
        Graphs_V1_Model.ask.on("asking")
      }
    }
  }

  struct Asking: Graphs_V1_Model.Service {
    let other: Graphs_V1_Model.Client
    init(_ context: ReplicaContext) {
      other = context.handle(Graphs_V1_Model.self, on: "other")
    }
    func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item {
      Patient.log.withLock { $0.append("began") }
      do {
        async let answer = other.ask(item)
        return try await answer
      } catch {
        Patient.log.withLock { $0.append("cancelled") }
        throw error
      }
    }
  }
}

private struct Patient: Graphs_V1_Model.Service {
  static let log = Mutex<[String]>([])

  init(_ context: ReplicaContext) {}

  func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item {
    Self.log.withLock { $0.append("began") }
    do {
      try await Task.sleep(for: .seconds(60))
      return item
    } catch {
      Self.log.withLock { $0.append("cancelled") }
      throw error
    }
  }

  static func heard(_ condition: ([String]) -> Bool) async throws {
    while !(log.withLock { condition($0) }) { try await Task.sleep(for: .milliseconds(1)) }
  }
}
