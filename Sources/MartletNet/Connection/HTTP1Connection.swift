// A connection that speaks HTTP/1.1: a few pages, and the way up to HTTP/2.
internal import MartletCore
internal import MartletWire
internal import NIOCore
internal import NIOHTTP1

/// Answers each request at once, so that nothing waits here but the bytes of a socket whose reader is
/// slow; a client that asks on without reading is cut off. On its loop only.
final class HTTP1Connection: ConnectionStage, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer
  typealias Decoder = ByteToMessageHandler<HTTPRequestDecoder>

  private enum State {
    /// Requests are answered. Exits: `upgrading`, `over`.
    case answering
    /// The payload of a request that asks for HTTP/2 is awaited. Exits: `over`.
    case upgrading(H2CUpgrade)
    /// Nothing is answered any more.
    case over
  }

  private let connection: IncomingConnection
  private let decoder: Decoder
  private var context: ChannelHandlerContext?
  private var state = State.answering

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

  /// No answer is ever under way, so this is the end.
  func drain() {
    context?.close(promise: nil)
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
    answer(page(for: head), to: head, isLast: isLast || head.method == .CONNECT)
  }

  private func page(for head: HTTPRequestHead) -> Page {
    // RFC 9112 §3.2.
    guard head.version.minor == 0 || head.headers["host"].count == 1 else {
      return Page(status: 400, "an HTTP/1.1 request has one Host field")
    }
    if let page = connection.port.pages?.answer(head.method.rawValue, head.target) {
      return page
    }
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
        : "nothing is here for HTTP/1.1 but /-/healthz and /-/routes; calls are gRPC")
  }

  private func received(_ bytes: ByteBuffer) {
    guard case .upgrading(var upgrade) = state else { return }
    state = .over
    guard upgrade.body.count + bytes.readableBytes <= connection.limits.maxUpgradeBodyBytes else {
      return refuse(Page(status: 413, "this is too much for a request that asks for HTTP/2"))
    }
    upgrade.body += bytes.readableBytesView
    state = .upgrading(upgrade)
  }

  private func receivedEnd() {
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
    connection.left(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .over = state { return }
    switch unwrapInboundIn(data) {
    case .head(let head): received(head)
    case .body(let bytes): received(bytes)
    case .end: receivedEnd()
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard case .answering = state, let error = error as? HTTPParserError else {
      return context.close(promise: nil)
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
    headers.first(name: "content-type")?.hasPrefix("application/grpc") ?? false
  }

  fileprivate var hasPayload: Bool {
    headers.contains(name: "transfer-encoding")
      || headers.first(name: "content-length").map { $0 != "0" } ?? false
  }
}

extension Page {
  fileprivate var closing: Page { with("connection", "close") }
}
