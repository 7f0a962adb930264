// Answers that the router gives by itself.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

extension ResponseStream {
  /// Ends the call without a response. A caller that still sends is told to stop.
  ///
  func answer(_ refusal: Refusal, sayingEncodings: Bool = false) {
    answer(FailedAnswer(refusal), sayingEncodings: sayingEncodings)
  }

  /// The same, with what a deployment said beside its status.
  func answer(_ failure: FailedAnswer, sayingEncodings: Bool = false) {
    var headers = HeaderBlock.grpcTrailersOnly(failure.refusal.status)
    headers.append(pushback: failure.refusal.pushback)
    if sayingEncodings { headers.appendAcceptEncoding() }
    headers.append(wordsOf: failure)
    sendHead(headers, endOfStream: true)
  }

  /// Ends the call after the response has begun.
  func breakOff(_ refusal: Refusal) {
    breakOff(FailedAnswer(refusal))
  }

  func breakOff(_ failure: FailedAnswer) {
    var trailers = HeaderBlock()
    trailers.append(failure.refusal.status)
    trailers.append(wordsOf: failure)
    sendTrailers(trailers)
  }

  /// Answers a unary call with success.
  func answer(_ message: [UInt8], _ metadata: AnswerMetadata, sayingEncodings: Bool = false) {
    var head = sayingEncodings ? HeaderBlock.grpcResponseAccepting : .grpcResponse
    if !metadata.initial.isEmpty { head.append(contentsOf: metadata.initial) }
    sendHead(head, endOfStream: false)
    sendMessage(message)
    guard !metadata.trailing.isEmpty else { return sendTrailers(.grpcSuccess) }
    var trailers = HeaderBlock.grpcSuccess
    trailers.append(contentsOf: metadata.trailing)
    sendTrailers(trailers)
  }
}

extension HeaderBlock {
  fileprivate mutating func append(wordsOf failure: FailedAnswer) {
    if let details = failure.details { append(statusDetails: details) }
    if !failure.trailing.isEmpty { append(contentsOf: failure.trailing) }
  }

  /// Says when the caller may try again (gRFC A6).
  fileprivate mutating func append(pushback: Duration?) {
    guard let pushback else { return }
    append(
      .grpcRetryPushback, "\(pushback.saturatedNanoseconds / 1_000_000)", neverIndexed: true)
  }
}
