// Calls of a graph through which streams go.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Calls one after the other: what a client, or the graph, says goes to the first, what each answers to the
/// next, and what the last one answers is the answer. Nothing is kept beyond the windows: a slow call, or a
/// slow client, holds those before it back.
final class StreamChain {
  private var stages: [PlainRequest] = []
  private let output: any ResponseStream
  private let whenEnded: ((_ failed: Bool) -> Void)?
  private(set) var isOver = false

  /// - Parameters:
  ///   - heading: what every call is told beside its method; of the first one also how its messages are
  ///     compressed.
  ///   - timings: what is to be kept of each call; nil: nothing.
  ///   - source: takes back what the first call has taken.
  ///   - output: where the answer goes.
  ///   - whenEnded: called when the answer's end goes there, unless the chain was abandoned before.
  init?(
    _ calls: [GraphPlan.StreamCall], of graph: ServedGraph, _ router: Router, _ version: VersionID,
    heading: HeaderBlock, encoding: String?, _ terms: CallTerms, timings: [CallTiming]?,
    source: @escaping (Int) -> Void, output: any ResponseStream,
    whenEnded: ((_ failed: Bool) -> Void)? = nil
  ) {
    self.output = output
    self.whenEnded = whenEnded
    var pools: [PoolID] = []
    for call in calls {
      guard let pool = router.dispatcher.pool(of: call.deployment, in: version) else {
        whenEnded?(true)
        output.answer(Refusal(.unavailable, "there is no deployment \(call.deployment)"))
        return nil
      }
      pools.append(pool)
    }
    var credit = source
    for (index, (call, pool)) in zip(calls, pools).enumerated() {
      var answer: any ResponseStream
      if index < calls.count - 1 {
        let pipe = StreamPipe(
          self, from: index, router, maxMessageBytes: graph.maxMessageBytes, credit: credit)
        credit = { pipe.taken($0) }
        answer = pipe
      } else {
        answer = StreamOutlet(self, credit: credit)
      }
      let entry = RequestGate.Entry(
        route: Route(version: version, target: .deployment(pool)), isUnary: call.answersOne,
        maxMessageBytes: router.maxMessageBytes(of: pool),
        counted: Counted(figures: graph.figures, number: graph.plan.number(of: call)))
      let timing = timings?[index]
      if let timing { answer = TimedAnswer(answer, timing) }
      let request = PlainRequest(router, answer, entry, terms)
      request.timing = timing
      stages.append(request)
    }
    // From the end: a call that fails at once finds those that it is told through.
    for index in calls.indices.reversed() where !isOver {
      var head = HeaderBlock.grpcRequest(path: calls[index].method.path, authority: "localhost")
      if index == 0, let encoding { head.append(.grpcEncoding, encoding) }
      head.append(contentsOf: heading)
      stages[index].begin(marked: head, pools[index])
    }
  }

  // MARK: What goes in

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    stage(0)?.dataReceived(bytes)
  }

  func endReceived() {
    guard !isOver else { return }
    stages.first?.endReceived()
  }

  /// The one message of a graph.
  func send(_ message: [UInt8]) {
    GRPCMessage.framed(message).withUnsafeBytes { dataReceived($0) }
    endReceived()
  }

  // MARK: What comes out

  func becameWritable() {
    guard !isOver else { return }
    stages.last?.becameWritable()
  }

  /// The client is gone, or what came is no use.
  func abandon() {
    guard !isOver else { return }
    isOver = true
    let left = stages
    stages = []
    for stage in left { stage.cancel() }
  }

  // MARK: The pipes' word

  /// A call has answered all: those before it are not needed any more.
  fileprivate func ended(_ index: Int) {
    for stage in stages.prefix(index) { stage.cancel() }
  }

  /// The answer of the last call is no use.
  func countFailure() {
    stages.last?.count(failed: true)
  }

  /// The last call has answered all; returns where its end goes.
  fileprivate func endedAll(failed: Bool) -> any ResponseStream {
    ended(stages.count - 1)
    isOver = true
    stages = []
    whenEnded?(failed)
    return output
  }

  fileprivate func stage(_ index: Int) -> PlainRequest? {
    isOver ? nil : stages[index]
  }

  /// Where the last call's answer goes.
  fileprivate var answer: (any ResponseStream)? { isOver ? nil : output }
}

/// What the last call of a chain answers to: whoever waits for what comes out.
private final class StreamOutlet: ResponseStream {
  /// Gone once the request is over.
  private weak var chain: StreamChain?

  /// Takes back what the call has taken of what came to it.
  private let credit: (Int) -> Void

  init(_ chain: StreamChain, credit: @escaping (Int) -> Void) {
    self.chain = chain
    self.credit = credit
  }

  var forwardedIdentity: HeaderBlock? { nil }

  func consumed(_ count: Int) { credit(count) }

  var isWritable: Bool { chain?.answer?.isWritable ?? true }

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    let output = endOfStream ? end(headers) : chain?.answer
    output?.sendHead(headers, endOfStream: endOfStream)
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    chain?.answer?.sendData(copying: bytes)
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    end(trailers)?.sendTrailers(trailers)
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    end(trailers)?.sendTrailers(copying: trailers)
  }

  /// Over before anybody hears of it: they may let the chain go.
  private func end(_ trailers: borrowing HeaderBlock) -> (any ResponseStream)? {
    guard let chain, !chain.isOver else { return nil }
    return chain.endedAll(failed: trailers.saysFailure)
  }
}

/// What a call of a chain answers to that another one comes after. Each piece of the answer goes to that one,
/// and the call is held back while as much as a window of it was not taken yet.
private final class StreamPipe: ResponseStream {
  /// Gone once the request is over.
  private weak var chain: StreamChain?
  private let index: Int
  private let router: Router
  private let maxMessageBytes: Int
  private let credit: (Int) -> Void

  /// Payload that went on to the next call and was not taken yet.
  private var outstanding = 0
  private let window: Int
  /// For answers that are compressed: the next call was not told so.
  private var deframer: MessageDeframer?
  private var hasEnded = false

  /// `credit` takes back what the call has taken of what came to it.
  init(
    _ chain: StreamChain, from index: Int, _ router: Router, maxMessageBytes: Int,
    credit: @escaping (Int) -> Void
  ) {
    self.maxMessageBytes = maxMessageBytes
    self.chain = chain
    self.index = index
    self.router = router
    self.credit = credit
    window = router.limits.initialStreamWindowBytes
  }

  var forwardedIdentity: HeaderBlock? { nil }

  func consumed(_ count: Int) { credit(count) }

  var isWritable: Bool { outstanding < window }

  /// The next call has taken so much.
  func taken(_ count: Int) {
    let wasFull = outstanding >= window
    outstanding -= count
    if wasFull, outstanding < window { chain?.stage(index)?.becameWritable() }
  }

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    if endOfStream { return sendTrailers(copying: headers) }
    do throws(RPCError) {
      guard let decompressor = try router.decompressor(ofAnswer: headers, maxMessageBytes)
      else { return }
      var deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)
      deframer.decompressor = decompressor
      self.deframer = deframer
    } catch {
      breakOff(Refusal(error.status.code, error.status.message))
    }
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    guard deframer != nil else { return pass(bytes) }
    var bytes = bytes
    do throws(FramingError) {
      while let message = try deframer?.next(from: &bytes) {
        GRPCMessage.framed(message).withUnsafeBytes { pass($0) }
      }
    } catch {
      breakOff(Refusal(error, whose: "the answer"))
    }
  }

  private func pass(_ bytes: UnsafeRawBufferPointer) {
    guard let next else { return }
    outstanding += bytes.count
    next.dataReceived(bytes)
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    sendTrailers(copying: trailers)
  }

  /// The call's stream has ended well, and so does what the next one gets; or badly, and the next one fails.
  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    let status = trailers.statusOfAnswer
    guard status.code == .ok else {
      let error = RPCError(status, metadata: trailers.metadata)
      return fail(
        FailedAnswer(error, AnswerMetadata(trailing: trailers.ownMetadata)))
    }
    let next = next
    end()
    next?.endReceived()
  }

  private var next: PlainRequest? { chain?.stage(index + 1) }

  /// What the call answers is no use.
  private func breakOff(_ refusal: Refusal) {
    let stage = chain?.stage(index)
    stage?.timing?.ended(refusal.status.code)
    stage?.count(failed: true)
    fail(FailedAnswer(refusal))
    stage?.cancel()
  }

  private func fail(_ failure: FailedAnswer) {
    let next = next
    end()
    next?.sourceFailed(failure)
  }

  private func end() {
    guard !hasEnded else { return }
    hasEnded = true
    chain?.ended(index)
  }
}

extension PlainRequest {
  /// Nobody needs its answer any more.
  fileprivate func cancel() {
    guard !isOver else { return }
    timing?.ended(.cancelled)
    closed(.reset(.cancel))
  }
}
