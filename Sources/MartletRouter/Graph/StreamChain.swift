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
  private var pipes: [StreamPipe] = []
  private let output: any ResponseStream
  private(set) var isOver = false

  /// - Parameters:
  ///   - heading: what every call is told beside its method; of the first one also how its messages are
  ///     compressed.
  ///   - source: takes back what the first call has taken.
  ///   - output: where the answer goes.
  init?(
    _ calls: [GraphPlan.StreamCall], _ router: Router, _ version: VersionID,
    heading: HeaderBlock, encoding: String?, deadline: Deadline?,
    source: @escaping (Int) -> Void, output: any ResponseStream
  ) {
    self.output = output
    var pools: [PoolID] = []
    for call in calls {
      guard let pool = router.dispatcher.pool(of: call.deployment, in: version) else {
        output.answer(Refusal(.unavailable, "there is no deployment \(call.deployment)"))
        return nil
      }
      pools.append(pool)
    }
    pipes = calls.indices.map { StreamPipe(self, from: $0, isLast: $0 == calls.count - 1, router) }
    for (index, (call, pool)) in zip(calls, pools).enumerated() {
      let entry = RequestGate.Entry(
        route: Route(version: version, target: .deployment(pool)), isUnary: call.answersOne)
      pipes[index].credit =
        index == 0 ? source : { [pipe = pipes[index - 1]] in pipe.taken($0) }
      stages.append(PlainRequest(router, pipes[index], entry, deadline))
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
    guard let first = stages.first, !isOver else { return }
    first.dataReceived(bytes)
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

  var isOutputWritable: Bool { output.isWritable }

  /// The client is gone.
  func abandon() {
    guard !isOver else { return }
    isOver = true
    for stage in stages { stage.closed(.reset(.cancel)) }
    stages = []
  }

  // MARK: The pipes' word

  func answer(_ order: (any ResponseStream) -> Void) {
    order(output)
  }

  /// A call has answered all: those before it are not needed any more, and after the last one it is over.
  func ended(_ index: Int) {
    guard !isOver else { return }
    for stage in stages.prefix(index) where !stage.isOver { stage.closed(.reset(.cancel)) }
    guard index == stages.count - 1 else { return }
    isOver = true
    stages = []
  }

  func next(after index: Int) -> PlainRequest? {
    isOver ? nil : stages[index + 1]
  }

  func stage(_ index: Int) -> PlainRequest? {
    isOver ? nil : stages[index]
  }
}

/// What one call of a chain answers to: the next one, or the client.
final class StreamPipe: ResponseStream {
  /// Gone once the request is over.
  private weak var chain: StreamChain?
  private let index: Int
  private let isLast: Bool
  private let router: Router

  /// Takes back what the call has taken of what came to it.
  var credit: (Int) -> Void = { _ in }

  /// Payload that went on to the next call and was not taken yet.
  private var outstanding = 0
  private let window: Int
  /// For answers that are compressed: the next call was not told so.
  private var deframer: MessageDeframer?
  private var hasEnded = false

  init(_ chain: StreamChain, from index: Int, isLast: Bool, _ router: Router) {
    self.chain = chain
    self.index = index
    self.isLast = isLast
    self.router = router
    window = router.limits.initialStreamWindowBytes
  }

  var forwardedIdentity: HeaderBlock? { nil }

  func consumed(_ count: Int) { credit(count) }

  var isWritable: Bool { isLast ? chain?.isOutputWritable ?? true : outstanding < window }

  /// The next call has taken so much.
  func taken(_ count: Int) {
    let wasFull = outstanding >= window
    outstanding -= count
    if wasFull, outstanding < window { chain?.stage(index)?.becameWritable() }
  }

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    if isLast {
      chain?.answer { $0.sendHead(headers, endOfStream: endOfStream) }
      if endOfStream { end() }
      return
    }
    if endOfStream { return finish(with: headers) }
    do throws(RPCError) {
      guard let decompressor = try router.decompressor(ofAnswer: headers) else { return }
      var deframer = MessageDeframer(maxMessageBytes: router.limits.maxMessageBytes)
      deframer.decompressor = decompressor
      self.deframer = deframer
    } catch {
      breakOff(Refusal(error.status.code, error.status.message))
    }
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    if isLast {
      chain?.answer { $0.sendData(copying: bytes) }
      return
    }
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
    guard let next = chain?.next(after: index) else { return }
    outstanding += bytes.count
    next.dataReceived(bytes)
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    if isLast {
      chain?.answer { $0.sendTrailers(trailers) }
      return end()
    }
    finish(with: trailers)
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    sendTrailers(copy trailers)
  }

  /// The call's stream has ended well, and so does what the next one gets; or badly, and the next one fails.
  private func finish(with trailers: HeaderBlock) {
    let status =
      trailers.grpcStatus ?? RPCStatus(.internalError, "the answer has no gRPC status")
    guard status.code == .ok else { return fail(Refusal(status.code, status.message)) }
    let next = chain?.next(after: index)
    end()
    next?.endReceived()
  }

  /// What the call answers is no use.
  private func breakOff(_ refusal: Refusal) {
    let stage = chain?.stage(index)
    fail(refusal)
    stage?.closed(.reset(.cancel))
  }

  private func fail(_ refusal: Refusal) {
    let next = chain?.next(after: index)
    end()
    next?.refuse(refusal)
  }

  private func end() {
    guard !hasEnded else { return }
    hasEnded = true
    chain?.ended(index)
  }
}
