// Steps that reach beyond the one before them: to what came in, to the end, to another route.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Steps that take what came into the steps around them, not what the step before answered.
public struct FromRequest<Steps: EndedSteps>: JoinedSteps {
  public typealias Ended = FromRequest
  public let row: StepRow

  public init(_ row: StepRow) { self.row = row }

  public init<Body: JoinedSteps>(@StepsBuilder _ body: () -> Body) where Body.Ended == Steps {
    self.init(body().row.changed { $0.takesRequest = true })
  }

  /// The same as all that a case or a branch does.
  ///
  /// - Parameter taken: what comes to the case and is passed over. That what came into the steps around it is
  ///   what these take is checked when the app is built.
  public func insteadOf<Taken: Message, Input, Output>(
    _ taken: Taken.Type
  ) -> Step<Taken, Output> where Steps == Step<Input, Output> {
    Step(row)
  }

  /// The same where they end with a stream.
  public func insteadOf<Taken: Message, Input, Output>(
    _ taken: Taken.Type
  ) -> StreamEnd<Taken, Output> where Steps == StreamEnd<Input, Output> {
    StreamEnd(row)
  }
}

/// What came into the steps is what the first of them got.
extension StepsJoining {
  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: Step<Input, Middle>, next: FromRequest<Step<Input, Output>>
  ) -> Step<Input, Output> {
    Step(accumulated.row + next.row)
  }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: Step<Input, Middle>, next: FromRequest<StreamEnd<Input, Output>>
  ) -> StreamEnd<Input, Output> {
    StreamEnd(accumulated.row + next.row)
  }
}

/// Ends the graph; its input is the answer, whose type is that of the route. Nothing comes after it.
public struct Return<Input: Message, Output: Message>: GraphStep {
  public let step: Step<Input, Output>

  /// - Parameters:
  ///   - answer: what the route answers, which is what comes to this step.
  ///   - output: what the other cases or branches beside it answer.
  public init(_ answer: Input.Type, as output: Output.Type) {
    step = Step(.return, [])
  }

  /// Where the other cases or branches beside it answer the same.
  public init(_ answer: Input.Type) where Input == Output {
    step = Step(.return, [])
  }
}

extension UnaryMethod {
  /// The step that answers as the app's route of this method does. A graph runs within the one that the step
  /// is in, with no hop more; routes that call each other in a circle are refused when the app is built.
  public var route: Step<Input, Output> {
    Step(.route(name), [descriptorSet])
  }
}
