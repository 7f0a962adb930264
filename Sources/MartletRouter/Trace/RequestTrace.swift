// What a request did, on its way into the trailers of its answer.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// The trace of one request that asks for it. On the router's loop only.
final class RequestTrace {
  private let router: Router
  private let route: String
  private let request: TraceRequest
  private let began: Timestamp
  /// The request, where it came by plain HTTP.
  private let web: TranslatedCall?

  /// The calls that the client's stream goes through; the one call of a plain route.
  private var intake: [CallTiming] = []
  /// The calls that the answer's stream comes through.
  private var outflow: [CallTiming] = []
  /// What the nodes did, and their legs.
  var nodes: (trace: GraphTrace, legs: LegTimings)?

  /// A method that there is has a shorter name; a path that names none may be as long as a header.
  private static let maxRouteBytes = 200

  /// The request's time runs from now on; where its body was waited for, from its head on.
  ///
  /// - Parameters:
  ///   - path: its `:path`.
  ///   - stream: where it is answered.
  init(_ request: TraceRequest, path: String, on stream: any ResponseStream, _ router: Router) {
    self.request = request
    web = stream as? TranslatedCall
    route = String(
      decoding: path.utf8.drop { $0 == 0x2f }.prefix(Self.maxRouteBytes), as: UTF8.self)
    self.router = router
    began = web?.timing.arrived ?? router.loop.now
  }

  /// A plain route's one call begins.
  func callBegins(to deployment: String, isUnary: Bool) -> CallTiming {
    let timing = CallTiming(
      CallTiming.Place(deployment: deployment, isUnary: isUnary), on: router.loop)
    intake = [timing]
    return timing
  }

  func intakeBegins(_ calls: [GraphPlan.StreamCall]) -> [CallTiming] {
    intake = timings(of: calls)
    return intake
  }

  func outflowBegins(_ calls: [GraphPlan.StreamCall]) -> [CallTiming] {
    outflow = timings(of: calls)
    return outflow
  }

  private func timings(of calls: [GraphPlan.StreamCall]) -> [CallTiming] {
    calls.map { call in
      CallTiming(
        CallTiming.Place(
          deployment: call.deployment, isUnary: false, path: call.path.description, name: call.name),
        on: router.loop)
    }
  }

  /// Says it in trailers, if they have room for it, in place of what a replica said of its own.
  func traced(_ theirs: borrowing HeaderBlock) -> HeaderBlock {
    web?.prepareAnswer(theirs)
    var trailers = HeaderBlock()
    trailers.append(contentsOf: theirs) { !theirs.isTrace(at: $0) }
    let maxBytes = request.maxBytes(beside: trailers.listBytes)
    let text = text(theirs.statusOfAnswer.code).ascii(maxBytes: maxBytes)
    if text.utf8.count <= maxBytes {
      trailers.append(name: TraceHeader.trace, value: text, neverIndexed: true)
    }
    return trailers
  }

  /// - Parameter code: how the request ends, now.
  private func text(_ code: RPCStatus.Code) -> TraceText {
    let now = router.loop.now
    var text = TraceText(
      route: route, microseconds: now.microseconds(since: began),
      web: web?.timing, omitted: nodes?.trace.omittedSpans ?? 0)
    for timing in intake { text.add(timing.node(from: began, to: now, code)) }
    guard let nodes else { return text }
    text.add(nodes.trace, nodes.legs, outflow, from: began, to: now, code)
    return text
  }
}

/// Where a traced request is answered: puts the trace into the trailers, whoever sends them.
final class TracedAnswer: ResponseStream {
  private let client: any ResponseStream
  private let trace: RequestTrace

  init(_ client: any ResponseStream, _ trace: RequestTrace) {
    self.client = client
    self.trace = trace
  }

  var forwardedIdentity: HeaderBlock? { client.forwardedIdentity }
  var isWritable: Bool { client.isWritable }
  func consumed(_ count: Int) { client.consumed(count) }
  func held(_ count: Int) { client.held(count) }
  var sharingConnection: ObjectIdentifier? { client.sharingConnection }

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    client.sendHead(endOfStream ? trace.traced(headers) : headers, endOfStream: endOfStream)
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    client.sendData(copying: bytes)
  }

  func sendData(_ bytes: [UInt8]) {
    client.sendData(bytes)
  }

  func sendMessage(_ message: [UInt8]) {
    client.sendMessage(message)
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    client.sendTrailers(trace.traced(trailers))
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    client.sendTrailers(trace.traced(trailers))
  }
}

extension HeaderBlock {
  /// Whether a field of a replica's trailers is part of a trace.
  fileprivate func isTrace(at index: Int) -> Bool {
    switch name(at: index) {
    case .trace: true
    case .other:
      withField(at: index) { name, _ in name.elementsEqual(TraceHeader.executionTime.utf8) }
    default: false
    }
  }
}
