// A request that a graph answers.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Buffers one message of a client, has a graph work on it and answers with what comes out; or has the
/// streams of client and answer go through the calls that take them. The handler of the client's stream.
final class GraphRequest: StreamHandler {
  private let router: Router
  private var stream: any ResponseStream
  private let version: VersionID
  private let graph: ServedGraph
  private let terms: CallTerms
  private var execution: GraphExecution?
  /// Nil: nobody asked.
  private var trace: RequestTrace?
  /// What every call is told.
  private var metadata = HeaderBlock()

  /// The calls that the client's stream goes through.
  private var intake: StreamChain?
  /// The calls that the answer's stream comes through.
  private var outflow: StreamChain?

  private var deframer: MessageDeframer
  private var message: [UInt8]?
  /// What the request takes of the memory for messages.
  private var gate = IntakeGate()
  /// What the answers take, until the client has read the last one.
  private var answerHold: MessageHold?
  /// The client has ended its side while the request waits for memory.
  private var endIsPending = false
  /// Whether the client hears which encodings are understood: it mentioned compression.
  private var saysEncodings = false
  private(set) var isOver = false

  init(
    _ router: Router, _ stream: any ResponseStream, _ version: VersionID, _ graph: ServedGraph,
    _ terms: CallTerms
  ) {
    self.router = router
    self.stream = stream
    self.version = version
    self.graph = graph
    self.terms = terms
    deframer = MessageDeframer(maxMessageBytes: graph.maxMessageBytes)
  }

  func begin(_ headers: borrowing HeaderBlock, endOfStream: Bool) {
    metadata = router.metadata(of: headers, from: stream.forwardedIdentity, version)
    if let request = TraceRequest(headers) { begin(request) }
    if !graph.plan.intakeAnswers { beginGraph() }
    do throws(RPCError) {
      if graph.plan.intake.isEmpty {
        try expect(headers.requestCompression)
      } else {
        beginIntake(encoding: try headers.requestCompression?.encoding?.name)
      }
    } catch {
      saysEncodings = true
      return giveUp(Refusal(error.status.code, error.status.message))
    }
    if endOfStream { endReceived() }
  }

  private func begin(_ request: TraceRequest) {
    metadata.append(.trace, literal: "1")
    let trace = RequestTrace(request, path: graph.plan.route.path, on: stream, router)
    stream = TracedAnswer(stream, trace)
    self.trace = trace
  }

  private func beginGraph() {
    execution = GraphExecution(
      router, version, graph, metadata: metadata, terms, traces: trace != nil
    ) { [unowned self] outcome in
      ended(outcome)
    }
  }

  /// The client's messages go to the first calls, whose answer is the graph's message, or the client's.
  private func beginIntake(encoding: String?) {
    let output: any ResponseStream =
      graph.plan.intakeAnswers
      ? stream
      : GatheredAnswer(router, maxMessageBytes: graph.maxMessageBytes, self) { [weak self] in
        self?.intakeEnded($0)
      }
    intake = StreamChain(
      graph.plan.intake, of: graph, router, version, heading: metadata, encoding: encoding, terms,
      timings: trace?.intakeBegins(graph.plan.intake), source: { [stream] in stream.consumed($0) },
      output: output, whenEnded: graph.plan.intakeAnswers ? counting(from: router.loop.now) : nil)
  }

  /// Counts the request as a whole, from its beginning to the end of a stream.
  private func counting(from began: Timestamp) -> (_ failed: Bool) -> Void {
    { [graph, router] failed in
      let now = router.loop.now
      graph.figures.record(
        GraphFigures.whole, took: now.duration(since: began), failed: failed, now: now)
      router.figuresChanged()
    }
  }

  private func intakeEnded(_ outcome: GatheredAnswer.Outcome) {
    guard !isOver else { return }
    switch outcome {
    case .answered(let message, let metadata):
      intake = nil
      execution?.start(message, metadata)
    case .failed(let failure):
      // The call itself may have ended well, with what is no answer.
      if let intake, !intake.isOver { intake.countFailure() }
      if let execution { counting(from: execution.began)(true) }
      giveUp(failure)
    }
  }

  /// Steps read fields of the message, and legs go to replicas as they are: whatever came compressed is
  /// decompressed here.
  private func expect(_ compression: RequestCompression?) {
    guard let compression else { return }
    saysEncodings = true
    deframer.decompressor = compression.encoding.map {
      Decompressor(router.codec, $0, maxMessageBytes: graph.maxMessageBytes)
    }
  }

  // MARK: The client's side

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    if let intake, !intake.isOver { return intake.dataReceived(bytes) }
    guard !isOver, graph.plan.intake.isEmpty else { return stream.consumed(bytes.count) }
    let count = bytes.count
    var bytes = bytes
    do throws(FramingError) {
      while let next = try deframer.next(from: &bytes) {
        guard message == nil else {
          return giveUp(Refusal(.internalError, "a unary request has one message"))
        }
        message = next
      }
    } catch {
      return giveUp(Refusal(error, whose: "the request"))
    }
    do throws(RPCError) {
      try gate.received(
        count, announced: deframer.announcedBytes, from: stream, on: router.loop,
        whenDecided: { [weak self] in self?.decided($0) })
      if let message { try gate.ensure(message.count, on: router.loop) }
    } catch {
      giveUp(Refusal(error.status.code, error.status.message))
    }
  }

  /// There is memory for the request, or there will not be.
  private func decided(_ error: RPCError?) {
    guard !isOver else { return }
    if let error { return giveUp(Refusal(error.status.code, error.status.message)) }
    gate.granted(stream, isWhole: deframer.isBetweenMessages)
    guard endIsPending else { return }
    endIsPending = false
    endReceived()
  }

  func endReceived() {
    guard !isOver else { return }
    guard graph.plan.intake.isEmpty else {
      intake?.endReceived()
      return
    }
    guard !gate.isWaiting else {
      endIsPending = true
      return
    }
    guard let message, deframer.isBetweenMessages else {
      return giveUp(Refusal(.internalError, "the request ended without a whole message"))
    }
    self.message = nil
    execution?.start(message)
  }

  func becameWritable() {
    outflow?.becameWritable()
    if graph.plan.intakeAnswers { intake?.becameWritable() }
  }

  func closed(_ closure: StreamClosure) {
    execution?.abandon()
    finish()
    answerHold?.release()
    answerHold = nil
  }

  // MARK: The graph's side

  private func ended(_ outcome: GraphExecution.Outcome) {
    guard !isOver else { return }
    trace?.nodes = execution?.traced
    switch outcome {
    case .answered(let message, let metadata):
      keepHold(message)
      stream.answer(message, metadata, sayingEncodings: saysEncodings)
    case .streams(let calls, let message):
      let began = execution?.began ?? router.loop.now
      execution = nil
      outflow = StreamChain(
        calls, of: graph, router, version, heading: metadata, encoding: nil, terms,
        timings: trace?.outflowBegins(calls), source: { _ in }, output: stream,
        whenEnded: counting(from: began))
      outflow?.send(message)
      return
    case .failed(let failure): stream.answer(failure)
    }
    finish()
  }

  /// Of all that was held the answer is left, until the client has taken it.
  private func keepHold(_ message: [UInt8]) {
    answerHold = execution?.hold ?? gate.hold
    if execution?.hold == nil { gate.hold = nil }
    execution?.hold = nil
    answerHold?.shrink(to: message.count)
  }

  /// Ends the request without waiting for its legs.
  private func giveUp(_ refusal: Refusal) {
    giveUp(FailedAnswer(refusal))
  }

  private func giveUp(_ failure: FailedAnswer) {
    guard !isOver else { return }
    execution?.abandon()
    trace?.nodes = execution?.traced
    stream.answer(failure, sayingEncodings: saysEncodings)
    finish()
  }

  private func finish() {
    isOver = true
    message = nil
    deframer.drop()
    gate.release()
    execution?.hold?.release()
    execution = nil
    metadata = HeaderBlock()
    intake?.abandon()
    intake = nil
    outflow?.abandon()
    outflow = nil
  }
}

extension GraphRequest: MemoryHolder {
  /// For what calls that take the client's stream answer.
  var hold: MessageHold? {
    get { gate.hold }
    set { gate.hold = newValue }
  }

  var memoryLoop: Loop { router.loop }
}

extension Router {
  /// What legs are told of a request: its custom metadata and `user-agent`, who sent it, and the version's
  /// mark.
  func metadata(
    of headers: borrowing HeaderBlock, from identity: HeaderBlock?, _ version: VersionID
  ) -> HeaderBlock {
    var metadata = takeHeaders()
    for index in 0..<headers.count
    where headers.name(at: index) == .userAgent
      || headers.isCustom(at: index) && !headers.staysBehind(at: index)
    {
      metadata.append(fieldAt: index, of: headers)
    }
    if let identity { metadata.append(fieldAt: 0, of: identity) }
    appendMark(of: version, to: &metadata)
    return metadata
  }
}

extension HeaderBlock {
  /// Says which node of a graph makes the call.
  mutating func append(node: String) {
    var metadata = Metadata()
    metadata.add(Array(node.utf8), for: MeshHeader.node)
    // It fails for no bytes of a name that is known to be one.
    do throws(InvalidMetadata) { try append(metadata) } catch { assertionFailure("\(error)") }
  }
}

extension Refusal {
  /// What is wrong with somebody's framing.
  init(_ error: FramingError, whose: String) {
    switch error {
    case .tooLarge(let bytes, let limit):
      self.init(
        .resourceExhausted,
        "\(whose) has a message of \(bytes) bytes, beyond the limit of \(limit) "
          + MessageLimit.settings
      )
    case .compressed:
      self.init(.internalError, "\(whose) is compressed and grpc-encoding does not say how")
    case .badFlag(let flag):
      self.init(.internalError, "\(whose) is not framed as gRPC: flag \(flag)")
    case .inflatedTooLarge(let limit):
      self.init(
        .resourceExhausted,
        "\(whose) has a message beyond the limit of \(limit) bytes once it is decompressed "
          + MessageLimit.settings)
    case .undecodable(let compression, let reason):
      self.init(
        .internalError, "\(whose) cannot be decompressed with \(compression.name): \(reason)")
    }
  }
}
