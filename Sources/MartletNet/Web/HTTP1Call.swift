// A call over HTTP/1.1, from its head to the end of its answer.
internal import MartletWire
internal import NIOCore
internal import NIOHTTP1

/// Gathers the body, up to the length that it may have, and writes the answer: a page, or a body in chunks (RFC 9112
/// §7.1). To a client of HTTP/1.0, which knows no chunks, the end of the connection is that of the body. On its
/// connection's loop only.
final class HTTP1Call: WebAnswer {
  /// Bytes of a body that must come within `Limits.connectTimeout`.
  private static let bodyStep = 64 << 10

  let head: HTTPRequestHead
  let request: WebRequest
  private let maxBytes: Int
  let tooLong: Page
  private var body: [UInt8] = []
  var answering: (any WebCall)?
  private weak var connection: HTTP1Connection?

  init(
    _ head: HTTPRequestHead, _ request: WebRequest, maxBytes: Int, tooLong: Page,
    on connection: HTTP1Connection
  ) {
    self.head = head
    self.request = request
    self.maxBytes = maxBytes
    self.tooLong = tooLong
    self.connection = connection
  }

  /// Whether the head says already that the body is too long.
  var announcesTooMuch: Bool {
    let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    return length > maxBytes
  }

  /// What became of a piece of the body.
  enum Intake {
    case taken
    /// Enough has come for the rest to have its own time.
    case stepDone
    case tooMuch
  }

  func take(_ bytes: ByteBuffer) -> Intake {
    guard body.count + bytes.readableBytes <= maxBytes else { return .tooMuch }
    let steps = body.count / Self.bodyStep
    body += bytes.readableBytesView
    return body.count / Self.bodyStep > steps ? .stepDone : .taken
  }

  func takeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }

  private var isChunked: Bool { head.version.minor > 0 }

  // MARK: The answer

  func send(_ page: Page) {
    connection?.answer(page, to: self)
  }

  func begin(_ block: HeaderBlock, endOfStream: Bool) {
    guard let connection, connection.isAnswering(self) else { return }
    var text = connection.marked(block.withShortText() ?? block, for: head).http1Head
    if endOfStream {
      text += "content-length: 0\r\n"
    } else if isChunked {
      text += "transfer-encoding: chunked\r\n"
    }
    if connection.isLast(self, hasLength: endOfStream || isChunked) {
      text += "connection: close\r\n"
    } else if !isChunked {
      text += "connection: keep-alive\r\n"
    }
    connection.write(Array((text + "\r\n").utf8))
    if endOfStream { connection.answered(self, hasLength: true) }
  }

  func send(_ bytes: [UInt8]) {
    // An empty chunk would be the last one.
    guard let connection, connection.isAnswering(self), !bytes.isEmpty else { return }
    guard isChunked else { return connection.write(bytes) }
    connection.write(Array("\(String(bytes.count, radix: 16))\r\n".utf8))
    connection.write(bytes)
    connection.write([0x0d, 0x0a])
  }

  func end() {
    guard let connection, connection.isAnswering(self) else { return }
    if isChunked { connection.write(Array("0\r\n\r\n".utf8)) }
    connection.answered(self, hasLength: isChunked)
  }

  var isWritable: Bool { connection?.isWritable ?? false }
}
