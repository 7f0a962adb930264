// Answers that the router gives by itself.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

extension ResponseStream {
  /// Ends the call without a response. A caller that still sends is told to stop.
  ///
  /// - Parameters:
  ///   - details: a `google.rpc.Status`.
  ///   - trace: what the request did, where it asked for that.
  func answer(
    _ refusal: Refusal, sayingEncodings: Bool = false, details: [UInt8]? = nil,
    trace: String? = nil
  ) {
    var headers = HeaderBlock.grpcTrailersOnly(refusal.status)
    headers.append(pushback: refusal.pushback)
    if sayingEncodings { headers.appendAcceptEncoding() }
    if let details { headers.append(statusDetails: details) }
    if let trace { headers.append(name: TraceHeader.trace, value: trace) }
    sendHead(headers, endOfStream: true)
  }

  /// Ends the call after the response has begun.
  func breakOff(_ refusal: Refusal) {
    var trailers = HeaderBlock()
    trailers.append(refusal.status)
    sendTrailers(trailers)
  }

  /// Answers a unary call with success.
  func answer(_ message: [UInt8], sayingEncodings: Bool = false, trace: String? = nil) {
    sendHead(sayingEncodings ? .grpcResponseAccepting : .grpcResponse, endOfStream: false)
    sendMessage(message)
    guard let trace else { return sendTrailers(.grpcSuccess) }
    var trailers = HeaderBlock.grpcSuccess
    trailers.append(name: TraceHeader.trace, value: trace)
    sendTrailers(trailers)
  }
}

extension HeaderBlock {
  /// Says when the caller may try again (gRFC A6).
  fileprivate mutating func append(pushback: Duration?) {
    guard let pushback else { return }
    append(
      .grpcRetryPushback, "\(pushback.saturatedNanoseconds / 1_000_000)", neverIndexed: true)
  }
}
