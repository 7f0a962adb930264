// A call that came as plain HTTP, on its way through the router.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletSchema
internal import MartletWire

/// One unary call in JSON or protobuf: to a deployment or through a graph, as its route says.
final class ConnectCall: WebCall, GraphCallObserver {
  private let router: Router
  private let codec: ConnectCodec
  private let method: MethodType
  private let version: VersionID
  let metadata: HeaderBlock
  private let trace: TraceRequest?
  private var answer: ((Page) -> Void)?
  private var call: GraphCall?
  private var execution: GraphExecution?

  init(
    _ router: Router, _ request: WebRequest, _ codec: ConnectCodec, _ method: MethodType,
    _ version: VersionID, _ answer: @escaping (Page) -> Void
  ) {
    self.router = router
    self.codec = codec
    self.method = method
    self.version = version
    self.answer = answer
    let metadata = request.connectMetadata
    trace = TraceRequest(metadata)
    self.metadata = router.metadata(of: metadata, from: request.identity, version)
  }

  func begin(_ target: Route.Target, _ body: [UInt8], deadline: Deadline?) {
    let message: [UInt8]
    do throws(RPCError) {
      message = try decoded(body)
    } catch {
      return end(Page(error.status))
    }
    switch target {
    case .deployment(let pool):
      let call = GraphCall(router, GraphLeg(0), method.name, message, for: self)
      self.call = call
      router.dispatcher.requestEntered(version)
      router.place(call, in: pool, deadline: deadline, isLeg: false, now: router.loop.now)
    case .graph(let index):
      guard let plan = router.versions[version.index]?.plans[index] else { return }
      let execution = GraphExecution(
        router, version, plan, metadata: metadata, deadline: deadline, tracing: trace
      ) { [unowned self] outcome in
        switch outcome {
        case .answered(let message): answered(message)
        case .failed(let status, let details): end(Page(status, details: details))
        }
      }
      self.execution = execution
      execution.start(message)
    }
  }

  private func decoded(_ body: [UInt8]) throws(RPCError) -> [UInt8] {
    guard case .json = codec else { return body }
    do throws(MartletSchema.JSONError) {
      return try method.input.encode(json: body)
    } catch {
      throw RPCError(.invalidArgument, "the body is not a \(method.input) in JSON: \(error)")
    }
  }

  private func answered(_ message: [UInt8]) {
    guard case .json = codec else { return end(Page(codec, message)) }
    do throws(MartletSchema.JSONError) {
      end(Page(codec, try method.output.jsonBytes(message)))
    } catch {
      let text = "the answer cannot be written as JSON of \(method.output): \(error)"
      end(Page(RPCStatus(.internalError, text)))
    }
  }

  private func end(_ page: Page) {
    guard let answer else { return }
    self.answer = nil
    let trace = execution?.traceText
    execution = nil
    answer(trace.map { page.with("trailer-\(TraceHeader.trace)", $0) } ?? page)
  }

  func abandon() {
    guard answer != nil else { return }
    answer = nil
    execution?.abandon()
    execution = nil
    guard let call else { return }
    call.cancel()
    left()
  }

  // MARK: The deployment's side

  func legAnswered(_ leg: GraphLeg, _ message: [UInt8]) {
    left()
    answered(message)
  }

  func legFailed(_ leg: GraphLeg, _ error: RPCError) {
    left()
    end(Page(error.status, details: error.statusDetails))
  }

  private func left() {
    call = nil
    router.dispatcher.requestEnded(version)
    router.settle()
  }
}
