// How steps in a row become one, and what the compiler says when they do not fit.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Joins steps; each step's output is the next one's input.
@resultBuilder
public enum StepsBuilder: StepsJoining {
  public static func buildPartialBlock<Input, Output>(
    first: Step<Input, Output>
  ) -> Step<Input, Output> {
    first
  }
}

/// Joins steps, the first of which takes an `Input`: where that is known from the start, the compiler finds a
/// first step that takes something else at its own line.
@resultBuilder
public enum StepsTaking<Input: Message>: StepsJoining {
  public static func buildPartialBlock<Output>(
    first: Step<Input, Output>
  ) -> Step<Input, Output> {
    first
  }
}

/// What both builders do with every step but the first.
public protocol StepsJoining {}

extension StepsJoining {
  public static func buildExpression<Part: StepPart>(_ part: Part) -> Part.Joined {
    part.joined
  }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: Step<Input, Middle>, next: Step<Middle, Output>
  ) -> Step<Input, Output> {
    Step(accumulated.row + next.row)
  }

  @available(*, unavailable, message: "say which deployment the step calls: .on(\"NAME\")")
  public static func buildExpression<Input, Output>(
    _ method: UnaryMethod<Input, Output>
  ) -> Step<Input, Output> {
    Step(.return, [])
  }

  @available(*, unavailable, message: "say at least one step")
  public static func buildBlock<Input, Output>() -> Step<Input, Output> { Step(.return, []) }
}
