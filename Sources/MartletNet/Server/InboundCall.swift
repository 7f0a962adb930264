// One call on the server's side.
package import MartletCore
internal import MartletWire

/// What a handler knows of its call beside the request. When the client goes away or the deadline
/// passes, the handler's task is cancelled.
///
/// It is also what drives the call on its connection: everything mutable belongs to the loop.
package final class InboundCall: CallScope, @unchecked Sendable {
  /// How far the answer has come.
  private enum Phase {
    /// The status is still to be sent. Exits: `answered`, `closed`.
    case open
    /// The status is on its way. Exits: `closed`.
    case answered
    /// The stream is over.
    case closed
  }

  /// The handler's part in the call; it holds a place among the server's ongoing calls until `ended`.
  private enum Handler {
    /// The request is not whole, or waits for its turn. Exits: `running`, `ended`.
    case notBegun
    case running
    case ended
  }

  /// What the handler gets its requests from.
  private enum Requests {
    /// A unary call's one message, nil until it is whole.
    case one([UInt8]?)
    case many(MessageIntake)
  }

  package let metadata: Metadata
  package let deadline: Deadline?
  /// Who calls, by the word of a router.
  private let forwardedIdentity: PeerIdentity?

  private let entry: HandlerTable.Entry
  private let stream: CallStream
  private let server: ServerCore
  private var phase = Phase.open
  private var handler = Handler.notBegun
  private var requests: Requests
  private var deframer: MessageDeframer
  /// A unary call's request and answer take memory while they are long.
  private var gate = IntakeGate()
  /// The client has ended its side while the request waits for memory.
  private var endIsPending = false
  private var outbox: MessageOutbox?
  /// Nil when the client said nothing about compression.
  private let compression: RequestCompression?
  private var compressor: Compressor?
  private var headIsSent = false
  private var initialMetadata: Metadata?
  private var trailingMetadata: Metadata?
  private var task: Task<Void, Never>?
  private var deadlineTimer: Timer?
  /// The caller wants to know where the time goes.
  private let isTraced: Bool
  /// What the handler asks of others; nil where nobody wants to know. Set before the handler begins.
  package private(set) var trace: CallTrace?
  /// Hears how the handler ends.
  var observer: (any CallObserver)?

  init(
    _ entry: HandlerTable.Entry, on stream: CallStream, of server: ServerCore,
    metadata: Metadata, deadline: Deadline?, compression: RequestCompression?,
    forwardedIdentity: PeerIdentity?, isTraced: Bool
  ) {
    self.entry = entry
    self.isTraced = isTraced
    self.forwardedIdentity = forwardedIdentity
    self.stream = stream
    self.server = server
    self.metadata = metadata
    self.deadline = deadline
    self.compression = compression
    deframer = MessageDeframer(maxMessageBytes: server.limits.maxMessageBytes)
    switch entry.body {
    case .unary: requests = .one(nil)
    case .streaming:
      requests = .many(MessageIntake(loop: server.loop, connection: stream.sharingConnection))
    }
    super.init()
    guard let encoding = compression?.encoding else { return }
    deframer.decompressor = Decompressor(
      server.codec, encoding, maxMessageBytes: server.limits.maxMessageBytes)
    chooseEncoding(encoding)
  }

  package var method: MethodName { entry.method }

  /// What the method was registered with.
  package var context: (any AnyObject & Sendable)? { entry.context }

  /// The loop on which the call's connection lives and its handler starts.
  package var loop: Loop { server.loop }

  /// The other end of the connection, as logs spell it.
  package var peer: String { stream.peer }

  /// How the one message of a unary request was compressed; nil when it was not, and for streams, which
  /// know it of each message.
  package var requestCompression: Compression? {
    if case .one = requests { deframer.lastCompression } else { nil }
  }

  /// Who calls, where they had to prove that: to the router that took the request or, when it came through
  /// none, to this server.
  package var peerIdentity: PeerIdentity? {
    if let forwardedIdentity { return forwardedIdentity }
    // A router says nothing of clients that had to prove nothing, and it is not itself who calls.
    return metadata[MeshHeader.version] == nil ? stream.identity : nil
  }

  /// Metadata to send with the response's head; without effect once the head is sent. Any thread.
  package func setInitialMetadata(_ metadata: Metadata) {
    loop.run { self.initialMetadata = metadata }
  }

  /// Metadata to send with the status. Any thread.
  package func setTrailingMetadata(_ metadata: Metadata) {
    loop.run { self.trailingMetadata = metadata }
  }

  /// Compresses the responses if the client understands that, or leaves them as they are. By itself
  /// a call answers in the encoding of its request. Without effect once the head is sent. Any thread.
  package func compressResponses(with encoding: Compression?) {
    loop.run { self.chooseEncoding(encoding) }
  }

  private func chooseEncoding(_ encoding: Compression?) {
    guard !headIsSent, let compression else { return }
    compressor = encoding.flatMap {
      compression.accepted.contains($0)
        ? Compressor(server.codec, $0, limits: server.limits) : nil
    }
  }
}

// MARK: - The handler's task

extension InboundCall {
  /// Called once, when the head has arrived.
  func begin() {
    if let deadline {
      deadlineTimer = loop.schedule(at: deadline.time) { self.deadlinePassed() }
    }
    guard case .many(let intake) = requests, case .streaming(let body) = entry.body else {
      return
    }
    intake.whenCredited = { [stream] in stream.consumed($0) }
    intake.whenRefused = { [weak self] in self?.refuse($0) }
    intake.inbox.whenBroken = { [weak self] in self?.refuse($0) }
    intake.inbox.began(metadata)
    let outbox = MessageOutbox(
      loop: loop, maxBacklogBytes: server.limits.maxStreamBacklogBytes, sink: self)
    self.outbox = outbox
    let messages = MessageStream(inbox: intake.inbox)
    handlerBegins()
    let task = CallScope.$local.withValue(self) {
      Task.immediate(executorPreference: loop) {
        do {
          try await body(messages, MessageWriter(outbox: outbox), self)
          self.handlerEnded(.success(nil))
        } catch {
          self.handlerEnded(.failure(error))
        }
      }
    }
    handlerSuspended(task)
  }

  /// The handler of a unary call, which begins now; nil when nobody waits for it any more.
  func unaryHandlerBegins() -> UnaryResponder? {
    guard handler == .notBegun, case .unary(let body) = entry.body else { return nil }
    handlerBegins()
    return body
  }

  private func handlerBegins() {
    handler = .running
    if isTraced { trace = CallTrace(began: loop.now) }
  }

  /// The handler did not end at once and goes on in `task`.
  func handlerSuspended(_ task: Task<Void, Never>) {
    if phase == .open { self.task = task }
  }

  /// The handler's last word: its response, nil for one that streamed them, or its error. Any thread.
  package func handlerEnded(_ result: Result<[UInt8]?, any Error>) {
    guard loop.isCurrent else { return loop.execute { self.handlerEnded(result) } }
    observer?.handlerEnded(self, result.mapError(Self.rpcError))
    if phase == .open {
      switch result {
      case .success(let response): handlerReturned(response)
      case .failure(let error): answer(Self.rpcError(error))
      }
    }
    leaveOngoing()
  }

  /// Gives the handler's place among the ongoing calls to another one.
  private func leaveOngoing() {
    task = nil
    handler = .ended
    if phase == .closed { gate.release() }
    server.handlerEnded(entry)
  }

  private func handlerReturned(_ response: [UInt8]?) {
    if let response {
      do throws(RPCError) {
        // The request is still the handler's, or soon nobody's.
        try gate.ensure((gate.hold?.bytes ?? 0) + response.count, on: loop, for: response.count)
        _ = try send(response)
        gate.hold?.shrink(to: response.count)
      } catch {
        return answer(error)
      }
    }
    answer(nil)
  }

  /// What a client hears of an error that a handler threw.
  private static func rpcError(_ error: any Error) -> RPCError {
    switch error {
    case let error as RPCError: error
    case is CancellationError: RPCError(.cancelled, "the handler was cancelled")
    default: RPCError(.unknown, "\(error)", cause: error)
    }
  }

  private func deadlinePassed() {
    guard phase == .open else { return }
    let error = RPCError(.deadlineExceeded, "the deadline passed")
    answer(error)
    cancelHandler(error)
  }

  /// Nobody waits for the handler any more.
  private func cancelHandler(_ error: RPCError) {
    switch handler {
    case .notBegun: leaveOngoing()
    case .running:
      task?.cancel()
      if case .many(let intake) = requests {
        intake.end()
        intake.inbox.end(.failed(error))
      }
      outbox?.end(error)
    case .ended: break
    }
  }
}

// MARK: - The answer

extension InboundCall: MessageSink {
  func send(_ message: [UInt8]) throws(RPCError) -> Int {
    guard message.count <= server.limits.maxMessageBytes else {
      throw .messageTooLarge(message.count, limit: server.limits.maxMessageBytes)
    }
    sendHead()
    if let framed = compressor?.framed(message) {
      stream.sendData(framed)
    } else {
      stream.sendMessage(message)
    }
    return outbox == nil ? 0 : stream.backlog(server.limits)
  }

  func sendUncompressed(_ message: [UInt8]) throws(RPCError) -> Int {
    // The head names the encoding all the same: other messages of the call have it.
    sendHead()
    let compressor = compressor
    self.compressor = nil
    defer { self.compressor = compressor }
    return try send(message)
  }

  func finishSending() {}

  private func sendHead() {
    guard !headIsSent else { return }
    headIsSent = true
    var head = compression == nil ? HeaderBlock.grpcResponse : .grpcResponseAccepting
    if let compressor { head.append(encoding: compressor.compression) }
    if let initialMetadata { append(initialMetadata, to: &head) }
    stream.sendHead(head)
  }

  /// Adds a handler's metadata. An entry that cannot be sent must not cost the caller its answer, nor the other
  /// entries; the process's log has it.
  private func append(_ metadata: Metadata, to headers: inout HeaderBlock) {
    for left in headers.append(sendable: metadata) { server.leftOut(left, of: method) }
  }

  /// Ends the call with `error`'s status, or with OK.
  private func answer(_ error: RPCError?) {
    phase = .answered
    deadlineTimer?.cancel()
    outbox?.end(error ?? RPCError(.cancelled, "the call is over"))
    if error == nil { sendHead() }
    if error == nil, trailingMetadata == nil, trace == nil {
      return stream.sendTrailers(.grpcSuccess)
    }
    var trailers = headIsSent ? HeaderBlock() : HeaderBlock.grpcResponse
    if !headIsSent, let initialMetadata { append(initialMetadata, to: &trailers) }
    trailers.append(error?.status ?? .ok)
    if let trailingMetadata { append(handlersOwn(trailingMetadata), to: &trailers) }
    if let error { append(handlersOwn(error.metadata), to: &trailers) }
    if let trace {
      let microseconds = loop.now.duration(since: trace.began).saturatedNanoseconds / 1_000
      trailers.append(name: TraceHeader.executionTime, value: "\(microseconds)")
      trace.append(to: &trailers, limit: server.limits.maxHeaderListBytes)
    }
    if headIsSent {
      stream.sendTrailers(trailers)
    } else {
      headIsSent = true
      stream.sendHead(trailers, endOfStream: true)
    }
  }

  /// A handler says nothing in the mesh's place: neither by itself nor with an error that it passes on.
  private func handlersOwn(_ metadata: Metadata) -> Metadata {
    guard trace != nil else { return metadata }
    var metadata = metadata
    metadata.removeTrace()
    return metadata
  }

  /// Answers a request that no handler will see.
  private func refuse(_ error: RPCError) {
    guard phase == .open else { return }
    if case .one = requests {
      // What came of it is of no use.
      requests = .one(nil)
      deframer.drop()
      gate.release()
    }
    answer(error)
    cancelHandler(error)
  }
}

// MARK: - The request

extension InboundCall: StreamHandler {
  package func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    guard phase == .open else { return stream.consumed(bytes.count) }
    do throws(FramingError) {
      switch requests {
      case .one(let earlier): try received(bytes, earlier)
      case .many(let intake):
        try intake.received(bytes, &deframer)
      }
    } catch {
      refuse(RPCError(error))
    }
  }

  private func received(
    _ bytes: UnsafeRawBufferPointer, _ earlier: [UInt8]?
  ) throws(FramingError) {
    var rest = bytes
    var message = earlier
    while let next = try deframer.next(from: &rest) {
      guard message == nil else {
        return refuse(RPCError(.internalError, "a unary call has one request, not two"))
      }
      message = next
    }
    requests = .one(message)
    do throws(RPCError) {
      try gate.received(
        bytes.count, announced: deframer.announcedBytes, from: stream, on: loop,
        whenDecided: { [weak self] in self?.decided($0) })
      if let message { try gate.ensure(message.count, on: loop) }
    } catch {
      refuse(error)
    }
  }

  /// There is memory for the request, or there will not be.
  private func decided(_ error: RPCError?) {
    guard phase == .open else { return }
    if let error { return refuse(error) }
    gate.granted(stream, isWhole: deframer.isBetweenMessages)
    guard endIsPending else { return }
    endIsPending = false
    endReceived()
  }

  package func endReceived() {
    guard phase == .open else { return }
    guard !gate.isWaiting else {
      endIsPending = true
      return
    }
    guard deframer.isBetweenMessages else {
      return refuse(RPCError(.internalError, "the request ended within a message"))
    }
    switch requests {
    case .one(let message?):
      requests = .one(nil)
      server.unaryHandlers.run(self, message)
    case .one(nil):
      refuse(RPCError(.internalError, "the call ended without a request"))
    case .many(let intake):
      intake.end()
      intake.inbox.end(.finished)
    }
  }

  package func becameWritable() {
    outbox?.becameWritable()
  }

  package func closed(_ closure: StreamClosure) {
    phase = .closed
    deadlineTimer?.cancel()
    deadlineTimer = nil
    guard handler != .ended else { return gate.release() }
    cancelHandler(RPCError(.cancelled, "the client went away: \(closure)"))
  }
}
