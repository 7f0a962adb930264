// A run of a graph, told step by step.

import MartletCore
import MartletDispatch
import Testing

/// A run of a graph that answers crops with labels, and what it ordered.
struct Judge: ~Copyable {
  var run: GraphRun
  var now = Timestamp.zero

  init(
    _ graph: GraphNode, for method: String = "Judge", metadata: [String: [UInt8]] = [:],
    seed: UInt64 = 1, deadline milliseconds: Int? = nil
  ) throws {
    run = GraphRun(
      try GraphFixture.compile(graph, for: method), metadata: metadata, seed: seed,
      deadline: milliseconds.map { Deadline(.zero + .milliseconds($0)) })
  }

  mutating func start(_ message: [UInt8] = []) -> [String] {
    texts(run.started(message, now: now))
  }

  mutating func answer(_ leg: Int, _ label: String = "{}") throws -> [String] {
    texts(run.answered(GraphLeg(leg), try GraphFixture.message("Label", label), now: now))
  }

  mutating func fail(_ leg: Int, _ code: RPCStatus.Code = .unavailable) -> [String] {
    texts(run.failed(GraphLeg(leg), RPCStatus(code, "leg \(leg)"), now: now))
  }

  /// Nothing but time passes, until the next timer.
  mutating func wait() throws -> [String] {
    let next = run.nextTimer
    now = try #require(next)
    return texts(run.timePassed(now: now))
  }

  private func texts(_ orders: [GraphOrder]) -> [String] {
    orders.map { order in
      switch order {
      case .call(let leg, let callee, _, let deadline):
        "\(leg.number) \(callee.deployment)"
          + (deadline.map { " by \($0.time.nanoseconds / 1_000_000) ms" } ?? "")
      case .mirror(_, let deployment, _, _): "mirror \(deployment)"
      case .cancel(let leg): "cancel \(leg.number)"
      case .measured(let node, let time): "node \(node) took \(time)"
      case .resume: "resume"
      case .stream(let calls, _): "stream \(calls.map(\.deployment))"
      case .finish(let bytes): (try? GraphFixture.json("Label", bytes)) ?? "\(bytes)"
      case .fail(let status): "\(status.code): \(status.message)"
      }
    }
  }
}
