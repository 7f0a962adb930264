// A call by plain HTTP on a stream of HTTP/2.
package import MartletWire

/// Gathers the body, up to the length that a message may have, and answers with what comes of it. The
/// handler of the client's stream.
package final class WebStream: StreamHandler {
  private let request: WebRequest
  private let stream: ServerStream
  private let acceptor: any WebCallAcceptor
  private let maxBytes: Int
  private var body: [UInt8] = []
  private var call: (any WebCall)?
  private var isOver = false

  /// Takes a request; nil when it has been refused.
  package init?(
    _ headers: borrowing HeaderBlock, _ stream: ServerStream, _ acceptor: any WebCallAcceptor,
    maxBytes: Int
  ) {
    var fields = HeaderBlock()
    fields.append(contentsOf: headers)
    request = WebRequest(
      method: headers[.method] ?? "", target: headers[.path] ?? "", fields: fields,
      identity: stream.connection.forwardedIdentity)
    self.stream = stream
    self.acceptor = acceptor
    self.maxBytes = maxBytes
    if let refusal = acceptor.refusal(of: request) {
      stream.answer(refusal, isHead: request.method == "HEAD")
      return nil
    }
  }

  package func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    stream.consumed(bytes.count)
    guard !isOver else { return }
    guard body.count + bytes.count <= maxBytes else { return answer(.tooLong(maxBytes)) }
    body.append(contentsOf: bytes)
  }

  package func endReceived() {
    guard !isOver else { return }
    let body = body
    self.body = []
    let call = acceptor.call(request, body) { [weak self] page in self?.answer(page) }
    if !isOver { self.call = call }
  }

  package func becameWritable() {}

  package func closed(_ closure: StreamClosure) {
    isOver = true
    call?.abandon()
    call = nil
  }

  private func answer(_ page: Page) {
    guard !isOver else { return }
    isOver = true
    call = nil
    body = []
    stream.answer(page, isHead: false)
  }
}
