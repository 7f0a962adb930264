// A copy of a message that a graph sends somewhere for nobody to wait for.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// One mirrored message on its way. It outlives its request, never waits for anybody but its own deployment,
/// and is dropped where there are too many or the queue is full. Its priority is the least, so that it goes
/// after all that somebody waits for.
final class MirroredCall: GraphCallObserver {
  /// What the answer takes of the memory for messages until it is thrown away.
  var hold: MessageHold?
  var memoryLoop: Loop { router.loop }
  private let router: Router
  private let version: VersionID
  private let counted: Counted
  private let began: Timestamp
  let metadata: HeaderBlock

  private init(_ request: GraphExecution, _ counted: Counted, began: Timestamp) {
    self.counted = counted
    self.began = began
    router = request.router
    version = request.version
    var metadata = router.takeHeaders()
    let said = request.metadata
    metadata.append(contentsOf: said) { said.name(at: $0) != .priority }
    metadata.append(Priority.background)
    self.metadata = metadata
  }

  static func send(
    _ message: [UInt8], _ method: MethodName, to pool: PoolID, of request: GraphExecution,
    _ counted: Counted
  ) {
    let router = request.router
    let now = router.loop.now
    guard router.mirroredCalls < router.routerLimits.maxMirroredCalls else {
      return counted.figures.recordDrop(counted.number, now: now)
    }
    let mirrored = MirroredCall(request, counted, began: now)
    router.mirroredCalls += 1
    // The version stays while its deployments answer it.
    router.dispatcher.requestEntered(mirrored.version)
    let head = HeaderBlock.grpcRequest(path: method.path, authority: "localhost")
    let terms = CallTerms(
      deadline: Deadline(now + router.routerLimits.mirroredCallTime), priority: .background)
    let call = GraphCall(
      router, GraphLeg(0), of: counted.number, head, message, for: mirrored,
      maxMessageBytes: router.maxMessageBytes(of: pool), began: now, deadline: terms.deadline)
    router.place(call, in: pool, terms, isLeg: true, now: now)
  }

  func legAnswered(_ leg: GraphLeg, _ message: [UInt8], _ metadata: AnswerMetadata) {
    ended(failed: false)
  }

  func legFailed(_ leg: GraphLeg, _ error: RPCError, _ metadata: AnswerMetadata) {
    ended(failed: true)
  }

  func legRefused(_ leg: GraphLeg, _ refusal: Refusal) {
    // The queue was full, or became so and had other calls before this one.
    guard refusal.status.code == .resourceExhausted else { return ended(failed: true) }
    counted.figures.recordDrop(counted.number, now: router.loop.now)
    over()
  }

  private func ended(failed: Bool) {
    let now = router.loop.now
    counted.figures.record(
      counted.number, took: now.duration(since: began), failed: failed, now: now)
    over()
  }

  private func over() {
    router.figuresChanged()
    router.mirroredCalls -= 1
    router.dispatcher.requestEnded(version)
    router.settle()
  }
}
