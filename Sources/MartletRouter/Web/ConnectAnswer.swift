// The answer to a unary call by Connect, made of gRPC's.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletSchema
internal import MartletWire

/// Keeps the answer until it is whole, and sends it as one page.
final class ConnectAnswer: AnswerTranslation {
  private let client: any WebAnswer
  private let writer: PageWriter
  private let router: Router

  private var gathered: UnaryAnswer
  private var leading: [Page.Field] = []
  /// The answer without its metadata, where it was made before its end.
  private var prepared: Page?
  /// A long answer while it is written beside the loop.
  private var writing: LongWork?
  private(set) var isOver = false

  init(
    _ client: any WebAnswer, _ codec: ConnectCodec, _ output: MessageType, takesGzip: Bool,
    _ router: Router, _ maxMessageBytes: Int
  ) {
    self.client = client
    self.router = router
    writer = PageWriter(
      codec: codec, output: output, takesGzip: takesGzip,
      minCompressedBytes: router.limits.minCompressedMessageBytes)
    gathered = UnaryAnswer(router, maxMessageBytes: maxMessageBytes)
  }

  func began(_ head: borrowing HeaderBlock) {
    do throws(RPCError) {
      try gathered.began(head)
      leading = head.webMetadata
    } catch {
      send(Page(error.status))
    }
  }

  func continued(_ bytes: UnsafeRawBufferPointer) {
    do throws(RPCError) {
      try gathered.continued(bytes, client)
    } catch {
      send(Page(error.status))
    }
  }

  /// Bytes of the longest answer whose writing is timed for a trace, which has to be done on the loop: some 15 ms.
  private static let mostTimed = 2 << 20

  func prepare(_ trailers: borrowing HeaderBlock) -> Bool {
    guard !isOver, !isLong || gathered.bytes <= Self.mostTimed else { return false }
    prepared = writer.page(gathered.ended(trailers), router.codec)
    return true
  }

  func ended(_ trailers: borrowing HeaderBlock, isWhole: Bool) {
    guard !isOver else { return }
    var fields = leading
    fields += trailers.webMetadata.map {
      Page.Field(name: "trailer-\($0.name)", value: $0.value)
    }
    if let prepared { return send(prepared, fields) }
    let (outcome, writer) = (gathered.ended(trailers), writer)
    guard isLong else { return send(writer.page(outcome, router.codec), fields) }
    writing = router.loop.offload {
      writer.page(outcome, MessageCodec())
    } then: { [self] page in
      send(page, fields)
    }
  }

  /// Whether the loop's other callers should not wait until the page is written.
  private var isLong: Bool { gathered.bytes > MessageHold.freeBytes && writer.translates }

  func abandon() {
    isOver = true
    writing?.cancel()
    writing = nil
  }

  private func send(_ page: Page, _ fields: [Page.Field]) {
    var page = page
    do throws(RPCError) { try client.go(onWith: page.body.count) } catch {
      page = Page(error.status)
    }
    page.fields += fields
    send(page)
  }

  private func send(_ page: Page) {
    guard !isOver else { return }
    isOver = true
    client.send(page)
  }
}

/// Writes an answer as a page. Any thread.
private struct PageWriter: Sendable {
  let codec: ConnectCodec
  let output: MessageType
  let takesGzip: Bool
  let minCompressedBytes: Int

  /// Whether the page is anything else than the message.
  var translates: Bool {
    switch codec {
    case .json: true
    case .proto: takesGzip
    }
  }

  func page(_ outcome: UnaryAnswer.Outcome, _ compressor: MessageCodec) -> Page {
    switch outcome {
    case .answered(let message): page(of: message, compressor)
    case .failed(let error): Page(error.status, details: error.statusDetails)
    case .nonsense(let status): Page(status)
    }
  }

  private func page(of message: [UInt8], _ compressor: MessageCodec) -> Page {
    guard case .json = codec else { return compressed(Page(codec, message), compressor) }
    do throws(MartletSchema.JSONError) {
      return compressed(Page(codec, try output.jsonBytes(message)), compressor)
    } catch {
      return Page(
        RPCStatus(.internalError, "the answer cannot be written as JSON of \(output): \(error)"))
    }
  }

  private func compressed(_ page: Page, _ compressor: MessageCodec) -> Page {
    guard takesGzip, page.body.count >= minCompressedBytes,
      let body = compressor.deflate(page.body, .gzip)
    else { return page }
    var page = page.with("content-encoding", "gzip").with("vary", "accept-encoding")
    page.body = body
    return page
  }
}
