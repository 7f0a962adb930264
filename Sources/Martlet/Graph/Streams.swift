// The steps of a graph that stream: first on a route that takes a stream, last on one that gives one.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// A call that gives a stream for one message, or steps that end with one.
public struct StreamStep<Input: Message, Output: Message>: Sendable {
  fileprivate let steps: Steps
}

/// A call that gives one message for a stream, or steps that begin with one.
public struct GatherStep<Input: Message, Output: Message>: Sendable {
  fileprivate let steps: Steps
}

/// A call that gives a stream for a stream, or steps of which the first takes one and the last gives one.
public struct PipeStep<Input: Message, Output: Message>: Sendable {
  fileprivate let steps: Steps
}

/// Steps in a row, whatever they take and give.
private struct Steps: Sendable {
  var nodes: [GraphNode]
  var descriptorSets: [DescriptorSet]

  init(_ deployment: String, _ method: some RPCMethod) {
    nodes = [.call(deployment: deployment, method: method.name)]
    descriptorSets = [method.descriptorSet]
  }

  init<Input, Output>(_ step: Step<Input, Output>) {
    nodes = step.node.steps
    descriptorSets = step.descriptorSets
  }

  var node: GraphNode { nodes.count == 1 ? nodes[0] : .sequence(nodes) }

  static func + (first: Steps, next: Steps) -> Steps {
    var both = first
    both.nodes += next.nodes
    both.descriptorSets += next.descriptorSets
    return both
  }
}

extension ServerStreamingMethod {
  /// The step that calls this method of a deployment. It is the last of a route's graph, or followed by
  /// calls that take its stream.
  public func on(_ deployment: String) -> StreamStep<Input, Output> {
    StreamStep(steps: Steps(deployment, self))
  }
}

extension ClientStreamingMethod {
  /// The step that calls this method of a deployment. It is the first of a route's graph, or takes the stream
  /// of calls before it.
  public func on(_ deployment: String) -> GatherStep<Input, Output> {
    GatherStep(steps: Steps(deployment, self))
  }
}

extension BidirectionalMethod {
  /// The step that calls this method of a deployment. It is the first of a route's graph, or takes the stream
  /// of calls before it; what comes after it takes its own.
  public func on(_ deployment: String) -> PipeStep<Input, Output> {
    PipeStep(steps: Steps(deployment, self))
  }
}

/// What follows each other where streams are.
extension StepsJoining {
  public static func buildExpression<Input, Output>(
    _ part: StreamStep<Input, Output>
  ) -> StreamStep<Input, Output> { part }

  public static func buildExpression<Input, Output>(
    _ part: GatherStep<Input, Output>
  ) -> GatherStep<Input, Output> { part }

  public static func buildExpression<Input, Output>(
    _ part: PipeStep<Input, Output>
  ) -> PipeStep<Input, Output> { part }

  public static func buildPartialBlock<Input, Output>(
    first: StreamStep<Input, Output>
  ) -> StreamStep<Input, Output> { first }

  public static func buildPartialBlock<Input, Output>(
    first: GatherStep<Input, Output>
  ) -> GatherStep<Input, Output> { first }

  public static func buildPartialBlock<Input, Output>(
    first: PipeStep<Input, Output>
  ) -> PipeStep<Input, Output> { first }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: Step<Input, Middle>, next: StreamStep<Middle, Output>
  ) -> StreamStep<Input, Output> { StreamStep(steps: Steps(accumulated) + next.steps) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: StreamStep<Input, Middle>, next: PipeStep<Middle, Output>
  ) -> StreamStep<Input, Output> { StreamStep(steps: accumulated.steps + next.steps) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: StreamStep<Input, Middle>, next: GatherStep<Middle, Output>
  ) -> Step<Input, Output> {
    let steps = accumulated.steps + next.steps
    return Step(steps.node, steps.descriptorSets)
  }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: GatherStep<Input, Middle>, next: Step<Middle, Output>
  ) -> GatherStep<Input, Output> { GatherStep(steps: accumulated.steps + Steps(next)) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: GatherStep<Input, Middle>, next: StreamStep<Middle, Output>
  ) -> PipeStep<Input, Output> { PipeStep(steps: accumulated.steps + next.steps) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: PipeStep<Input, Middle>, next: PipeStep<Middle, Output>
  ) -> PipeStep<Input, Output> { PipeStep(steps: accumulated.steps + next.steps) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: PipeStep<Input, Middle>, next: GatherStep<Middle, Output>
  ) -> GatherStep<Input, Output> { GatherStep(steps: accumulated.steps + next.steps) }
}

/// What cannot follow each other, in words about streams.
extension StepsJoining {
  @available(*, unavailable, message: "a stream comes here, and the step takes one message")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: StreamStep<Input, Middle>, next: Step<Next, Output>
  ) -> Step<Input, Output> { Step(.return, []) }

  @available(*, unavailable, message: "a stream comes here, and the step takes one message")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: StreamStep<Input, Middle>, next: StreamStep<Next, Output>
  ) -> StreamStep<Input, Output> { StreamStep(steps: accumulated.steps + next.steps) }

  @available(*, unavailable, message: "a stream comes here, and the step takes one message")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: PipeStep<Input, Middle>, next: Step<Next, Output>
  ) -> GatherStep<Input, Output> { GatherStep(steps: accumulated.steps) }

  @available(*, unavailable, message: "one message comes here, and the step takes a stream")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: Step<Input, Middle>, next: GatherStep<Next, Output>
  ) -> Step<Input, Output> { Step(.return, []) }

  @available(*, unavailable, message: "one message comes here, and the step takes a stream")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: Step<Input, Middle>, next: PipeStep<Next, Output>
  ) -> StreamStep<Input, Output> { StreamStep(steps: Steps(accumulated) + next.steps) }
}

extension Route {
  /// A method that answers with a stream, whose last step gives it.
  public init<Input: Message, Output: Message>(
    _ method: ServerStreamingMethod<Input, Output>,
    @StepsBuilder _ steps: () -> StreamStep<Input, Output>
  ) {
    self.init(method, steps().steps)
  }

  /// A method that takes a stream, which goes to the first step.
  public init<Input: Message, Output: Message>(
    _ method: ClientStreamingMethod<Input, Output>,
    @StepsBuilder _ steps: () -> GatherStep<Input, Output>
  ) {
    self.init(method, steps().steps)
  }

  /// A method that takes a stream, which goes to the first step, and answers with that of the last.
  public init<Input: Message, Output: Message>(
    _ method: BidirectionalMethod<Input, Output>,
    @StepsBuilder _ steps: () -> PipeStep<Input, Output>
  ) {
    self.init(method, steps().steps)
  }

  private init(_ method: some RPCMethod, _ steps: Steps) {
    self.init(
      .graph(method: method.name, steps.node), [method.descriptorSet] + steps.descriptorSets)
  }
}
