// A call over HTTP/1.1, from its head to the end of its answer.
internal import MartletCore
internal import MartletWire
internal import NIOCore
internal import NIOHTTP1

/// Gathers the body, up to the length that it may have, and writes the answer: a page, or a body in chunks (RFC 9112
/// §7.1). To a client of HTTP/1.0, which knows no chunks, the end of the connection is that of the body. On its
/// connection's loop only.
final class HTTP1Call: WebAnswer {
  /// Digits that a chunk's length may have in front without a client that counts them failing.
  private static let maxLeadingZeros = 8

  let head: HTTPRequestHead
  let request: WebRequest
  private let maxBytes: Int
  let tooLong: Page
  /// For a body that there is no memory for.
  let refused: (RPCError) -> Page
  /// What the call takes of the memory for messages, until its answer is written.
  var hold: MessageHold?
  let memoryLoop: Loop
  var body: HTTP1Body
  var answering: (any WebCall)?
  private var hasBegun = false
  private var leadingZeros = 0
  private weak var connection: HTTP1Connection?

  init(
    _ head: HTTPRequestHead, _ request: WebRequest, maxBytes: Int, tooLong: Page,
    refused: @escaping (RPCError) -> Page, on connection: HTTP1Connection
  ) {
    self.refused = refused
    memoryLoop = connection.connection.loop
    self.head = head
    self.request = request
    self.maxBytes = maxBytes
    self.tooLong = tooLong
    body = HTTP1Body(maxBytes: maxBytes)
    self.connection = connection
  }

  /// What the head says of the body's length; 0 for nothing.
  private(set) lazy var announcedBytes = head.announcedBytes

  /// Whether the head says already that the body is too long.
  var announcesTooMuch: Bool { announcedBytes > maxBytes }

  /// Memory for a body whose length nobody announced, a step at a time.
  func takeStep() throws(RPCError) {
    guard announcedBytes == 0 else { return }
    let hold = hold ?? MessageHold(memoryLoop, connection: nil)
    self.hold = hold
    try hold.ensure(body.bytes.count.rounded(upTo: MessageHold.freeBytes))
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
    hasBegun = true
    let isLast = connection.isLast(self, hasLength: endOfStream || isChunked)
    for field in connection.lifeFields(isLast: isLast) {
      text += "\(field.name): \(field.value)\r\n"
    }
    connection.write(Array((text + "\r\n").utf8))
    if endOfStream { connection.answered(self, hasLength: true) }
  }

  func send(_ bytes: [UInt8]) {
    // An empty chunk would be the last one.
    guard let connection, connection.isAnswering(self), !bytes.isEmpty else { return }
    guard isChunked else { return connection.write(bytes) }
    leadingZeros = 0
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

  /// Bytes that change nothing for a client that still reads. For one that is gone the network answers, and the
  /// connection ends with the call. Nil where HTTP has nothing like that.
  func takeSign() -> [UInt8]? {
    // HTTP/1.0 knows neither interim answers nor chunks.
    guard isChunked else { return nil }
    guard hasBegun else { return Array("HTTP/1.1 100 Continue\r\n\r\n".utf8) }
    guard leadingZeros < Self.maxLeadingZeros else { return nil }
    // The first digit of the next chunk's length, or of the last one's.
    leadingZeros += 1
    return [UInt8(ascii: "0")]
  }
}
