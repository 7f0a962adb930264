// What a request did, on its way into the trailers of its answer.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// The trace of one request that asks for it. On the router's loop only.
final class RequestTrace {
  private let router: Router
  private let route: MethodName
  private let request: TraceRequest
  private let began: Timestamp

  /// The calls that the client's stream goes through.
  private(set) var intake: [StreamTiming] = []
  /// The calls that the answer's stream comes through.
  private(set) var outflow: [StreamTiming] = []
  /// What the nodes did, and their legs.
  var nodes: (trace: GraphTrace, legs: [Int: LegTiming])?

  /// The request's time runs from now on.
  init(_ request: TraceRequest, of route: MethodName, _ router: Router) {
    self.request = request
    self.route = route
    self.router = router
    began = router.loop.now
  }

  func intakeBegins(_ calls: [GraphPlan.StreamCall]) -> [StreamTiming] {
    intake = calls.map { StreamTiming($0, on: router.loop) }
    return intake
  }

  func outflowBegins(_ calls: [GraphPlan.StreamCall]) -> [StreamTiming] {
    outflow = calls.map { StreamTiming($0, on: router.loop) }
    return outflow
  }

  /// - Parameter code: how the request ends, now.
  func text(_ code: RPCStatus.Code) -> String {
    let text = TraceText(
      route: route, began: began, ended: router.loop.now, code: code, intake: intake,
      nodes: nodes?.trace, legs: nodes?.legs ?? [:], outflow: outflow)
    return text.ascii(maxBytes: request.maxBytes)
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

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    client.sendHead(endOfStream ? traced(headers) : headers, endOfStream: endOfStream)
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
    client.sendTrailers(traced(trailers))
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    sendTrailers(copy trailers)
  }

  private func traced(_ trailers: HeaderBlock) -> HeaderBlock {
    var trailers = trailers
    trailers.append(name: TraceHeader.trace, value: trace.text(trailers.statusOfAnswer.code))
    return trailers
  }
}
