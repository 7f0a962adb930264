// One leg of a graph on its way to a replica and back.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Who asked for a leg, and hears of it once.
protocol GraphCallObserver: MemoryHolder {
  /// What every request of a leg says beside its method.
  var metadata: HeaderBlock { get }

  func legAnswered(_ leg: GraphLeg, _ message: [UInt8], _ metadata: AnswerMetadata)
  /// A replica answered with a status other than OK.
  func legFailed(_ leg: GraphLeg, _ error: RPCError, _ metadata: AnswerMetadata)
  /// No replica took the leg, or what one answered is no answer.
  func legRefused(_ leg: GraphLeg, _ refusal: Refusal)

  /// The node of the graph that makes a leg, where replicas are told of it.
  func node(of leg: GraphLeg) -> String?

  /// Calls of the same node with the same message that are in flight, without this one.
  func otherCopies(of call: GraphCall) -> [CallID]

  /// A replica died with a leg in hand.
  func replicaDied(with leg: GraphLeg)
}

extension GraphCallObserver {
  func node(of leg: GraphLeg) -> String? { nil }
  func otherCopies(of call: GraphCall) -> [CallID] { [] }
  func replicaDied(with leg: GraphLeg) {}
}

/// A unary call that a graph makes. It is tried again as the dispatcher says; the graph hears of the last
/// try only.
final class GraphCall: CallOwner {
  let router: Router
  /// How each attempt's request begins: its path.
  private let head: HeaderBlock
  let message: [UInt8]
  /// Bytes of the largest answer.
  fileprivate let maxMessageBytes: Int
  let leg: GraphLeg
  /// The node that makes the leg.
  let node: Int
  let began: Timestamp
  let deadline: Deadline?
  fileprivate private(set) var observer: (any GraphCallObserver)?
  private var attempt: GraphAttempt?
  /// Attempts whose replica died and may have worked on the message.
  private var lostAttempts = 0
  /// Attempts that followed such a one.
  private(set) var resends = 0
  var call: CallID?

  /// Where the time went; nil: nobody asked.
  private(set) var timing: LegTiming?

  init(
    _ router: Router, _ leg: GraphLeg, of node: Int, _ head: HeaderBlock, _ message: [UInt8],
    for observer: any GraphCallObserver, maxMessageBytes: Int, began: Timestamp,
    deadline: Deadline?, timing: LegTiming? = nil
  ) {
    self.node = node
    self.began = began
    self.deadline = deadline
    self.timing = timing
    self.router = router
    self.observer = observer
    self.maxMessageBytes = maxMessageBytes
    self.leg = leg
    self.head = head
    self.message = message
  }

  /// The graph does not need the answer any more.
  func cancel() {
    guard observer != nil else { return }
    observer = nil
    attempt?.detach()
    end(.abandoned)
  }

  // MARK: The dispatcher's word

  var mayReplay: Bool { true }

  var otherCopies: [CallID] { observer?.otherCopies(of: self) ?? [] }

  var requestName: RequestName {
    RequestName(path: head, metadata: observer?.metadata ?? HeaderBlock())
  }

  func send(over link: ReplicaLink) -> Bool {
    guard let observer, let call else { return true }
    var headers = router.takeHeaders()
    headers.append(contentsOf: head)
    headers.append(contentsOf: observer.metadata)
    if let node = observer.node(of: leg) { headers.append(node: node) }
    headers.addPreviousAttempts(lostAttempts)
    if let deadline = router.dispatcher.deadline(of: call) {
      headers.append(timeout: deadline.remaining(at: router.loop.now))
    }
    let attempt = GraphAttempt(self, router)
    let stream = link.open(headers, attempt)
    let refusal = stream == nil ? link.refusal(of: headers) : nil
    router.giveBack(consume headers)
    if let refusal {
      end(.abandoned)
      report { $0.legRefused(leg, refusal) }
      return true
    }
    guard let stream else { return false }
    attempt.stream = stream
    resends = lostAttempts
    self.attempt = attempt
    timing?.sent(to: link.replica, now: router.loop.now)
    stream.sendMessage(message)
    stream.sendEnd()
    return true
  }

  func ended(_ refusal: Refusal) {
    attempt?.detach()
    call = nil
    report { $0.legRefused(leg, refusal) }
  }

  // MARK: The attempt's word

  /// The replica answered, with OK and a message or with another status.
  ///
  /// - Parameter word: what the replica says of where the time went.
  func answered(
    _ result: Result<[UInt8], RPCError>, _ metadata: AnswerMetadata, _ word: ReplicaWord?
  ) {
    timing?.told = word
    if case .failure(let error) = result, error.status.code == .unavailable, let call,
      router.asksAnother(call, pushback: error.metadata["grpc-retry-pushback-ms"])
    {
      lostAttempts += 1
      return
    }
    switch result {
    case .success: end(.answered)
    case .failure(let error): end(.failed(error.status.code))
    }
    report { observer in
      switch result {
      case .success(let message): observer.legAnswered(leg, message, metadata)
      case .failure(let error): observer.legFailed(leg, error, metadata)
      }
    }
  }

  /// The replica answered with what is no answer.
  func answeredNonsense(_ refusal: Refusal) {
    end(.broken)
    report { $0.legRefused(leg, refusal) }
  }

  func attemptFailed(_ closure: StreamClosure) {
    guard let call else { return }
    switch closure {
    case .unprocessed: router.fail(call, .unprocessed)
    case .connectionLost:
      lostAttempts += 1
      observer?.replicaDied(with: leg)
      router.fail(call, .connectionLost)
    case .reset, .finished:
      answeredNonsense(Refusal(closure.status.code, closure.status.message))
    }
  }

  private func end(_ how: CallEnd) {
    guard let call else { return }
    self.call = nil
    router.end(call, how)
  }

  private func report(_ tell: (any GraphCallObserver) -> Void) {
    guard let observer else { return }
    self.observer = nil
    attempt = nil
    tell(observer)
  }
}

/// One try of a leg: the handler of a replica's stream.
private final class GraphAttempt: ClientStreamHandler {
  private var call: GraphCall?
  var stream: ClientStream?
  private var answer: UnaryAnswer

  init(_ call: GraphCall, _ router: Router) {
    self.call = call
    answer = UnaryAnswer(router, maxMessageBytes: call.maxMessageBytes)
  }

  /// Nobody waits for this attempt any more.
  func detach() {
    guard call != nil else { return }
    call = nil
    stream?.reset(.cancel)
  }

  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, endOfStream: Bool
  ) {
    guard call != nil else { return }
    if section == .response, !endOfStream { return answerBegan(headers) }
    guard section == .trailers || section == .response else { return }
    let outcome = answer.ended(headers)
    let metadata = answer.metadata
    switch outcome {
    case .answered(let message):
      let word = word(headers)
      take { $0.answered(.success(message), metadata, word) }
    case .failed(let error):
      let word = word(headers)
      take { $0.answered(.failure(error), metadata, word) }
    case .nonsense(let status):
      take { $0.answeredNonsense(Refusal(status.code, status.message)) }
    }
  }

  /// Looked for only where somebody asked for it.
  private func word(_ trailers: borrowing HeaderBlock) -> ReplicaWord? {
    call?.timing == nil ? nil : ReplicaWord(trailers)
  }

  private func answerBegan(_ headers: borrowing HeaderBlock) {
    do throws(RPCError) {
      try answer.began(headers)
    } catch {
      breakOff(error.status)
    }
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    stream?.consumed(bytes.count)
    guard let observer = call?.observer else { return }
    do throws(RPCError) {
      try answer.continued(bytes, observer)
    } catch {
      breakOff(error.status)
    }
  }

  func endReceived() {}

  func becameWritable() {}

  /// Looked at once the connection has settled, as for plain requests.
  func closed(_ closure: StreamClosure) {
    stream = nil
    guard let call else { return }
    call.router.loop.executeLater { [weak self] in
      guard let self, self.call === call else { return }
      take { $0.attemptFailed(closure) }
    }
  }

  private func breakOff(_ status: RPCStatus) {
    stream?.reset(.cancel)
    take { $0.answeredNonsense(Refusal(status.code, status.message)) }
  }

  /// Gives the call its outcome, once.
  private func take(_ body: (GraphCall) -> Void) {
    guard let call else { return }
    self.call = nil
    body(call)
  }
}
