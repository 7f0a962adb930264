// The answer to a call by gRPC-Web, made of gRPC's.
internal import MartletCore
internal import MartletNet
internal import MartletWire

/// Passes messages on as they come, in base64 where the client wants that, and the trailers behind them as the last
/// frame (PROTOCOL-WEB, "Message framing").
final class GRPCWebAnswer: AnswerTranslation {
  private let client: any WebAnswer
  private let format: GRPCWebFormat
  private var text: GRPCWebTextEncoder?
  private(set) var isOver = false

  init(_ client: any WebAnswer, _ format: GRPCWebFormat) {
    self.client = client
    self.format = format
    text = format.isText ? GRPCWebTextEncoder() : nil
  }

  /// Messages pass on as they come.
  func prepare(_ trailers: borrowing HeaderBlock) -> Bool { false }

  func abandon() {}

  func began(_ head: borrowing HeaderBlock) {
    if let status = head.statusOfNonsense { return answer(status) }
    client.begin(Self.head(format, head), endOfStream: false)
  }

  func continued(_ bytes: UnsafeRawBufferPointer) {
    guard !isOver else { return }
    client.send(text?.encode(bytes) ?? [UInt8](bytes))
  }

  func ended(_ trailers: borrowing HeaderBlock, isWhole: Bool) {
    guard !isOver else { return }
    guard trailers.grpcStatus != nil else { return answer(trailers.statusOfAnswer, isWhole) }
    isOver = true
    guard !isWhole else {
      return client.begin(Self.head(format, trailers), endOfStream: true)
    }
    send(trailers)
  }

  /// Ends the answer in the router's own words.
  private func answer(_ status: RPCStatus, _ isWhole: Bool = true) {
    isOver = true
    var trailers = HeaderBlock()
    trailers.append(status)
    if isWhole {
      client.begin(Self.head(format, trailers), endOfStream: true)
    } else {
      send(trailers)
    }
  }

  private func send(_ trailers: borrowing HeaderBlock) {
    var kept = HeaderBlock()
    kept.append(contentsOf: trailers) { Self.passes(trailers, at: $0) }
    let frame = kept.grpcWebTrailers
    client.send(text.map { _ in Base64.encode(frame, .full) } ?? frame)
    client.end()
  }

  /// The head of an answer with gRPC's fields and metadata of `block`.
  private static func head(_ format: GRPCWebFormat, _ block: borrowing HeaderBlock) -> HeaderBlock {
    var head = HeaderBlock()
    head.append(.status, literal: "200")
    head.append(.contentType, format.contentType)
    head.append(contentsOf: block) { passes(block, at: $0) }
    return head
  }

  private static func passes(_ block: borrowing HeaderBlock, at index: Int) -> Bool {
    switch block.name(at: index) {
    case .grpcStatus, .grpcMessage, .grpcStatusDetails, .grpcEncoding, .grpcAcceptEncoding: true
    default: block.isWebMetadata(at: index)
    }
  }
}

extension WebRequest {
  /// How the answer is to be written: as `accept` says, else as the request is.
  func answerFormat(to format: GRPCWebFormat) -> GRPCWebFormat {
    guard let accept = fields["accept"] else { return format }
    let types = accept.lowercased().split(separator: ",").map { item in
      item.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
    }
    guard let wanted = types.lazy.compactMap({ GRPCWebFormat(mediaType: $0) }).first else {
      return format
    }
    return GRPCWebFormat(isText: wanted.isText, kind: format.kind)
  }
}

extension Page {
  /// A call by gRPC-Web that ends before it has begun: the status among the fields, and no body ("Trailers-only").
  init(_ status: RPCStatus, _ format: GRPCWebFormat) {
    self.init(contentType: format.contentType, body: "")
    var trailers = HeaderBlock()
    trailers.append(status)
    fields = trailers.pairs.map { Field(name: $0.name, value: $0.value) }
  }
}
