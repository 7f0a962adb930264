// What the bodies of calls by plain HTTP hold.
internal import MartletCore
internal import MartletNet
internal import MartletSchema
internal import MartletWire

extension RequestGate {
  /// The message of a call by gRPC-Web, with its prefix.
  func message(
    in body: [UInt8], _ format: GRPCWebFormat, _ limit: Int
  ) throws(WebRefusal) -> [UInt8] {
    var message = body
    if format.isText {
      guard let decoded = Base64.decodePieces(body) else {
        throw WebRefusal(.internalError, "the request is not base64, as its content-type says")
      }
      message = decoded
    }
    if let problem = GRPCWebRequest.problem(in: message, maxMessageBytes: limit) {
      throw WebRefusal(problem)
    }
    return message
  }

  /// Where the message of a call by Connect is.
  enum MessagePlace {
    case body
    /// Its fields are in the query, by a name in plain HTTP.
    case fields
    /// It is one parameter of the query.
    case parameter
  }

  /// The protobuf message of a call by Connect.
  func message(
    in body: [UInt8], of request: WebRequest, _ place: MessagePlace, _ codec: ConnectCodec,
    _ method: MethodType, _ limit: Int
  ) throws(WebRefusal) -> [UInt8] {
    guard place == .body || body.isEmpty else {
      throw WebRefusal(
        .invalidArgument, "\(request.method) takes the message from the query, not a body")
    }
    switch place {
    case .body: return try message(in: body, isGzip: request.hasGzip, codec, method.input, limit)
    case .fields: return try message(inQueryOf: request, method.input)
    case .parameter:
      let query = try ConnectQuery(request.query)
      return try message(in: query.message, isGzip: query.hasGzip, codec, method.input, limit)
    }
  }

  private func message(
    in body: [UInt8], isGzip: Bool, _ codec: ConnectCodec, _ type: MessageType, _ limit: Int
  ) throws(WebRefusal) -> [UInt8] {
    // Of nothing there is nothing to decompress (Connect, "Unary-Request").
    let body = try isGzip && !body.isEmpty ? gunzipped(body, limit) : body
    guard case .json = codec else { return body }
    do throws(MartletSchema.JSONError) {
      return try type.encode(json: body, maxBytes: limit)
    } catch {
      if error.isTooLarge { throw WebRefusal(.resourceExhausted, error.message) }
      throw WebRefusal(.invalidArgument, "the body is not a \(type) in JSON: \(error)")
    }
  }

  private func message(
    inQueryOf request: WebRequest, _ type: MessageType
  ) throws(WebRefusal) -> [UInt8] {
    do throws(MartletSchema.JSONError) {
      return try type.encode(query: request.query)
    } catch {
      throw WebRefusal(.invalidArgument, "the query is not a \(type): \(error)")
    }
  }

  private func gunzipped(_ body: [UInt8], _ limit: Int) throws(WebRefusal) -> [UInt8] {
    do throws(FramingError) {
      return try router.codec.inflate(body, .gzip, maxBytes: limit)
    } catch {
      if case .inflatedTooLarge = error {
        throw WebRefusal(
          .resourceExhausted,
          "the body has more than \(limit) bytes once it is decompressed, which is the limit of a message "
            + MessageLimit.settings
        )
      }
      throw WebRefusal(.invalidArgument, "the body is not gzip, as content-encoding says it is")
    }
  }
}
