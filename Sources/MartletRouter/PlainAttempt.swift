// One try of a plain request at one replica.
internal import MartletNet
internal import MartletWire

/// The handler of a replica's stream. Outlives its request when that goes away first; then it only gives
/// back what still arrives.
final class PlainAttempt: ClientStreamHandler {
  private var request: PlainRequest?
  var stream: ClientStream?

  /// Payload of the replica that it may not replace yet: the client is slow.
  private var uncredited = 0

  init(_ request: PlainRequest) {
    self.request = request
  }

  /// The request is done with this attempt; resets the stream unless it has ended or is about to.
  func detach(_ code: HTTP2ErrorCode?) {
    guard request != nil else { return }
    request = nil
    if let code { stream?.reset(code) }
  }

  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, endOfStream: Bool
  ) {
    guard let request else { return }
    switch section {
    case .response: request.answerBegan(headers, endOfStream: endOfStream)
    case .trailers: request.answerEnded(with: headers)
    case .informational, .request: break
    }
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    guard let request else {
      stream?.consumed(bytes.count)
      return
    }
    request.answerContinued(bytes)
    uncredited += bytes.count
    creditReplica()
  }

  /// Lets the replica send more, unless the client is slow.
  func creditReplica() {
    guard uncredited > 0, let request, request.keepsUp else { return }
    stream?.consumed(uncredited)
    uncredited = 0
  }

  func endReceived() {}

  func becameWritable() {
    request?.creditClient()
  }

  /// A failed attempt is looked at once the connection has settled: by then the dispatcher knows whether
  /// the replica is still there.
  func closed(_ closure: StreamClosure) {
    stream = nil
    guard let request else { return }
    request.router.loop.executeLater { [weak self] in
      guard let self, self.request === request else { return }
      self.request = nil
      request.attemptFailed(closure)
    }
  }
}
