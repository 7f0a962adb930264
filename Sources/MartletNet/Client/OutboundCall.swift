// One call on the client's side.
internal import MartletCore
internal import MartletWire

/// Makes one call over one stream, or over a second one when the first was provably never
/// processed. Everything mutable belongs to the loop.
final class OutboundCall: @unchecked Sendable {
  /// Streams that a call may take. gRPC's own transparent retry is one more than the first as well.
  static let maxAttempts = 2

  private enum Phase {
    /// No stream yet.
    case waiting
    case sent(ClientStream)
    /// The caller knows how it ended.
    case over
  }

  /// How the caller gets the answer.
  private enum Kind {
    case unary(request: [UInt8], answer: (Result<UnaryResponse, RPCError>) -> Void)
    case streaming(MessageIntake)
  }

  let waitForReady: Bool
  private let core: ChannelCore
  private let method: MethodName
  private let metadata: Metadata
  private let deadline: Deadline?
  private let compression: CallCompression
  /// What the call is part of; nil where nobody wants to know.
  private let traced: TracedCall?
  private var phase = Phase.waiting
  private var attempts = 0
  private var kind: Kind
  private var outbox: MessageOutbox?
  private var deframer: MessageDeframer
  /// A unary call's answer takes memory while it is long.
  private var gate = IntakeGate()
  private var deadlineTimer: Timer?
  private var initialMetadata = Metadata()
  private var responseMessage: [UInt8]?
  /// What a streaming caller wrote before there was a stream.
  private var unsent: [(message: [UInt8], compressed: Bool)] = []
  private var isFinishedSending = false

  init(
    _ method: MethodName, metadata: Metadata, deadline: Deadline?, waitForReady: Bool,
    compression: CallCompression, traced: TracedCall?, core: ChannelCore, request: [UInt8],
    answer: @escaping (Result<UnaryResponse, RPCError>) -> Void
  ) {
    self.method = method
    self.metadata = metadata
    self.deadline = deadline
    self.waitForReady = waitForReady
    self.compression = compression
    self.traced = traced
    self.core = core
    kind = .unary(request: request, answer: answer)
    deframer = MessageDeframer(maxMessageBytes: core.limits.maxMessageBytes)
  }

  /// A streaming call.
  init(
    _ method: MethodName, metadata: Metadata, deadline: Deadline?, waitForReady: Bool,
    compression: CallCompression, traced: TracedCall?, core: ChannelCore
  ) {
    self.method = method
    self.metadata = metadata
    self.deadline = deadline
    self.waitForReady = waitForReady
    self.compression = compression
    self.traced = traced
    self.core = core
    kind = .streaming(MessageIntake(loop: core.loop, connection: nil))
    deframer = MessageDeframer(maxMessageBytes: core.limits.maxMessageBytes)
  }

  /// Both directions of a streaming call, for its caller.
  func makeStreams() -> (MessageWriter, MessageStream)? {
    guard case .streaming(let intake) = kind else { return nil }
    let outbox = MessageOutbox(
      loop: core.loop, maxBacklogBytes: core.limits.maxStreamBacklogBytes, sink: self)
    self.outbox = outbox
    return (MessageWriter(outbox: outbox), MessageStream(inbox: intake.inbox))
  }
}

// MARK: - The caller's side, on the loop

extension OutboundCall {
  func begin() {
    guard case .waiting = phase else { return }
    if case .unary(let request, _) = kind, request.count > core.limits.maxMessageBytes {
      return fail(.messageTooLarge(request.count, limit: core.limits.maxMessageBytes))
    }
    if let deadline {
      guard !deadline.hasPassed(at: core.loop.now) else { return deadlinePassed() }
      deadlineTimer = core.loop.schedule(at: deadline.time) {
        self.deadlinePassed()
      }
    }
    core.begin(self)
  }

  func cancel() {
    abandon(RPCError(.cancelled, "the call was cancelled"))
  }

  /// A streaming caller is done: what it did not read, nobody will.
  func bodyReturned() {
    cancel()
  }

  private func deadlinePassed() {
    abandon(RPCError(.deadlineExceeded, "the deadline passed"))
  }

  /// Ends the call here and lets the server know.
  private func abandon(_ error: RPCError) {
    switch phase {
    case .waiting: core.forget(self)
    case .sent(let stream): stream.reset(.cancel)
    case .over: return
    }
    fail(error)
  }

  func fail(_ error: RPCError) {
    finish(.failure(error))
  }

  private func finish(_ result: Result<UnaryResponse, RPCError>) {
    if case .over = phase { return }
    phase = .over
    guard let traced else { return end(result) }
    end(traced.ended(result, now: core.loop.now))
  }

  private func end(_ result: Result<UnaryResponse, RPCError>) {
    deadlineTimer?.cancel()
    deadlineTimer = nil
    unsent = []
    switch kind {
    case .unary(_, let answer):
      answer(result)
      // From here on it is the caller's.
      gate.release()
    case .streaming(let intake):
      intake.end()
      switch result {
      case .success(let response):
        intake.inbox.end(.finished, trailer: response.trailingMetadata)
        outbox?.end(RPCError(.cancelled, "the server has ended the call"))
      case .failure(let error):
        intake.inbox.end(.failed(error))
        outbox?.end(error)
      }
    }
  }
}

// MARK: - The request

extension OutboundCall: MessageSink {
  func writeHeaders(
    into headers: inout HeaderBlock, authority: String
  ) throws(InvalidMetadata) {
    headers.append(.method, literal: "POST")
    headers.append(.scheme, literal: core.tls == nil ? "http" : "https")
    headers.append(.path, method.path)
    headers.append(.authority, authority)
    headers.append(.te, literal: "trailers")
    headers.append(.contentType, literal: "application/grpc")
    if let userAgent = core.userAgent {
      headers.append(.userAgent, userAgent)
    } else {
      headers.append(.userAgent, literal: MartletVersion.userAgent)
    }
    if let deadline { headers.append(timeout: deadline.remaining(at: core.loop.now)) }
    switch compression {
    case .off: break
    case .responses: headers.appendAcceptEncoding()
    case .both(let encoding):
      headers.appendAcceptEncoding()
      headers.append(encoding: encoding)
    }
    if !metadata.isEmpty { try headers.append(metadata) }
  }

  private func send(_ message: [UInt8], compressed: Bool = true, over stream: ClientStream) {
    if compressed, case .both(let encoding) = compression,
      let framed = Compressor(core.codec, encoding, limits: core.limits).framed(message)
    {
      stream.sendData(framed)
    } else {
      stream.sendMessage(message)
    }
  }

  /// The call has its stream.
  func opened(_ stream: ClientStream) {
    phase = .sent(stream)
    attempts += 1
    switch kind {
    case .unary(let request, _):
      send(request, over: stream)
      stream.sendEnd()
    case .streaming(let intake):
      intake.whenCredited = { stream.consumed($0) }
      intake.whenRefused = { [weak self] in self?.breakOff($0) }
      intake.inbox.whenBroken = { [weak self] in self?.breakOff($0) }
      for (message, compressed) in unsent { send(message, compressed: compressed, over: stream) }
      unsent = []
      if isFinishedSending { stream.sendEnd() }
      if stream.isWritable { outbox?.becameWritable() }
    }
  }

  func send(_ message: [UInt8]) throws(RPCError) -> Int {
    try send(message, compressed: true)
  }

  func sendUncompressed(_ message: [UInt8]) throws(RPCError) -> Int {
    try send(message, compressed: false)
  }

  private func send(_ message: [UInt8], compressed: Bool) throws(RPCError) -> Int {
    guard message.count <= core.limits.maxMessageBytes else {
      throw .messageTooLarge(message.count, limit: core.limits.maxMessageBytes)
    }
    guard !isFinishedSending else {
      throw RPCError(.failedPrecondition, "a message was written after finish()")
    }
    switch phase {
    case .waiting:
      unsent.append((message, compressed))
      return unsent.reduce(0) { $0 + $1.message.count }
    case .sent(let stream):
      send(message, compressed: compressed, over: stream)
      return stream.backlog
    case .over: return 0
    }
  }

  func finishSending() {
    guard !isFinishedSending else { return }
    isFinishedSending = true
    if case .sent(let stream) = phase { stream.sendEnd() }
  }
}

// MARK: - The answer

extension OutboundCall: ClientStreamHandler {
  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, endOfStream: Bool
  ) {
    guard case .sent(let stream) = phase else { return }
    switch section {
    case .request, .informational: break
    case .response:
      // A status that was given counts, whatever HTTP says beside it.
      if endOfStream, headers.contains(.grpcStatus) { return statusReceived(headers) }
      let status = headers.httpStatus
      guard status == 200, headers.hasGRPCContentType else {
        stream.reset(.cancel)
        return fail(Self.notGRPC(status, headers[.contentType], core.endpoint))
      }
      if endOfStream { return statusReceived(headers) }
      initialMetadata = headers.metadata
      if case .streaming(let intake) = kind { intake.inbox.began(initialMetadata) }
      do throws(RPCError) {
        deframer.decompressor = try headers.responseEncoding.map {
          Decompressor(core.codec, $0, maxMessageBytes: core.limits.maxMessageBytes)
        }
      } catch {
        breakOff(error)
      }
    case .trailers: statusReceived(headers)
    }
  }

  private static func notGRPC(
    _ status: Int?, _ contentType: String?, _ endpoint: Endpoint
  ) -> RPCError {
    guard let status else {
      return RPCError(.unknown, "\(endpoint) answered without an HTTP status")
    }
    guard status == 200 else {
      return RPCError(
        RPCStatus.Code(httpStatus: status), "\(endpoint) answered with HTTP status \(status)")
    }
    return RPCError(
      .unknown, "\(endpoint) answered with content-type \(contentType ?? "unset"), not gRPC")
  }

  private func statusReceived(_ headers: borrowing HeaderBlock) {
    guard let status = headers.grpcStatus else {
      return fail(RPCError(.unknown, "\(core.endpoint) ended the call without a grpc-status"))
    }
    let trailing = headers.metadata
    guard status.code == .ok else { return fail(RPCError(status, metadata: trailing)) }
    guard deframer.isBetweenMessages else {
      return fail(RPCError(.internalError, "the answer ended within a message"))
    }
    if case .unary = kind, responseMessage == nil {
      return fail(
        RPCError(.internalError, "\(method) ended with OK and without a response"))
    }
    finish(
      .success(
        UnaryResponse(
          message: responseMessage ?? [], compression: deframer.lastCompression,
          initialMetadata: initialMetadata, trailingMetadata: trailing)))
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    guard case .sent(let stream) = phase else { return }
    do throws(FramingError) {
      switch kind {
      case .unary:
        stream.consumed(bytes.count)
        var rest = bytes
        while let message = try deframer.next(from: &rest) {
          guard responseMessage == nil else {
            stream.reset(.cancel)
            return fail(RPCError(.internalError, "\(method) gave two responses, not one"))
          }
          responseMessage = message
        }
        let bytes = max(deframer.announcedBytes, responseMessage?.count ?? 0)
        if bytes > MessageHold.freeBytes { take(bytes) }
      case .streaming(let intake):
        try intake.received(bytes, &deframer)
      }
    } catch {
      breakOff(RPCError(error))
    }
  }

  /// Takes memory for an answer. It does not wait: who calls may hold some, which others wait for.
  private func take(_ bytes: Int) {
    do throws(RPCError) {
      try gate.ensure(bytes, on: core.loop)
    } catch {
      breakOff(error)
    }
  }

  /// What the server sends makes no sense, or too much of it.
  private func breakOff(_ error: RPCError) {
    guard case .sent(let stream) = phase else { return }
    stream.reset(.cancel)
    fail(error)
  }

  func endReceived() {
    fail(RPCError(.internalError, "\(core.endpoint) ended the call without trailers"))
  }

  func becameWritable() {
    outbox?.becameWritable()
  }

  func closed(_ closure: StreamClosure) {
    guard case .sent = phase else { return }
    if case .unprocessed = closure, case .unary = kind, attempts < OutboundCall.maxAttempts {
      phase = .waiting
      // Not from within the session's callback, and not before the connection has said that it is
      // going away.
      return core.loop.executeLater {
        guard case .waiting = self.phase else { return }
        self.core.begin(self)
      }
    }
    fail(RPCError(closure.status))
  }
}
