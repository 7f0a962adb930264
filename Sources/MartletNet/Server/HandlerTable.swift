// Which handler answers which method.
internal import Glibc
package import MartletCore

/// Answers one request with one response. It starts on the connection's loop; its task is cancelled
/// when the client goes away or the deadline passes.
package typealias UnaryHandler =
  @Sendable (_ request: [UInt8], _ call: InboundCall) async throws -> [UInt8]

/// A `UnaryHandler` that hands its result to `InboundCall.handlerEnded`, once, by itself. `call` is an
/// `InboundCall`, of no type here so that code may be compiled into an app, which cannot name it.
package typealias UnaryResponder =
  @Sendable (_ request: [UInt8], _ call: any AnyObject & Sendable) async -> Void

/// Answers a stream of requests with a stream of responses; the other three kinds of method are
/// this one with fewer messages.
package typealias StreamingHandler =
  @Sendable (
    _ requests: MessageStream, _ responses: MessageWriter, _ call: InboundCall
  ) async throws -> Void

/// The methods of a server.
package struct HandlerTable: Sendable {
  enum Body: Sendable {
    case unary(UnaryResponder)
    case streaming(StreamingHandler)
  }

  /// One method. A class, so that a call holds it for the price of one reference.
  final class Entry: Sendable {
    let method: MethodName
    let path: [UInt8]
    let body: Body
    let countsAsOngoing: Bool
    let context: (any AnyObject & Sendable)?

    init(
      _ method: MethodName, _ body: Body, countsAsOngoing: Bool,
      context: (any AnyObject & Sendable)? = nil
    ) {
      self.context = context
      self.method = method
      self.path = Array(method.path.utf8)
      self.body = body
      self.countsAsOngoing = countsAsOngoing
    }

    /// Whether the bytes of a `:path` name this method.
    func isFor(_ path: UnsafeRawBufferPointer) -> Bool {
      guard self.path.count == path.count, let start = path.baseAddress else { return false }
      return self.path.withUnsafeBytes { own in
        own.baseAddress.map { memcmp($0, start, path.count) == 0 } ?? false
      }
    }
  }

  private(set) var entries: [Entry] = []

  package init() {}

  /// Every method that has a handler.
  package var methods: [MethodName] { entries.map(\.method) }

  /// Registers `handler` for `method`, in place of one that was there. `countsAsOngoing: false`
  /// keeps calls such as health checks out of the server's `maxOngoing`.
  package mutating func unary(
    _ method: MethodName, countsAsOngoing: Bool = true, _ handler: @escaping UnaryHandler
  ) {
    respond(to: method, countsAsOngoing: countsAsOngoing) { request, call in
      let call = unsafeDowncast(call, to: InboundCall.self)
      do {
        call.handlerEnded(.success(try await handler(request, call)))
      } catch {
        call.handlerEnded(.failure(error))
      }
    }
  }

  /// Registers a handler for `method` that ends the call by itself, in place of one that was there. It
  /// finds the `context` in its call; one that captures nothing is compiled into a plain function.
  package mutating func respond(
    to method: MethodName, countsAsOngoing: Bool = true,
    context: (any AnyObject & Sendable)? = nil, _ responder: @escaping UnaryResponder
  ) {
    set(Entry(method, .unary(responder), countsAsOngoing: countsAsOngoing, context: context))
  }

  /// Registers `handler` for `method`, in place of one that was there.
  package mutating func streaming(
    _ method: MethodName, countsAsOngoing: Bool = true, _ handler: @escaping StreamingHandler
  ) {
    set(Entry(method, .streaming(handler), countsAsOngoing: countsAsOngoing))
  }

  /// Adds every handler of `other`.
  package mutating func merge(_ other: HandlerTable) {
    for entry in other.entries { set(entry) }
  }

  private mutating func set(_ entry: Entry) {
    entries.removeAll { $0.method == entry.method }
    entries.append(entry)
  }
}

/// Finds entries by the bytes of a `:path`, without making a String of it. Built once for each
/// loop.
struct PathIndex {
  private var buckets: [[HandlerTable.Entry]]
  private let services: Set<String>

  init(_ table: HandlerTable) {
    var size = 16
    while size < table.entries.count * 2 { size *= 2 }
    buckets = Array(repeating: [], count: size)
    services = Set(table.entries.map(\.method.service))
    for entry in table.entries {
      let bucket = entry.path.withUnsafeBytes { PathIndex.hash($0) & (size - 1) }
      buckets[bucket].append(entry)
    }
  }

  func entry(forPath path: UnsafeRawBufferPointer) -> HandlerTable.Entry? {
    buckets[PathIndex.hash(path) & (buckets.count - 1)].first { $0.isFor(path) }
  }

  /// Why there is no entry for `path`, in words for the caller.
  func explanation(forPath path: String) -> String {
    guard let method = MethodName(path) else {
      return "\(path) is not a method: expected /package.Service/Method"
    }
    return services.contains(method.service)
      ? "service \(method.service) has no method \(method.method)"
      : "this server has no service \(method.service)"
  }

  /// FNV-1a. Methods are the server's own, so nobody else chooses what shares a bucket.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int(hash)
  }
}
