// Calls that come as plain HTTP: by curl, by browsers, by clients of Connect and of gRPC-Web.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletSchema
internal import MartletWire

extension RequestGate: WebCallAcceptor {
  func examine(_ request: WebRequest) -> WebVerdict {
    do throws(WebRefusal) {
      let found = try find(request)
      let limit = found.maxMessageBytes(router)
      switch found.protocol {
      case .connect:
        let refusal = WebRefusal(
          .resourceExhausted,
          "the body has more than \(limit) bytes, which is the limit of a message "
            + MessageLimit.settings)
        return .takeBody(
          maxBytes: limit, tooLong: refusal.page(for: request),
          refused: { WebRefusal($0.status).page(for: request) })
      case .grpcWeb(let format):
        let bytes = limit + GRPCMessage.prefixBytes
        let refusal = WebRefusal(
          .resourceExhausted,
          "the request has a message beyond the limit of \(limit) bytes \(MessageLimit.settings)")
        // Base64 takes four bytes for three.
        return .takeBody(
          maxBytes: format.isText ? (bytes + 2) / 3 * 4 : bytes,
          tooLong: refusal.page(for: request),
          refused: { WebRefusal($0.status).page(for: request) })
      }
    } catch {
      return .answer(error.page(for: request))
    }
  }

  func call(
    _ request: WebRequest, _ body: [UInt8], _ answer: any WebAnswer
  ) -> (any WebCall)? {
    let received = router.loop.now
    // Looked up anew: the routes may have changed while the body came.
    do throws(WebRefusal) {
      let found = try find(request)
      let limit = found.maxMessageBytes(router)
      let reader = BodyReader(request: request, protocol: found.protocol, limit: limit)
      let call = TranslatedCall(
        router.loop, from: request.identity, to: answer,
        translation(found.protocol, request, answer, limit),
        WebTiming(arrived: request.arrived, received: received, decoded: received))
      guard reader.isLong(body) else {
        try begin(call, request, found, reader.message(in: body, router.codec))
        return call.isOver ? nil : call
      }
      call.reading = router.loop.offload {
        Result { () throws(WebRefusal) in try reader.message(in: body, MessageCodec()) }
      } then: { [self] message in
        guard !call.isOver else { return }
        do throws(WebRefusal) {
          try begin(call, request, find(request), message.get())
        } catch {
          call.refuse(error.page(for: request))
        }
      }
      return call
    } catch {
      answer.send(error.page(for: request))
      return nil
    }
  }

  private func translation(
    _ protocol: WebProtocol, _ request: WebRequest, _ answer: any WebAnswer, _ limit: Int
  ) -> any AnswerTranslation {
    switch `protocol` {
    case .connect(let codec, let method, _):
      ConnectAnswer(answer, codec, method.output, takesGzip: request.takesGzip, router, limit)
    case .grpcWeb(let format):
      GRPCWebAnswer(answer, request.answerFormat(to: format))
    }
  }

  /// Goes on with a call whose message, with its prefix, has been read.
  private func begin(
    _ call: TranslatedCall, _ request: WebRequest, _ found: Found, _ message: [UInt8]
  ) throws(WebRefusal) {
    do throws(RPCError) { try call.client.go(onWith: message.count) } catch {
      throw WebRefusal(error.status)
    }
    let head = try checked(found.head(of: request))
    let terms = try terms(of: request)
    call.begin(message) { call in
      guard let route = found.route else {
        return router.own.core.requestReceived(head, on: call, deadline: terms.deadline)
      }
      let entry = entry(route, path: found.path)
      return handler(of: head, entry, on: call, terms, endOfStream: false)
    }
  }

  /// The head with metadata that every replica reads alike.
  private func checked(_ head: HeaderBlock) throws(WebRefusal) -> HeaderBlock {
    switch head.metadataFinding {
    case .plain: return head
    case .bad(let problem): throw WebRefusal(.invalidArgument, "\(problem)")
    case .lists:
      do throws(InvalidMetadata) {
        return try head.splittingLists(maxBytes: router.limits.maxHeaderListBytes)
      } catch {
        throw WebRefusal(.resourceExhausted, "\(error)")
      }
    }
  }

  private func terms(of request: WebRequest) throws(WebRefusal) -> CallTerms {
    do throws(RPCError) {
      var timeout: Duration?
      if case .grpcWeb = request.media {
        timeout = try request.fields.grpcTimeout
      } else {
        timeout = try request.connectTimeout()
      }
      return CallTerms(
        deadline: timeout.map { Deadline(request.arrived + $0) },
        priority: try request.fields.priority)
    } catch {
      throw WebRefusal(error.status)
    }
  }

  // MARK: Routes

  /// Where a call goes, and how it is written.
  private struct Found {
    /// Nil: to the router's own services.
    let route: Route?
    /// The method's own path, whatever the request asked for.
    let path: String
    let `protocol`: WebProtocol

    /// Bytes of the largest message there.
    func maxMessageBytes(_ router: Router) -> Int {
      route.map(router.maxMessageBytes) ?? router.limits.maxMessageBytes
    }

    /// The head of the call that a request stands for.
    func head(of request: WebRequest) -> HeaderBlock {
      switch `protocol` {
      case .connect: request.grpcHead(to: path)
      case .grpcWeb(let format): request.grpcHead(to: path, format)
      }
    }
  }

  private func find(_ request: WebRequest) throws(WebRefusal) -> Found {
    let path = request.path
    let route = Array(path.utf8).withUnsafeBytes { router.dispatcher.route(path: $0) }
    let isOwn = route == nil && router.own.answers(path: path)
    guard router.dispatcher.generation > 0 || isOwn else {
      throw WebRefusal(
        .unavailable, "the router has not heard from its controller yet; try again")
    }
    guard route != nil || isOwn else { return try findByHTTPName(request) }
    let name = String(path.drop { $0 == "/" })
    let schema = schema(of: route)
    guard request.method == "POST" else {
      guard let method = MethodName(name).flatMap({ schema?.method($0) }), method.isUnary,
        method.hasNoSideEffects
      else { throw .notAllowed(request, but: [.post]) }
      guard request.verb == .get else { throw .notAllowed(request, but: [.get, .post]) }
      let codec = try ConnectQuery(request.query).codec
      return Found(route: route, path: path, protocol: .connect(codec, method, .parameter))
    }
    if case .grpcWeb(let format) = request.media {
      guard MethodName(name).flatMap({ schema?.method($0) })?.clientStreaming != true else {
        throw WebRefusal(
          .unimplemented, "\(name) takes a stream of messages, which only gRPC over HTTP/2 can send"
        )
      }
      return Found(route: route, path: path, protocol: .grpcWeb(format))
    }
    let codec = try codec(of: request)
    return Found(
      route: route, path: path,
      protocol: .connect(codec, try unaryMethod(name, in: schema), .body))
  }

  /// A method by the name that its app gave it for plain HTTP.
  private func findByHTTPName(_ request: WebRequest) throws(WebRefusal) -> Found {
    let named = router.dispatcher.httpRoutes(at: request.path)
    guard !named.isEmpty else {
      let status = unknownMethod(request.path)
      throw WebRefusal(status, http: status.code == .unimplemented ? 404 : nil)
    }
    guard let verb = request.verb, let found = named[verb] else {
      throw .notAllowed(request, but: Array(named.keys))
    }
    if !verb.readsQuery, case .proto = try codec(of: request) {
      throw .unsupportedMedia("\(request.path) takes JSON", accepted: "application/json")
    }
    let method = try unaryMethod(found.method.description, in: schema(of: found.route))
    return Found(
      route: found.route, path: found.method.path,
      protocol: .connect(.json, method, verb.readsQuery ? .fields : .body))
  }

  /// The types of what a call is led to: an app's, or those of the router's own services.
  private func schema(of route: Route?) -> Schema? {
    guard let route else { return router.own.schema }
    return router.versions[route.version.index]?.schema
  }

  private func unaryMethod(
    _ name: String, in schema: Schema?
  ) throws(WebRefusal) -> MethodType {
    guard let schema else {
      throw WebRefusal(
        .unimplemented, "the app has no protos, so only gRPC and gRPC-Web can call \(name)")
    }
    guard let method = MethodName(name).flatMap({ schema.method($0) }) else {
      throw WebRefusal(.unimplemented, "there is no method \(name)")
    }
    guard method.isUnary else {
      throw WebRefusal(
        .unimplemented, "\(name) is a streaming method; by Connect unary ones can be called")
    }
    return method
  }

  private func codec(of request: WebRequest) throws(WebRefusal) -> ConnectCodec {
    do throws(RPCError) {
      try request.checkConnectVersion()
    } catch {
      throw WebRefusal(error.status)
    }
    guard let codec = request.connectCodec else {
      let accepted = ConnectCodec.acceptPost
      throw .unsupportedMedia(
        "calls are \(accepted), gRPC-Web, or gRPC over HTTP/2", accepted: accepted)
    }
    if let encoding = request.fields["content-encoding"],
      !["identity", "gzip"].contains(encoding.lowercased())
    {
      throw WebRefusal(
        .unimplemented, "content-encoding \(encoding) is not known; allowed: identity, gzip")
    }
    return codec
  }

  private func entry(_ route: Route, path: String) -> Entry {
    Array(path.utf8).withUnsafeBytes { path in
      Entry(
        route: route, isUnary: router.isUnary(path: path, in: route.version),
        maxMessageBytes: router.maxMessageBytes(of: route),
        answersOnce: router.answersOnce(path: path, in: route.version),
        counted: router.counted(route))
    }
  }
}
