// A connection that speaks HTTP/1.1: a few pages, calls, and the way up to HTTP/2.
internal import MartletCore
internal import MartletWire
internal import NIOCore
internal import NIOHTTP1

/// Answers one request after the other: pages at once, calls when they are done. A client that asks on without
/// reading, or asks much while a call is under way, is cut off. On its loop only.
final class HTTP1Connection: ConnectionStage, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer
  typealias Decoder = ByteToMessageHandler<HTTPRequestDecoder>

  private enum State {
    /// Requests are answered. Exits: `upgrading`, `over`.
    case answering
    /// The payload of a request that asks for HTTP/2 is awaited. Exits: `over`.
    case upgrading(H2CUpgrade)
    /// The body of a call is awaited. Exits: `calling`, `over`.
    case gathering(HTTP1Call)
    /// A call is being answered; what comes meanwhile waits in `early`. Exits: `answering`, `over`.
    case calling(HTTP1Call)
    /// Nothing is answered any more.
    case over
  }

  private let connection: IncomingConnection
  private let decoder: Decoder
  private var context: ChannelHandlerContext?
  private var state = State.answering
  /// Parts of the requests after the one that is being answered.
  private var early: [HTTPServerRequestPart] = []
  private var earlyBytes = 0
  private var isDraining = false
  /// What is to be written, in front of the channel's own queue.
  private var output = ByteBuffer()
  private var isDirty = false

  static func makeDecoder(_ limits: Limits) -> Decoder {
    var bounds = NIOHTTPDecoderLimitConfiguration()
    bounds.maxHeaderFieldSize = limits.maxHeaderListBytes
    bounds.maxHeaderListSize = limits.maxHeaderListBytes
    bounds.maxHeaderFieldCount = limits.maxHTTP1Fields
    return ByteToMessageHandler(
      HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: bounds))
  }

  /// `decoder` stands right in front.
  init(_ connection: IncomingConnection, _ decoder: Decoder) {
    self.connection = connection
    self.decoder = decoder
  }

  /// Ends the connection, after the answer that is under way.
  func drain() {
    isDraining = true
    switch state {
    case .gathering, .calling: break
    case .answering, .upgrading, .over: context?.close(promise: nil)
    }
  }

  // MARK: Requests

  private func received(_ head: HTTPRequestHead) {
    guard let context, context.channel.isWritable else {
      return connection.close("asks on and does not read the answers")
    }
    let isLast = !head.isKeepAlive || head.hasPayload || head.headers.contains(name: "upgrade")
    if let page = refusal(of: head) {
      return answer(page, to: head, isLast: isLast || head.method == .CONNECT)
    }
    if !connection.isSecure, let upgrade = H2CUpgrade(head) {
      state = .upgrading(upgrade)
      return
    }
    if let page = preflight(head) { return answerMarked(page, to: head, isLast: isLast) }
    if let page = connection.port.pages?.answer(head.method.rawValue, head.target) {
      return answer(page, to: head, isLast: isLast || head.method == .CONNECT)
    }
    guard !head.isGRPC, head.method != .CONNECT, let calls = connection.port.calls else {
      return answer(nothing(for: head), to: head, isLast: isLast || head.method == .CONNECT)
    }
    let request = WebRequest(
      method: head.method.rawValue, target: head.target, fields: head.headers.http2Fields,
      identity: connection.identity?.forwardedField, arrived: connection.loop.now)
    let call: HTTP1Call
    switch calls.examine(request) {
    case .answer(let page): return answer(page, to: head, isLast: isLast)
    case .takeBody(let maxBytes, let tooLong):
      call = HTTP1Call(head, request, maxBytes: maxBytes, tooLong: tooLong, on: self)
    }
    guard !call.announcesTooMuch else { return answer(call.tooLong, to: head, isLast: true) }
    state = .gathering(call)
    connection.expectWithinTime()
    // Of HTTP/1.0 there is no such answer (RFC 9110 §10.1.1).
    if request.expectsContinue, head.version.minor > 0 {
      context.writeAndFlush(
        wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
  }

  /// RFC 9112 §3.2 and §6.1.
  private func refusal(of head: HTTPRequestHead) -> Page? {
    guard head.version.minor == 0 || head.headers["host"].count == 1 else {
      return Page(status: 400, "an HTTP/1.1 request has one Host field")
    }
    let codings = head.headers[canonicalForm: "transfer-encoding"]
    if let other = codings.first(where: { $0.lowercased() != "chunked" }) {
      return Page(
        status: 501,
        "transfer-encoding \(other) is not known; what is compressed says so in content-encoding")
    }
    return nil
  }

  private var crossOrigin: CrossOrigin? { connection.port.calls?.crossOrigin }

  private func preflight(_ head: HTTPRequestHead) -> Page? {
    guard let crossOrigin, head.method == .OPTIONS else { return nil }
    var fields: HeaderBlock = [":method": head.method.rawValue]
    fields.append(contentsOf: head.headers.http2Fields)
    return crossOrigin.preflight(fields)
  }

  func marked(_ answer: HeaderBlock, for head: HTTPRequestHead) -> HeaderBlock {
    crossOrigin?.mark(answer, for: head.headers.first(name: "origin")) ?? answer
  }

  private func nothing(for head: HTTPRequestHead) -> Page {
    if head.isGRPC, connection.isSecure {
      return Page(status: 505, "gRPC needs HTTP/2: choose h2 by ALPN")
    }
    if head.isGRPC {
      return Page(status: 426, "gRPC needs HTTP/2: h2c with prior knowledge, or Upgrade: h2c")
        .with("upgrade", "h2c")
    }
    return Page(
      status: 404,
      connection.port.pages == nil
        ? "nothing is here for HTTP/1.1; calls are gRPC"
        : "nothing is here but /-/healthz, /-/routes and calls by POST /SERVICE/METHOD")
  }

  private func received(_ bytes: ByteBuffer) {
    if case .gathering(let call) = state {
      switch call.take(bytes) {
      case .taken: return
      // A long body has more time, as long as it comes on.
      case .stepDone: return connection.expectWithinTime()
      case .tooMuch: return answer(call.tooLong, to: call.head, isLast: true)
      }
    }
    guard case .upgrading(var upgrade) = state else { return }
    state = .over
    guard upgrade.body.count + bytes.readableBytes <= connection.limits.maxUpgradeBodyBytes else {
      return refuse(Page(status: 413, "this is too much for a request that asks for HTTP/2"))
    }
    upgrade.body += bytes.readableBytesView
    state = .upgrading(upgrade)
  }

  private func receivedEnd() {
    if case .gathering(let call) = state { return begin(call) }
    guard case .upgrading(let upgrade) = state else { return }
    do {
      try connection.upgrade(upgrade, after: H2CUpgrade.answer)
    } catch {
      return refuse(Page(status: 400, "HTTP2-Settings: \(error)"))
    }
    state = .over
    guard let operations = context?.pipeline.syncOperations else { return }
    operations.removeHandler(self, promise: nil)
    // Last, because it passes on what it has not read.
    operations.removeHandler(decoder, promise: nil)
  }

  // MARK: Calls

  private func begin(_ call: HTTP1Call) {
    state = .calling(call)
    connection.stopExpecting()
    let answering = connection.port.calls?.call(call.request, call.takeBody(), call)
    if isAnswering(call) { call.answering = answering }
  }

  func isAnswering(_ call: HTTP1Call) -> Bool {
    if case .calling(let current) = state { return current === call }
    return false
  }

  /// Whether the connection ends with the answer. Without a length there is no other way to end that.
  func isLast(_ call: HTTP1Call, hasLength: Bool) -> Bool {
    isDraining || !call.head.isKeepAlive || !hasLength
  }

  func answer(_ page: Page, to call: HTTP1Call) {
    guard isAnswering(call) else { return }
    let isLast = isLast(call, hasLength: true)
    call.answering = nil
    state = .answering
    answer(page, to: call.head, isLast: isLast)
    takeEarly()
  }

  /// The answer is whole.
  func answered(_ call: HTTP1Call, hasLength: Bool) {
    guard isAnswering(call) else { return }
    flush()
    call.answering = nil
    state = .answering
    if isLast(call, hasLength: hasLength) {
      end()
    } else {
      connection.expectWithinTime()
    }
    takeEarly()
  }

  private func takeEarly() {
    let parts = early
    early = []
    earlyBytes = 0
    for part in parts { received(part) }
  }

  /// A request that comes before the last one was answered waits, within limits.
  private func keep(_ part: HTTPServerRequestPart) {
    switch part {
    case .head(let head): earlyBytes += head.uri.utf8.count + 256 + head.headers.listBytes
    case .body(let bytes): earlyBytes += bytes.readableBytes
    case .end(let trailers): earlyBytes += trailers?.listBytes ?? 0
    }
    guard earlyBytes <= connection.limits.maxUpgradeBodyBytes else {
      return connection.close("asks on and does not wait for the answer")
    }
    early.append(part)
  }

  private func abandonCall() {
    guard case .calling(let call) = state else { return }
    state = .over
    call.answering?.abandon()
    call.answering = nil
  }

  // MARK: Answers

  private func answer(_ page: Page, to head: HTTPRequestHead, isLast: Bool) {
    let page = crossOrigin?.mark(page, for: head.headers.first(name: "origin")) ?? page
    answerMarked(page, to: head, isLast: isLast)
  }

  private func answerMarked(_ page: Page, to head: HTTPRequestHead, isLast: Bool) {
    let keepAlive = head.version.minor == 0 && !isLast
    let named = isLast ? page.closing : keepAlive ? page.with("connection", "keep-alive") : page
    write(named, isHead: head.method == .HEAD)
    if isLast {
      end()
    } else {
      connection.expectWithinTime()
    }
  }

  private func refuse(_ page: Page) {
    write(page.closing, isHead: false)
    end()
  }

  private func end() {
    state = .over
    connection.linger(before: decoder)
  }

  private func write(_ page: Page, isHead: Bool) {
    write(page.http1(isHead: isHead))
    flush()
  }

  /// Queues bytes, which are written when this turn ends or there are many.
  func write(_ bytes: [UInt8]) {
    guard context != nil else { return }
    output.writeBytes(bytes)
    if output.readableBytes >= connection.limits.maxStreamBacklogBytes { return flush() }
    guard !isDirty else { return }
    isDirty = true
    connection.loop.flushAtTurnEnd(self)
  }

  /// Whether the client takes what is written. What is queued here is little, and soon written.
  var isWritable: Bool { context?.channel.isWritable ?? false }

  // MARK: From NIO

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    abandonCall()
    connection.left(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received(unwrapInboundIn(data))
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    guard context.channel.isWritable, case .calling(let call) = state else { return }
    call.answering?.becameWritable()
  }

  private func received(_ part: HTTPServerRequestPart) {
    switch state {
    case .over: return
    case .calling: return keep(part)
    case .answering, .upgrading, .gathering: break
    }
    switch part {
    case .head(let head): received(head)
    case .body(let bytes): received(bytes)
    case .end: receivedEnd()
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
    switch state {
    case .answering, .gathering: break
    case .upgrading, .calling, .over: return context.close(promise: nil)
    }
    switch error {
    case .headerOverflow: refuse(Page(status: 431, "the request's head is too large"))
    case .invalidVersion: refuse(Page(status: 505, "this port speaks HTTP/1.1 and HTTP/2"))
    default: refuse(Page(status: 400, "this is not HTTP: \(error)"))
    }
  }
}

extension HTTP1Connection: Flushable {
  func flush() {
    isDirty = false
    guard let context, output.readableBytes > 0 else { return }
    let written = output
    output.clear()
    context.writeAndFlush(wrapOutboundOut(written), promise: nil)
  }
}

extension HTTPRequestHead {
  /// The target in origin form, also when it came in absolute form (RFC 9112 §3.2).
  var target: String {
    guard !uri.hasPrefix("/"), let scheme = uri.firstRange(of: "://") else { return uri }
    let rest = uri[scheme.upperBound...]
    return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
  }

  fileprivate var isGRPC: Bool {
    RequestMedia(headers.first(name: "content-type")) == .grpc
  }

  fileprivate var hasPayload: Bool {
    headers.contains(name: "transfer-encoding")
      || headers.first(name: "content-length").map { $0 != "0" } ?? false
  }
}

extension Page {
  fileprivate var closing: Page { with("connection", "close") }
}
