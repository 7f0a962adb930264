// A copy of a message that a graph sends somewhere for nobody to wait for.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// One mirrored message on its way. It outlives its request, never waits for anybody but its own deployment,
/// and is dropped where there are too many or the queue is full. Its priority is the least, so that it goes
/// after all that somebody waits for.
final class MirroredCall: GraphCallObserver {
  private let router: Router
  private let version: VersionID
  let metadata: HeaderBlock

  private init(_ request: GraphExecution) {
    router = request.router
    version = request.version
    var metadata = router.takeHeaders()
    let said = request.metadata
    metadata.append(contentsOf: said) { said.name(at: $0) != .priority }
    metadata.append(Priority.background)
    self.metadata = metadata
  }

  static func send(
    _ message: [UInt8], _ method: MethodName, to pool: PoolID, of request: GraphExecution
  ) {
    let router = request.router
    guard router.mirroredCalls < router.routerLimits.maxMirroredCalls else { return }
    let mirrored = MirroredCall(request)
    router.mirroredCalls += 1
    // The version stays while its deployments answer it.
    router.dispatcher.requestEntered(mirrored.version)
    let now = router.loop.now
    let head = HeaderBlock.grpcRequest(path: method.path, authority: "localhost")
    let terms = CallTerms(
      deadline: Deadline(now + router.routerLimits.mirroredCallTime), priority: .background)
    let call = GraphCall(
      router, GraphLeg(0), of: 0, head, message, for: mirrored, began: now,
      deadline: terms.deadline)
    router.place(call, in: pool, terms, isLeg: true, now: now)
  }

  func legAnswered(_ leg: GraphLeg, _ message: [UInt8]) { ended() }

  func legFailed(_ leg: GraphLeg, _ error: RPCError) { ended() }

  func legRefused(_ leg: GraphLeg, _ refusal: Refusal) { ended() }

  private func ended() {
    router.mirroredCalls -= 1
    router.dispatcher.requestEnded(version)
    router.settle()
  }
}
