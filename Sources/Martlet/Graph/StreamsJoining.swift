// What follows each other in a row of steps where streams are.
private import MartletCore

extension StepsJoining {
  public static func buildPartialBlock<Input, Output>(
    first: StreamStep<Input, Output>
  ) -> StreamStep<Input, Output> { first }

  public static func buildPartialBlock<Input, Output>(
    first: StreamEnd<Input, Output>
  ) -> StreamEnd<Input, Output> { first }

  public static func buildPartialBlock<Input, Output>(
    first: GatherStep<Input, Output>
  ) -> GatherStep<Input, Output> { first }

  public static func buildPartialBlock<Input, Output>(
    first: PipeStep<Input, Output>
  ) -> PipeStep<Input, Output> { first }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: Step<Input, Middle>, next: StreamStep<Middle, Output>
  ) -> StreamStep<Input, Output> { StreamStep(accumulated.row + next.row) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: Step<Input, Middle>, next: StreamEnd<Middle, Output>
  ) -> StreamEnd<Input, Output> { StreamEnd(accumulated.row + next.row) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: StreamStep<Input, Middle>, next: PipeStep<Middle, Output>
  ) -> StreamStep<Input, Output> { StreamStep(accumulated.row + next.row) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: StreamStep<Input, Middle>, next: GatherStep<Middle, Output>
  ) -> Step<Input, Output> { Step(accumulated.row + next.row) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: GatherStep<Input, Middle>, next: Step<Middle, Output>
  ) -> GatherStep<Input, Output> { GatherStep(accumulated.row + next.row) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: GatherStep<Input, Middle>, next: StreamStep<Middle, Output>
  ) -> PipeStep<Input, Output> { PipeStep(accumulated.row + next.row) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: GatherStep<Input, Middle>, next: StreamEnd<Middle, Output>
  ) -> PipeEnd<Input, Output> { PipeEnd(accumulated.row + next.row) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: PipeStep<Input, Middle>, next: PipeStep<Middle, Output>
  ) -> PipeStep<Input, Output> { PipeStep(accumulated.row + next.row) }

  public static func buildPartialBlock<Input, Middle, Output>(
    accumulated: PipeStep<Input, Middle>, next: GatherStep<Middle, Output>
  ) -> GatherStep<Input, Output> { GatherStep(accumulated.row + next.row) }
}

/// What cannot follow each other, in words about streams.
extension StepsJoining {
  @available(*, unavailable, message: "a stream comes here, and the step takes one message")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: StreamStep<Input, Middle>, next: Step<Next, Output>
  ) -> Step<Input, Output> { Step(accumulated.row) }

  @available(*, unavailable, message: "a stream comes here, and the step takes one message")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: StreamStep<Input, Middle>, next: StreamStep<Next, Output>
  ) -> StreamStep<Input, Output> { StreamStep(accumulated.row) }

  @available(*, unavailable, message: "a stream comes here, and the step takes one message")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: StreamStep<Input, Middle>, next: StreamEnd<Next, Output>
  ) -> StreamEnd<Input, Output> { StreamEnd(accumulated.row) }

  @available(*, unavailable, message: "a stream comes here, and the step takes one message")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: PipeStep<Input, Middle>, next: Step<Next, Output>
  ) -> GatherStep<Input, Output> { GatherStep(accumulated.row) }

  @available(*, unavailable, message: "one message comes here, and the step takes a stream")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: Step<Input, Middle>, next: GatherStep<Next, Output>
  ) -> Step<Input, Output> { Step(accumulated.row) }

  @available(*, unavailable, message: "one message comes here, and the step takes a stream")
  public static func buildPartialBlock<Input, Middle, Next, Output>(
    accumulated: Step<Input, Middle>, next: PipeStep<Next, Output>
  ) -> StreamStep<Input, Output> { StreamStep(accumulated.row) }

  @available(*, unavailable, message: "nothing comes after a step that ends with a stream")
  public static func buildPartialBlock<Input, Output, Next: JoinedSteps>(
    accumulated: StreamEnd<Input, Output>, next: Next
  ) -> StreamEnd<Input, Output> { accumulated }
}
