// A request that a graph answers.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Buffers one message of a client, runs a plan on it and answers with what comes out. The handler of the
/// client's stream.
final class GraphRequest: StreamHandler, GraphCallObserver {
  let router: Router
  private let stream: ServerStream
  let version: VersionID
  let deadline: Deadline?
  private let plan: GraphPlan
  private var run: GraphRun

  /// Custom metadata and `user-agent` of the request and the version's mark, for every leg.
  private(set) var metadata = HeaderBlock()

  private var deframer: MessageDeframer
  private var message: [UInt8]?
  /// Whether the client hears which encodings are understood: it mentioned compression.
  private var saysEncodings = false
  private var legs: [Int: GraphCall] = [:]
  private var deadlineTimer: Timer?
  /// For what the graph does at a moment.
  private var graphTimer: Timer?
  private var graphTimerAt: Timestamp?

  /// Orders that came in while others were being followed.
  private var orders: [GraphOrder] = []

  /// What legs that failed said beyond their status, by that status: the graph may fail with it.
  private var failureDetails: [(status: RPCStatus, details: [UInt8])] = []
  private var isFollowingOrders = false
  private(set) var isOver = false

  init(
    _ router: Router, _ stream: ServerStream, _ version: VersionID, _ plan: GraphPlan,
    _ deadline: Deadline?
  ) {
    self.router = router
    self.stream = stream
    self.version = version
    self.deadline = deadline
    self.plan = plan
    run = GraphRun(plan)
    deframer = MessageDeframer(maxMessageBytes: router.limits.maxMessageBytes)
  }

  func begin(_ headers: borrowing HeaderBlock, endOfStream: Bool) {
    router.dispatcher.requestEntered(version)
    router.settle()
    for index in 0..<headers.count
    where headers.name(at: index) == .userAgent
      || headers.isCustom(at: index) && !headers.staysBehind(at: index)
    {
      metadata.append(fieldAt: index, of: headers)
    }
    if let identity = stream.connection.forwardedIdentity {
      metadata.append(fieldAt: 0, of: identity)
    }
    router.appendMark(of: version, to: &metadata)
    if plan.leavesToChance {
      run = GraphRun(plan, metadata: values(of: plan.metadataKeys), seed: .random(in: 0 ... .max))
    }
    do throws(RPCError) {
      try expect(headers.requestCompression)
    } catch {
      saysEncodings = true
      return giveUp(Refusal(error.status.code, error.status.message))
    }
    if let deadline {
      deadlineTimer = router.loop.schedule(at: deadline.time) { [weak self] in
        self?.giveUp(Refusal(.deadlineExceeded, "the graph did not end before the deadline"))
      }
    }
    if endOfStream { endReceived() }
  }

  /// The last value of each key that the request has.
  private func values(of keys: [String]) -> [String: [UInt8]] {
    var values: [String: [UInt8]] = [:]
    for key in keys {
      values[key] = metadata.metadata[all: key].last.map { Array($0.utf8) }
    }
    return values
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
    follow(run.started(message, now: router.loop.now))
    self.message = nil
  }

  func becameWritable() {}

  func closed(_ closure: StreamClosure) {
    guard !isOver else { return }
    follow(run.abandoned())
    finish()
  }

  // MARK: The graph's side

  func legAnswered(_ leg: GraphLeg, _ message: [UInt8]) {
    legs[leg.number] = nil
    follow(run.answered(leg, message, now: router.loop.now))
  }

  func legFailed(_ leg: GraphLeg, _ error: RPCError) {
    legs[leg.number] = nil
    if let details = error.statusDetails, !failureDetails.contains(where: { $0.status == error.status })
    {
      failureDetails.append((error.status, details))
    }
    follow(run.failed(leg, error.status, now: router.loop.now))
  }

  private func timerFired() {
    graphTimerAt = nil
    guard !isOver else { return }
    follow(run.timePassed(now: router.loop.now))
  }

  private func setGraphTimer() {
    let next = isOver ? nil : run.nextTimer
    guard next != graphTimerAt else { return }
    graphTimer?.cancel()
    graphTimerAt = next
    graphTimer = next.map { time in
      router.loop.schedule(at: time) { [weak self] in self?.timerFired() }
    }
  }

  private func follow(_ new: [GraphOrder]) {
    orders += new
    // Following one may bring others, which then wait for those before them.
    guard !isFollowingOrders else { return }
    isFollowingOrders = true
    var index = 0
    while index < orders.count {
      follow(orders[index])
      index += 1
    }
    orders.removeAll(keepingCapacity: true)
    isFollowingOrders = false
    setGraphTimer()
  }

  private func follow(_ order: GraphOrder) {
    switch order {
    case .call(let leg, let deployment, let method, let message, let own):
      guard !run.hasEnded else { return }
      guard let pool = router.dispatcher.pool(of: deployment, in: version) else {
        return legFailed(leg, RPCError(.unavailable, "there is no deployment \(deployment)"))
      }
      let call = GraphCall(router, leg, method, message, for: self)
      legs[leg.number] = call
      let deadline = Deadline.earliest(deadline, own)
      router.place(call, in: pool, deadline: deadline, isLeg: true, now: router.loop.now)
    case .mirror(let deployment, let method, let message):
      guard let pool = router.dispatcher.pool(of: deployment, in: version) else { return }
      MirroredCall.send(message, method, to: pool, of: self)
    case .cancel(let leg):
      legs.removeValue(forKey: leg.number)?.cancel()
    case .finish(let message):
      stream.answer(message, sayingEncodings: saysEncodings)
      finish()
    case .fail(let status):
      let details = failureDetails.last { $0.status == status }?.details
      stream.answer(Refusal(status.code, status.message), details: details)
      finish()
    }
  }

  /// Ends the request without waiting for its legs.
  private func giveUp(_ refusal: Refusal) {
    guard !isOver else { return }
    follow(run.abandoned())
    stream.answer(refusal, sayingEncodings: saysEncodings)
    finish()
  }

  private func finish() {
    guard !isOver else { return }
    isOver = true
    message = nil
    deadlineTimer?.cancel()
    graphTimer?.cancel()
    router.dispatcher.requestEnded(version)
    router.settle()
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
