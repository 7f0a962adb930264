// A request that a graph answers.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Buffers one message of a client, has a graph work on it and answers with what comes out. The handler of the
/// client's stream.
final class GraphRequest: StreamHandler {
  private let router: Router
  private let stream: any ResponseStream
  private let version: VersionID
  private let plan: GraphPlan
  private let deadline: Deadline?
  private var execution: GraphExecution?

  private var deframer: MessageDeframer
  private var message: [UInt8]?
  /// Whether the client hears which encodings are understood: it mentioned compression.
  private var saysEncodings = false
  private(set) var isOver = false

  init(
    _ router: Router, _ stream: any ResponseStream, _ version: VersionID, _ plan: GraphPlan,
    _ deadline: Deadline?
  ) {
    self.router = router
    self.stream = stream
    self.version = version
    self.plan = plan
    self.deadline = deadline
    deframer = MessageDeframer(maxMessageBytes: router.limits.maxMessageBytes)
  }

  func begin(_ headers: borrowing HeaderBlock, endOfStream: Bool) {
    execution = GraphExecution(
      router, version, plan,
      metadata: router.metadata(of: headers, from: stream.forwardedIdentity, version),
      deadline: deadline, tracing: TraceRequest(headers)
    ) { [unowned self] outcome in
      ended(outcome)
    }
    do throws(RPCError) {
      try expect(headers.requestCompression)
    } catch {
      saysEncodings = true
      return giveUp(Refusal(error.status.code, error.status.message))
    }
    if endOfStream { endReceived() }
  }

  /// Steps read fields of the message, and legs go to replicas as they are: whatever came compressed is
  /// decompressed here.
  private func expect(_ compression: RequestCompression?) {
    guard let compression else { return }
    saysEncodings = true
    deframer.decompressor = compression.encoding.map {
      Decompressor(router.codec, $0, maxMessageBytes: router.limits.maxMessageBytes)
    }
  }

  // MARK: The client's side

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    stream.consumed(bytes.count)
    guard !isOver else { return }
    var bytes = bytes
    do throws(FramingError) {
      while let next = try deframer.next(from: &bytes) {
        guard message == nil else {
          return giveUp(Refusal(.internalError, "a unary request has one message"))
        }
        message = next
      }
    } catch {
      giveUp(Refusal(error, whose: "the request"))
    }
  }

  func endReceived() {
    guard !isOver else { return }
    guard let message, deframer.isBetweenMessages else {
      return giveUp(Refusal(.internalError, "the request ended without a whole message"))
    }
    self.message = nil
    execution?.start(message)
  }

  func becameWritable() {}

  func closed(_ closure: StreamClosure) {
    execution?.abandon()
    finish()
  }

  // MARK: The graph's side

  private func ended(_ outcome: GraphExecution.Outcome) {
    guard !isOver else { return }
    switch outcome {
    case .answered(let message):
      stream.answer(
        message, sayingEncodings: saysEncodings, trace: execution?.traceText)
    case .failed(let status, let details):
      stream.answer(
        Refusal(status.code, status.message), details: details, trace: execution?.traceText)
    }
    finish()
  }

  /// Ends the request without waiting for its legs.
  private func giveUp(_ refusal: Refusal) {
    guard !isOver else { return }
    execution?.abandon()
    stream.answer(refusal, sayingEncodings: saysEncodings)
    finish()
  }

  private func finish() {
    isOver = true
    message = nil
    execution = nil
  }
}

extension Router {
  /// What legs are told of a request: its custom metadata and `user-agent`, who sent it, and the version's
  /// mark.
  func metadata(
    of headers: borrowing HeaderBlock, from identity: HeaderBlock?, _ version: VersionID
  ) -> HeaderBlock {
    var metadata = HeaderBlock()
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

extension Refusal {
  /// What is wrong with somebody's framing.
  init(_ error: FramingError, whose: String) {
    switch error {
    case .tooLarge(let bytes, let limit):
      self.init(
        .resourceExhausted, "\(whose) has a message of \(bytes) bytes, beyond the limit of \(limit)"
      )
    case .compressed:
      self.init(.internalError, "\(whose) is compressed and grpc-encoding does not say how")
    case .badFlag(let flag):
      self.init(.internalError, "\(whose) is not framed as gRPC: flag \(flag)")
    case .inflatedTooLarge(let limit):
      self.init(
        .resourceExhausted,
        "\(whose) has a message beyond the limit of \(limit) bytes once it is decompressed")
    case .undecodable(let compression, let reason):
      self.init(
        .internalError, "\(whose) cannot be decompressed with \(compression.name): \(reason)")
    }
  }
}
