// The four kinds of KServe's nodes, each with the meaning that its router gives it.

internal import MartletCore

extension GraphNode {
  /// A map and the call that takes what it makes, and nothing said of both together.
  fileprivate var isNextModel: Bool {
    guard options == NodeOptions(), steps.count == 2 else { return false }
    if case .map = steps[0].kind { return true }
    return false
  }

  fileprivate var steps: [GraphNode] {
    if case .sequence(let steps) = kind { steps } else { [] }
  }
}

extension InferenceGraphConverter {
  typealias Node = InferenceGraph.Node
  typealias Step = InferenceGraph.Step

  /// Steps in a row. A step takes the node's input unless it says `$response`; one whose condition the answer
  /// before does not meet ends the node with that answer.
  mutating func sequence(_ node: Node, _ place: Place) -> GraphNode? {
    var result: [GraphNode] = []
    var answer: MethodName?
    for (index, step) in node.steps.enumerated() {
      let isEnd = index == node.steps.count - 1
      let next = isEnd ? nil : node.steps[index + 1]
      // The sequence around it ends, too, when its last or a hard step ends in the middle.
      let ends = place.isLast && (isEnd || step.dependency == .hard)
      let input = index > 0 && step.takesResponse ? answer : place.input
      answer = answering(step, place)
      guard var graph = target(step, place.ending(ends).taking(input)) else { continue }
      if index > 0, !step.takesResponse { graph.options.takesRequest = true }
      if let next, step.dependency != .hard { soften(&graph, step, before: next) }
      if let text = step.condition {
        guard let guarded = guarded(graph, step, text, isFirst: index == 0, place) else { continue }
        graph = guarded
      }
      result += graph.isNextModel ? graph.steps : [graph]
    }
    return result.count > 1 ? .sequence(result) : result.first
  }

  /// A soft step's failure is a text that the next step may get as its input, which a message cannot be. Where
  /// the next step does not look at it, any message does.
  private mutating func soften(_ graph: inout GraphNode, _ step: Step, before next: Step) {
    if !next.takesResponse, next.condition == nil {
      graph.options.onError = .answer(.object([:]))
    } else if step.dependency == .soft {
      note(
        step.path.appending("dependency"),
        "the next step gets this one's answer, and a failure is no message that it could get; the "
          + "converted step fails the graph, as dependency: Hard says")
    }
  }

  private mutating func guarded(
    _ graph: GraphNode, _ step: Step, _ text: String, isFirst: Bool, _ place: Place
  ) -> GraphNode? {
    let path = step.path.appending("condition")
    guard !isFirst else {
      note(path, "a condition looks at the answer of the step before, and this is the first step")
      return nil
    }
    guard place.isLast else {
      note(
        path,
        "a condition that does not hold ends this node alone, and what comes after it goes on; the "
          + "nearest thing, return, ends the whole graph. Make this node the last step, or its step Hard"
      )
      return nil
    }
    guard let condition = condition(text, at: path) else { return nil }
    if let excluded = condition.excludedText {
      let cases = [SwitchNode.Case(value: excluded, node: .return)]
      return .switch(SwitchNode(field: condition.subject, cases: cases, default: graph))
    }
    let cases = condition.caseText.map { [SwitchNode.Case(value: $0, node: graph)] } ?? []
    return .switch(SwitchNode(field: condition.subject, cases: cases, default: .return))
  }

  mutating func condition(_ text: String, at path: SpecPath) -> GJSONCondition? {
    do throws(GJSONCondition.Unsayable) {
      return try GJSONCondition(text)
    } catch {
      note(path, "\(text): \(error.reason)")
      return nil
    }
  }

  /// The first step whose condition the input meets; none: the request fails, as a `switch` without a default
  /// does. A step that cannot be said takes its requests along: they fail, too, and go to no later step.
  mutating func switchNode(_ node: Node, _ place: Place) -> GraphNode? {
    var arms: [SwitchArm] = []
    var lost: [LostStep] = []
    for (position, step) in node.steps.enumerated() {
      let before = position == 0 ? -1 : node.steps[position - 1].index
      lost += (before + 1..<step.index).map { LostStep(index: $0) }
      guard !step.hasLostCondition else {
        lost.append(LostStep(index: step.index))
        continue
      }
      guard let text = step.condition else {
        note(
          step.path,
          "KServe's router never takes a step of a Switch that has no condition; give it one or "
            + "remove it")
        continue
      }
      let condition = condition(text, at: step.path.appending("condition"))
      let known = deployments
      let graph = target(step, place)
      guard let condition, let graph else {
        deployments = known
        lost.append(LostStep(index: step.index, condition: condition))
        continue
      }
      if let other = lost.first(where: { $0.mayTake(whatMeets: condition) }) {
        deployments = known
        note(
          step.path,
          "left out: requests of steps[\(other.index)], which cannot be said, would come here; now they "
            + "fail with FAILED_PRECONDITION")
        lost.append(LostStep(index: step.index, condition: condition))
        continue
      }
      guard isNew(condition, among: arms, step) else { continue }
      arms.append(
        SwitchArm(condition: condition, node: graph, path: step.path.appending("condition")))
    }
    return graph(of: arms[...])
  }

  /// Whether a condition can hold where those before it do not.
  private mutating func isNew(
    _ condition: GJSONCondition, among arms: [SwitchArm], _ step: Step
  ) -> Bool {
    let path = step.path.appending("condition")
    if arms.contains(where: { $0.condition == condition }) {
      note(path, "an earlier step has the same condition, so this one is never taken")
      return false
    }
    let subject = condition.subject
    if let text = condition.caseText,
      arms.contains(where: { $0.condition.subject == subject && $0.condition.caseText == text })
    {
      note(
        path,
        "an earlier step has the same case \(text): a switch reads a case as its field's type says, "
          + "in quotes or not")
      return false
    }
    return true
  }

  /// A step of a Switch that is not in the graph.
  struct LostStep {
    var index: Int
    /// Nil where it cannot be said.
    var condition: GJSONCondition?

    /// Whether a request that meets a later step's condition may be one of this step's.
    func mayTake(whatMeets other: GJSONCondition) -> Bool {
      guard let condition, case .compares(.equal, let own) = condition.test,
        case .compares(.equal, let others) = other.test
      else { return true }
      return condition.field != other.field || own.text == others.text
    }
  }

  struct SwitchArm {
    var condition: GJSONCondition
    var node: GraphNode
    var path: SpecPath
  }

  /// Conditions in a row on one field are cases of one switch; the rest is its default.
  private mutating func graph(of arms: ArraySlice<SwitchArm>) -> GraphNode? {
    guard let first = arms.first else { return nil }
    let field = first.condition.subject
    if let excluded = first.condition.excludedText {
      if let rest = graph(of: arms.dropFirst()) {
        let cases = [SwitchNode.Case(value: excluded, node: rest)]
        return .switch(SwitchNode(field: field, cases: cases, default: first.node))
      }
      guard let complement = first.condition.complement else {
        note(
          first.path,
          "a graph has no node that fails, as KServe does where \(field) is \(excluded); add a step for "
            + "those requests")
        return nil
      }
      let cases = complement.map { SwitchNode.Case(value: $0, node: first.node) }
      return .switch(SwitchNode(field: field, cases: cases))
    }
    let same = arms.prefix { $0.condition.subject == field && $0.condition.caseText != nil }
    let cases = same.compactMap { arm in
      arm.condition.caseText.map { SwitchNode.Case(value: $0, node: arm.node) }
    }
    let rest = graph(of: arms.dropFirst(same.count))
    return .switch(SwitchNode(field: field, cases: cases, default: rest))
  }

  /// One of the steps, by chance.
  mutating func splitter(_ node: Node, _ place: Place) -> GraphNode? {
    var shares: [SplitterNode.Share] = []
    for step in node.steps {
      guard let weight = step.weight else {
        note(step.path, "missing key weight; a step of a Splitter has its share of 100")
        continue
      }
      guard (0...100).contains(weight) else {
        note(step.path.appending("weight"), "a weight is 0 to 100 percent, not \(weight)")
        continue
      }
      guard let graph = target(step, place) else { continue }
      shares.append(SplitterNode.Share(weight: weight, node: graph))
    }
    let sum = shares.reduce(0) { $0 &+ $1.weight }
    guard !shares.isEmpty else { return nil }
    guard sum == 100 else {
      let isWhole = shares.count == node.steps.count
      note(
        node.path.appending("steps"),
        isWhole
          ? "the weights add up to \(sum); KServe wants 100"
          : "the weights of the steps that can be said add up to \(sum), not 100")
      return nil
    }
    return .splitter(SplitterNode(shares: shares))
  }
}
