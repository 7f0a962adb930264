// What the bodies of calls by plain HTTP hold.
internal import MartletCore
internal import MartletNet
internal import MartletSchema
internal import MartletWire

extension RequestGate {
  /// The message of a call by gRPC-Web, with its prefix.
  func message(in body: [UInt8], _ format: GRPCWebFormat) throws(WebRefusal) -> [UInt8] {
    var message = body
    if format.isText {
      guard let decoded = Base64.decodePieces(body) else {
        throw WebRefusal(.internalError, "the request is not base64, as its content-type says")
      }
      message = decoded
    }
    let limit = router.limits.maxMessageBytes
    if let problem = GRPCWebRequest.problem(in: message, maxMessageBytes: limit) {
      throw WebRefusal(problem)
    }
    return message
  }

  /// The protobuf message of a call by Connect.
  func message(
    in body: [UInt8], of request: WebRequest, _ codec: ConnectCodec, _ method: MethodType
  ) throws(WebRefusal) -> [UInt8] {
    if request.verb?.readsQuery == true {
      return try self.message(inQueryOf: request, body, method.input)
    }
    // Of nothing there is nothing to decompress (Connect, "Unary-Request").
    let body = try request.hasGzip && !body.isEmpty ? gunzipped(body) : body
    guard case .json = codec else { return body }
    let type = method.input
    let message: [UInt8]
    do throws(MartletSchema.JSONError) {
      message = try type.encode(json: body)
    } catch {
      throw WebRefusal(.invalidArgument, "the body is not a \(type) in JSON: \(error)")
    }
    // JSON may be shorter than what it stands for.
    let limit = router.limits.maxMessageBytes
    guard message.count <= limit else {
      throw WebRefusal(
        .resourceExhausted,
        "the message has \(message.count) bytes, beyond the limit of \(limit)")
    }
    return message
  }

  private func message(
    inQueryOf request: WebRequest, _ body: [UInt8], _ type: MessageType
  ) throws(WebRefusal) -> [UInt8] {
    guard body.isEmpty else {
      throw WebRefusal(
        .invalidArgument, "\(request.method) takes the message's fields from the query, not a body")
    }
    do throws(MartletSchema.JSONError) {
      return try type.encode(query: request.query)
    } catch {
      throw WebRefusal(.invalidArgument, "the query is not a \(type): \(error)")
    }
  }

  private func gunzipped(_ body: [UInt8]) throws(WebRefusal) -> [UInt8] {
    let limit = router.limits.maxMessageBytes
    do throws(FramingError) {
      return try router.codec.inflate(body, .gzip, maxBytes: limit)
    } catch {
      if case .inflatedTooLarge = error {
        throw WebRefusal(
          .resourceExhausted,
          "the body has more than \(limit) bytes once it is decompressed, which is the limit of a message"
        )
      }
      throw WebRefusal(.invalidArgument, "the body is not gzip, as content-encoding says it is")
    }
  }
}
