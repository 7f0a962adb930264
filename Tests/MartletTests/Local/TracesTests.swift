// Traces of an app in one process: plain routes, graphs, and what code calls.
import Martlet
import MartletCore
import SwiftProtobuf
import Synchronization
import Testing

@testable import graph_fixture

@Suite(.timeLimit(.minutes(1))) struct TracesTests {
  private typealias Ask = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>

  private func withMesh<Value>(_ body: (LocalMesh) async throws -> Value) async throws -> Value {
    let mesh = try await LocalMesh(Nested())
    do {
      let value = try await body(mesh)
      await mesh.shutdown(within: .seconds(5))
      return value
    } catch {
      await mesh.shutdown(within: .zero)
      throw error
    }
  }

  private func trace(_ method: Ask, _ text: String) async throws -> Trace {
    try await withMesh { mesh in
      let trailers: Metadata
      do {
        trailers = try await mesh.target.response(
          to: method, .with { $0.text = text }, metadata: [TraceHeader.trace: "full"]
        ).trailingMetadata
      } catch let error as RPCError {
        trailers = error.metadata
      }
      #expect(trailers[all: TraceHeader.trace].count == 1)
      return try Trace(try #require(trailers[TraceHeader.trace]))
    }
  }

  @Test func callsOfCodeAreBelowThePlainCallThatMadeThem() async throws {
    let trace = try await trace(Graphs_V1_Model.ask, "both")
    #expect(
      trace.tree == [
        "call front OK", "  call middle OK", "    call back OK", "  call back OK",
      ])
    try trace.expectTimesToAddUp()
    #expect(trace.rows.dropFirst().allSatisfy { $0["method"] == .string("graphs.v1.Model/Ask") })
  }

  @Test func callsOfCodeAreBelowTheLegThatMadeThem() async throws {
    let trace = try await trace(Graphs_V1_Front.chain, "both")
    #expect(
      trace.tree == [
        "sequence OK", "  call front OK", "    call middle OK", "      call back OK",
        "    call back OK", "  call back OK",
      ])
    try trace.expectTimesToAddUp()
  }

  @Test(arguments: ["stream", "left stream"])
  func callsThatStreamTell(text: String) async throws {
    let trace = try await trace(Graphs_V1_Model.ask, text)
    try trace.expectTimesToAddUp()
    let stream = try #require(trace.rows.last)
    #expect(trace.rows.count == 2 && stream["deployment"] == .string("feed"))
    if text == "stream" {
      #expect(stream["out_messages"] == .integer(3) && stream["status"] == .string("OK"))
      #expect(stream["first_us"] != nil)
    } else {
      // Whoever leaves a stream hears no trailers: it is told what the caller knows.
      #expect(stream["status"] == .string("CANCELLED") && stream["out_messages"] == nil)
    }
  }

  @Test func failuresAndCallsThatWereGivenUpTell() async throws {
    let failed = try await trace(Graphs_V1_Model.ask, "fail")
    #expect(failed.tree == ["call front DATA_LOSS", "  call back DATA_LOSS"])
    try failed.expectTimesToAddUp()
    let late = try await trace(Graphs_V1_Model.ask, "late")
    #expect(late.tree == ["call front OK", "  call back DEADLINE_EXCEEDED"])
    try late.expectTimesToAddUp()
    let nobody = try await trace(Graphs_V1_Model.ask, "nobody")
    #expect(nobody.tree == ["call front UNIMPLEMENTED", "  call nobody UNIMPLEMENTED"])
  }

  @Test func longDetailsOfAFailureKeepTheirRoom() async throws {
    try await withMesh { mesh in
      let error = await #expect(throws: RPCError.self) {
        try await mesh.call(
          Graphs_V1_Front.chain, .with { $0.text = "details" }, metadata: [TraceHeader.trace: "1"])
      }
      let trailers = try #require(error?.metadata)
      let details = try #require(error?.statusDetails)
      let trace = try #require(trailers[TraceHeader.trace])
      #expect(details.count > 3_000 && trace.utf8.count > 1_000)
      #expect(details.count * 4 / 3 + trace.utf8.count < 7_900)
    }
  }

  @Test func whatDoesNotFitIsCounted() async throws {
    let trace = try await trace(Graphs_V1_Model.ask, "many")
    #expect(trace.rows.count > 40)
    #expect(Int64(trace.rows.count - 1) + trace.more == 300)
    try trace.expectTimesToAddUp()
  }

  @Test func codeNeitherSeesItNorCanBreakIt() async throws {
    let trace = try await trace(Graphs_V1_Model.ask, "meddle")
    #expect(trace.tree == ["call front OK", "  call back OK"])
    #expect(Model.seen.withLock { $0 } == [])
  }

  @Test func nobodyAsksAndNothingComes() async throws {
    try await withMesh { mesh in
      let response = try await mesh.target.response(
        to: Graphs_V1_Model.ask, .with { $0.text = "both" })
      #expect(response.trailingMetadata.isEmpty)
    }
  }
}

/// A trace, read.
private struct Trace {
  let rows: [ConfigValue]
  let more: Int64
  private let whole: Int64

  init(_ text: String) throws {
    let trace = try ConfigValue(json: text)
    guard case .array(let rows)? = trace["nodes"] else { throw RPCError(.notFound, text) }
    self.rows = rows
    more = trace.number("more") ?? 0
    whole = trace.number("us") ?? 0
  }

  private func depth(_ index: Int) -> Int {
    rows[index].number("parent").map { depth(Int($0)) + 1 } ?? 0
  }

  /// `kind deployment status`, indented.
  var tree: [String] {
    rows.indices.map { index in
      let words = ["kind", "deployment", "status"].compactMap { rows[index].text($0) }
      return String(repeating: "  ", count: depth(index)) + words.joined(separator: " ")
    }
  }

  /// The parts of each call are the call, and what code calls lies within the time of its handler.
  func expectTimesToAddUp() throws {
    for row in rows {
      let took = try #require(row.number("us"))
      if let queue = row.number("queue_us"), let wire = row.number("wire_us") {
        let parts = queue + wire + (row.number("execute_us") ?? 0)
        #expect(abs(parts - took) <= max(3, took * 3 / 100), "\(row)")
      }
      guard let parent = row.number("parent").map({ rows[Int($0)] }) else { continue }
      if let handler = parent.number("execute_us") { #expect(took <= handler, "\(row)") }
      let (start, end) = (try #require(row.number("start_us")), parent.number("start_us") ?? 0)
      #expect(start >= end && start + took <= end + (parent.number("us") ?? 0) + 2, "\(row)")
    }
    #expect(rows.first?.number("us") ?? 0 <= whole)
  }
}

extension ConfigValue {
  fileprivate func number(_ name: String) -> Int64? {
    if case .integer(let number)? = self[name] { number } else { nil }
  }

  fileprivate func text(_ name: String) -> String? {
    if case .string(let text)? = self[name] { text } else { nil }
  }
}

/// Deployments whose code calls others.
private struct Nested: Application {
  var deployments: Deployments {
    Deployment("front", Model.self, execution: .threads(1))
    Deployment("middle", Model.self)
    Deployment("back", Model.self).maxOngoingRequests(100).maxQueuedRequests(1000)
    Deployment("feed", Feed.self)
  }

  var routes: Routes {
    Route(Graphs_V1_Model.self, to: "front")
    Route(Graphs_V1_Front.chain) {
      Graphs_V1_Model.ask.on("front")
      Graphs_V1_Model.ask.on("back")
    }
  }
}

private struct Model: Graphs_V1_Model.Service {
  /// Metadata that is the mesh's own.
  static let seen = Mutex<[String]>([])

  private let name: String
  private let middle: Graphs_V1_Model.Client
  private let back: Graphs_V1_Model.Client
  private let nobody: Graphs_V1_Model.Client
  private let feed: Graphs_V1_Feed.Client
  private let target: CallTarget

  init(_ context: ReplicaContext) {
    name = context.deployment
    middle = context.handle(Graphs_V1_Model.self, on: "middle")
    back = context.handle(Graphs_V1_Model.self, on: "back")
    nobody = context.handle(Graphs_V1_Model.self, on: "nobody")
    feed = context.handle(Graphs_V1_Feed.self, on: "feed")
    target = back.target
  }

  func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item {
    note(call.metadata)
    switch (name, item.text) {
    case ("middle", _): return try await back.ask(item)
    case ("back", "late"), ("back", "both"):
      try await Task.sleep(for: .milliseconds(item.text == "late" ? 2_000 : 20))
    case ("back", "fail"): throw RPCError(.dataLoss, "lost")
    case ("front", _): try await work(item, call)
    default: break
    }
    return item
  }

  private func work(_ item: Graphs_V1_Item, _ call: Call) async throws {
    switch item.text {
    case "both":
      _ = try await middle.ask(item)
      _ = try await back.ask(item)
    case "stream": try await feed.count(.with { $0.number = 3 }) { for try await _ in $0 {} }
    case "left stream":
      try await feed.count(.with { $0.number = 1_000_000 }) { answers in
        for try await _ in answers { return }
      }
      // The next turn of the loop has heard of it.
      try await Task.sleep(for: .milliseconds(50))
    case "fail": _ = try await back.ask(item)
    case "details":
      for _ in 0..<40 { _ = try await back.ask(item) }
      let part = Graphs_V1_Part.with { $0.kind = String(repeating: "x", count: 3_000) }
      throw try RPCError(.aborted, "at length", details: [part])
    case "late": _ = try? await back.ask(item, timeout: .milliseconds(50))
    case "nobody": _ = try await nobody.ask(item)
    case "many":
      try await withThrowingTaskGroup { group in
        for _ in 0..<300 { group.addTask { _ = try await back.ask(item) } }
        try await group.waitForAll()
      }
    case "meddle": try await meddle(item, call)
    default: break
    }
  }

  private func meddle(_ item: Graphs_V1_Item, _ call: Call) async throws {
    let response = try await target.response(
      to: Graphs_V1_Model.ask, item, metadata: [TraceHeader.trace: "0"])
    note(response.initialMetadata)
    note(response.trailingMetadata)
    call.setInitialMetadata([TraceHeader.trace: "{}"])
    call.setTrailingMetadata([TraceHeader.trace: "{\"more\":7}", TraceHeader.executionTime: "0"])
  }

  private func note(_ metadata: Metadata) {
    Self.seen.withLock { seen in
      for name in TraceHeader.all where metadata[name] != nil { seen.append(name) }
    }
  }
}
