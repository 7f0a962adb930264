// What came on a connection of HTTP/1.1 and waits for the answer before it.
internal import MartletWire
internal import NIOCore
internal import NIOHTTP1

/// Something that a client's side of an HTTP/1.1 connection brings, in the order in which it came. What is wrong
/// with a request, and the end of them all, wait their turn like requests: what was accepted before is answered
/// before (RFC 9112 §9.3, §9.6).
enum HTTP1Arrival {
  case part(HTTPServerRequestPart)
  /// From here on it is no HTTP.
  case broken(HTTPParserError)
  /// The client sends no more; it may still read.
  case ended

  /// Bytes that it counts for, about as many as it takes.
  var cost: Int {
    switch self {
    case .part(.head(let head)): head.uri.utf8.count + 256 + head.headers.listBytes
    case .part(.body(let bytes)): bytes.readableBytes
    case .part(.end(let trailers)): trailers?.listBytes ?? 0
    case .broken, .ended: 0
    }
  }
}

/// What waits behind the request that is being answered.
struct HTTP1Arrivals {
  private var waiting: [HTTP1Arrival] = []
  private var bytes = 0
  private let maxBytes: Int

  init(maxBytes: Int) {
    self.maxBytes = maxBytes
  }

  /// False when it is more than may wait; then it is not kept.
  mutating func keep(_ arrival: HTTP1Arrival) -> Bool {
    guard bytes + arrival.cost <= maxBytes else { return false }
    bytes += arrival.cost
    waiting.append(arrival)
    return true
  }

  /// Whether another request, or what was meant to be one, is among what waits.
  var hasMore: Bool {
    waiting.contains { if case .ended = $0 { false } else { true } }
  }

  mutating func takeAll() -> [HTTP1Arrival] {
    defer { self = HTTP1Arrivals(maxBytes: maxBytes) }
    return waiting
  }
}
