// What any step may say beside what it does.
public import MartletCore
internal import SwiftProtobuf

extension GraphStep {
  /// The time that the step has, with all below it; the request's deadline where that is nearer. Then it
  /// fails with DEADLINE_EXCEEDED, and what runs below is cancelled.
  public func timeout(_ timeout: Duration) -> Step<Input, Output> {
    changed { $0.timeout = timeout }
  }

  /// Runs the step again when it fails with one of these statuses, unless that would begin past the deadline or
  /// its `timeout`. It calls idempotent deployments only. Over a whole request one call in five may be a retry,
  /// and three in any case.
  ///
  /// - Parameters:
  ///   - attempts: the first one included; 2 to 5.
  ///   - backoff: before the second attempt, 60 s at most; twice as long before each further one, give or
  ///     take a fifth.
  public func retry(
    attempts: Int, backoff: Duration = .zero, on codes: [RPCStatus.Code] = [.unavailable]
  ) -> Step<Input, Output> {
    changed {
      $0.retry = NodeOptions.RetrySpec(attempts: attempts, backoff: backoff, codes: codes)
    }
  }

  /// A failure leaves the step out, whatever its status. Only for a branch of an `Ensemble` and the body
  /// of a `ForEach`, and for steps whose input then goes on as their output.
  public func skippingErrors() -> Step<Input, Output> {
    changed { $0.onError = .skip }
  }

  /// On a failure this message stands for the answer, whatever the status.
  ///
  /// - Precondition: protobuf's JSON can say the message; an `Any` of an unknown type it cannot.
  public func onError(_ answer: Output) -> Step<Input, Output> {
    changed { $0.onError = .answer(ConfigValue(message: answer)) }
  }

  private func changed(_ change: (inout NodeOptions) -> Void) -> Step<Input, Output> {
    Step(step.row.changed(change))
  }
}

extension ConfigValue {
  /// - Precondition: protobuf's JSON can say the message.
  init(message: some Message) {
    do {
      self = try ConfigValue(json: message.jsonString())
    } catch {
      preconditionFailure("no JSON can say the message \(message): \(error)")
    }
  }
}
