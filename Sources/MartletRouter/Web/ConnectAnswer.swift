// The answer to a unary call by Connect, made of gRPC's.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletSchema
internal import MartletWire

/// Keeps the answer until it is whole, and sends it as one page.
final class ConnectAnswer: AnswerTranslation {
  private let client: any WebAnswer
  private let codec: ConnectCodec
  private let output: MessageType
  private let router: Router
  private let takesGzip: Bool

  private var gathered: UnaryAnswer
  private var leading: [Page.Field] = []
  /// The answer without its metadata, where it was made before its end.
  private var prepared: Page?
  private(set) var isOver = false

  init(
    _ client: any WebAnswer, _ codec: ConnectCodec, _ output: MessageType, takesGzip: Bool,
    _ router: Router, _ maxMessageBytes: Int
  ) {
    self.client = client
    self.codec = codec
    self.output = output
    self.takesGzip = takesGzip
    self.router = router
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

  func prepare(_ trailers: borrowing HeaderBlock) -> Bool {
    guard !isOver else { return false }
    prepared = page(by: trailers)
    return true
  }

  func ended(_ trailers: borrowing HeaderBlock, isWhole: Bool) {
    guard !isOver else { return }
    if let prepared { send(prepared, trailers) } else { send(page(by: trailers), trailers) }
  }

  private func page(by trailers: borrowing HeaderBlock) -> Page {
    switch gathered.ended(trailers) {
    case .answered(let message): page(of: message)
    case .failed(let error): Page(error.status, details: error.statusDetails)
    case .nonsense(let status): Page(status)
    }
  }

  private func page(of message: [UInt8]) -> Page {
    guard case .json = codec else { return compressed(Page(codec, message)) }
    do throws(MartletSchema.JSONError) {
      let page = Page(codec, try output.jsonBytes(message))
      do throws(RPCError) { try client.go(onWith: page.body.count) } catch {
        return Page(error.status)
      }
      return compressed(page)
    } catch {
      return Page(
        RPCStatus(.internalError, "the answer cannot be written as JSON of \(output): \(error)"))
    }
  }

  private func compressed(_ page: Page) -> Page {
    guard takesGzip, page.body.count >= router.limits.minCompressedMessageBytes,
      let body = router.codec.deflate(page.body, .gzip)
    else { return page }
    var page = page.with("content-encoding", "gzip").with("vary", "accept-encoding")
    page.body = body
    return page
  }

  private func send(_ page: Page, _ trailers: borrowing HeaderBlock) {
    var page = page
    page.fields += leading
    page.fields += trailers.webMetadata.map {
      Page.Field(name: "trailer-\($0.name)", value: $0.value)
    }
    send(page)
  }

  private func send(_ page: Page) {
    guard !isOver else { return }
    isOver = true
    client.send(page)
  }
}
