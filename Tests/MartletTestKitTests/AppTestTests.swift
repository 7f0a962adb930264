// Apps and deployments under test, as users of the kit write it.
import Martlet
import MartletTestKit
import SwiftProtobuf
import Testing

@testable import Echo
@testable import graph_fixture

@Suite(.timeLimit(.minutes(1))) struct AppTestTests {
  private typealias Front = Graphs_V1_Front

  @Test func `A deployment under test answers`() async throws {
    let sent = Echo_V1_Message.with { $0.payload = .init(repeating: 7, count: 100_000) }
    let test = AppTest(Deployment("echo", Echo.self), serving: Echo_V1_Echo.self)
    let result = try await test.call(Echo_V1_Echo.echo, sent)
    #expect(try result.answer == sent)
  }

  @Test func `What the body throws comes out`() async throws {
    struct Failure: Error {}
    await #expect(throws: Failure.self) {
      try await AppTest(EchoApp()).run { _ in throw Failure() }
    }
  }

  @Test func `It tells which nodes ran, on what, in order`() async throws {
    let result = try await AppTest(GraphFixture()).call(Front.chain, .with { $0.text = "hello" })
    #expect(try result.answer.trail == ["small", "large"])
    #expect(result.calls.map(\.deployment) == ["small", "large"])
    #expect(result.nodes == ["routes[0].graph.sequence[0]", "routes[0].graph.sequence[1]"])
    let second = result.calls[1]
    #expect(try second.request(of: Graphs_V1_Model.ask).trail == ["small"])
    #expect(try second.answer(of: Graphs_V1_Model.ask) == result.answer)
    let otherMethod = #expect(throws: RPCError.self) {
      try second.request(of: Graphs_V1_Grader.grade)
    }
    #expect(otherMethod?.message.contains("not of graphs.v1.Grader/Grade") == true)
  }

  @Test func `A name stands for a node`() async throws {
    let result = try await AppTest(GraphFixture()).call(Front.late, .init())
    #expect(result.nodes == ["judge"])
    #expect(result.status.code == .deadlineExceeded)
    #expect(throws: RPCError.self) { try result.answer }
    #expect(result.calls.first?.error != nil)
  }

  @Test func `Closures stand in for deployments, which are not made`() async throws {
    let test = AppTest(Heavy())
      .replacing("heavy", Graphs_V1_Model.ask) { item in
        guard item.text != "bad" else { throw RPCError(.notFound, "no such item") }
        return .with { $0.text = "stand-in" }
      }
    let answered = try await test.call(Front.chain, .init())
    #expect(try answered.answer.text == "stand-in")
    let failed = try await test.call(Front.chain, .with { $0.text = "bad" })
    #expect(failed.status == RPCStatus(.notFound, "no such item"))
    #expect(failed.calls.map(\.error?.status) == [failed.status])
    // Without the closure it would have been made.
    let unreplaced = await #expect(throws: LocalMeshError.self) {
      try await AppTest(Heavy()).call(Front.chain, .init())
    }
    #expect(unreplaced?.description.hasPrefix("deployment heavy did not start: ") == true)
    #expect(unreplaced?.cause is Heavy.NoWeights)
  }

  @Test func `Calls through handles and mirrored ones are told too`() async throws {
    let relayed = try await AppTest(GraphFixture()).call(Front.relayed, .init())
    #expect(relayed.calls.first?.deployment == "relay")
    #expect(Set(relayed.calls.dropFirst().map(\.deployment)) == ["small", "large"])
    #expect(relayed.calls.compactMap(\.node).count == 1)
    let mirrored = try await AppTest(GraphFixture()).call(Front.mirrored, .init())
    #expect(mirrored.calls.map(\.deployment).sorted() == ["broken", "large", "small"])
    #expect(mirrored.calls.to("broken").first?.error?.code == .dataLoss)
    #expect(mirrored.calls.map(\.isOver) == [true, true, true])
  }

  @Test func `A closure may look at its call and may stream`() async throws {
    let test = AppTest(GraphFixture())
      .replacing("small", Graphs_V1_Model.ask) { item, call in
        .with { $0.text = call.metadata["user"] ?? "" }
      }
      .replacing("feed", Graphs_V1_Feed.count) { item, answers, _ in
        for _ in 0..<2 { try await answers.write(item) }
      }
    let (texts, calls) = try await test.run { mesh in
      let feed = mesh.client(Graphs_V1_Feed.self)
      var texts = [
        try await mesh.handle(Graphs_V1_Model.self, on: "small")
          .ask(.init(), metadata: ["user": "eva"]).text
      ]
      try await feed.count(.with { $0.text = "twice" }) { answers in
        for try await answer in answers { texts.append(answer.text) }
      }
      let error = await #expect(throws: RPCError.self) { try await feed.say(.init()) }
      #expect(
        error?.status
          == RPCStatus(
            .unimplemented, "the test replaces other methods of feed, and not this one"))
      return texts
    }
    #expect(texts == ["eva", "twice", "twice"])
    #expect(calls.of(Graphs_V1_Feed.count).count == 1)
    #expect(calls.count == 3)
  }

  @Test func `A replacement for nothing is an error that names the nearest`() async {
    let ask = Graphs_V1_Model.ask
    let unknown = await #expect(throws: AppTestError.self) {
      try await AppTest(GraphFixture()).replacing("smal", ask) { $0 }.call(Front.chain, .init())
    }
    #expect(
      unknown?.description == "app graphs has no deployment smal to replace; did you mean small?")
    let unserved = await #expect(throws: AppTestError.self) {
      try await AppTest(GraphFixture()).replacing("grader", ask) { $0 }
        .call(Front.chain, .init())
    }
    #expect(
      unserved?.description
        == "grader does not serve graphs.v1.Model/Ask; it serves graphs.v1.Grader/Grade")
  }
}

/// An app whose weights are not there.
private struct Heavy: Application {
  struct NoWeights: Error {}

  struct Model: Graphs_V1_Model.Service {
    init(_ context: ReplicaContext) throws { throw NoWeights() }
    func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item { item }
  }

  var deployments: Deployments { Deployment("heavy", Model.self) }
  var routes: Routes {
    Route(Graphs_V1_Front.chain) { Graphs_V1_Model.ask.on("heavy") }
  }
}
