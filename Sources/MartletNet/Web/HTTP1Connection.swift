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
    case gathering(Call)
    /// A call is being answered; what comes meanwhile waits in `early`. Exits: `answering`, `over`.
    case calling(Call)
    /// Nothing is answered any more.
    case over
  }

  /// A request whose answer takes its time.
  private final class Call {
    let head: HTTPRequestHead
    let request: WebRequest
    var body: [UInt8] = []
    var answering: (any WebCall)?

    init(_ head: HTTPRequestHead, _ request: WebRequest) {
      self.head = head
      self.request = request
    }
  }

  /// Bytes of a body that must come within `Limits.connectTimeout`.
  private static let bodyStep = 64 << 10

  private let connection: IncomingConnection
  private let decoder: Decoder
  private var context: ChannelHandlerContext?
  private var state = State.answering
  /// Parts of the requests after the one that is being answered.
  private var early: [HTTPServerRequestPart] = []
  private var earlyBytes = 0
  private var isDraining = false

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
    if !connection.isSecure, let upgrade = H2CUpgrade(head) {
      state = .upgrading(upgrade)
      return
    }
    let isLast = !head.isKeepAlive || head.hasPayload || head.headers.contains(name: "upgrade")
    if let page = refusal(of: head)
      ?? connection.port.pages?.answer(head.method.rawValue, head.target)
    {
      return answer(page, to: head, isLast: isLast || head.method == .CONNECT)
    }
    guard !head.isGRPC, head.method == .POST, let calls = connection.port.calls else {
      return answer(nothing(for: head), to: head, isLast: isLast || head.method == .CONNECT)
    }
    let request = WebRequest(
      method: head.method.rawValue, target: head.target, fields: head.headers.http2Fields,
      identity: connection.identity?.forwardedField)
    if let page = calls.refusal(of: request) { return answer(page, to: head, isLast: isLast) }
    let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    guard length <= connection.limits.maxMessageBytes else {
      return answer(.tooLong(connection.limits.maxMessageBytes), to: head, isLast: true)
    }
    state = .gathering(Call(head, request))
    connection.expectWithinTime()
    if head.headers[canonicalForm: "expect"].contains("100-continue") {
      context.writeAndFlush(
        wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
  }

  /// RFC 9112 §3.2.
  private func refusal(of head: HTTPRequestHead) -> Page? {
    guard head.version.minor == 0 || head.headers["host"].count == 1 else {
      return Page(status: 400, "an HTTP/1.1 request has one Host field")
    }
    return nil
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
      let limit = connection.limits.maxMessageBytes
      guard call.body.count + bytes.readableBytes <= limit else { return refuse(.tooLong(limit)) }
      let steps = call.body.count / Self.bodyStep
      call.body += bytes.readableBytesView
      // A long body has more time, as long as it comes on.
      if call.body.count / Self.bodyStep > steps { connection.expectWithinTime() }
      return
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

  private func begin(_ call: Call) {
    state = .calling(call)
    connection.stopExpecting()
    let body = call.body
    call.body = []
    let answering = connection.port.calls?.call(call.request, body) {
      [weak self, unowned call] page in
      self?.answer(page, to: call)
    }
    if case .calling(let current) = state, current === call { call.answering = answering }
  }

  private func answer(_ page: Page, to call: Call) {
    guard case .calling(let current) = state, current === call else { return }
    state = .answering
    answer(page, to: call.head, isLast: isDraining || !call.head.isKeepAlive)
    let parts = early
    early = []
    earlyBytes = 0
    for part in parts { received(part) }
  }

  /// A request that comes before the last one was answered waits, within limits.
  private func keep(_ part: HTTPServerRequestPart) {
    switch part {
    case .head(let head): earlyBytes += head.uri.utf8.count + 256
    case .body(let bytes): earlyBytes += bytes.readableBytes
    case .end: break
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
  }

  // MARK: Answers

  private func answer(_ page: Page, to head: HTTPRequestHead, isLast: Bool) {
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
    guard let context else { return }
    let bytes = context.channel.allocator.buffer(bytes: page.http1(isHead: isHead))
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
  }

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
