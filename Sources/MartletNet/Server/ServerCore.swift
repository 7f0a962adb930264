// A server's part on one loop: requests to calls.
internal import Logging
package import MartletCore
package import MartletWire
internal import Synchronization

/// Handlers that run and count, over all loops of a server.
final class OngoingCount: Sendable {
  let limit: Int?
  private let count = Atomic<Int>(0)

  init(limit: Int?) {
    self.limit = limit
  }

  var value: Int { count.load(ordering: .relaxed) }

  /// False when the limit is reached.
  func enter() -> Bool {
    let before = count.wrappingAdd(1, ordering: .relaxed).oldValue
    guard let limit, before >= limit else { return true }
    leave()
    return false
  }

  func leave() {
    count.wrappingSubtract(1, ordering: .relaxed)
  }
}

/// Takes the requests of one loop's connections, or those that another acceptor gives to it. On its
/// loop only.
package final class ServerCore {
  let loop: Loop
  let limits: Limits
  let codec = MessageCodec()
  let unaryHandlers: UnaryHandlers
  private let index: PathIndex
  /// The method of the last request: the next one is often for the same.
  private var lastEntry: HandlerTable.Entry?
  private let ongoing: OngoingCount
  /// Whether calls that ask for their trace are told what their handlers took.
  private let traces: Bool
  private var refusals: RefusalLog
  private var unsent: RefusalLog

  init(
    loop: Loop, limits: Limits, handlers: HandlerTable, ongoing: OngoingCount,
    traces: Bool = true, logger: Logger? = nil
  ) {
    self.loop = loop
    self.limits = limits
    self.ongoing = ongoing
    self.traces = traces
    refusals = RefusalLog(logger)
    unsent = RefusalLog(logger, "metadata of an answer is left out")
    unaryHandlers = UnaryHandlers(loop)
    index = PathIndex(handlers)
  }

  /// For an acceptor that answers some requests by itself. Who called it has no trace to put an answer's into.
  package convenience init(loop: Loop, limits: Limits, handlers: HandlerTable) {
    self.init(
      loop: loop, limits: limits, handlers: handlers, ongoing: OngoingCount(limit: nil),
      traces: false)
  }

  /// Whether there is a handler for the method of a `:path`.
  package func answers(path: UnsafeRawBufferPointer) -> Bool {
    index.entry(forPath: path) != nil
  }

  private func entry(forPath path: UnsafeRawBufferPointer) -> HandlerTable.Entry? {
    if let lastEntry, lastEntry.isFor(path) { return lastEntry }
    guard let entry = index.entry(forPath: path) else { return nil }
    lastEntry = entry
    return entry
  }

  /// A handler's metadata cannot be sent, and its answer goes without it.
  func leftOut(_ metadata: InvalidMetadata, of method: MethodName) {
    unsent.tell("\(method): \(metadata)", now: loop.now)
  }

  /// A call's handler has returned, or will never run.
  func handlerEnded(_ entry: HandlerTable.Entry) {
    if entry.countsAsOngoing { ongoing.leave() }
  }
}

extension ServerCore: RequestAcceptor {
  package func connectionOpened(_ connection: ServerConnection) {}

  package func connectionClosed(_ connection: ServerConnection) {}

  package func connectionRefused(_ reason: String) {
    refusals.tell(reason, now: loop.now)
  }

  package func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    guard headers.hasGRPCContentType else {
      stream.sendHead([":status": "415", "accept-post": "application/grpc"], endOfStream: true)
      return nil
    }
    let deadline: Deadline?
    do throws(RPCError) {
      deadline = try headers.grpcTimeout.map { Deadline(loop.now + $0) }
    } catch {
      stream.sendHead(.grpcTrailersOnly(error.status), endOfStream: true)
      return nil
    }
    guard let call = call(headers, on: .http2(stream), deadline) else { return nil }
    if endOfStream { call.endReceived() }
    return call
  }
}

extension ServerCore {
  /// Takes a request of a client that speaks another protocol: its head as gRPC has it, without
  /// `grpc-timeout`. The handler that is returned gets its messages; nil when it has been answered.
  package func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: any ResponseStream & AnyObject,
    deadline: Deadline?
  ) -> (any StreamHandler)? {
    call(headers, on: .translated(stream), deadline)
  }

  /// The call that a request makes, begun; nil when it has been answered.
  private func call(
    _ headers: borrowing HeaderBlock, on stream: CallStream, _ deadline: Deadline?
  ) -> InboundCall? {
    guard let found = headers.withValue(of: .path, { entry(forPath: $0) }), let entry = found else {
      let reason = index.explanation(forPath: headers[.path] ?? "")
      stream.sendHead(
        .grpcTrailersOnly(RPCStatus(.unimplemented, reason)), endOfStream: true)
      return nil
    }
    let compression: RequestCompression?
    do throws(RPCError) {
      compression = try headers.requestCompression
    } catch {
      var answer = HeaderBlock.grpcTrailersOnly(error.status)
      answer.appendAcceptEncoding()
      stream.sendHead(answer, endOfStream: true)
      return nil
    }
    guard !entry.countsAsOngoing || ongoing.enter() else {
      stream.refuse()
      return nil
    }
    var metadata = headers.metadata
    // Handlers neither see it nor pass it on; their handles do.
    if headers.contains(.trace) { metadata.removeAll(named: TraceHeader.trace) }
    let call = InboundCall(
      entry, on: stream, of: self, metadata: metadata, deadline: deadline,
      compression: compression, forwardedIdentity: stream.forwardedIdentity(headers),
      isTraced: traces && headers.contains(.trace) && headers[.trace] != "0")
    call.begin()
    return call
  }
}
