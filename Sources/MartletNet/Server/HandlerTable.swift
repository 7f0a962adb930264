// Which handler answers which method.
internal import Glibc
package import MartletCore

/// Answers one request with one response. It runs in a task of its own that starts on the
/// connection's loop; the task is cancelled when the client goes away or the deadline passes.
package typealias UnaryHandler =
  @Sendable (_ request: [UInt8], _ call: InboundCall) async throws -> [UInt8]

/// Answers a stream of requests with a stream of responses; the other three kinds of method are
/// this one with fewer messages.
package typealias StreamingHandler =
  @Sendable (
    _ requests: MessageStream, _ responses: MessageWriter, _ call: InboundCall
  ) async throws -> Void

/// Starts a call's task by calling `begin`, once, with task-local values set that the task inherits.
/// Setting them within the task would cost each call another layer of asynchronous functions.
package typealias HandlerSurroundings =
  @Sendable (_ call: InboundCall, _ begin: () -> Void) -> Void

/// The methods of a server.
package struct HandlerTable: Sendable {
  enum Body: Sendable {
    case unary(UnaryHandler)
    case streaming(StreamingHandler)
  }

  /// One method. A class, so that a call holds it for the price of one reference.
  final class Entry: Sendable {
    let method: MethodName
    let path: [UInt8]
    let body: Body
    let countsAsOngoing: Bool
    let surroundings: HandlerSurroundings?

    init(
      _ method: MethodName, _ body: Body, countsAsOngoing: Bool,
      surroundings: HandlerSurroundings?
    ) {
      self.method = method
      self.path = Array(method.path.utf8)
      self.body = body
      self.countsAsOngoing = countsAsOngoing
      self.surroundings = surroundings
    }
  }

  private(set) var entries: [Entry] = []

  package init() {}

  /// Every method that has a handler.
  package var methods: [MethodName] { entries.map(\.method) }

  /// Registers `handler` for `method`, in place of one that was there. `countsAsOngoing: false`
  /// keeps calls such as health checks out of the server's `maxOngoing`.
  package mutating func unary(
    _ method: MethodName, countsAsOngoing: Bool = true, surroundings: HandlerSurroundings? = nil,
    _ handler: @escaping UnaryHandler
  ) {
    set(
      Entry(
        method, .unary(handler), countsAsOngoing: countsAsOngoing, surroundings: surroundings))
  }

  /// Registers `handler` for `method`, in place of one that was there.
  package mutating func streaming(
    _ method: MethodName, countsAsOngoing: Bool = true, surroundings: HandlerSurroundings? = nil,
    _ handler: @escaping StreamingHandler
  ) {
    set(
      Entry(
        method, .streaming(handler), countsAsOngoing: countsAsOngoing, surroundings: surroundings))
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
    for entry in buckets[PathIndex.hash(path) & (buckets.count - 1)]
    where PathIndex.areEqual(entry.path, path) {
      return entry
    }
    return nil
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

  private static func areEqual(_ path: [UInt8], _ other: UnsafeRawBufferPointer) -> Bool {
    guard path.count == other.count, let start = other.baseAddress else { return false }
    return path.withUnsafeBytes { own in
      own.baseAddress.map { memcmp($0, start, other.count) == 0 } ?? false
    }
  }

  /// FNV-1a. Methods are the server's own, so nobody else chooses what shares a bucket.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int(hash)
  }
}
