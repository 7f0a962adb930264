// What the bodies of calls by plain HTTP hold.
internal import MartletCore
internal import MartletNet
internal import MartletSchema
internal import MartletWire

/// How a request is written, and what is to be read of it.
enum WebProtocol: Sendable {
  case connect(ConnectCodec, MethodType, MessagePlace)
  case grpcWeb(GRPCWebFormat)
}

/// Where the message of a call by Connect is.
enum MessagePlace: Sendable {
  case body
  /// Its fields are in the query, by a name in plain HTTP.
  case fields
  /// It is one parameter of the query.
  case parameter
}

/// Finds the message of a request. Any thread.
struct BodyReader: Sendable {
  let request: WebRequest
  let `protocol`: WebProtocol
  /// Bytes of the largest message there.
  let limit: Int

  /// Longer bodies are read beside the loop. From there on a body is counted as memory for messages, which so
  /// bounds what waits to be read.
  private static let mostAtOnce = MessageHold.freeBytes

  /// How much longer a compressed body is taken for: zlib's best is a thousand times.
  private static let inflation = 64

  /// Whether the loop's other callers should not wait until such a body is read.
  func isLong(_ body: [UInt8]) -> Bool {
    switch `protocol` {
    case .connect(.proto, _, _) where !request.hasGzip: false
    case .connect:
      body.count * (request.hasGzip ? Self.inflation : 1) > Self.mostAtOnce
    case .grpcWeb(let format): format.isText && body.count > Self.mostAtOnce
    }
  }

  /// The message with its prefix.
  func message(in body: [UInt8], _ codec: MessageCodec) throws(WebRefusal) -> [UInt8] {
    switch `protocol` {
    case .connect(let written, let method, let place):
      GRPCMessage.framed(try message(in: body, place, written, method.input, codec))
    case .grpcWeb(let format): try message(in: body, format)
    }
  }

  private func message(in body: [UInt8], _ format: GRPCWebFormat) throws(WebRefusal) -> [UInt8] {
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

  private func message(
    in body: [UInt8], _ place: MessagePlace, _ written: ConnectCodec, _ type: MessageType,
    _ codec: MessageCodec
  ) throws(WebRefusal) -> [UInt8] {
    guard place == .body || body.isEmpty else {
      throw WebRefusal(
        .invalidArgument, "\(request.method) takes the message from the query, not a body")
    }
    switch place {
    case .body: return try message(in: body, isGzip: request.hasGzip, written, type, codec)
    case .fields: return try message(inQueryOf: request, type)
    case .parameter:
      let query = try ConnectQuery(request.query)
      return try message(in: query.message, isGzip: query.hasGzip, written, type, codec)
    }
  }

  private func message(
    in body: [UInt8], isGzip: Bool, _ written: ConnectCodec, _ type: MessageType,
    _ codec: MessageCodec
  ) throws(WebRefusal) -> [UInt8] {
    // Of nothing there is nothing to decompress (Connect, "Unary-Request").
    let body = try isGzip && !body.isEmpty ? gunzipped(body, codec) : body
    guard case .json = written else { return body }
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

  private func gunzipped(
    _ body: [UInt8], _ codec: MessageCodec
  ) throws(WebRefusal) -> [UInt8] {
    do throws(FramingError) {
      return try codec.inflate(body, .gzip, maxBytes: limit)
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
