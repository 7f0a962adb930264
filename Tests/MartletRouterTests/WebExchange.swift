// A client of plain HTTP over HTTP/2, as browsers are.
import MartletCore
import MartletNet
import MartletWire

@testable import MartletRouter

/// A whole answer.
struct WebReply: Sendable {
  var head = HeaderBlock()
  var body: [UInt8] = []
  var closure: StreamClosure?

  var status: Int? { head.httpStatus }
  var text: String { String(decoding: body, as: UTF8.self) }
}

extension Mesh {
  /// Sends one request on a connection of its own and waits for the end of its stream.
  func ask(
    _ path: String, _ fields: HeaderBlock = [:], method: String = "POST", body: [UInt8] = []
  ) async -> WebReply {
    var head: HeaderBlock = [
      ":method": method, ":scheme": "http", ":authority": "mesh", ":path": path,
    ]
    head.append(contentsOf: fields)
    let request = head
    return await withCheckedContinuation { continuation in
      loop.run {
        let exchange = WebExchange(request, body) { continuation.resume(returning: $0) }
        _ = ClientConnection.connect(
          to: .unix(path: "\(self.folder)/front"), on: self.loop, limits: Limits(),
          observer: exchange)
      }
    }
  }
}

/// On its loop only.
private final class WebExchange: ClientConnectionObserver, ClientStreamHandler {
  private let request: HeaderBlock
  private let body: [UInt8]
  private var whenOver: ((WebReply) -> Void)?
  private var reply = WebReply()
  private var stream: ClientStream?

  init(_ request: HeaderBlock, _ body: [UInt8], _ whenOver: @escaping (WebReply) -> Void) {
    self.request = request
    self.body = body
    self.whenOver = whenOver
  }

  func connectionReady(_ connection: ClientConnection) {
    stream = connection.open(request, endOfStream: body.isEmpty, self)
    guard !body.isEmpty else { return }
    stream?.sendData(body)
    stream?.sendEnd()
  }

  func connectionCapacityChanged(_ connection: ClientConnection) {}
  func connectionGoingAway(_ connection: ClientConnection) {}

  func connectionClosed(_ connection: ClientConnection, _ error: RPCError?) {
    whenOver?(reply)
    whenOver = nil
  }

  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, endOfStream: Bool
  ) {
    if section == .response { reply.head.append(contentsOf: headers) }
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    reply.body += bytes
    stream?.consumed(bytes.count)
  }

  func endReceived() {}
  func becameWritable() {}

  func closed(_ closure: StreamClosure) {
    reply.closure = closure
    stream?.connection.drain()
  }
}
