// A call by plain HTTP on a stream of HTTP/2.
internal import MartletCore
package import MartletWire

/// Gathers the body, up to the length that it may have, and passes the answer on. The handler of the client's
/// stream.
package final class WebStream: StreamHandler {
  private let request: WebRequest
  private let stream: ServerStream
  private let acceptor: any WebCallAcceptor
  private let maxBytes: Int
  private let refusal: Page
  private let refused: (RPCError) -> Page
  /// The answer stands before the body has come.
  private let isRefused: Bool
  private var dropped = 0
  private var body: [UInt8] = []
  /// What the call takes of the memory for messages, until its stream is closed.
  private var gate = IntakeGate()
  /// The client has ended its side while the body waits for memory.
  private var endIsPending = false
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
    case .takeBody(let maxBytes, let tooLong, let refused):
      self.maxBytes = maxBytes
      refusal = tooLong
      self.refused = refused
      isRefused = false
      if !endOfStream, request.expectsContinue { stream.sendContinue() }
    case .answer(let page) where !endOfStream:
      maxBytes = 0
      refusal = page
      refused = { _ in page }
      isRefused = true
    case .answer(let page):
      let marked = acceptor.crossOrigin?.mark(page, for: request.fields["origin"])
      stream.answer(marked ?? page, isHead: request.method == "HEAD")
      return nil
    }
  }

  package func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    guard !isOver else { return stream.consumed(bytes.count) }
    guard !isRefused else {
      stream.consumed(bytes.count)
      dropped += bytes.count
      return dropped > Self.maxDroppedBytes ? send(refusal) : ()
    }
    guard body.count + bytes.count <= maxBytes else {
      stream.consumed(bytes.count)
      return send(refusal)
    }
    do throws(RPCError) {
      body.append(contentsOf: bytes)
      let missing = request.announcedBytes > body.count
      try gate.received(
        bytes.count, announced: missing ? min(request.announcedBytes, maxBytes) : 0, from: stream,
        on: stream.loop, whenDecided: { [weak self] in self?.decided($0) })
      // Of a length that nobody announced it is a step more than has come.
      if !gate.isWaiting, body.count > MessageHold.freeBytes {
        try gate.ensure(
          body.count.rounded(upTo: MessageHold.freeBytes), on: stream.loop)
      }
    } catch {
      send(refused(error))
    }
  }

  /// There is memory for the body, or there will not be.
  private func decided(_ error: RPCError?) {
    guard !isOver, call == nil else { return }
    if let error { return send(refused(error)) }
    gate.granted(stream, isWhole: body.count >= request.announcedBytes)
    guard endIsPending else { return }
    endIsPending = false
    endReceived()
  }

  package func endReceived() {
    guard !isOver, call == nil else { return }
    guard !isRefused else { return send(refusal) }
    guard !gate.isWaiting else {
      endIsPending = true
      return
    }
    gate.hold?.stopWatching()
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
    gate.release()
  }

  private func finish() {
    isOver = true
    call = nil
    body = []
  }
}

extension WebStream: WebAnswer {
  package var hold: MessageHold? {
    get { gate.hold }
    set { gate.hold = newValue }
  }

  package var memoryLoop: Loop { stream.loop }

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
