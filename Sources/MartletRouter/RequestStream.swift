// The client's stream of a request, in its usual form and in any other.
internal import MartletNet
internal import MartletWire

/// Where the answer to a request goes. Nearly every request comes by HTTP/2; behind the protocol alone each
/// order to its stream would cost a look-up, and each copy a call, some 1,000 instructions a request.
enum RequestStream: ResponseStream {
  case direct(ServerStream)
  case other(any ResponseStream)

  var forwardedIdentity: HeaderBlock? {
    switch self {
    case .direct(let stream): stream.forwardedIdentity
    case .other(let stream): stream.forwardedIdentity
    }
  }

  var isWritable: Bool {
    switch self {
    case .direct(let stream): stream.isWritable
    case .other(let stream): stream.isWritable
    }
  }

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    switch self {
    case .direct(let stream): stream.sendHead(headers, endOfStream: endOfStream)
    case .other(let stream): stream.sendHead(headers, endOfStream: endOfStream)
    }
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    switch self {
    case .direct(let stream): stream.sendData(copying: bytes)
    case .other(let stream): stream.sendData(copying: bytes)
    }
  }

  func sendData(_ bytes: [UInt8]) {
    switch self {
    case .direct(let stream): stream.sendData(bytes)
    case .other(let stream): stream.sendData(bytes)
    }
  }

  func sendMessage(_ message: [UInt8]) {
    switch self {
    case .direct(let stream): stream.sendMessage(message)
    case .other(let stream): stream.sendMessage(message)
    }
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    switch self {
    case .direct(let stream): stream.sendTrailers(trailers)
    case .other(let stream): stream.sendTrailers(trailers)
    }
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    switch self {
    case .direct(let stream): stream.sendTrailers(copying: trailers)
    case .other(let stream): stream.sendTrailers(copying: trailers)
    }
  }

  func consumed(_ count: Int) {
    switch self {
    case .direct(let stream): stream.consumed(count)
    case .other(let stream): stream.consumed(count)
    }
  }
}
