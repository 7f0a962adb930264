// The steps of a graph that stream: first on a route that takes a stream, last on one that gives one.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// A call that gives a stream for one message, or steps that end with one.
public struct StreamStep<Input: Message, Output: Message>: JoinedSteps {
  public typealias Ended = StreamEnd<Input, Output>
  public let row: StepRow

  public init(_ row: StepRow) { self.row = row }
}

/// Steps that give a stream for one message, which is the route's answer: nothing follows.
public struct StreamEnd<Input: Message, Output: Message>: EndedSteps {
  public typealias Ended = StreamEnd
  public let row: StepRow

  public init(_ row: StepRow) { self.row = row }
}

/// A call that gives one message for a stream, or steps that begin with one.
public struct GatherStep<Input: Message, Output: Message>: JoinedSteps {
  public typealias Ended = GatherStep
  public let row: StepRow

  public init(_ row: StepRow) { self.row = row }
}

/// A call that gives a stream for a stream, or steps of which the first takes one and the last gives one.
public struct PipeStep<Input: Message, Output: Message>: JoinedSteps {
  public typealias Ended = PipeEnd<Input, Output>
  public let row: StepRow

  public init(_ row: StepRow) { self.row = row }
}

/// Steps that give a stream for a stream, which is the route's answer: nothing follows.
public struct PipeEnd<Input: Message, Output: Message>: JoinedSteps {
  public typealias Ended = PipeEnd
  public let row: StepRow

  public init(_ row: StepRow) { self.row = row }
}

extension ServerStreamingMethod {
  /// The step that calls this method of a deployment. It is the last of a route's graph, or followed by
  /// calls that take its stream.
  public func on(_ deployment: String) -> StreamStep<Input, Output> {
    StreamStep(StepRow(deployment, self))
  }

  /// The last step of a graph, which answers as the app's route of this method does.
  public var route: StreamEnd<Input, Output> {
    StreamEnd(StepRow([.route(name)], [descriptorSet]))
  }
}

extension ClientStreamingMethod {
  /// The step that calls this method of a deployment. It is the first of a route's graph, or takes the stream
  /// of calls before it.
  public func on(_ deployment: String) -> GatherStep<Input, Output> {
    GatherStep(StepRow(deployment, self))
  }
}

extension BidirectionalMethod {
  /// The step that calls this method of a deployment. It is the first of a route's graph, or takes the stream
  /// of calls before it; what comes after it takes its own.
  public func on(_ deployment: String) -> PipeStep<Input, Output> {
    PipeStep(StepRow(deployment, self))
  }
}

extension GraphStep {
  /// The step's one message as the whole stream that a route answers, where other cases or shares beside it
  /// stream.
  public var asStream: StreamEnd<Input, Output> { StreamEnd(step.row) }
}

extension Route {
  /// A method that answers with a stream, whose last step gives it.
  public init<Input: Message, Output: Message, Steps: JoinedSteps>(
    _ method: ServerStreamingMethod<Input, Output>, @StepsBuilder _ steps: () -> Steps
  ) where Steps.Ended == StreamEnd<Input, Output> {
    self.init(method, steps().row)
  }

  /// A method that takes a stream, which goes to the first step.
  public init<Input: Message, Output: Message>(
    _ method: ClientStreamingMethod<Input, Output>,
    @StepsBuilder _ steps: () -> GatherStep<Input, Output>
  ) {
    self.init(method, steps().row)
  }

  /// A method that takes a stream, which goes to the first step, and answers with that of the last.
  public init<Input: Message, Output: Message, Steps: JoinedSteps>(
    _ method: BidirectionalMethod<Input, Output>, @StepsBuilder _ steps: () -> Steps
  ) where Steps.Ended == PipeEnd<Input, Output> {
    self.init(method, steps().row)
  }

  private init(_ method: some RPCMethod, _ steps: StepRow) {
    self.init(
      .graph(method: method.name, steps.node), [method.descriptorSet] + steps.descriptorSets)
  }
}
