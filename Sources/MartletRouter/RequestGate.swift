// Where requests come in: the ingress, and the socket of the deployments' own calls.
internal import Glibc
internal import Logging
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Takes the requests of one listener and finds out what they want.
final class RequestGate: RequestAcceptor {
  let router: Router

  /// Whether callers are replicas, which may name deployments and versions (`MeshHeader`).
  private let isLocal: Bool

  /// What browsers are told of pages that came from elsewhere.
  let crossOrigin: CrossOrigin?

  private var refusals: RefusalLog

  init(_ router: Router, isLocal: Bool, crossOrigin: CrossOrigin? = nil) {
    self.router = router
    self.isLocal = isLocal
    self.crossOrigin = crossOrigin
    refusals = RefusalLog(router.logger)
  }

  func connectionOpened(_ connection: ServerConnection) {}

  func connectionRefused(_ reason: String) {
    refusals.tell(reason, now: router.loop.now)
  }

  func connectionClosed(_ connection: ServerConnection) {}

  func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    if let page = crossOrigin?.preflight(headers) {
      stream.answer(page, isHead: false)
      return nil
    }
    switch headers.metadataFinding {
    case .plain: break
    case .lists:
      do throws(InvalidMetadata) {
        let split = try headers.splittingLists(maxBytes: router.limits.maxHeaderListBytes)
        return requestReceived(split, on: stream, endOfStream: endOfStream)
      } catch {
        stream.answer(Refusal(.resourceExhausted, "\(error)"))
        return nil
      }
    case .bad(let problem):
      guard headers.isGRPCCall else { break }
      stream.answer(Refusal(.invalidArgument, "\(problem)"))
      return nil
    }
    guard let entry = entry(headers, from: stream.connection) else {
      return unrouted(headers, on: stream, endOfStream: endOfStream)
    }
    // What is not gRPC is answered as over HTTP/1.1: no other bytes go to a replica.
    guard headers.isGRPCCall else {
      return webCall(headers, on: stream, endOfStream: endOfStream)
    }
    do throws(RPCError) {
      let now = router.loop.now
      let terms = try CallTerms(
        deadline: headers.grpcTimeout.map { Deadline(now + $0) }, priority: headers.priority)
      return handler(of: headers, entry, on: stream, terms, endOfStream: endOfStream)
    } catch {
      stream.answer(Refusal(error.status.code, error.status.message))
      return nil
    }
  }

  /// Gives a request to what its route leads to; nil when it has been answered.
  func handler(
    of headers: borrowing HeaderBlock, _ entry: Entry, on stream: any ResponseStream,
    _ terms: CallTerms, endOfStream: Bool
  ) -> (any StreamHandler)? {
    switch entry.route.target {
    case .deployment(let pool):
      let request = plainRequest(headers, entry, to: pool, on: stream, terms)
      request.begin(headers, pool, endOfStream: endOfStream, now: router.loop.now)
      return request.isOver ? nil : request
    case .graph(let index):
      let version = entry.route.version
      guard let graph = router.versions[version.index]?.graphs[index] else { return nil }
      let request = GraphRequest(router, stream, version, graph, terms)
      request.begin(headers, endOfStream: endOfStream)
      return request.isOver ? nil : request
    }
  }

  private func plainRequest(
    _ headers: borrowing HeaderBlock, _ entry: Entry, to pool: PoolID,
    on stream: any ResponseStream, _ terms: CallTerms
  ) -> PlainRequest {
    guard let asked = TraceRequest(headers) else {
      return PlainRequest(router, stream, entry, terms)
    }
    let trace = RequestTrace(asked, path: headers[.path] ?? "", on: stream, router)
    let timing = trace.callBegins(
      to: router.dispatcher.deploymentName(of: pool), isUnary: entry.isUnary)
    let answer = TimedAnswer(TracedAnswer(stream, trace), timing)
    let request = PlainRequest(router, answer, entry, terms)
    request.timing = timing
    return request
  }

  // MARK: Routes

  /// Where a request goes, whether its method is known to have one response, and where it is counted.
  ///
  /// An object, since each request takes it out of its connection's memo.
  final class Entry {
    let route: Route
    let isUnary: Bool
    let maxMessageBytes: Int
    /// It is known to have one request, too.
    let answersOnce: Bool
    let counted: Counted?

    init(
      route: Route, isUnary: Bool, maxMessageBytes: Int, answersOnce: Bool = false,
      counted: Counted? = nil
    ) {
      self.route = route
      self.isUnary = isUnary
      self.maxMessageBytes = maxMessageBytes
      self.answersOnce = answersOnce
      self.counted = counted
    }
  }

  private func entry(
    _ headers: borrowing HeaderBlock, from connection: ServerConnection
  ) -> Entry? {
    let isNamed = isLocal && headers[MeshHeader.deployment] != nil
    let named = isNamed ? namedRoute(headers) : nil
    // A deployment that there is not is no other one, whatever the routes say.
    guard isNamed == (named != nil) else { return nil }
    return headers.withValue(of: .path) { path -> Entry? in
      if let named {
        return Entry(
          route: named, isUnary: router.isUnary(path: path, in: named.version),
          maxMessageBytes: router.maxMessageBytes(of: named),
          answersOnce: router.answersOnce(path: path, in: named.version))
      }
      return entry(path: path, from: connection)
    } ?? nil
  }

  private func entry(
    path: UnsafeRawBufferPointer, from connection: ServerConnection
  ) -> Entry? {
    let memo = memo(of: connection)
    if memo.epoch == router.routeEpoch, memo.isFor(path) { return memo.entry }
    guard let route = router.dispatcher.route(path: path) else { return nil }
    let entry = Entry(
      route: route, isUnary: router.isUnary(path: path, in: route.version),
      maxMessageBytes: router.maxMessageBytes(of: route),
      answersOnce: router.answersOnce(path: path, in: route.version),
      counted: router.counted(route))
    memo.path = Array(path)
    memo.epoch = router.routeEpoch
    memo.entry = entry
    return entry
  }

  private func memo(of connection: ServerConnection) -> PathMemo {
    if let memo = connection.userData as? PathMemo { return memo }
    let memo = PathMemo()
    connection.userData = memo
    return memo
  }

  /// The deployment that a replica's call names; nil when it names none that there is.
  private func namedRoute(_ headers: borrowing HeaderBlock) -> Route? {
    guard let deployment = headers[MeshHeader.deployment], let app = headers[MeshHeader.app]
    else { return nil }
    let version = headers[MeshHeader.version].flatMap { UInt64($0) }.map(AppVersion.init)
    return router.dispatcher.route(app: app, deployment: deployment, version: version)
  }

  // MARK: What has no route

  private func webCall(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    guard let call = WebStream(headers, stream, self, endOfStream: endOfStream) else { return nil }
    if endOfStream { call.endReceived() }
    return call
  }

  private func unrouted(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    let isOwn = headers.withValue(of: .path) { router.own.core.answers(path: $0) } ?? false
    if isOwn {
      guard headers.isGRPCCall else {
        return webCall(headers, on: stream, endOfStream: endOfStream)
      }
      return router.own.core.requestReceived(headers, on: stream, endOfStream: endOfStream)
    }
    let path = headers[.path] ?? ""
    let method = headers[.method] ?? ""
    if let page = answer(method, path) {
      stream.answer(
        crossOrigin?.mark(page, for: headers["origin"]) ?? page, isHead: method == "HEAD")
    } else if !headers.isGRPCCall {
      return webCall(headers, on: stream, endOfStream: endOfStream)
    } else if router.dispatcher.generation == 0 {
      stream.answer(
        Refusal(.unavailable, "the router has not heard from its controller yet; try again"))
    } else if isLocal, let deployment = headers[MeshHeader.deployment] {
      stream.answer(unknownDeployment(deployment, headers))
    } else {
      let status = unknownMethod(path)
      stream.answer(Refusal(status.code, status.message))
    }
    return nil
  }
}

/// What the last request of a connection asked for: most connections ask for the same again.
private final class PathMemo {
  var path: [UInt8] = []
  var epoch = -1
  var entry: RequestGate.Entry?

  func isFor(_ other: UnsafeRawBufferPointer) -> Bool {
    guard path.count == other.count, let start = other.baseAddress else { return false }
    return path.withUnsafeBytes { own in
      own.baseAddress.map { memcmp($0, start, other.count) == 0 } ?? false
    }
  }
}
