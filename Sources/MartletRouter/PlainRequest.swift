// A request that goes to one deployment: its bytes are moved both ways and never decoded.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// One client's request and, through its attempts, one replica's answer. The handler of the client's
/// stream.
final class PlainRequest: StreamHandler, CallOwner {
  /// - waiting: the dispatcher has not sent the call yet, or not again. Exits: `sent`, `over`.
  /// - sent: an attempt is under way, no byte of a response has come. Exits: `waiting`, `holding`,
  ///   `answering`, `over`.
  /// - holding: the response began and is kept until it is whole, so that the call can still be sent
  ///   again. Exits: `waiting`, `answering`, `over`.
  /// - answering: the response's head went on to the client. Exit: `over`.
  /// - over: nothing is owed to anybody.
  private enum Phase {
    case waiting
    case sent
    case holding
    case answering
    case over
  }

  let router: Router
  let stream: any ResponseStream
  private let version: VersionID
  /// The method is known to have one response.
  private let isUnary: Bool
  /// It is known to have one request, too.
  private let answersOnce: Bool
  private let terms: CallTerms
  private var phase = Phase.waiting
  var call: CallID?
  private var attempt: PlainAttempt?

  /// The head for replicas, without `grpc-timeout`.
  private var headers: HeaderBlock
  private var replay = ReplayBuffer()
  private var held = HeldAnswer()
  private var lengths: MessageLengthGuard
  private var requestHasEnded = false

  /// Where the time goes, where somebody asked for that.
  var timing: CallTiming?

  private var began = Timestamp.zero
  /// Nil where nobody counts the request, or once it was counted.
  private var counted: Counted?

  /// Payload of the client that it may not replace yet: the replica is slow or the call waits.
  private var uncredited = 0

  init(
    _ router: Router, _ stream: any ResponseStream, _ entry: RequestGate.Entry,
    _ terms: CallTerms
  ) {
    self.router = router
    self.stream = stream
    version = entry.route.version
    isUnary = entry.isUnary
    answersOnce = entry.answersOnce
    counted = entry.counted
    self.terms = terms
    headers = router.takeHeaders()
    lengths = MessageLengthGuard(limit: entry.maxMessageBytes)
  }

  var isOver: Bool { phase == .over }

  /// Whether the client keeps up with the answer.
  var keepsUp: Bool { stream.isWritable }

  /// Takes the head and gives the call to the dispatcher.
  func begin(
    _ received: borrowing HeaderBlock, _ pool: PoolID, endOfStream: Bool, now: Timestamp
  ) {
    headers.append(contentsOf: received) { !received.staysBehind(at: $0) }
    // Clients may leave it out, and servers of gRPC refuse calls that come without.
    if !received.contains(.te) { headers.append(.te, literal: "trailers") }
    if let identity = stream.forwardedIdentity {
      headers.append(fieldAt: 0, of: identity)
    }
    router.appendMark(of: version, to: &headers)
    // Never in full: who makes calls for this one may take no longer trailers than usual.
    if timing != nil { headers.append(.trace, literal: "1") }
    requestHasEnded = endOfStream
    began = now
    router.dispatcher.requestEntered(version)
    router.place(self, in: pool, terms, isLeg: false, answersOnce: answersOnce, now: now)
  }

  /// Gives a call of a graph to the dispatcher; its head says all already.
  func begin(marked head: HeaderBlock, _ pool: PoolID) {
    headers.append(contentsOf: head)
    began = router.loop.now
    router.dispatcher.requestEntered(version)
    router.place(self, in: pool, terms, isLeg: true, answersOnce: answersOnce, now: began)
  }

  // MARK: The dispatcher's word

  /// One message of the greatest length with its prefix.
  private var maxReplayBytes: Int { lengths.limit + GRPCMessage.prefixBytes }

  var mayReplay: Bool { replay.isComplete }

  var requestName: RequestName { RequestName(path: headers, metadata: headers) }

  func send(over link: ReplicaLink) -> Bool {
    guard phase == .waiting || phase == .sent else { return true }
    // Each attempt tells the time that is left.
    let hasTimeout = appendTimeout()
    defer { if hasTimeout { headers.removeLast() } }
    let attempt = PlainAttempt(self)
    guard let upstream = link.open(headers, attempt) else {
      guard let refusal = link.refusal(of: headers) else { return false }
      refuse(refusal)
      return true
    }
    attempt.stream = upstream
    self.attempt = attempt
    phase = .sent
    timing?.sent(to: link.replica)
    replay.forEach { upstream.sendData($0) }
    if requestHasEnded { upstream.sendEnd() }
    creditClient()
    return true
  }

  private func appendTimeout() -> Bool {
    guard let call, let deadline = router.dispatcher.deadline(of: call) else { return false }
    headers.append(timeout: deadline.remaining(at: router.loop.now))
    return true
  }

  func ended(_ refusal: Refusal) {
    guard phase != .over else { return }
    count(failed: true)
    attempt?.detach(.cancel)
    if phase == .answering { stream.breakOff(refusal) } else { stream.answer(refusal) }
    finish()
  }

  // MARK: The client's side

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    guard phase != .over else { return stream.consumed(bytes.count) }
    if let length = lengths.excess(in: bytes) {
      stream.consumed(bytes.count)
      return refuse(
        Refusal(
          .resourceExhausted,
          "a message of \(length) bytes is beyond the limit of \(lengths.limit) "
            + MessageLimit.settings))
    }
    uncredited += bytes.count
    timing?.took(bytes)
    if replay.isComplete {
      keep([UInt8](bytes))
    } else {
      attempt?.stream?.sendData(copying: bytes)
    }
    creditClient()
  }

  /// Sends a piece and remembers it, for as long as there is room to.
  private func keep(_ piece: [UInt8]) {
    if replay.count + piece.count <= maxReplayBytes,
      router.reserveReplay(piece.count, beside: replay.count)
    {
      replay.append(piece)
      attempt?.stream?.sendData(piece)
    } else if let upstream = attempt?.stream {
      upstream.sendData(piece)
      router.releaseReplay(replay.drop())
    } else {
      refuse(
        Refusal(
          .resourceExhausted, "the router has no room for what the request sends while it waits"))
    }
  }

  func endReceived() {
    guard phase != .over, !requestHasEnded else { return }
    requestHasEnded = true
    attempt?.stream?.sendEnd()
  }

  func becameWritable() {
    attempt?.creditReplica()
  }

  func closed(_ closure: StreamClosure) {
    guard phase != .over else { return }
    attempt?.detach(.cancel)
    end(.abandoned)
    finish()
  }

  /// Lets the client send more, unless the replica is slow, or the call waits and what may still come
  /// could be more than the replay buffer takes.
  func creditClient() {
    guard uncredited > 0 else { return }
    if let upstream = attempt?.stream {
      guard upstream.isWritable else { return }
    } else {
      let most = min(maxReplayBytes, router.routerLimits.maxShortReplayBytes)
      let room = most - router.limits.initialStreamWindowBytes
      guard replay.count <= max(0, room) else { return }
    }
    stream.consumed(uncredited)
    uncredited = 0
  }

  /// Whoever makes the request has failed, which is no failure of the deployment.
  func sourceFailed(_ failure: FailedAnswer) {
    counted = nil
    refuse(failure)
  }

  /// Ends the request by the router's own word.
  private func refuse(_ refusal: Refusal) {
    refuse(FailedAnswer(refusal))
  }

  private func refuse(_ failure: FailedAnswer) {
    guard phase != .over else { return }
    count(failed: true)
    attempt?.detach(.cancel)
    end(.abandoned)
    if phase == .answering { stream.breakOff(failure) } else { stream.answer(failure) }
    finish()
  }

  // MARK: The attempt's side

  /// The response began. It goes on at once, and the request will not be sent again, unless the call can
  /// be repeated and its method has but one response: then that is kept until it is whole.
  func answerBegan(_ head: borrowing HeaderBlock, endOfStream: Bool) {
    if !endOfStream, let call, mayReplay, router.dispatcher.isIdempotent(call),
      isUnary
    {
      phase = .holding
      held.begin(head, in: router.takeHeaders())
      return
    }
    let end = endOfStream ? head.endOfCall : nil
    if case .failed(.unavailable) = end, asksAnother(head) { return }
    phase = .answering
    router.releaseReplay(replay.drop())
    if !endOfStream, !isUnary, let call { router.dispatcher.answerBegan(call) }
    if let end { count(failed: end.isFailure) }
    stream.sendHead(copy head, endOfStream: endOfStream)
    if let end { answerEnded(end) }
  }

  func answerContinued(_ bytes: UnsafeRawBufferPointer) {
    guard phase == .holding else { return stream.sendData(copying: bytes) }
    held.append(bytes)
    if held.count > router.routerLimits.maxHeldAnswerBytes { release() }
  }

  func answerEnded(with trailers: borrowing HeaderBlock) {
    let end = trailers.endOfCall
    if phase == .holding {
      if case .failed(.unavailable) = end, asksAnother(trailers) { return }
      release()
    }
    count(failed: end.isFailure)
    stream.sendTrailers(copying: trailers)
    answerEnded(end)
  }

  /// Whether an answer of UNAVAILABLE that nobody has seen yet is dropped, because another replica is asked.
  private func asksAnother(_ trailers: borrowing HeaderBlock) -> Bool {
    guard let call, mayReplay,
      router.asksAnother(call, pushback: trailers[.grpcRetryPushback])
    else { return false }
    attempt?.detach(requestHasEnded ? nil : .cancel)
    attempt = nil
    held.drop()
    headers.addPreviousAttempts(1)
    phase = .waiting
    return true
  }

  /// Sends what was kept of the response.
  private func release() {
    phase = .answering
    router.releaseReplay(replay.drop())
    let payload = held.takePayload()
    let head = held.takeHead()
    stream.sendHead(head, endOfStream: false)
    router.giveBack(consume head)
    if !payload.isEmpty { stream.sendData(payload) }
  }

  private func answerEnded(_ how: CallEnd) {
    attempt?.detach(requestHasEnded ? nil : .cancel)
    end(how)
    finish()
  }

  /// The attempt's stream closed before the answer was whole.
  func attemptFailed(_ closure: StreamClosure) {
    guard let call else { return }
    attempt = nil
    switch (phase, closure) {
    case (.sent, .unprocessed), (.holding, .unprocessed):
      phase = .waiting
      router.fail(call, .unprocessed)
    case (.sent, .connectionLost), (.holding, .connectionLost):
      phase = .waiting
      held.drop()
      headers.addPreviousAttempts(1)
      router.fail(call, .connectionLost)
    case (.sent, _), (.holding, _), (.answering, _):
      let status = closure.status
      var isBroken = true
      if case .connectionLost = closure { isBroken = false }
      end(isBroken ? .broken : .abandoned)
      count(failed: true)
      let refusal = Refusal(status.code, status.message)
      if phase == .answering { stream.breakOff(refusal) } else { stream.answer(refusal) }
      finish()
    case (.waiting, _), (.over, _):
      break
    }
  }

  // MARK: The end

  /// Counts how the request ended; the first end counts, and none when its client is gone before.
  func count(failed: Bool) {
    guard let counted = counted.take() else { return }
    let now = router.loop.now
    counted.figures.record(
      counted.number, took: now.duration(since: began), failed: failed, now: now)
    router.figuresChanged()
  }

  /// Tells the dispatcher that the call is over, if it does not know.
  private func end(_ how: CallEnd) {
    guard let call else { return }
    self.call = nil
    router.end(call, how)
  }

  private func finish() {
    guard phase != .over else { return }
    phase = .over
    call = nil
    attempt = nil
    if uncredited > 0 { stream.consumed(uncredited) }
    router.releaseReplay(replay.drop())
    // Taken out first, so that it can be emptied in place.
    var spare = HeaderBlock()
    swap(&spare, &headers)
    router.giveBack(consume spare)
    router.dispatcher.requestEnded(version)
    router.settle()
  }
}

extension CallEnd {
  fileprivate var isFailure: Bool {
    if case .answered = self { false } else { true }
  }
}

extension HeaderBlock {
  /// What trailers, or a head that is the whole answer, say of the replica that had the call.
  fileprivate var endOfCall: CallEnd {
    saysFailure ? .failed(statusOfAnswer.code) : .answered
  }

  /// Whether a field of a client's request does not go on to replicas: the timeout is told anew, so is who
  /// calls, and the mesh's own names are not for clients to use.
  func staysBehind(at index: Int) -> Bool {
    switch name(at: index) {
    case .grpcTimeout, .forwardedClientCert, .trace, .appVersion: true
    case .other: withField(at: index) { name, _ in name.starts(with: meshPrefix) }
    default: false
    }
  }
}

/// What all names of `MeshHeader` start with.
private let meshPrefix = Array("martlet-".utf8)
