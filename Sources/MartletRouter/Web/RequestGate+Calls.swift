// Calls that come as plain HTTP: by curl, by browsers, by clients of Connect.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletSchema
internal import MartletWire

extension RequestGate: WebCallAcceptor {
  /// A method that a call by plain HTTP may name, and where its calls go.
  private struct Found {
    let method: MethodType
    let route: Route
    let codec: ConnectCodec
  }

  func refusal(of request: WebRequest) -> Page? {
    do throws(Refused) {
      _ = try find(request)
      return nil
    } catch {
      return error.page
    }
  }

  func call(
    _ request: WebRequest, _ body: [UInt8], _ answer: @escaping (Page) -> Void
  ) -> (any WebCall)? {
    // Looked up anew: the routes may have changed while the body came.
    do throws(Refused) {
      let found = try find(request)
      let deadline = try timeout(of: request).map { Deadline(router.loop.now + $0) }
      let call = ConnectCall(
        router, request, found.codec, found.method, found.route.version, answer)
      call.begin(found.route.target, body, deadline: deadline)
      return call
    } catch {
      answer(error.page)
      return nil
    }
  }

  private struct Refused: Error {
    let page: Page
  }

  private func find(_ request: WebRequest) throws(Refused) -> Found {
    let path = request.path
    guard router.dispatcher.generation > 0 else {
      let text = "the router has not heard from its controller yet; try again"
      throw Refused(page: Page(RPCStatus(.unavailable, text)))
    }
    let route = Array(path.utf8).withUnsafeBytes { router.dispatcher.route(path: $0) }
    guard let route else {
      let status = RPCStatus(.unimplemented, unknownMethod(path))
      throw Refused(page: Page(status, http: 404))
    }
    guard let codec = request.connectCodec else {
      let status = RPCStatus(
        .unimplemented, "calls are \(ConnectCodec.acceptPost), or gRPC over HTTP/2")
      throw Refused(
        page: Page(status, http: 415).with("accept-post", ConnectCodec.acceptPost))
    }
    if let encoding = request.fields["content-encoding"], encoding != "identity" {
      let status = RPCStatus(
        .unimplemented, "content-encoding \(encoding) is not known; allowed: identity")
      throw Refused(page: Page(status))
    }
    return Found(method: try method(path, in: route.version), route: route, codec: codec)
  }

  private func method(_ path: String, in version: VersionID) throws(Refused) -> MethodType {
    let name = String(path.drop { $0 == "/" })
    guard let schema = router.versions[version.index]?.schema else {
      let text = "the app has no protos, so only gRPC can call \(name)"
      throw Refused(page: Page(RPCStatus(.unimplemented, text)))
    }
    guard let method = MethodName(name).flatMap(schema.method) else {
      throw Refused(page: Page(RPCStatus(.unimplemented, "there is no method \(name)")))
    }
    guard method.isUnary else {
      let text = "\(name) is a streaming method; by plain HTTP unary ones can be called"
      throw Refused(page: Page(RPCStatus(.unimplemented, text)))
    }
    return method
  }

  private func timeout(of request: WebRequest) throws(Refused) -> Duration? {
    do throws(RPCError) {
      return try request.connectTimeout()
    } catch {
      throw Refused(page: Page(error.status))
    }
  }
}
