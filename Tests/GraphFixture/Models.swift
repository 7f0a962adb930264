// The deployments of the fixture.
import Martlet
import SwiftProtobuf
import Synchronization

/// Adds what its configuration says to an item and signs it.
final class Model: Graphs_V1_Model.Service {
  private let name: String
  private let add: Int32
  private let score: Double
  private let delay: Duration
  private let fails: Bool
  private let failures: Int
  /// How often each text has failed already.
  private let failed = Mutex<[String: Int]>([:])

  init(_ context: ReplicaContext) throws {
    name = context.deployment
    add = Int32(context.config["add"]?.int ?? 0)
    score = context.config["score"]?.number ?? 0
    delay = .milliseconds(context.config["delay_ms"]?.int ?? 0)
    fails = context.config["fails"] == .bool(true)
    failures = context.config["flaky"]?.int ?? 0
  }

  func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item {
    if delay > .zero { try await Task.sleep(for: delay) }
    if fails { throw RPCError(.dataLoss, "\(name) always fails: 100 %\nof the time") }
    if mustFail(item.text) { throw RPCError(.unavailable, "\(name) is not itself today") }
    if item.text == "boom" {
      throw try RPCError(
        .invalidArgument, "\(name) takes no \(item.text)",
        details: [Graphs_V1_Part.with { $0.kind = "detail" }], metadata: ["x-blame": name])
    }
    struct Mishap: Error {}
    if item.text == "mishap" { throw Mishap() }
    var answer = item
    answer.number += add
    answer.score += score
    answer.trail.append(name)
    return answer
  }

  private func mustFail(_ text: String) -> Bool {
    guard failures > 0 else { return false }
    return failed.withLock { failed in
      failed[text, default: 0] += 1
      return failed[text, default: 0] <= failures
    }
  }
}

extension ConfigValue {
  fileprivate var int: Int? {
    if case .integer(let value) = self { Int(value) } else { nil }
  }

  fileprivate var number: Double? {
    if case .number(let value) = self { value } else { nil }
  }
}

/// Doubles parts; does not take those of kind "bad".
struct Grader: Graphs_V1_Grader.Service {
  init(_ context: ReplicaContext) {}

  func grade(_ part: Graphs_V1_Part, _ call: Call) async throws -> Graphs_V1_Part {
    guard part.kind != "bad" else { throw RPCError(.outOfRange, "part \(part.number) is bad") }
    var answer = part
    answer.number *= 2
    answer.by = "grader"
    return answer
  }
}

/// Adds up what several models answered.
struct Panel: Graphs_V1_Panel.Service {
  init(_ context: ReplicaContext) {}

  func judge(_ answers: Graphs_V1_Answers, _ call: Call) async throws -> Graphs_V1_Item {
    .with {
      $0.text = answers.items.map { $0.trail.joined(separator: "+") }.joined(separator: " ")
      $0.number = answers.items.map(\.number).reduce(0, +)
    }
  }
}

/// Asks two models at once through handles, or the one that the text names, or two one after the other.
struct Relay: Graphs_V1_Model.Service {
  private let context: ReplicaContext

  init(_ context: ReplicaContext) {
    self.context = context
  }

  private func model(_ name: String) -> Graphs_V1_Model.Client {
    context.handle(Graphs_V1_Model.self, on: name)
  }

  func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item {
    if let name = item.text.wholeMatch(of: /to (.+)/)?.1 {
      return try await model(String(name)).ask(item)
    }
    if item.text == "slowly" || item.text == "slowly, apart" { return try await oneByOne(item) }
    async let small = model("small").ask(item)
    async let large = model("large").ask(item)
    var answer = item
    answer.answers = [try await small, try await large]
    answer.trail.append("for \(call.metadata["user"] ?? "nobody")")
    answer.trail.append(call.deadline == nil ? "without hurry" : "in time")
    return answer
  }

  /// A pause lies between the two, time enough for an update of the app. Apart, the second call has
  /// nothing of the request that it is made for.
  private func oneByOne(_ item: Graphs_V1_Item) async throws -> Graphs_V1_Item {
    async let first = model("small").ask(item)
    var answer = item
    answer.answers = [try await first]
    try await Task.sleep(for: .milliseconds(300))
    let large = model("large")
    let second =
      if item.text == "slowly" {
        try await withThrowingTaskGroup(of: Graphs_V1_Item.self) { group in
          group.addTask { try await large.ask(item) }
          return try await group.reduce(into: Graphs_V1_Item()) { $0 = $1 }
        }
      } else {
        try await Task.detached { try await large.ask(item) }.value
      }
    answer.answers.append(second)
    return answer
  }
}

/// Every kind of method.
struct Feed: Graphs_V1_Feed.Service {
  typealias Item = Graphs_V1_Item

  init(_ context: ReplicaContext) {}

  func say(_ item: Item, _ call: Call) async throws -> Item {
    call.setInitialMetadata(["x-head": "\(item.text.utf8.count) letters"])
    call.setTrailingMetadata(["x-tail": "\(item.number)"])
    return item
  }

  func sum(_ items: RPCStream<Item>, _ call: Call) async throws -> Item {
    var sum = Item()
    for try await item in items { sum.number += item.number }
    return sum
  }

  func count(_ item: Item, _ answers: RPCWriter<Item>, _ call: Call) async throws {
    for number in 0..<item.number { try await answers.write(.with { $0.number = number }) }
    guard item.text.isEmpty else { throw RPCError(.aborted, item.text) }
  }

  func talk(
    _ items: RPCStream<Item>, _ answers: RPCWriter<Item>, _ call: Call
  ) async throws {
    for try await item in items { try await answers.write(item) }
  }
}
