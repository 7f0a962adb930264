// Answers that the router gives by itself.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

extension ResponseStream {
  /// Ends the call without a response. A caller that still sends is told to stop.
  ///
  /// - Parameter details: a `google.rpc.Status`.
  func answer(_ refusal: Refusal, sayingEncodings: Bool = false, details: [UInt8]? = nil) {
    var headers = HeaderBlock.grpcTrailersOnly(refusal.status)
    headers.append(pushback: refusal.pushback)
    if sayingEncodings { headers.appendAcceptEncoding() }
    if let details { headers.append(statusDetails: details) }
    sendHead(headers, endOfStream: true)
  }

  /// Ends the call after the response has begun.
  func breakOff(_ refusal: Refusal) {
    var trailers = HeaderBlock()
    trailers.append(refusal.status)
    sendTrailers(trailers)
  }

  /// Answers a unary call with success.
  func answer(_ message: [UInt8], sayingEncodings: Bool = false) {
    sendHead(sayingEncodings ? .grpcResponseAccepting : .grpcResponse, endOfStream: false)
    sendMessage(message)
    sendTrailers(.grpcSuccess)
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
