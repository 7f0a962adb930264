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

  private var deframer: MessageDeframer
  private var message: [UInt8]?
  private var leading: [Page.Field] = []
  private(set) var isOver = false

  init(
    _ client: any WebAnswer, _ codec: ConnectCodec, _ output: MessageType, takesGzip: Bool,
    _ router: Router
  ) {
    self.client = client
    self.codec = codec
    self.output = output
    self.takesGzip = takesGzip
    self.router = router
    deframer = MessageDeframer(maxMessageBytes: router.limits.maxMessageBytes)
  }

  func began(_ head: borrowing HeaderBlock) {
    if let status = head.statusOfNonsense { return send(Page(status)) }
    leading = head.webMetadata
    do throws(RPCError) {
      deframer.decompressor = try router.decompressor(ofAnswer: head)
    } catch {
      send(Page(error.status))
    }
  }

  func continued(_ bytes: UnsafeRawBufferPointer) {
    var bytes = bytes
    do throws(FramingError) {
      while let next = try deframer.next(from: &bytes) {
        guard message == nil else {
          let text = "a unary call was answered with two messages"
          return send(Page(RPCStatus(.internalError, text)))
        }
        message = next
      }
    } catch {
      send(Page(Refusal(error, whose: "the answer").status))
    }
  }

  func ended(_ trailers: borrowing HeaderBlock, isWhole: Bool) {
    guard !isOver else { return }
    let status =
      trailers.grpcStatus ?? trailers.statusOfNonsense
      ?? RPCStatus(.unknown, "the answer has no gRPC status")
    guard status.code == .ok else {
      let error = RPCError(status, metadata: trailers.metadata)
      return send(Page(status, details: error.statusDetails), trailers)
    }
    guard let message, deframer.isBetweenMessages else {
      return send(Page(RPCStatus(.internalError, "OK came without a message")), trailers)
    }
    send(page(of: message), trailers)
  }

  private func page(of message: [UInt8]) -> Page {
    guard case .json = codec else { return compressed(Page(codec, message)) }
    do throws(MartletSchema.JSONError) {
      return compressed(Page(codec, try output.jsonBytes(message)))
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
