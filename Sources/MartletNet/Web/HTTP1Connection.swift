// A connection that speaks HTTP/1.1: a few pages, calls, and the way up to HTTP/2.
internal import MartletCore
internal import MartletWire
internal import NIOCore
internal import NIOHTTP1

/// Answers one request after the other: pages at once, calls when they are done. What was accepted is answered, in
/// order, whatever comes behind it: another request, nonsense, or the end of what the client sends. A client that
/// asks on without reading, or asks much while a call is under way, is cut off. On its loop only.
final class HTTP1Connection: ConnectionStage, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer
  typealias Decoder = ByteToMessageHandler<HTTPRequestDecoder>

  private enum State {
    /// Requests are answered. Exits: `upgrading`, `gathering`, `over`.
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

  /// After the end of what a client sends, it may have left. It is asked for a sign of life after this time, then
  /// after twice as long, and so on.
  private static let firstSign = Duration.seconds(2)
  private static let lastSign = Duration.seconds(64)

  let connection: IncomingConnection
  private let watch: FirstByteWatch
  private var decoder: Decoder
  private var context: ChannelHandlerContext?
  private var state = State.answering
  private var early: HTTP1Arrivals
  private var isDraining = false
  /// The client sends no more.
  private var inputHasEnded = false
  private var signTimer: Timer?

  /// Bytes came since the last request was whole: those of the next one's head.
  private var headHasBegun = false
  private var headIsTimed = true
  /// The decoder rests once the request is whole that it is at: that asks for another protocol.
  private var decodedHeadEndsDecoding = false

  /// What is to be written, in front of the channel's own queue.
  private var output = ByteBuffer()
  private var isDirty = false
  /// What the payload of a request that asks for HTTP/2 takes, until it has gone on.
  private var heldForUpgrade: MessageHold?
  /// What the last call's answer takes of the memory for messages.
  private var heldUntilWritten: MessageHold?
  /// What the channel held back for a slow client when that was last looked at.
  private var lastBuffered = 0

  static func makeDecoder(_ limits: Limits) -> Decoder {
    var bounds = NIOHTTPDecoderLimitConfiguration()
    bounds.maxHeaderFieldSize = limits.maxHeaderListBytes
    bounds.maxHeaderListSize = limits.maxHeaderListBytes
    bounds.maxHeaderFieldCount = limits.maxHTTP1Fields
    return ByteToMessageHandler(
      HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: bounds))
  }

  /// `decoder` stands in front, and `watch` in front of that.
  init(_ connection: IncomingConnection, _ watch: FirstByteWatch, _ decoder: Decoder) {
    self.connection = connection
    self.watch = watch
    self.decoder = decoder
    early = HTTP1Arrivals(maxBytes: connection.limits.maxEarlyHTTP1Bytes)
    watch.whenBytesCame = { [weak self] in self?.headHasBegun = true }
  }

  /// Ends the connection, after the answer that is under way.
  func drain() {
    isDraining = true
    switch state {
    case .gathering, .calling: break
    case .answering where bufferedBytes > 0: end()
    case .answering, .upgrading, .over: context?.close(promise: nil)
    }
  }

  // MARK: What comes

  private func received(_ arrival: HTTP1Arrival) {
    switch state {
    case .over: return
    case .calling:
      guard early.keep(arrival) else {
        return connection.close("asks on and does not wait for the answer")
      }
    case .answering, .upgrading, .gathering: take(arrival)
    }
  }

  private func take(_ arrival: HTTP1Arrival) {
    switch arrival {
    case .part(.head(let head)): received(head)
    case .part(.body(let bytes)): received(bytes)
    case .part(.end): receivedEnd()
    case .broken(let error): refuse(HTTP1Refusals.page(for: error))
    // Whoever ends within a request has broken it already. All others are answered.
    case .ended: end()
    }
  }

  private func takeEarly() {
    for arrival in early.takeAll() { received(arrival) }
  }

  // MARK: Requests

  private static let tooMuchToUpgrade = Page(
    status: 413, "this is too much for a request that asks for HTTP/2")

  private func received(_ head: HTTPRequestHead) {
    guard let context, context.channel.isWritable else {
      return connection.close("asks on and does not read the answers")
    }
    let isLast = !head.isKeepAlive || head.hasPayload || head.headers.contains(name: "upgrade")
    if let page = HTTP1Refusals.page(for: head) {
      // What is wrong there may hide where the next request begins.
      return answer(page, to: head, isLast: true)
    }
    if let upgrade = upgrade(of: head) {
      guard !upgrade.announcesTooMuch else { return refuse(Self.tooMuchToUpgrade) }
      state = .upgrading(upgrade)
      connection.expectWithinTime()
      return
    }
    if let page = preflight(head) { return answerMarked(page, to: head, isLast: isLast) }
    if let page = connection.port.pages?.answer(head.method.rawValue, head.target) {
      return answer(page, to: head, isLast: isLast || head.method == .CONNECT)
    }
    guard !head.isGRPC, head.method != .CONNECT, let calls = connection.port.calls else {
      return answer(
        HTTP1Refusals.nothing(for: head, on: connection), to: head,
        isLast: isLast || head.method == .CONNECT)
    }
    let request = WebRequest(
      method: head.method.rawValue, target: head.target, fields: head.headers.http2Fields,
      identity: connection.identity?.forwardedField, arrived: connection.loop.now)
    let call: HTTP1Call
    switch calls.examine(request) {
    case .answer(let page): return answer(page, to: head, isLast: isLast)
    case .takeBody(let maxBytes, let tooLong, let refused):
      call = HTTP1Call(
        head, request, maxBytes: maxBytes, tooLong: tooLong, refused: refused, on: self)
    }
    guard !call.announcesTooMuch else { return answer(call.tooLong, to: head, isLast: true) }
    state = .gathering(call)
    do throws(RPCError) {
      if try hasMemory(for: call) { gather(call) } else { stopReading() }
    } catch {
      answer(call.refused(error), to: head, isLast: true)
    }
  }

  /// The body of a call may come.
  private func gather(_ call: HTTP1Call) {
    connection.expectWithinTime()
    // Of HTTP/1.0 there is no such answer (RFC 9110 §10.1.1).
    if call.request.expectsContinue, call.head.version.minor > 0 {
      write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
      flush()
    }
  }

  // MARK: Memory for bodies

  /// Whether there is memory for a body of the length that is announced. Where there is none yet the socket is not
  /// read until `decided`.
  private func hasMemory(for call: HTTP1Call) throws(RPCError) -> Bool {
    guard call.announcedBytes > MessageHold.freeBytes else { return true }
    let hold = MessageHold(connection.loop, connection: ObjectIdentifier(connection))
    call.hold = hold
    return try hold.reserve(call.announcedBytes) { [weak self, weak call] error in
      if let call { self?.decided(call, error) }
    }
  }

  private func stopReading() {
    connection.stopExpecting()
    setReading(false)
  }

  private func decided(_ call: HTTP1Call, _ error: RPCError?) {
    guard case .gathering(let current) = state, current === call else { return }
    if let error {
      answer(call.refused(error), to: call.head, isLast: true)
    } else {
      gather(call)
    }
    setReading(true)
  }

  /// The connection has ended.
  private func releaseMemory() {
    switch state {
    case .gathering(let call), .calling(let call): call.hold?.release()
    case .answering, .upgrading, .over: break
    }
    heldForUpgrade?.release()
    heldUntilWritten?.release()
  }

  private func setReading(_ isReading: Bool) {
    // Fails for a channel that has ended, which is told by itself.
    try? context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
  }

  /// What becomes of a request that asks for HTTP/2; nil when it is answered as it is. A server may ignore the wish
  /// (RFC 9110 §7.8), and where there is a body it does: clients send one with their first request without having
  /// asked whether they may, of any length. A call by gRPC has no answer in HTTP/1.1.
  private func upgrade(of head: HTTPRequestHead) -> H2CUpgrade? {
    guard !connection.isSecure, !inputHasEnded, head.headers.contains(name: "upgrade"),
      !head.hasPayload || head.isGRPC
    else { return nil }
    return H2CUpgrade(head, maxBytes: connection.limits.maxMessageBytes + GRPCMessage.prefixBytes)
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

  private func received(_ bytes: ByteBuffer) {
    switch state {
    case .gathering(let call):
      switch call.body.take(bytes) {
      case .taken: return
      // A long body has more time, as long as it comes on.
      case .stepDone:
        do throws(RPCError) {
          try call.takeStep()
        } catch {
          return answer(call.refused(error), to: call.head, isLast: true)
        }
        return connection.expectWithinTime()
      case .tooMuch: return answer(call.tooLong, to: call.head, isLast: true)
      }
    case .upgrading(var upgrade):
      // Out of the state first, so that the body grows in place.
      state = .over
      let intake = upgrade.body.take(bytes)
      state = .upgrading(upgrade)
      switch intake {
      case .taken: return
      case .stepDone:
        let hold = heldForUpgrade ?? MessageHold(connection.loop, connection: nil)
        heldForUpgrade = hold
        do throws(RPCError) {
          try hold.ensure(upgrade.body.bytes.count.rounded(upTo: MessageHold.freeBytes))
        } catch {
          return refuse(Page(status: 503, error.status.message))
        }
        return connection.expectWithinTime()
      case .tooMuch:
        return refuse(Self.tooMuchToUpgrade)
      }
    case .answering, .calling, .over: return
    }
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
    operations.removeHandler(watch, promise: nil)
    // Last, because it passes on what it has not read.
    operations.removeHandler(decoder, promise: nil)
  }

  // MARK: Calls

  private func begin(_ call: HTTP1Call) {
    state = .calling(call)
    connection.stopExpecting()
    let answering = connection.port.calls?.call(call.request, call.body.takeAll(), call)
    if isAnswering(call) { call.answering = answering }
  }

  func isAnswering(_ call: HTTP1Call) -> Bool {
    if case .calling(let current) = state { return current === call }
    return false
  }

  /// Whether the connection ends with the answer. Without a length there is no other way to end that.
  func isLast(_ call: HTTP1Call, hasLength: Bool) -> Bool {
    endsSoon || !call.head.isKeepAlive || !hasLength
  }

  private var endsSoon: Bool {
    isDraining || inputHasEnded && !early.hasMore || connection.limits.keepAliveTimeout == .zero
  }

  func answer(_ page: Page, to call: HTTP1Call) {
    guard isAnswering(call) else { return }
    let isLast = isLast(call, hasLength: true)
    call.answering = nil
    heldUntilWritten = call.hold
    state = .answering
    answer(page, to: call.head, isLast: isLast)
    takeEarly()
  }

  /// The answer is whole.
  func answered(_ call: HTTP1Call, hasLength: Bool) {
    guard isAnswering(call) else { return }
    heldUntilWritten = call.hold
    flush()
    call.answering = nil
    state = .answering
    if isLast(call, hasLength: hasLength) { end() } else { awaitRequest() }
    takeEarly()
  }

  private func abandonCall() {
    guard case .calling(let call) = state else { return }
    state = .over
    call.answering?.abandon()
    call.answering = nil
  }

  // MARK: The client's end

  private func inputEnded() {
    guard !inputHasEnded else { return }
    inputHasEnded = true
    received(.ended)
    awaitSign(Self.firstSign)
  }

  /// A client may have ended its side only, and wait for the answer, or be gone; TCP does not tell before something
  /// is sent. Nobody is to work for one that is gone.
  private func awaitSign(_ pause: Duration) {
    guard case .calling = state else { return }
    signTimer = connection.loop.schedule(after: pause) { [weak self] in
      guard let self, case .calling(let call) = state, let sign = call.takeSign() else { return }
      write(sign)
      flush()
      awaitSign(min(pause * 2, Self.lastSign))
    }
  }

  // MARK: Answers

  private func answer(_ page: Page, to head: HTTPRequestHead, isLast: Bool) {
    let page = crossOrigin?.mark(page, for: head.headers.first(name: "origin")) ?? page
    answerMarked(page, to: head, isLast: isLast)
  }

  private func answerMarked(_ page: Page, to head: HTTPRequestHead, isLast: Bool) {
    let isLast = isLast || endsSoon
    write(page, isLast: isLast, isHead: head.method == .HEAD)
    if isLast {
      end()
    } else {
      state = .answering
      awaitRequest()
    }
  }

  private func refuse(_ page: Page) {
    write(page, isLast: true, isHead: false)
    end()
  }

  private func end() {
    state = .over
    signTimer?.cancel()
    connection.linger(before: decoder)
  }

  /// How long the connection goes on: until this answer, or until no request has come for so long.
  func lifeFields(isLast: Bool) -> [Page.Field] {
    guard !isLast else { return [Page.Field(name: "connection", value: "close")] }
    let seconds = Int(connection.limits.keepAliveTimeout.inSeconds)
    return [
      Page.Field(name: "connection", value: "keep-alive"),
      Page.Field(name: "keep-alive", value: "timeout=\(seconds)"),
    ]
  }

  private func write(_ page: Page, isLast: Bool, isHead: Bool) {
    var page = page
    page.fields += lifeFields(isLast: isLast)
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
}

// MARK: - Times

extension HTTP1Connection {
  /// The next request may take its time to begin, and then has as much as the first one to become whole.
  private func awaitRequest() {
    headIsTimed = false
    connection.expect(within: connection.limits.keepAliveTimeout)
  }

  /// Nothing came within a time. A client that still takes an answer, however slowly, is not silent.
  func nothingCame(within time: Duration) {
    switch state {
    case .answering where bufferedBytes > 0 && bufferedBytes != lastBuffered:
      lastBuffered = bufferedBytes
      connection.expect(within: time)
    case .gathering, .upgrading:
      refuse(Page(status: 408, "the body did not come in time"))
    case .answering, .calling, .over: connection.close("nothing came in time")
    }
  }

  private var bufferedBytes: Int { context?.channel.bufferedBytes ?? 0 }

  private func timeHead() {
    guard case .answering = state, headHasBegun, !headIsTimed else { return }
    headIsTimed = true
    connection.expectWithinTime()
  }
}

// MARK: - From NIO

extension HTTP1Connection {
  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    signTimer?.cancel()
    releaseMemory()
    abandonCall()
    connection.left(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    switch part {
    case .head(let head):
      decodedHeadEndsDecoding = head.endsDecoding && upgrade(of: head) == nil
    case .body: break
    case .end:
      headHasBegun = false
      // Not from within its decoding.
      if decodedHeadEndsDecoding { connection.loop.executeLater { self.renewDecoder() } }
    }
    received(.part(part))
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    timeHead()
    context.fireChannelReadComplete()
  }

  /// A decoder reads nothing behind a request that asks for another protocol. Where the request was answered as it
  /// is, another decoder reads on.
  private func renewDecoder() {
    guard let context, !isOver else { return }
    let fresh = Self.makeDecoder(connection.limits)
    let operations = context.pipeline.syncOperations
    do {
      try operations.addHandler(fresh, position: .after(decoder))
    } catch {
      return connection.close("\(error)")
    }
    let rested = decoder
    decoder = fresh
    // It passes on what it has not read.
    operations.removeHandler(rested, promise: nil)
  }

  private var isOver: Bool {
    if case .over = state { true } else { false }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    guard context.channel.isWritable, case .calling(let call) = state else { return }
    call.answering?.becameWritable()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed? = event as? ChannelEvent { inputEnded() }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case let error as HTTPParserError: received(.broken(error))
    // More of what is broken.
    case is ByteToMessageDecoderError: break
    default: context.close(promise: nil)
    }
  }
}

extension HTTP1Connection: Flushable {
  func flush() {
    isDirty = false
    let hold = heldUntilWritten
    heldUntilWritten = nil
    guard let context, output.readableBytes > 0 else { return }
    let written = output
    output.clear()
    guard let hold else { return context.writeAndFlush(wrapOutboundOut(written), promise: nil) }
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in hold.release() }
    context.writeAndFlush(wrapOutboundOut(written), promise: promise)
  }
}
