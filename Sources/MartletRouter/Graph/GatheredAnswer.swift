// One message, gathered from what a call answers to a stream.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Where the last call of a stream answers that the nodes of a graph go on with. It tells once what came of it:
/// after a failure in mid-answer the calls are for the listener to give up.
final class GatheredAnswer: ResponseStream {
  enum Outcome {
    case answered([UInt8], AnswerMetadata)
    case failed(FailedAnswer)
  }

  private var whenEnded: ((Outcome) -> Void)?
  private var answer: UnaryAnswer

  /// Whose memory the answer takes.
  private weak var holder: (any MemoryHolder)?

  init(
    _ router: Router, maxMessageBytes: Int, _ holder: any MemoryHolder,
    whenEnded: @escaping (Outcome) -> Void
  ) {
    self.whenEnded = whenEnded
    self.holder = holder
    answer = UnaryAnswer(router, maxMessageBytes: maxMessageBytes)
  }

  var forwardedIdentity: HeaderBlock? { nil }
  var isWritable: Bool { true }
  func consumed(_ count: Int) {}

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    guard !endOfStream else { return sendTrailers(headers) }
    do throws(RPCError) {
      try answer.began(headers)
    } catch {
      end(.failed(FailedAnswer(error, AnswerMetadata())))
    }
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    guard let holder else { return }
    do throws(RPCError) {
      try answer.continued(bytes, holder)
    } catch {
      end(.failed(FailedAnswer(error, AnswerMetadata())))
    }
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    sendTrailers(copying: trailers)
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    let outcome = answer.ended(trailers)
    switch outcome {
    case .answered(let message): end(.answered(message, answer.metadata))
    case .failed(let error): end(.failed(FailedAnswer(error, answer.metadata)))
    case .nonsense(let status):
      end(.failed(FailedAnswer(Refusal(status.code, status.message))))
    }
  }

  private func end(_ outcome: Outcome) {
    guard let whenEnded else { return }
    self.whenEnded = nil
    whenEnded(outcome)
  }
}
