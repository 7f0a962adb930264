// The nodes of a graph that do something more than once: hedge, while, repeat_until and mirror.

internal import MartletCore
internal import MartletSchema

extension GraphCompiler {
  /// What `resenders` has for a hedge.
  private static let hedger = "a hedge"

  mutating func hedge(
    _ node: HedgeNode, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    if resenders.contains(Self.hedger) {
      note(
        path.appending("hedge"),
        "a hedge within a hedge multiplies the copies of a message; keep one of the two")
    }
    resenders.append(Self.hedger)
    let (body, output) = compile(
      node.body, input: input, at: path.appending("hedge"), depth: depth + 1)
    resenders.removeLast()
    let plan = GraphPlan.HedgePlan(
      body: body, delay: node.delay, quantile: node.percentile.map { $0 / 100 })
    return (.hedge(plan), output)
  }

  mutating func loop(
    _ node: LoopNode, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    let subject = input.flatMap {
      self.subject(node.field, in: $0, at: path.appending(node.kind.key))
    }
    let condition = subject.flatMap {
      self.condition(node.condition, of: $0, at: path.appending("is"))
    }
    let path = path.appending("do")
    let (body, output) = compile(node.body, input: input, at: path, depth: depth + 1)
    if let input, let type = output.type, input != type {
      note(path, "the body answers \(type), but the next round takes \(input)")
    }
    // Of a `while` the first round may be one too many.
    let isLeft = node.kind == .whileHolds || output != .never
    guard let subject, let condition else { return (standIn(), NodeOutput(input)) }
    let plan = GraphPlan.LoopPlan(
      kind: node.kind, subject: subject, condition: condition, body: body, maxRounds: node.maxRounds
    )
    return (.loop(plan), isLeft ? NodeOutput(input) : .never)
  }

  mutating func mirror(
    _ node: MirrorNode, input: MessageType?, at path: SpecPath
  ) -> (GraphPlan.Kind, NodeOutput) {
    _ = target("mirror", node.deployment, node.method, input: input, at: path)
    let plan = GraphPlan.MirrorPlan(
      deployment: node.deployment, method: node.method, percent: node.percent)
    return (.mirror(plan), NodeOutput(input))
  }
}
