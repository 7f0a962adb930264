// One request on its way through a graph.

package import MartletCore

/// Runs a plan for one request: reports go in, orders come out, in an order that depends on nothing
/// else. It reads payloads only where the graph does: the field of a `switch`, the elements of a
/// `for_each`, the fields of a combiner.
///
/// The first failure, of a leg or of the graph itself, cancels every other leg and ends the run.
/// Reports that come after the end, or about a leg that is not in flight, are ignored.
package struct GraphRun: Sendable {
  let plan: GraphPlan
  let limits: GraphLimits

  /// Nodes that wait for something below them; indices are never reused.
  private var frames: [Frame] = []

  /// The legs in flight, each with the place that its answer goes to.
  private var ongoing: [Int: Return] = [:]

  /// Calls beyond `maxOngoingLegs`, first in first out from `firstWaiting`.
  private var waiting: [Call] = []
  private var firstWaiting = 0

  private var legCount = 0
  private var isOver = false

  /// Where a message goes: a slot of a frame, or out of the graph.
  private struct Return: Sendable {
    /// Index into `frames`; nil at the root.
    var frame: Int?
    var slot: Int
    /// The node of the call.
    var node = 0
  }

  private struct Call: Sendable {
    var leg: Int
    var node: Int
    var payload: [UInt8]
    var back: Return
  }

  private enum Frame: Sendable {
    case sequence(node: Int, steps: [Int], next: Int, back: Return)
    /// `for_each` and `ensemble`: answers by position, and how many are missing.
    case gather(node: Int, input: Payload, answers: [Payload?], missing: Int, back: Return)
    case done
  }

  /// A message and who is to blame when it is malformed.
  struct Payload: Sendable, Equatable {
    var bytes: [UInt8]
    /// The node whose call answered it; nil for what the client sent.
    var origin: Int?
  }

  private enum Step {
    case enter(node: Int, Payload, Return)
    case leave(Payload, Return)
  }

  package init(_ plan: GraphPlan, limits: GraphLimits = GraphLimits()) {
    self.plan = plan
    self.limits = limits
  }

  /// Whether `finish` or `fail` was ordered, or the run was abandoned.
  package var hasEnded: Bool { isOver }

  /// The request's message came in. Once, first.
  package mutating func started(_ input: [UInt8]) -> [GraphOrder] {
    precondition(legCount == 0 && frames.isEmpty, "a run starts once")
    let payload = Payload(bytes: input, origin: nil)
    return advance(.enter(node: plan.root, payload, Return(frame: nil, slot: 0)))
  }

  /// A leg's deployment answered.
  package mutating func answered(_ leg: GraphLeg, _ message: [UInt8]) -> [GraphOrder] {
    guard !isOver, let back = ongoing.removeValue(forKey: leg.number) else { return [] }
    return advance(.leave(Payload(bytes: message, origin: back.node), back))
  }

  /// A leg ended with a status other than OK. The client gets that status as it is.
  package mutating func failed(_ leg: GraphLeg, _ status: RPCStatus) -> [GraphOrder] {
    guard !isOver, ongoing.removeValue(forKey: leg.number) != nil else { return [] }
    return end() + [.fail(status)]
  }

  /// Nobody waits for the answer any more: the client cancelled or its deadline passed. Only legs
  /// are cancelled; what the client is told is the router's to say.
  package mutating func abandoned() -> [GraphOrder] {
    isOver ? [] : end()
  }

  private mutating func end() -> [GraphOrder] {
    isOver = true
    defer {
      ongoing = [:]
      waiting = []
      frames = []
    }
    return ongoing.keys.sorted().map { .cancel(GraphLeg($0)) }
  }

  /// Goes on from one step until everything waits for legs, or the run is over. A stack of steps
  /// instead of recursion: a graph of empty `for_each` answers a thousand nodes in one go.
  private mutating func advance(_ first: Step) -> [GraphOrder] {
    var orders: [GraphOrder] = []
    var steps = [first]
    do throws(GraphFailure) {
      while let step = steps.popLast() {
        switch step {
        case .enter(let node, let payload, let back):
          try enter(node, payload, back, &steps, &orders)
        case .leave(let payload, let back):
          try leave(payload, back, &steps, &orders)
        }
      }
      startWaiting(&orders)
      return orders
    } catch {
      // Calls that were ordered in this turn never leave: only legs of earlier turns are cancelled.
      for case .call(let leg, _, _, _) in orders { ongoing[leg.number] = nil }
      return end() + [.fail(error.status)]
    }
  }
}

extension GraphRun {
  private mutating func enter(
    _ index: Int, _ payload: Payload, _ back: Return, _ steps: inout [Step],
    _ orders: inout [GraphOrder]
  ) throws(GraphFailure) {
    switch plan.nodes[index].kind {
    case .call:
      var back = back
      back.node = index
      try call(index, payload, back, &orders)
    case .sequence(let nodes):
      frames.append(.sequence(node: index, steps: nodes, next: 1, back: back))
      steps.append(
        .enter(node: nodes[0], payload, Return(frame: frames.count - 1, slot: 0)))
    case .switch(let plan):
      steps.append(.enter(node: try choose(plan, payload, index), payload, back))
    case .forEach(let plan):
      let elements = try self.elements(plan, of: payload, index)
      gather(
        index, input: payload, back,
        children: elements.map { (plan.body, Payload(bytes: $0, origin: payload.origin)) }, &steps)
    case .ensemble(let branches, _):
      gather(index, input: payload, back, children: branches.map { ($0, payload) }, &steps)
    }
  }

  private mutating func gather(
    _ node: Int, input: Payload, _ back: Return, children: [(node: Int, payload: Payload)],
    _ steps: inout [Step]
  ) {
    let frame = frames.count
    frames.append(
      .gather(
        node: node, input: input, answers: Array(repeating: nil, count: children.count),
        missing: children.count, back: back))
    if children.isEmpty {
      // A `for_each` over nothing: its input goes on with an empty field.
      steps.append(.leave(input, Return(frame: frame, slot: -1)))
    }
    for (slot, child) in children.enumerated().reversed() {
      steps.append(.enter(node: child.node, child.payload, Return(frame: frame, slot: slot)))
    }
  }

  private mutating func leave(
    _ payload: Payload, _ back: Return, _ steps: inout [Step], _ orders: inout [GraphOrder]
  ) throws(GraphFailure) {
    guard let frame = back.frame else {
      orders += end()
      orders.append(.finish(payload.bytes))
      return
    }
    switch frames[frame] {
    case .sequence(let node, let nodes, let next, let outer):
      guard next < nodes.count else {
        frames[frame] = .done
        steps.append(.leave(payload, outer))
        return
      }
      frames[frame] = .sequence(node: node, steps: nodes, next: next + 1, back: outer)
      steps.append(.enter(node: nodes[next], payload, Return(frame: frame, slot: next)))
    case .gather(let node, let input, var answers, var missing, let outer):
      // Out of the frame first, so that the answers are changed in place.
      frames[frame] = .done
      if back.slot >= 0 {
        answers[back.slot] = payload
        missing -= 1
      }
      guard missing == 0 else {
        frames[frame] = .gather(
          node: node, input: input, answers: answers, missing: missing, back: outer)
        return
      }
      let result = try combine(node, input: input, answers.compactMap { $0 })
      steps.append(.leave(result, outer))
    case .done:
      preconditionFailure("a frame is left once")
    }
  }

  private mutating func call(
    _ node: Int, _ payload: Payload, _ back: Return, _ orders: inout [GraphOrder]
  ) throws(GraphFailure) {
    guard legCount < limits.maxLegs else {
      throw failure(
        .resourceExhausted, "the request needs more than \(limits.maxLegs) calls", at: node)
    }
    let call = Call(leg: legCount, node: node, payload: payload.bytes, back: back)
    legCount += 1
    if ongoing.count < limits.maxOngoingLegs, firstWaiting == waiting.count {
      start(call, &orders)
    } else {
      waiting.append(call)
    }
  }

  private mutating func startWaiting(_ orders: inout [GraphOrder]) {
    while firstWaiting < waiting.count, ongoing.count < limits.maxOngoingLegs {
      start(waiting[firstWaiting], &orders)
      firstWaiting += 1
    }
    if firstWaiting == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      firstWaiting = 0
    }
  }

  private mutating func start(_ call: Call, _ orders: inout [GraphOrder]) {
    guard case .call(let deployment, let method) = plan.nodes[call.node].kind else {
      preconditionFailure("only calls make legs")
    }
    ongoing[call.leg] = call.back
    orders.append(
      .call(
        leg: GraphLeg(call.leg), deployment: deployment, method: method, message: call.payload))
  }
}
