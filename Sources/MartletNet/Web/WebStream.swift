// A call by plain HTTP on a stream of HTTP/2.
package import MartletWire

/// Gathers the body, up to the length that it may have, and passes the answer on. The handler of the client's
/// stream.
package final class WebStream: StreamHandler {
  private let request: WebRequest
  private let stream: ServerStream
  private let acceptor: any WebCallAcceptor
  private let maxBytes: Int
  private let refusal: Page
  /// The answer stands before the body has come.
  private let isRefused: Bool
  private var dropped = 0
  private var body: [UInt8] = []
  private var call: (any WebCall)?
  private var isOver = false

  /// Bytes of a body that nobody wants and that are yet waited for: an answer that comes before is lost by clients
  /// that take the reset behind it (RFC 9113 §8.1) for a failure.
  private static let maxDroppedBytes = 64 << 10

  /// Takes a request; nil when it has been answered.
  package init?(
    _ headers: borrowing HeaderBlock, _ stream: ServerStream, _ acceptor: any WebCallAcceptor,
    endOfStream: Bool
  ) {
    var fields = HeaderBlock()
    fields.append(contentsOf: headers)
    request = WebRequest(
      method: headers[.method] ?? "", target: headers[.path] ?? "", fields: fields,
      identity: stream.connection.forwardedIdentity, arrived: stream.loop.now)
    self.stream = stream
    self.acceptor = acceptor
    switch acceptor.examine(request) {
    case .takeBody(let maxBytes, let tooLong):
      self.maxBytes = maxBytes
      refusal = tooLong
      isRefused = false
      if !endOfStream, request.expectsContinue { stream.sendContinue() }
    case .answer(let page) where !endOfStream:
      maxBytes = 0
      refusal = page
      isRefused = true
    case .answer(let page):
      let marked = acceptor.crossOrigin?.mark(page, for: request.fields["origin"])
      stream.answer(marked ?? page, isHead: request.method == "HEAD")
      return nil
    }
  }

  package func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    stream.consumed(bytes.count)
    guard !isOver else { return }
    guard !isRefused else {
      dropped += bytes.count
      return dropped > Self.maxDroppedBytes ? send(refusal) : ()
    }
    guard body.count + bytes.count <= maxBytes else { return send(refusal) }
    body.append(contentsOf: bytes)
  }

  package func endReceived() {
    guard !isOver, call == nil else { return }
    guard !isRefused else { return send(refusal) }
    let body = body
    self.body = []
    let call = acceptor.call(request, body, self)
    if !isOver { self.call = call }
  }

  package func becameWritable() {
    call?.becameWritable()
  }

  package func closed(_ closure: StreamClosure) {
    isOver = true
    call?.abandon()
    call = nil
  }

  private func finish() {
    isOver = true
    call = nil
    body = []
  }
}

extension WebStream: WebAnswer {
  package func send(_ page: Page) {
    guard !isOver else { return }
    finish()
    stream.answer(
      acceptor.crossOrigin?.mark(page, for: request.fields["origin"]) ?? page,
      isHead: request.method == "HEAD")
  }

  package func begin(_ head: HeaderBlock, endOfStream: Bool) {
    guard !isOver else { return }
    stream.sendHead(
      acceptor.crossOrigin?.mark(head, for: request.fields["origin"]) ?? head,
      endOfStream: endOfStream)
    if endOfStream { finish() }
  }

  package func send(_ bytes: [UInt8]) {
    guard !isOver else { return }
    stream.sendData(bytes)
  }

  package func end() {
    guard !isOver else { return }
    finish()
    stream.sendEnd()
  }

  package var isWritable: Bool { stream.isWritable }
}
